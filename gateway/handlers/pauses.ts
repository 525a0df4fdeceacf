// The waits of somebody who works on and on beside everything else: for so long, or until there is something to do; ended at once when it is over.
import type { Clock } from '../ports.ts';

export type Pauses = {
  /** Until so many ms have passed (undefined = for ever), or it is woken, or over. One at a time. */
  pause(ms: number | undefined): Promise<void>;
  /** Ends the pause that is under way. */
  wake(): void;
  /** Ends it, and whatever pause is asked for from now on. */
  end(): void;
};

export function openPauses(clock: Pick<Clock, 'after'>): Pauses {
  let over = false;
  let wake: (() => void) | undefined;
  return {
    pause: (ms) =>
      new Promise((resolve) => {
        if (over) return resolve();
        const callOff = ms === undefined ? () => undefined : clock.after(ms, () => wake?.());
        wake = () => {
          callOff();
          wake = undefined;
          resolve();
        };
        return undefined;
      }),
    wake: () => wake?.(),
    end() {
      over = true;
      wake?.();
    },
  };
}
