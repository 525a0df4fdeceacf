import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { looksLikeToken, mintToken, tokenDigest, tokenRandomBytes } from './token.ts';

test('[T3] a token is typed, carries 256 bits and a checksum; 20,000 are all different', () => {
  const made = new Set<string>();
  for (let i = 0; i < 20_000; i += 1) made.add(mintToken(randomBytes(tokenRandomBytes)));
  expect(made.size).toBe(20_000);
  for (const token of [...made].slice(0, 100)) {
    expect(token).toMatch(/^spt_[A-Za-z0-9_-]{49}$/);
    expect(looksLikeToken(token)).toBe(true);
  }
});

test('[T3] one changed character is noticed before any look-up', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.nat({ max: 52 }),
      fc.constantFrom(...'ABCabc019-_'),
      (random, at, other) => {
        const token = mintToken(random);
        fc.pre(token[at] !== other);
        expect(looksLikeToken(token.slice(0, at) + other + token.slice(at + 1))).toBe(false);
      },
    ),
  );
  for (const text of ['', 'spt_', ` ${mintToken(new Uint8Array(32))}`, `${mintToken(new Uint8Array(32))}\n`])
    expect(looksLikeToken(text)).toBe(false);
});

test('[T4] what is kept of a token is its SHA-256', () => {
  expect(tokenDigest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
