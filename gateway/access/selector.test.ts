import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooser, nameFits } from './selector.ts';

/** What a pattern means, said as plainly as possible. */
function naive(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  if (pattern[0] === '*') return naive(pattern.slice(1), name) || (name !== '' && naive(pattern, name.slice(1)));
  return name !== '' && name[0] === pattern[0] && naive(pattern.slice(1), name.slice(1));
}

test.each([
  ['web-*', 'web-1', true],
  ['web-*', 'web-', true],
  ['web-*', 'xweb-1', false],
  ['*', '', true],
  ['web', 'web-1', false],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['*.example', 'db.example', true],
  ['a*bc*c', 'abc', false],
  ['a.b', 'axb', false],
  ['web-?', 'web-1', false],
])('[S37] the pattern %s on %s: %s', (pattern, name, fits) => {
  expect(nameFits(pattern, name)).toBe(fits);
});

test('[S37] a pattern means what the plain definition says', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '-', '*'), maxLength: 8 });
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 10 });
  fc.assert(
    fc.property(letters, name, (pattern, given) => {
      expect(nameFits(pattern, given)).toBe(naive(pattern, given));
    }),
    { numRuns: 2000 },
  );
});

test('[TRUST B2] 64 stars against 4096 characters take no time to speak of', () => {
  const began = performance.now();
  for (let i = 0; i < 1000; i += 1) {
    expect(nameFits('*a'.repeat(64), `${'a'.repeat(4096)}b`)).toBe(false);
    expect(nameFits('a*'.repeat(64), 'a'.repeat(4096))).toBe(true);
  }
  expect(performance.now() - began).toBeLessThan(20_000);
});

test('labels must all be equal, and only those a server itself has count', () => {
  const server = { name: 'db-1', labels: { env: 'production', tier: 'critical' } };
  expect(chooser({ labels: { env: 'production' } })(server)).toBe(true);
  expect(chooser({ name: 'db-*', labels: { env: 'production', tier: 'critical' } })(server)).toBe(true);
  expect(chooser({ labels: { env: 'staging' } })(server)).toBe(false);
  expect(chooser({ labels: { team: 'x' } })(server)).toBe(false);
  expect(chooser({ name: 'web-*', labels: { env: 'production' } })(server)).toBe(false);
  expect(chooser({ labels: { constructor: 'Object' } })(server)).toBe(false);
  expect(chooser({})(server)).toBe(true);
});
