import type { Clock } from '../ports.ts';

/** Longest wait setTimeout can hold, ms; a longer one is waited in pieces. */
const longest = 2_147_000_000;

export const realClock: Clock = {
  now: () => Date.now(),
  mono: () => Math.floor(performance.now()),
  after: (ms, call) => {
    let left = ms;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const step = Math.min(left, longest);
      left -= step;
      timer = setTimeout(left > 0 ? wait : call, step);
    };
    wait();
    return () => clearTimeout(timer);
  },
};
