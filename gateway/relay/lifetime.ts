// How long one session may live, how long nothing may happen in it, and how long it may be without its agent (TRUST §0): all timers of a session, on
// the monotonic clock (R11). What ends by time is announced five minutes and one minute before (M14).
import type { Clock } from '../ports.ts';
import type { Instant } from '../protocol/nouns.ts';

/** An agent hangs up by itself when its gateway stayed away too long; the gateway gives it this much longer to come back and say so. */
const awayGraceMs = 60_000;
export const firstWarningMs = 300_000;
const warningsMs = [firstWarningMs, 60_000] as const;

export type Limits = {
  readonly sessionMs: number;
  readonly awayMs: number;
  /** Without a key or a byte of output. */
  readonly idleMs: number;
};

export type LifetimeParts = {
  readonly clock: Clock;
  readonly startedAt: Instant;
  /** Its longest life was put off until then. */
  readonly until: Instant | undefined;
  /** By tier, ms. */
  readonly limits: Limits;
  readonly warn: (reason: 'expired' | 'idle', inMs: number) => void;
  readonly expired: () => void;
  readonly idle: () => void;
  /** The agent did not come back in time. */
  readonly forsaken: () => void;
};

export type Lifetime = {
  /** Calls back once, unless the session is over before. */
  after(ms: number, call: () => void): void;
  /** Something was typed or printed. */
  touch(): void;
  /** Its longest life ends then instead. */
  extend(until: Instant): void;
  /** What will end it, and when, as things are now. */
  readonly ends: { readonly at: Instant; readonly reason: 'expired' | 'idle' };
  /** The agent is away, and was for `alreadyMs` before this. */
  away(alreadyMs?: number): void;
  /** It is back. */
  back(): void;
  /** The last absence was longer than an agent waits for its gateway. */
  readonly tooLong: boolean;
  stop(): void;
};

export function openLifetime(parts: LifetimeParts): Lifetime {
  const { clock, startedAt, limits } = parts;
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
  const wholeLife = (parts.until ?? startedAt + limits.sessionMs) - clock.now();
  let lifeEnds = clock.mono() + Math.min(Math.max(0, wholeLife), Math.max(limits.sessionMs, (parts.until ?? 0) - startedAt));
  let touchedAt = clock.mono();
  let told: number | undefined;
  let stopWatch = (): void => {};

  const next = () => {
    const idleEnds = touchedAt + limits.idleMs;
    return idleEnds < lifeEnds ? ({ at: idleEnds, reason: 'idle' } as const) : ({ at: lifeEnds, reason: 'expired' } as const);
  };
  /** Looks at the time that is left; sleeps until it must look again. What was touched meanwhile is found then: a key costs no timer. */
  function watch(): void {
    stopWatch();
    const { at, reason } = next();
    const left = at - clock.mono();
    // A turn later: whoever made this is still being made.
    if (left <= 0) return void timer(0, reason === 'idle' ? parts.idle : parts.expired);
    const due = warningsMs.findLast((ms) => left <= ms);
    if (due === undefined) told = undefined;
    else if (told === undefined || due < told) {
      told = due;
      parts.warn(reason, left);
    }
    const ahead = warningsMs.find((ms) => left > ms) ?? 0;
    stopWatch = timer(left - ahead, watch);
  }
  watch();

  return {
    after: (ms, call) => void timer(ms, call),
    touch() {
      touchedAt = clock.mono();
      // Announced as idle, and now it is not: the announcement is over.
      if (told !== undefined) watch();
    },
    extend(until) {
      lifeEnds = clock.mono() + Math.max(0, until - clock.now());
      touchedAt = clock.mono();
      watch();
    },
    get ends() {
      const { at, reason } = next();
      return { at: clock.now() + Math.round(at - clock.mono()), reason };
    },
    away(alreadyMs = 0) {
      awaySince = clock.mono() - alreadyMs;
      stopAway();
      stopAway = timer(limits.awayMs + awayGraceMs, parts.forsaken);
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
