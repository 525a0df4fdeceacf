// Time and chance as the link asks for them, so that a test decides when a retry is due.

export type Pace = {
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
  /** Calls once after `ms`; the returned function calls it off. */
  readonly after: (ms: number, call: () => void) => () => void;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
};

export const realPace: Pace = {
  now: () => Date.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  chance: () => Math.random(),
};
