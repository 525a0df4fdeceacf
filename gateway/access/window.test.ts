import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WeekWindow } from '../protocol/access-nouns.ts';
import { nextTurn, windowOpen, zoneKnown } from './window.ts';

const at = (iso: string): number => Date.parse(iso);
const iso = (instant: number | undefined): string | undefined =>
  instant === undefined ? undefined : new Date(instant).toISOString();
const nights: WeekWindow = { days: [1, 2, 3, 4, 5], from: '22:00', to: '06:00', zone: 'Europe/Berlin' };

test('[E20] a night of a weekday goes on into the next morning, in the time of its place', () => {
  // Friday 17 July 2026; Berlin is two hours ahead.
  expect(windowOpen(nights, at('2026-07-17T19:59:00Z'))).toBe(false);
  expect(windowOpen(nights, at('2026-07-17T20:00:00Z'))).toBe(true);
  expect(windowOpen(nights, at('2026-07-18T03:59:00Z'))).toBe(true);
  expect(windowOpen(nights, at('2026-07-18T04:00:00Z'))).toBe(false);
  // Saturday night is none of its nights.
  expect(windowOpen(nights, at('2026-07-18T21:00:00Z'))).toBe(false);
  expect(iso(nextTurn(nights, at('2026-07-18T04:00:00Z')))).toBe('2026-07-20T20:00:00.000Z');
});

test('[E20] when clocks are set forward or back, it still begins and ends once', () => {
  const saturday: WeekWindow = { ...nights, days: [6] };
  // Clocks in Berlin were set forward on 29 March 2026 at 01:00Z, and back on 25 October at 01:00Z.
  expect(iso(nextTurn(saturday, at('2026-03-28T21:00:00Z')))).toBe('2026-03-29T04:00:00.000Z');
  expect(iso(nextTurn(saturday, at('2026-10-24T20:00:00Z')))).toBe('2026-10-25T05:00:00.000Z');
  // 02:30 came twice on 25 October: the first time ends it.
  const short: WeekWindow = { ...saturday, to: '02:30' };
  expect(iso(nextTurn(short, at('2026-10-24T20:00:00Z')))).toBe('2026-10-25T00:30:00.000Z');
  expect(windowOpen(short, at('2026-10-25T01:15:00Z'))).toBe(false);
  // 02:30 never came on 29 March.
  expect(iso(nextTurn(short, at('2026-03-28T21:00:00Z')))).toBe('2026-03-29T01:30:00.000Z');
});

test('[E20] one that is always open never turns; a zone that nobody knows is told', () => {
  const always: WeekWindow = { days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '00:00', zone: 'UTC' };
  expect(windowOpen(always, at('2026-07-17T19:59:00Z'))).toBe(true);
  expect(nextTurn(always, at('2026-07-17T19:59:00Z'))).toBeUndefined();
  expect([zoneKnown('Asia/Kathmandu'), zoneKnown('Mars/Olympus')]).toEqual([true, false]);
});

const clockTime = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
const windows: fc.Arbitrary<WeekWindow> = fc.record({
  days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 }),
  from: clockTime,
  to: clockTime,
  zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia'),
});

test('[E20] the next turn is always in the future, and there and not before it flips', () => {
  fc.assert(
    fc.property(windows, fc.integer({ min: at('2025-01-01T00:00:00Z'), max: at('2031-01-01T00:00:00Z') }), (window, now) => {
      const turn = nextTurn(window, now);
      const open = windowOpen(window, now);
      if (turn === undefined) return expect(open).toBe(true);
      expect(turn).toBeGreaterThan(now);
      expect(windowOpen(window, turn)).toBe(!open);
      for (const part of [0.25, 0.5, 0.75, 1]) {
        const between = Math.min(turn - 1, now + Math.floor((turn - now) * part));
        expect(windowOpen(window, between)).toBe(open);
      }
      return undefined;
    }),
    { numRuns: 60 },
  );
});
