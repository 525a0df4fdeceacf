// What ends by the clock: looked at when the next of it is due, planned anew whenever that may have changed, and tried again when the log would not take it.
import type { Clock } from '../ports.ts';
import type { Instant } from '../protocol/nouns.ts';

/** A timer may be this long at most; longer waits are begun again. */
const longestMs = 24 * 3_600_000;
/** A log that is slow refuses whoever waits (A41): what is due is tried again after this long, neither at once nor never. */
const againMs = 1000;

export interface Alarm {
  /** What is due next may have changed. */
  plan(): void;
  /** Looks now, whatever is due. */
  ring(): void;
  stop(): void;
}

/**
 * @param next when the next of it is due; undefined = nothing is to come
 * @param look ends what is due; a rejection says that it could not be said in the log
 */
export function openAlarm(
  clock: Pick<Clock, 'now' | 'after'>,
  next: () => Instant | undefined,
  look: () => Promise<unknown>,
): Alarm {
  let callOff = (): void => undefined;
  let stopped = false;
  const planFor = (leastMs: number): void => {
    callOff();
    const at = stopped ? undefined : next();
    if (at !== undefined) callOff = clock.after(Math.min(Math.max(leastMs, at - clock.now()), longestMs), ring);
  };
  const plan = (): void => planFor(0);
  const ring = (): void =>
    void look().then(plan, () => {
      planFor(againMs);
    });
  return {
    plan,
    ring,
    stop() {
      stopped = true;
      callOff();
    },
  };
}
