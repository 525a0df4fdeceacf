// Keys on their way when the keyboard was lost were meant for a shell: here they mean nothing until the hand rests, or for so long at most.

const restMs = 700;
const mostMs = 3_000;

export type Calm = {
  /** A key came: true = it is one of those. */
  readonly stray: () => boolean;
  readonly close: () => void;
};

/** `rested` is called once, when keys mean something again. */
export function openCalm(rested: () => void): Calm {
  const until = performance.now() + mostMs;
  let over = false;
  const rest = (): void => {
    over = true;
    rested();
  };
  let timer = setTimeout(rest, restMs);
  return {
    stray: () => {
      if (over) return false;
      clearTimeout(timer);
      timer = setTimeout(rest, Math.max(0, Math.min(restMs, until - performance.now())));
      return true;
    },
    close: () => {
      over = true;
      clearTimeout(timer);
    },
  };
}
