// When to try again: exponential with full jitter, so that a thousand agents do not come back in the same second (S2, G10).

export const backoffFirstMs = 1_000;
export const backoffMostMs = 60_000;
/** A connection that lived this long resets the count of attempts: longer, and a few short outages in a row make one wait for each as if it were the tenth. */
export const stableAfterMs = 10_000;

/**
 * Milliseconds to wait before attempt `attempt` (0 = the first retry).
 * @param chance uniform in [0, 1)
 */
export function backoffMs(attempt: number, chance: number): number {
  const ceiling = Math.min(backoffMostMs, backoffFirstMs * 2 ** Math.min(attempt, 16));
  return Math.floor(ceiling * Math.min(Math.max(chance, 0), 0.999_999)) + 50;
}
