// An entrance in an emergency (S53): past the identity provider, with one's authenticator and a sealed code or a second person. Transitions: ask, be let
// in, come in, be reviewed. Nothing here is told to who asks from outside: one answer for every refusal, the cause only in the log.

import type { Group } from '../access/group.ts';
import { groupsOf, type Lock, lockOn } from '../access/lock.ts';
import { fine, refuse } from '../protocol/errors.ts';
import type { Actor, NewEvent } from '../protocol/events.ts';
import type { BreakGlassId, PersonId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import { type Entrance, entranceState, unreviewed } from './entrance.ts';
import type { CodeVerdict } from './factor.ts';
import { type Happening, within } from './happening.ts';
import type { Device, Login } from './login.ts';
import type { Person } from './person.ts';
import { begin, type SignInAsk } from './sign-in.ts';
import { noLogin } from './unproven.ts';

/** Who is in this group may break the glass without being a superuser. */
const breakGlassGroup = 'break-glass';
/** How long one waits for a second person, and how long who was let in may take to come, ms. */
const waitMs = 900_000;
const comeMs = 120_000;
/** Longest life of a sign-in so made, ms. */
const glassMs = 3_600_000;

export type GlassRows = {
  readonly person: Person | undefined;
  /** The device that asks, when this person used it before. */
  readonly device: Device | undefined;
  readonly groups: Readonly<Record<string, Group>>;
  readonly locks: readonly Lock[];
  readonly entrances: readonly Entrance[];
  /** Digests of the sealed codes that are left. */
  readonly sealed: readonly string[];
  readonly logins: readonly Login[];
};

/** Why somebody may not break the glass, in words for the log; undefined = they may (T15). */
function hindrance({ person, device, groups, locks, entrances }: GlassRows): string | undefined {
  if (person === undefined) return 'unknown person';
  if (person.status !== 'active') return person.status;
  const named = Object.values(groups).some(({ name, members }) => name === breakGlassGroup && members.includes(person.id));
  if (person.role !== 'superuser' && !named) return 'no right to it';
  if (person.factor === undefined) return 'no authenticator';
  // Of the device only when it is known; a lock of somebody else shuts nobody out here (T14).
  const shut = locks.some((lock) =>
    lock.kind === 'server' || lock.kind === 'login'
      ? false
      : lockOn([lock], {
          person: person.id,
          role: person.role,
          login: noLogin,
          ...(device === undefined ? {} : { device: device.id }),
          server: undefined,
          groups: groupsOf(groups, person.id),
        }) !== undefined,
  );
  if (shut) return 'locked';
  return entrances.some((one) => one.person === person.id && unreviewed(one)) ? 'the last one was not reviewed' : undefined;
}

const stranger: Actor = { kind: 'stranger' };

/** The record of one that was refused. Never names the entrance where that would end it. */
export const glassRefused = (of: {
  readonly cause: string;
  readonly person: PersonId | undefined;
  readonly address: string;
  readonly request: string | undefined;
  readonly entrance?: BreakGlassId | undefined;
}): NewEvent => ({
  type: 'breakglass.refused',
  actor: stranger,
  outcome: 'denied',
  ...(of.person === undefined ? {} : { target: of.person }),
  ...within(of.request),
  data: {
    cause: of.cause,
    ...(of.person === undefined ? {} : { person: of.person }),
    ...(of.entrance === undefined ? {} : { entrance: of.entrance }),
  },
  personal: { address: of.address },
});

export type GlassAsk = {
  readonly entrance: BreakGlassId;
  readonly check: (lastStep: number, now: Instant) => CodeVerdict;
  /** Of what was given as a sealed code; absent when none was. */
  readonly sealed: { readonly digest: string | undefined } | undefined;
  readonly deviceKey: string;
  readonly machine: string;
  readonly address: string;
  readonly why: string;
  readonly request: string | undefined;
  /** False = a refusal leaves no record of its own: there were many already. */
  readonly record: boolean;
};

/** The one answer to whoever may not: it says nothing of who is here, and what was wrong. */
const no = refuse('breakglass-refused');

/**
 * Somebody whom nobody knows yet says who they are and shows a code. The code and the sealed code are spent here, once (T10). A right one makes an
 * entrance: open to the device that asked when a sealed code was given, else waiting for a second person.
 */
export function askIn(
  rows: GlassRows,
  ask: GlassAsk,
  now: Instant,
): Happening<{ readonly state: 'open' | 'waiting'; readonly expiresAt: Instant }> {
  const { person } = rows;
  // Looked at whoever it is, so that an unknown name takes as long as a wrong code.
  const code = ask.check(person?.factor?.lastStep ?? -1, now);
  const cause =
    hindrance(rows) ??
    (person !== undefined && now < person.attempts.refusedUntil ? 'throttled' : undefined) ??
    (code.verdict === 'right' ? undefined : `code ${code.verdict}`) ??
    (ask.sealed === undefined || (ask.sealed.digest !== undefined && rows.sealed.includes(ask.sealed.digest))
      ? undefined
      : 'sealed code');
  if (cause !== undefined || person === undefined || code.verdict !== 'right')
    return {
      events: ask.record ? [glassRefused({ ...ask, cause: cause ?? 'code', person: person?.id, entrance: undefined })] : [],
      answer: no,
    };
  const expiresAt = now + (ask.sealed === undefined ? waitMs : comeMs);
  const before = rows.entrances.filter((one) => one.person === person.id && entranceState(one, now) === 'waiting');
  const sealedDigest = ask.sealed?.digest;
  return {
    events: [
      ...before.map((one) => glassRefused({ ...ask, cause: 'asked again', person: person.id, entrance: one.id })),
      {
        type: 'breakglass.asked',
        actor: stranger,
        outcome: 'ok',
        target: person.id,
        ...within(ask.request),
        data: {
          entrance: ask.entrance,
          person: person.id,
          deviceKey: ask.deviceKey,
          step: code.step,
          expiresAt,
          why: ask.why,
          ...(sealedDigest === undefined ? {} : { sealedDigest }),
        },
        personal: { address: ask.address, machine: ask.machine },
      },
    ],
    answer: fine({ state: ask.sealed === undefined ? 'waiting' : 'open', expiresAt }),
  };
}

/** Somebody else, who is signed in, does something about an entrance. */
type Other = { readonly actor: Actor; readonly person: PersonId; readonly request: string | undefined };
const doneBy = (by: Other, { person }: Entrance) =>
  ({ actor: by.actor, outcome: 'ok', target: person, ...within(by.request), personal: {} }) as const;

/** A second person lets them in; who that may be is policy. Errors: not-found (nobody waits there any more), denied (oneself). */
export function letIn(entrance: Entrance | undefined, by: Other & { readonly why: string }, now: Instant): Happening<object> {
  if (entrance === undefined || entranceState(entrance, now) !== 'waiting' || entrance.how !== undefined)
    return { events: [], answer: refuse('not-found', 'nobody waits there any more') };
  if (entrance.person === by.person) return { events: [], answer: refuse('denied', 'nobody lets themselves in') };
  return {
    events: [
      {
        type: 'breakglass.approved',
        ...doneBy(by, entrance),
        data: { entrance: entrance.id, by: by.person, why: by.why },
      },
    ],
    answer: fine({}),
  };
}

/** The device that asked comes in: a login of an hour at most, which nothing prolongs. What hindered somebody meanwhile hinders them now. */
export function comeIn(
  rows: GlassRows,
  entrance: Entrance | undefined,
  ask: Omit<SignInAsk, 'claims' | 'deviceFlow' | 'refreshDigest' | 'loginMs'>,
  now: Instant,
): Happening<{ readonly until: Instant }> {
  const cause =
    entrance === undefined || entranceState(entrance, now) !== 'waiting' || entrance.how === undefined
      ? 'too late'
      : hindrance(rows);
  const { person } = rows;
  if (cause !== undefined || entrance?.how === undefined || person === undefined) {
    const of = { ...ask, cause: cause ?? 'too late', person: person?.id };
    const open = entrance === undefined || entrance.login !== undefined ? {} : { entrance: entrance.id };
    return { events: [glassRefused({ ...of, ...open })], answer: no };
  }
  const { id, how, by, why } = entrance;
  const until = now + glassMs;
  const login = { ...ask, refreshDigest: undefined, loginMs: glassMs };
  return {
    events: [
      ...begin(rows, login, person.id, rows.device, now),
      {
        type: 'breakglass.opened',
        actor: { kind: 'person', id: person.id, login: ask.login, device: rows.device?.id ?? ask.device },
        outcome: 'ok',
        target: person.id,
        ...within(ask.request),
        data: { entrance: id, person: person.id, login: ask.login, how, until, why, ...(by === undefined ? {} : { by }) },
        personal: { address: ask.address, machine: ask.machine },
      },
    ],
    answer: fine({ until }),
  };
}

/** Whether another superuser than whoever let them in could look at it: then that one does not review what they approved themselves. */
export const othersReview = ({ person, by }: Pick<Entrance, 'person' | 'by'>, people: readonly Person[]): boolean =>
  people.some(({ id, role, status }) => role === 'superuser' && status === 'active' && id !== person && id !== by);

/** Errors: not-found (nobody came in by it), denied (one's own, or of who let them in while another could), bad-request (reviewed already, or still open). */
export function review(
  entrance: Entrance | undefined,
  by: Other & { readonly finding: string },
  people: readonly Person[],
): Happening<object> {
  if (entrance?.login === undefined) return { events: [], answer: refuse('not-found') };
  if (entrance.person === by.person) return { events: [], answer: refuse('denied', 'nobody reviews their own') };
  if (entrance.by === by.person && othersReview(entrance, people))
    return { events: [], answer: refuse('denied', 'you let them in: another superuser reviews it') };
  if (entrance.reviewed !== undefined) return { events: [], answer: refuse('bad-request', 'it was reviewed already') };
  if (entrance.overAt === undefined) return { events: [], answer: refuse('bad-request', 'it is not over yet') };
  return {
    events: [
      {
        type: 'breakglass.reviewed',
        ...doneBy(by, entrance),
        data: { entrance: entrance.id, by: by.person, finding: by.finding },
      },
    ],
    answer: fine({}),
  };
}

/** What is over by the clock, or because its login is: said once (law 9). */
export function endings(
  entrances: readonly Entrance[],
  logins: Readonly<Record<string, Login>>,
  now: Instant,
): readonly NewEvent[] {
  const gateway = { actor: { kind: 'gateway' } } as const;
  return entrances.flatMap((one): readonly NewEvent[] => {
    if (one.overAt !== undefined) return [];
    if (one.login === undefined)
      return now < one.expiresAt
        ? []
        : [
            {
              ...glassRefused({
                cause: 'nobody came in time',
                person: one.person,
                address: one.address,
                request: undefined,
                entrance: one.id,
              }),
              ...gateway,
            },
          ];
    const login = logins[one.login];
    if (login !== undefined && now < (one.until ?? 0)) return [];
    return [
      ...(login === undefined
        ? []
        : [
            {
              ...gateway,
              type: 'login.ended' as const,
              outcome: 'ok' as const,
              target: login.id,
              data: { login: login.id, person: login.person, cause: 'expired' as const },
              personal: {},
            },
          ]),
      { ...gateway, type: 'breakglass.over', outcome: 'ok', target: one.person, data: { entrance: one.id }, personal: {} },
    ];
  });
}
