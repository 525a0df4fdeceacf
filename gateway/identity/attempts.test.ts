import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstDelayMs, freeFailures, lockAfter, mostDelayMs, recentMs, refusedUntil } from './attempts.ts';
import { never } from './happening.ts';
import { type Attempts, noAttempts } from './person.ts';

/** What the fold makes of a counted failure. */
const failed = (before: Attempts, now: number): Attempts => ({
  recent: [...before.recent.filter((at) => at > now - recentMs), now],
  consecutive: before.consecutive + 1,
  refusedUntil: Math.max(before.refusedUntil, refusedUntil(before, now) ?? 0),
});

test('[T13] four failures in five minutes are free, the fifth costs 30 s', () => {
  let attempts = noAttempts;
  for (let i = 0; i < freeFailures - 1; i += 1) {
    expect(refusedUntil(attempts, 1_000_000 + i)).toBeUndefined();
    attempts = failed(attempts, 1_000_000 + i);
  }
  expect(refusedUntil(attempts, 1_000_100)).toBe(1_000_100 + firstDelayMs);
  // The same four, and a fifth six minutes later.
  expect(refusedUntil(attempts, 1_000_000 + recentMs + 60_000)).toBeUndefined();
});

test('[T13] whatever the pace, waits never shrink, never exceed an hour, and the fiftieth failure locks', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 7_200_000 }), { minLength: lockAfter, maxLength: lockAfter }), (pauses) => {
      let attempts = noAttempts;
      let now = 1_700_000_000_000;
      let longest = 0;
      for (const [nth, pause] of pauses.entries()) {
        now = Math.max(now + pause, attempts.refusedUntil);
        const until = refusedUntil(attempts, now);
        if (nth === lockAfter - 1) expect(until).toBe(never);
        else if (until !== undefined) {
          expect(until - now).toBeGreaterThanOrEqual(longest);
          expect(until - now).toBeLessThanOrEqual(mostDelayMs);
          longest = until - now;
        } else expect(nth).toBeLessThan(2 * freeFailures);
        attempts = failed(attempts, now);
      }
    }),
  );
});
