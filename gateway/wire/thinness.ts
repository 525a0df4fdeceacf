// Whether the line of one operator keeps up, as far as is known: from questions that the far end answers at once (pings), asked behind what was
// sent, so that a queue shows as time. Thin until known otherwise, so that the first lists and pictures of a bad line are small. Pure; ms.

/** The smoothed time at which a line counts as good, and at which it does not any more: 16 KiB in that time are over 2 Mbit/s. */
const goodMs = 30;
const thinMs = 60;
/** Asked again behind so many bytes; a minute of typing is less. */
const askEveryBytes = 16 * 1024;
/** A first answer between good and this may be a busy machine's: asked again with what is sent next, so often. */
const doubtfulMs = 150;
const mostDoubts = 6;

export type Thinness = {
  /** Worth saving bytes on, even where it takes time. */
  readonly thin: boolean;
  /** Bytes were sent. True = it is time to ask, right behind them. */
  sent(bytes: number): boolean;
  asked(now: number): void;
  answered(now: number): void;
};

export function openThinness(): Thinness {
  let thin = true;
  /** Undefined = nothing was answered yet. */
  let smoothed: number | undefined;
  let askedAt: number | undefined;
  let since = 0;
  let doubts = 0;
  return {
    get thin() {
      return thin;
    },
    sent(bytes) {
      since += bytes;
      if (askedAt !== undefined) return false;
      if (since >= askEveryBytes) return true;
      if (!thin || smoothed === undefined || smoothed > doubtfulMs || doubts >= mostDoubts) return false;
      doubts += 1;
      return true;
    },
    asked(now) {
      askedAt ??= now;
      since = 0;
    },
    answered(now) {
      if (askedAt === undefined) return;
      const took = now - askedAt;
      askedAt = undefined;
      smoothed = smoothed === undefined ? took : smoothed + (took - smoothed) / 2;
      thin = smoothed > (thin ? goodMs : thinMs);
    },
  };
}
