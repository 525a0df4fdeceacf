// How often somebody may be wrong with a code (T13): five within five minutes, then a delay that doubles from 30 s to an hour with each
// further failure; at fifty in a row the factor is locked until an administrator lifts it. Keyed on the person, after the first factor
// only, so that a stranger cannot lock anybody (T14). A success forgets it all.
import type { Instant } from '../protocol/nouns.ts';
import { never } from './happening.ts';
import type { Attempts } from './person.ts';

export const recentMs = 300_000;
export const freeFailures = 5;
export const firstDelayMs = 30_000;
export const mostDelayMs = 3_600_000;
export const lockAfter = 50;

/** The instant before which no code is looked at again, once one more failure is counted at `now`; undefined = the next may come at once. */
export function refusedUntil(before: Attempts, now: Instant): Instant | undefined {
  const consecutive = before.consecutive + 1;
  const recent = before.recent.filter((at) => at > now - recentMs && at <= now).length + 1;
  if (consecutive >= lockAfter) return never;
  // Once slowed, always slowed until a success; guessing just under five in five minutes is slowed as well.
  const slowed = before.refusedUntil > 0 || consecutive >= 2 * freeFailures;
  if (recent < freeFailures && !slowed) return undefined;
  return now + Math.min(mostDelayMs, firstDelayMs * 2 ** Math.max(0, consecutive - freeFailures));
}
