// When to try again: exponential with full jitter, so that a thousand agents do not come back in the same second (S2, G10).

export const backoffFirstMs = 1_000;
export const backoffMostMs = 60_000;
/**
 * A welcome resets the count of attempts, at most this often: short outages one after the other are each waited out as if it were the first, and a
 * gateway that falls over again and again still sees its callers back off.
 */
export const resetEveryMs = 5_000;

/** A number in [0, 1) from four bytes of chance. */
export const fractionOf = ([a = 0, b = 0, c = 0, d = 0]: Uint8Array): number =>
  (a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d) / 2 ** 32;

/**
 * Milliseconds to wait before attempt `attempt` (0 = the first retry).
 * @param chance uniform in [0, 1)
 */
export function backoffMs(attempt: number, chance: number): number {
  const ceiling = Math.min(backoffMostMs, backoffFirstMs * 2 ** Math.min(attempt, 16));
  return Math.floor(ceiling * Math.min(Math.max(chance, 0), 0.999_999)) + 50;
}
