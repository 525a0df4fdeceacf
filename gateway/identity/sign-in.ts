// A sign-in that the provider has confirmed becomes a login, or a refusal with its cause. The subject is the key, never the e-mail
// address: an address binds an invited person once, if the provider vouches for it (T25). A login is new each time, and the one this
// device had before is over (T6).
import type { Claims } from '../ports.ts';
import { type ErrorCode, fine, refuse } from '../protocol/errors.ts';
import type { Actor, NewEvent } from '../protocol/events.ts';
import type { DeviceId, LoginId, PersonId } from '../protocol/ids.ts';
import type { Instant, Role } from '../protocol/nouns.ts';
import { sameDigest, subjectDigest } from './digest.ts';
import { type Happening, within } from './happening.ts';
import type { Device, Login } from './login.ts';
import type { Person } from './person.ts';

type SignInFacts = {
  readonly people: readonly Person[];
  readonly devices: readonly Device[];
  readonly logins: readonly Login[];
};
export type SignInAsk = {
  readonly claims: Claims;
  readonly deviceKey: string;
  readonly machine: string;
  readonly address: string;
  /** Fresh ids: the login's, and the device's in case it is new. */
  readonly login: LoginId;
  readonly device: DeviceId;
  readonly tokenDigest: string;
  /** Of the refresh token that is in the vault under `refresh:<login>`, if the provider gave one. */
  readonly refreshDigest: string | undefined;
  /** Longest life of the login and longest silence, ms (T7). */
  readonly loginMs: number;
  readonly idleMs: number;
  /** Roles that may sign in by device flow (T24). */
  readonly deviceFlow: readonly Role[];
  readonly request: string | undefined;
};
export type SignedIn = { readonly person: PersonId; readonly device: DeviceId; readonly login: LoginId };

/** Longest subject and e-mail address an event can hold; OpenID Connect Core §2 and RFC 5321 allow no more than one character above. */
const longest = 254;

export function signIn(facts: SignInFacts, ask: SignInAsk, now: Instant): Happening<SignedIn> {
  const { claims, deviceKey, request } = ask;
  if (claims.subject === '' || claims.subject.length > longest) return refused(ask, undefined, 'provider-answer', 'the subject');

  const found = recognise(
    facts.people.filter(({ status, inviteUntil }) => status !== 'invited' || inviteUntil === undefined || now < inviteUntil),
    claims,
  );
  if (found === undefined) return refused(ask, undefined, 'not-invited');
  if (found.person.status === 'suspended') return refused(ask, found.person, 'suspended');
  // Before anything is bound or registered: whoever may not come this way leaves nothing here (T24).
  if (!ask.deviceFlow.includes(found.person.role)) return refused(ask, found.person, 'device-flow-off', found.person.role);

  const { person } = found;
  const known = facts.devices.find((device) => device.person === person.id && device.key === deviceKey);
  const device = known?.id ?? ask.device;
  const actor: Actor = { kind: 'person', id: person.id, login: ask.login, device };
  const events: NewEvent[] = [];
  if (found.first)
    events.push({
      type: 'person.bound',
      actor,
      outcome: 'ok',
      target: person.id,
      ...within(request),
      data: { person: person.id, issuer: claims.issuer, subjectDigest: subjectDigest(claims.issuer, claims.subject) },
      personal: { subject: claims.subject, ...vouchedEmail(claims) },
    });
  events.push(...begin(facts, ask, person.id, known, now));
  return { events, answer: fine({ person: person.id, device, login: ask.login }) };
}

/**
 * The events of a new login of somebody who was recognised: their device registered if it is new, the login it had before over (T6), the login itself.
 * @param known the device, when this person used it before
 */
export function begin(
  facts: Pick<SignInFacts, 'logins'>,
  ask: Omit<SignInAsk, 'claims' | 'deviceFlow'>,
  person: PersonId,
  known: Device | undefined,
  now: Instant,
): readonly NewEvent[] {
  const device = known?.id ?? ask.device;
  const by = {
    actor: { kind: 'person', id: person, login: ask.login, device },
    outcome: 'ok',
    ...within(ask.request),
  } as const;
  const events: NewEvent[] = [];
  if (known === undefined)
    events.push({
      ...by,
      type: 'device.registered',
      target: device,
      data: { device, person, key: ask.deviceKey },
      personal: { machine: ask.machine },
    });
  for (const before of facts.logins)
    if (before.person === person && before.device === device)
      events.push({
        ...by,
        type: 'login.ended',
        target: before.id,
        data: { login: before.id, person, cause: 'logout' },
        personal: {},
      });
  events.push({
    ...by,
    type: 'login.succeeded',
    target: ask.login,
    data: {
      login: ask.login,
      person,
      device,
      tokenDigest: ask.tokenDigest,
      expiresAt: now + ask.loginMs,
      idleMs: ask.idleMs,
      ...(ask.refreshDigest === undefined ? {} : { refreshDigest: ask.refreshDigest }),
    },
    personal: { address: ask.address, machine: ask.machine },
  });
  return events;
}

/** Whether these claims are the ones the person is bound to. */
export const isBoundTo = (person: Person, claims: Claims): boolean =>
  person.bound !== undefined &&
  person.bound.issuer === claims.issuer &&
  sameDigest(person.bound.subjectDigest, subjectDigest(claims.issuer, claims.subject));

/** The person these claims are of: bound to them, or not yet bound and the only one who was invited under them. */
function recognise(people: readonly Person[], claims: Claims): { readonly person: Person; readonly first: boolean } | undefined {
  const bound = people.find((person) => isBoundTo(person, claims));
  if (bound !== undefined) return { person: bound, first: false };
  const [invited, another] = people.filter((person) => person.bound === undefined && isClaimedBy(person, claims));
  return invited === undefined || another !== undefined ? undefined : { person: invited, first: true };
}

function isClaimedBy(person: Person, claims: Claims): boolean {
  if (person.claim.value === '') return false;
  switch (person.claim.kind) {
    case 'sub':
      return person.claim.value === claims.subject;
    case 'email':
      return claims.emailVerified && claims.email?.toLowerCase() === person.claim.value.toLowerCase();
    default:
      return person.claim.kind satisfies never;
  }
}

const vouchedEmail = (claims: Claims): { readonly email?: string } =>
  claims.emailVerified && claims.email !== undefined && claims.email.length <= longest ? { email: claims.email } : {};

function refused(ask: SignInAsk, person: Person | undefined, code: ErrorCode, detail?: string): Happening<never> {
  return {
    events: [signInRefused({ ...ask, cause: code, person: person?.id, claims: ask.claims })],
    answer: refuse(code, detail),
  };
}

/** The record of a sign-in that did not happen. */
export function signInRefused(of: {
  readonly cause: string;
  readonly deviceKey: string | undefined;
  readonly address: string;
  readonly person?: PersonId | undefined;
  readonly claims?: Claims | undefined;
  readonly request: string | undefined;
}): NewEvent {
  return {
    type: 'login.refused',
    actor: { kind: 'stranger' },
    outcome: 'denied',
    ...within(of.request),
    data: {
      cause: of.cause,
      ...(of.person === undefined ? {} : { person: of.person }),
      ...(of.deviceKey === undefined ? {} : { deviceKey: of.deviceKey }),
    },
    personal: {
      address: of.address,
      ...(of.claims === undefined ? {} : { subject: of.claims.subject.slice(0, longest) }),
      ...(of.claims?.email === undefined ? {} : { email: of.claims.email.slice(0, longest) }),
    },
  };
}
