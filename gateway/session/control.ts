// What people do to a live session without being at its keyboard, as events: pure. Each is nothing when the session is over.
import type { Actor, NewEvent } from '../protocol/events.ts';
import type { InviteId, PersonId } from '../protocol/ids.ts';
import type { Instant, JoinableRole } from '../protocol/nouns.ts';
import type { Session } from './session.ts';

/** Who does it, and the request it belongs to. */
export type Doer = { readonly actor: Actor; readonly person: PersonId; readonly request: string | undefined };

type Living = Exclude<Session, { readonly state: 'ended' }>;
const living = (session: Session | undefined): Living | undefined =>
  session === undefined || session.state === 'ended' ? undefined : session;
const common = (session: Living, { actor, request }: Doer) => ({
  actor,
  outcome: 'ok' as const,
  target: session.server,
  session: session.id,
  ...(request === undefined ? {} : { request }),
});

export function messaged(session: Session | undefined, by: Doer, text: string): readonly NewEvent[] {
  const row = living(session);
  if (row === undefined) return [];
  return [{ ...common(row, by), type: 'session.messaged', data: { session: row.id, by: by.person }, personal: { text } }];
}

export function marked(session: Session | undefined, by: Doer, position: number, label: string): readonly NewEvent[] {
  const row = living(session);
  if (row === undefined) return [];
  const data = { session: row.id, by: by.person, position, label };
  return [{ ...common(row, by), type: 'session.marked', data, personal: {} }];
}

export type Lives = { readonly lifeMs: number; readonly stepMs: number };

/**
 * Puts the end of its life off by one step, to twice a whole life at most (M14). `undefined` = it lives so long already, or is over.
 */
export function extended(
  session: Session | undefined,
  by: Doer,
  why: string,
  { lifeMs, stepMs }: Lives,
): { readonly until: Instant; readonly events: readonly NewEvent[] } | undefined {
  const row = living(session);
  if (row === undefined) return undefined;
  const now = row.until ?? row.startedAt + lifeMs;
  const until = Math.min(now + stepMs, row.startedAt + 2 * lifeMs);
  if (until <= now) return undefined;
  const data = { session: row.id, by: by.person, before: now, until, why };
  return { until, events: [{ ...common(row, by), type: 'session.extended', data, personal: {} }] };
}

export type Invitation = {
  readonly invite: InviteId;
  readonly person: PersonId;
  readonly role: JoinableRole;
  readonly codeDigest: string;
  readonly expiresAt: Instant;
};

export function shared(session: Session | undefined, by: Doer, invitation: Invitation): readonly NewEvent[] {
  const row = living(session);
  if (row === undefined) return [];
  return [{ ...common(row, by), type: 'session.shared', data: { session: row.id, by: by.person, ...invitation }, personal: {} }];
}

/** A guest is sent away, from every seat of theirs. Nothing when they have none. */
export function putOut(session: Session | undefined, by: Doer, person: PersonId, why: string): readonly NewEvent[] {
  const row = living(session);
  if (row === undefined) return [];
  return row.participants
    .filter((one) => one.person === person && one.role !== 'driver' && one.left === undefined)
    .map(({ id }) => ({
      ...common(row, by),
      type: 'session.left' as const,
      data: { session: row.id, participant: id, cause: 'put-out' as const, by: by.person, why },
      personal: {},
    }));
}

/** `by` absent = it ran out. */
export function unshared(session: Session | undefined, invite: InviteId, by?: Doer): readonly NewEvent[] {
  const row = living(session);
  if (row?.invites?.some((one) => one.id === invite) !== true) return [];
  const gateway: Doer = { actor: { kind: 'gateway' }, person: row.person, request: undefined };
  const data = {
    session: row.id,
    invite,
    ...(by === undefined ? {} : { by: by.person }),
    cause: by === undefined ? ('expired' as const) : ('taken-back' as const),
  };
  return [{ ...common(row, by ?? gateway), type: 'session.unshared', data, personal: {} }];
}
