import * as fc from 'fast-check';
import { generateSync } from 'otplib';
import { expect, test } from 'vitest';
import { newSeed, seedUri, verifyCode } from './totp.ts';

// RFC 6238 appendix B, SHA-1: the secret is the ASCII of 12345678901234567890; last six of eight digits.
const rfc = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const vectors: readonly (readonly [seconds: number, code: string])[] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
];

test('the vectors of RFC 6238 are right, at their step', () => {
  for (const [seconds, code] of vectors)
    expect(verifyCode({ seed: rfc, code, lastStep: -1, now: seconds * 1000 })).toEqual({
      verdict: 'right',
      step: Math.floor(seconds / 30),
    });
});

const at = 1_800_000_015_000;
const step = Math.floor(at / 30_000);
const codeAt = (seed: string, ms: number) => generateSync({ secret: seed, epoch: Math.floor(ms / 1000) });

test('[T11] one step either way is right, two are not', () => {
  const seed = newSeed();
  for (const [offset, verdict] of [
    [-60_000, 'wrong'],
    [-30_000, 'right'],
    [0, 'right'],
    [30_000, 'right'],
    [60_000, 'wrong'],
  ] as const)
    expect(verifyCode({ seed, code: codeAt(seed, at + offset), lastStep: -1, now: at }).verdict).toBe(verdict);
});

test('[T11] after a newer code the previous one is spent, and every code up to the last accepted step', () => {
  const seed = newSeed();
  const ask = (offset: number, lastStep: number) => verifyCode({ seed, code: codeAt(seed, at + offset), lastStep, now: at });
  expect(ask(0, step)).toEqual({ verdict: 'used' });
  expect(ask(-30_000, step)).toEqual({ verdict: 'used' });
  expect(ask(30_000, step)).toEqual({ verdict: 'right', step: step + 1 });
  expect(ask(30_000, step + 1)).toEqual({ verdict: 'used' });
});

test('[T10] after the clock stepped back an hour nothing is right until it has caught up', () => {
  const seed = newSeed();
  const back = at - 3_600_000;
  expect(verifyCode({ seed, code: codeAt(seed, back), lastStep: step, now: back })).toEqual({ verdict: 'used' });
  expect(verifyCode({ seed, code: '000000', lastStep: step + 5, now: back }).verdict).not.toBe('right');
});

test('[T12] exactly six ASCII digits, or it is malformed and never compared', () => {
  const seed = newSeed();
  const good = codeAt(seed, at);
  const hostile: readonly unknown[] = [
    ` ${good}`,
    `${good} `,
    `${good}\n`,
    `+${good}`,
    good.slice(1),
    `0${good}`,
    `${good.slice(0, 3)} ${good.slice(3)}`,
    [...good].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join(''),
    [...good].map((digit) => String.fromCodePoint(0x660 + Number(digit))).join(''),
    Number(good),
    [good],
    { toString: () => good },
    null,
    undefined,
    '',
    '1e5000',
    '-12345',
  ];
  for (const code of hostile) expect(verifyCode({ seed, code, lastStep: -1, now: at })).toEqual({ verdict: 'malformed' });
});

test('[T10] whatever the order of codes and clocks, no step is ever accepted twice', () => {
  const seed = newSeed();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -1, max: 1 })), { maxLength: 12 }),
      (asks) => {
        let lastStep = -1;
        const accepted: number[] = [];
        for (const [clock, code] of asks) {
          const now = at + clock * 30_000;
          const verdict = verifyCode({ seed, code: codeAt(seed, now + code * 30_000), lastStep, now });
          if (verdict.verdict === 'right') {
            accepted.push(verdict.step);
            lastStep = verdict.step;
          }
        }
        expect(accepted).toEqual([...new Set(accepted)].toSorted((a, b) => a - b));
      },
    ),
    { numRuns: 50 },
  );
});

test('[T16] a seed carries 160 bits, and its address names issuer and account', () => {
  expect(newSeed()).toMatch(/^[A-Z2-7]{32}$/);
  expect(newSeed()).not.toBe(newSeed());
  const uri = new URL(seedUri(rfc, 'Harbour: ops', 'ana'));
  expect(uri.protocol).toBe('otpauth:');
  expect(uri.searchParams.get('secret')).toBe(rfc);
  expect(uri.searchParams.get('issuer')).toBe('Harbour  ops');
});
