// The second factor of a person as transitions: begin enrolment, confirm it, prove it, renew the recovery codes (T10–T18). Every branch
// looks at whether the person may do anything at all first (T15). Codes and seeds never get here: `check` answers for them.
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { EventData, NewEvent } from '../protocol/events.ts';
import type { Instant, Selector } from '../protocol/nouns.ts';
import { refusedUntil } from './attempts.ts';
import { endLogins } from './ending.ts';
import { type Happening, never, personActor, within } from './happening.ts';
import type { Device, Login } from './login.ts';
import type { Person } from './person.ts';

/** What the authenticator says of a code: right for a time step not yet spent, right but spent, or not right. */
export type CodeVerdict =
  | { readonly verdict: 'right'; readonly step: number }
  | { readonly verdict: 'used' }
  | { readonly verdict: 'wrong' }
  | { readonly verdict: 'malformed' };
/** @param lastStep the last time step accepted; −1 before the first */
type CheckCode = (lastStep: number, now: Instant) => CodeVerdict;

/** The rows of the one who asks, as the staged state has them. */
export type FactorRows = {
  readonly person: Person | undefined;
  readonly login: Login | undefined;
  readonly device: Device | undefined;
};
type Asker = { readonly person: Person; readonly login: Login; readonly device: Device };
type FactorAsk = { readonly address: string; readonly request: string | undefined };

/** How old a sign-in may be when it sets up a factor, ms (T16). */
const enrolmentLoginMs = 900_000;
/** How long a seed waits for its first code, ms. */
const enrolmentMs = 600_000;

function asker(rows: FactorRows): Result<Asker> {
  const { person, login, device } = rows;
  if (person === undefined || login === undefined || device === undefined || login.person !== person.id)
    return refuse('not-signed-in');
  if (person.status === 'suspended') return refuse('suspended');
  return person.status === 'active' ? fine({ person, login, device }) : refuse('not-signed-in');
}

/** The seed is in the vault under `enrolling:<person>`; this makes it known. Errors: factor-already, login-expired. */
export function beginEnrolment(
  rows: FactorRows,
  ask: FactorAsk & { readonly secretDigest: string },
  now: Instant,
): Happening<object> {
  const who = asker(rows);
  if (!who.ok) return { events: [], answer: who };
  const { person, login, device } = who.value;
  if (person.factor !== undefined) return { events: [], answer: refuse('factor-already') };
  const age = now - login.startedAt;
  if (age > enrolmentLoginMs || age < 0)
    return { events: [], answer: refuse('login-expired', 'a second factor is set up within 15 minutes of signing in') };
  return {
    events: [
      {
        type: 'factor.enrolment-started',
        actor: personActor(login, device),
        outcome: 'ok',
        target: person.id,
        ...within(ask.request),
        data: { person: person.id, login: login.id, secretDigest: ask.secretDigest },
        personal: {},
      },
    ],
    answer: fine({}),
  };
}

/** One valid code ends the enrolment (T16); the device it was typed on is known from now on. Errors: those of a code, factor-already, bad-request. */
export function confirmEnrolment(
  rows: FactorRows,
  ask: FactorAsk & { readonly secretDigest: string; readonly check: CheckCode; readonly recoveryDigests: readonly string[] },
  now: Instant,
): Happening<object> {
  const who = asker(rows);
  if (!who.ok) return { events: [], answer: who };
  const { person, login, device } = who.value;
  if (person.factor !== undefined) return { events: [], answer: refuse('factor-already') };
  const { enrolling } = person;
  if (enrolling === undefined || enrolling.login !== login.id || enrolling.secretDigest !== ask.secretDigest)
    return { events: [], answer: refuse('bad-request', 'no second factor is being set up by this sign-in') };
  if (now - enrolling.at > enrolmentMs)
    return { events: [], answer: refuse('timeout', 'setting up the second factor has to be begun again') };
  const throttled = throttle(who.value, ask, now);
  if (throttled !== undefined) return throttled;
  const code = ask.check(-1, now);
  if (code.verdict !== 'right') return refuseCode(who.value, ask, code.verdict, now);
  const actor = personActor(login, device);
  const events: NewEvent[] = [
    {
      type: 'factor.enrolled',
      actor,
      outcome: 'ok',
      target: person.id,
      ...within(ask.request),
      data: { person: person.id, login: login.id, step: code.step, recoveryDigests: [...ask.recoveryDigests] },
      personal: {},
    },
    ...trusted(who.value, ask),
  ];
  return { events, answer: fine({}) };
}

/**
 * Proves the factor for one action on one target, for `forMs` (T18). A time step or recovery code is spent here, once, because staged
 * state has it before the next attempt is looked at (T10). A recovery code means the authenticator is out of hand, and the paper the codes are on was
 * opened: the person's other sign-ins end, and their other recovery codes with them (T17).
 * @param otherLogins the person's logins; the asking one among them is left alone
 * Errors: factor-none, code-wrong, code-used, code-throttled.
 */
export function proveFactor(
  rows: FactorRows,
  otherLogins: readonly Login[],
  ask: FactorAsk & {
    readonly check: CheckCode;
    /** When what was typed has the form of a recovery code. */
    readonly recoveryDigest: string | undefined;
    readonly action: string;
    readonly target: string | undefined;
    readonly forMs: number;
    /** A declared batch (M15): the servers it covers, and what for; then `target` is undefined. */
    readonly batch?: { readonly servers: Selector; readonly why: string };
  },
  now: Instant,
): Happening<{ readonly until: Instant; readonly recoveryCodes?: number }> {
  const who = asker(rows);
  if (!who.ok) return { events: [], answer: who };
  const { person, login, device } = who.value;
  const { factor } = person;
  if (factor === undefined) return { events: [], answer: refuse('factor-none') };
  const throttled = throttle(who.value, ask, now);
  if (throttled !== undefined) return throttled;

  const { recoveryDigest } = ask;
  let spent: Pick<EventData<'factor.proven'>, 'method' | 'step' | 'recoveryDigest' | 'codesRevoked'>;
  if (recoveryDigest !== undefined) {
    // The codes carry 80 random bits and are kept as digests: how long the search takes tells nothing.
    if (!factor.recoveryDigests.includes(recoveryDigest)) return refuseCode(who.value, ask, 'wrong', now);
    spent = { method: 'recovery', recoveryDigest, codesRevoked: factor.recoveryDigests.length - 1 };
  } else {
    const code = ask.check(factor.lastStep, now);
    if (code.verdict !== 'right') return refuseCode(who.value, ask, code.verdict, now);
    spent = { method: 'totp', step: code.step };
  }

  const actor = personActor(login, device);
  const until = Math.min(now + ask.forMs, login.expiresAt);
  const events: NewEvent[] = [
    {
      type: 'factor.proven',
      actor,
      outcome: 'ok',
      target: ask.target ?? person.id,
      ...within(ask.request),
      data: {
        person: person.id,
        login: login.id,
        ...spent,
        action: ask.action,
        ...(ask.target === undefined ? {} : { target: ask.target }),
        until,
        ...ask.batch,
      },
      personal: { address: ask.address },
    },
    ...trusted(who.value, ask),
  ];
  if (spent.method === 'recovery')
    events.push(
      ...endLogins(
        otherLogins.filter((other) => other.person === person.id && other.id !== login.id),
        // Detached, not killed: what runs there is still this person's.
        'logout',
        actor,
        ask.request,
      ),
    );
  // Whoever used one has none left: that is said at once.
  return { events, answer: fine({ until, ...(spent.method === 'recovery' ? { recoveryCodes: 0 } : {}) }) };
}

/** New recovery codes in place of all old ones, under a fresh proof for `self.manage`. Errors: factor-none, step-up. */
export function renewRecoveryCodes(
  rows: FactorRows,
  ask: FactorAsk & { readonly recoveryDigests: readonly string[] },
  now: Instant,
): Happening<object> {
  const who = asker(rows);
  if (!who.ok) return { events: [], answer: who };
  const { person, login, device } = who.value;
  if (person.factor === undefined) return { events: [], answer: refuse('factor-none') };
  if (!login.proofs.some((proof) => proof.action === 'self.manage' && proof.at <= now && now < proof.until)) {
    const decision = {
      verdict: 'challenge' as const,
      action: 'self.manage',
      policies: [],
      missing: ['a second factor, just now, for self.manage'],
    };
    return {
      events: [
        {
          type: 'access.challenged',
          actor: personActor(login, device),
          outcome: 'denied',
          target: person.id,
          ...within(ask.request),
          data: { action: decision.action, policies: [], missing: decision.missing, target: person.id },
          personal: { address: ask.address },
        },
      ],
      answer: refuse('step-up', undefined, { decision }),
    };
  }
  return {
    events: [
      {
        type: 'factor.codes-made',
        actor: personActor(login, device),
        outcome: 'ok',
        target: person.id,
        ...within(ask.request),
        data: { person: person.id, login: login.id, recoveryDigests: [...ask.recoveryDigests] },
        personal: {},
      },
    ],
    answer: fine({}),
  };
}

const trusted = ({ person, login, device }: Asker, ask: FactorAsk): readonly NewEvent[] =>
  device.trustedAt !== undefined
    ? []
    : [
        {
          type: 'device.trusted',
          actor: personActor(login, device),
          outcome: 'ok',
          target: device.id,
          ...within(ask.request),
          data: { device: device.id, person: person.id },
          personal: {},
        },
      ];

function refusedEvent(
  { person, login, device }: Asker,
  ask: FactorAsk,
  cause: EventData<'factor.refused'>['cause'],
  until: Instant | undefined,
): NewEvent {
  return {
    type: 'factor.refused',
    actor: personActor(login, device),
    outcome: 'denied',
    target: person.id,
    ...within(ask.request),
    data: { person: person.id, login: login.id, cause, ...(until === undefined ? {} : { until }) },
    personal: { address: ask.address },
  };
}

const locked = 'locked after fifty wrong codes; an administrator can lift it';

/** While the delay runs, no code is looked at: right and wrong ones get the same answer. */
function throttle(who: Asker, ask: FactorAsk, now: Instant): Happening<never> | undefined {
  const until = who.person.attempts.refusedUntil;
  if (now >= until) return undefined;
  const answer =
    until >= never ? refuse('code-throttled', locked) : refuse('code-throttled', undefined, { retryAfterMs: until - now });
  return { events: [refusedEvent(who, ask, 'throttled', until)], answer };
}

/** A code that was right but is spent is no guess: it is refused and recorded, never counted. */
function refuseCode(who: Asker, ask: FactorAsk, cause: 'used' | 'wrong' | 'malformed', now: Instant): Happening<never> {
  if (cause === 'used') return { events: [refusedEvent(who, ask, cause, undefined)], answer: refuse('code-used') };
  const until = refusedUntil(who.person.attempts, now);
  const detail = cause === 'malformed' ? 'a code is exactly six digits' : undefined;
  const answer =
    until === undefined
      ? refuse('code-wrong', detail)
      : until >= never
        ? refuse('code-throttled', locked)
        : refuse('code-wrong', detail, { retryAfterMs: until - now });
  return { events: [refusedEvent(who, ask, cause, until)], answer };
}
