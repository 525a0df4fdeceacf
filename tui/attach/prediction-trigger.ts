// When guesses are worth showing, and when they are underlined: by the round trip, with hysteresis, and by echoes that are late all the same
// (mosh's glitch rule). Pure; the time is an argument, ms.

export const predictModes = ['adaptive', 'always', 'never'] as const;
export type PredictMode = (typeof predictModes)[number];

/** A longer round trip shows guesses; one not longer than the second number hides them again, once none is on the screen. */
const showAboveMs = 60;
const hideBelowMs = 40;
/** The same for the line under unconfirmed text. */
const flagAboveMs = 80;
const plainBelowMs = 50;
/** A guess unconfirmed for so long is a glitch: guesses are shown until so many were confirmed quickly, at least so far apart. */
export const glitchMs = 250;
const glitchRepairs = 10;
const repairEveryMs = 150;
/** So late that it is underlined whatever the round trip says. */
const flagLateMs = 5_000;

export type Trigger = {
  /** Takes the round trip (undefined = as it was) and since when the oldest guess waits. */
  readonly update: (now: number, roundTripMs: number | undefined, waitingSince: number | undefined) => void;
  /** A guess was confirmed after so many ms. */
  readonly confirmed: (afterMs: number, now: number) => void;
  readonly shows: () => boolean;
  readonly flags: () => boolean;
};

export function openTrigger(mode: PredictMode): Trigger {
  let slow = false;
  let flagged = false;
  let glitches = 0;
  let repairedAt = Number.NEGATIVE_INFINITY;
  return {
    update: (now, roundTripMs, waitingSince) => {
      const waited = waitingSince === undefined ? 0 : now - waitingSince;
      if (waited >= flagLateMs) glitches = 2 * glitchRepairs;
      else if (waited >= glitchMs) glitches = Math.max(glitches, glitchRepairs);
      if (roundTripMs === undefined) return;
      if (roundTripMs > showAboveMs) slow = true;
      else if (roundTripMs <= hideBelowMs && waitingSince === undefined) slow = false;
      if (roundTripMs > flagAboveMs) flagged = true;
      else if (roundTripMs <= plainBelowMs) flagged = false;
    },
    confirmed: (afterMs, now) => {
      if (glitches === 0 || afterMs >= glitchMs || now - repairedAt < repairEveryMs) return;
      glitches -= 1;
      repairedAt = now;
    },
    shows: () => mode === 'always' || (mode === 'adaptive' && (slow || glitches > 0)),
    flags: () => flagged || glitches > glitchRepairs,
  };
}
