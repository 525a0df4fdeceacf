import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Displayed, displayedDigest, sameTerms, termsDigest } from './displayed.ts';
import { idRandomBytes, mintId } from './ids.ts';
import { readWindow, windowWords } from './window-words.ts';

const zeros = new Uint8Array(idRandomBytes);
const row: Displayed = {
  id: mintId('req', zeros),
  person: mintId('usr', zeros),
  personName: 'uma',
  terms: { servers: { name: 'web-*', labels: { env: 'prod', team: 'shop' } }, level: 'full', minutes: 60, users: ['deploy'] },
  servers: ['web-1', 'web-2'],
  why: 'the deploy hangs',
};

test('[M5] the digest changes with everything that is displayed, and with nothing else', () => {
  const window = readWindow('mon-fri 22:00-06:00 Europe/Berlin');
  if (window === undefined) throw new Error('no window');
  const others: readonly Displayed[] = [
    {
      ...row,
      id: mintId(
        'req',
        zeros.map(() => 1),
      ),
    },
    {
      ...row,
      person: mintId(
        'usr',
        zeros.map(() => 1),
      ),
    },
    { ...row, personName: 'uma2' },
    { ...row, terms: { ...row.terms, servers: { name: 'web-*' } } },
    { ...row, terms: { ...row.terms, level: 'terminal' } },
    { ...row, terms: { ...row.terms, minutes: 61 } },
    { ...row, terms: { ...row.terms, users: ['deploy', 'root'] } },
    { ...row, terms: { ...row.terms, window } },
    { ...row, servers: ['web-1'] },
    { ...row, servers: ['web-1', 'web-2', 'web-3'] },
    { ...row, servers: ['web-1,web-2'] },
    { ...row, why: 'the deploy hangs ' },
    { ...row, extends: mintId('gra', zeros) },
  ];
  expect(new Set([row, ...others].map(displayedDigest)).size).toBe(others.length + 1);
  const turned: Displayed = {
    ...row,
    terms: { ...row.terms, servers: { labels: { team: 'shop', env: 'prod' }, name: 'web-*' } },
  };
  expect(displayedDigest(turned)).toBe(displayedDigest(row));
  expect(sameTerms(turned.terms, row.terms)).toBe(true);
  const digest = displayedDigest(row);
  expect(termsDigest(digest, undefined)).toBe(digest);
  expect(termsDigest(digest, row.terms)).not.toBe(digest);
});

test('[E20] a window is read as it is written', () => {
  const time = fc.integer({ min: 0, max: 1439 }).map((m) => new Date(m * 60_000).toISOString().slice(11, 16));
  const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }).map((some) => some.toSorted((a, b) => a - b));
  fc.assert(
    fc.property(days, time, time, (some, from, to) => {
      const window = { days: some, from, to, zone: 'Europe/Berlin' };
      expect(readWindow(windowWords(window))).toEqual(window);
    }),
    { numRuns: 50 },
  );
  expect(readWindow('sat-mon 22:00-06:00 UTC')).toEqual({ days: [1, 6, 7], from: '22:00', to: '06:00', zone: 'UTC' });
  expect(['', 'mon', 'mon 22:00 UTC', 'mon 25:00-06:00 UTC', 'mo-fr 22:00-06:00 UTC', 'mon 22:00-06:00'].map(readWindow)).toEqual(
    Array.from({ length: 6 }, () => undefined),
  );
});
