// How long one session may live, and how long it may be without its agent (TRUST §0): all timers of a session, on the monotonic clock (R11).
import type { Clock } from '../ports.ts';
import type { Instant } from '../protocol/nouns.ts';

/** An agent hangs up by itself when its gateway stayed away too long; the gateway gives it this much longer to come back and say so. */
const awayGraceMs = 60_000;
const warningMs = 300_000;

export type LifetimeParts = {
  readonly clock: Clock;
  readonly startedAt: Instant;
  /** By tier, ms. */
  readonly limits: { readonly sessionMs: number; readonly awayMs: number };
  readonly warn: () => void;
  readonly expired: () => void;
  /** The agent did not come back in time. */
  readonly forsaken: () => void;
};

export type Lifetime = {
  /** Calls back once, unless the session is over before. */
  after(ms: number, call: () => void): void;
  /** The agent is away, and was for `alreadyMs` before this. */
  away(alreadyMs?: number): void;
  /** It is back. */
  back(): void;
  /** The last absence was longer than an agent waits for its gateway. */
  readonly tooLong: boolean;
  stop(): void;
};

export function openLifetime({ clock, startedAt, limits, warn, expired, forsaken }: LifetimeParts): Lifetime {
  const timers = new Set<() => void>();
  let awaySince: number | undefined;
  let lastAwayMs = 0;
  let stopAway = (): void => {};

  const timer = (ms: number, call: () => void): (() => void) => {
    const cancel = clock.after(Math.max(0, ms), () => {
      timers.delete(cancel);
      call();
    });
    timers.add(cancel);
    return () => {
      timers.delete(cancel);
      cancel();
    };
  };
  // The wall clock says how old a session is after a restart; it never gives more than a whole life.
  const life = Math.min(Math.max(0, limits.sessionMs - (clock.now() - startedAt)), limits.sessionMs);
  timer(life, expired);
  if (life > warningMs) timer(life - warningMs, warn);

  return {
    after: (ms, call) => void timer(ms, call),
    away(alreadyMs = 0) {
      awaySince = clock.mono() - alreadyMs;
      stopAway();
      stopAway = timer(limits.awayMs + awayGraceMs, forsaken);
    },
    back() {
      lastAwayMs = awaySince === undefined ? 0 : clock.mono() - awaySince;
      awaySince = undefined;
      stopAway();
    },
    get tooLong() {
      return lastAwayMs >= limits.awayMs;
    },
    stop() {
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}
