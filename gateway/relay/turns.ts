// Long work of several people, in turns of a few ms, one turn in each round of the event loop: whoever types waits for one of them, not for all (R8).
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../ports.ts';

/** Longest turn, ms. */
export const turnMs = 2;

export type Turns = {
  /** Resolves when it is one's turn. */
  readonly take: () => Promise<void>;
  /** The turn has been long enough. */
  readonly over: () => boolean;
  /** For the next one. Whoever took must give. */
  readonly give: () => void;
};

export function openTurns(clock: Pick<Clock, 'mono'>): Turns {
  const waiting: (() => void)[] = [];
  let busy = false;
  let began = 0;
  return {
    take: async () => {
      if (busy) await new Promise<void>((resolve) => waiting.push(resolve));
      busy = true;
      await setImmediate();
      began = clock.mono();
    },
    over: () => clock.mono() - began >= turnMs,
    give: () => {
      const next = waiting.shift();
      if (next === undefined) busy = false;
      else next();
    },
  };
}
