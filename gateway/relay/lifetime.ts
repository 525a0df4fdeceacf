// How long one session may live, how long nothing may happen in it, and how long it may be without its agent (TRUST §0): all timers of a session, on
// the monotonic clock (R11). What ends by time is announced five minutes and one minute before (M14).
import type { Clock } from '../ports.ts';
import type { GrantId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';

/** An agent hangs up by itself when its gateway stayed away too long; the gateway gives it this much longer to come back and say so. */
const awayGraceMs = 60_000;
export const firstWarningMs = 300_000;
const warningsMs = [firstWarningMs, 60_000] as const;

/** The grant without which whoever opened the session could not have it, and when it ends or shuts. */
export type Rest = { readonly grant: GrantId; readonly at: Instant; readonly words: string };
/** access-changed: the grant it rests on ends first. */
export type Ends = { readonly at: Instant; readonly reason: 'expired' | 'idle' | 'access-changed'; readonly grant?: GrantId };

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
  readonly warn: (reason: Ends['reason'], inMs: number, rest: Rest | undefined) => void;
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
  /** What it rests on now; announced here, ended by whoever ends the grant. */
  restsOn(rest: Rest | undefined): void;
  readonly rest: Rest | undefined;
  /** What will end it, and when, as things are now. */
  readonly ends: Ends;
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
  let rest: (Rest & { readonly mono: number }) | undefined;

  const next = () => {
    const idleEnds = touchedAt + limits.idleMs;
    const own =
      idleEnds < lifeEnds ? ({ at: idleEnds, reason: 'idle' } as const) : ({ at: lifeEnds, reason: 'expired' } as const);
    // A grant whose time has come is ended by its own clock, a moment later.
    return rest !== undefined && rest.mono < own.at && rest.mono > clock.mono()
      ? ({ at: rest.mono, reason: 'access-changed', grant: rest.grant } as const)
      : own;
  };
  /** Looks at the time that is left; sleeps until it must look again. What was touched meanwhile is found then: a key costs no timer. */
  function watch(): void {
    stopWatch();
    const { at, reason } = next();
    const left = at - clock.mono();
    // A turn later: whoever made this is still being made.
    if (left <= 0 && reason !== 'access-changed') return void timer(0, reason === 'idle' ? parts.idle : parts.expired);
    const due = warningsMs.findLast((ms) => left <= ms);
    if (due === undefined) told = undefined;
    else if (told === undefined || due < told) {
      told = due;
      parts.warn(reason, left, rest);
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
    restsOn(now) {
      if (now?.grant === rest?.grant && now?.at === rest?.at) return;
      rest = now && { ...now, mono: clock.mono() + Math.max(0, now.at - clock.now()) };
      told = undefined;
      watch();
    },
    get rest() {
      return rest;
    },
    get ends() {
      const { at, ...why } = next();
      return { at: clock.now() + Math.round(at - clock.mono()), ...why };
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
