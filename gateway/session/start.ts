// The beginning of a session, as events: pure. What is decided stands before it, what carries it out (relay/) comes after it is durable (law 1).
import type { Actor, NewEvent } from '../protocol/events.ts';
import type { BootId, LoginId, ParticipantId, PersonId, RecordingId, ServerId, SessionId } from '../protocol/ids.ts';
import type { Level, ParticipantRole, TerminalSize, Tier } from '../protocol/nouns.ts';
import type { Session } from './session.ts';

/** Everything that is fixed when somebody is let in. */
export type Start = {
  readonly actor: Actor;
  readonly address: string;
  readonly request: string | undefined;
  readonly session: SessionId;
  readonly server: ServerId;
  readonly person: PersonId;
  readonly login: LoginId;
  /** Absent = the agent's own user. */
  readonly user: string | undefined;
  readonly level: Level;
  readonly tier: Tier;
  readonly size: TerminalSize;
  readonly recording: RecordingId;
  /** SHA-256 hex of the recording's key in the vault. */
  readonly keyDigest: string;
  readonly participant: ParticipantId;
  readonly policies: readonly string[];
  /** SHA-256 hex over the ids of the policies that decided. */
  readonly policyDigest: string;
  /** Moderators that must be present; 0 = none. */
  readonly moderators: number;
};

/** Session, recording and driver begin in one group: none is ever in the log without the others. */
export function started(start: Start): readonly NewEvent[] {
  const { actor, address, session, server, person, login, user, level, tier, size, recording, policies, policyDigest } = start;
  const common = {
    actor,
    outcome: 'ok',
    session,
    ...(start.request === undefined ? {} : { request: start.request }),
  } as const;
  return [
    {
      ...common,
      type: 'session.started',
      target: server,
      data: {
        session,
        server,
        person,
        login,
        ...(user === undefined ? {} : { user }),
        level,
        tier,
        size,
        recording,
        policies: [...policies],
        policyDigest,
        ...(start.moderators === 0 ? {} : { moderators: start.moderators }),
      },
      personal: { address },
    },
    {
      ...common,
      type: 'recording.started',
      target: recording,
      data: { recording, session, keyDigest: start.keyDigest },
      personal: {},
    },
    {
      ...common,
      type: 'session.joined',
      target: session,
      data: {
        session,
        participant: start.participant,
        ordinal: 1,
        person,
        login,
        role: 'driver',
        policies: [...policies],
      },
      personal: { address },
    },
  ];
}

/** The agent has the pty. Nothing when the session is already over. */
export function opened(session: Session | undefined, boot: BootId, pid: number): readonly NewEvent[] {
  if (session?.state !== 'opening') return [];
  return [
    {
      type: 'session.opened',
      actor: { kind: 'server', id: session.server },
      outcome: 'ok',
      target: session.server,
      session: session.id,
      data: { session: session.id, boot, pid },
      personal: {},
    },
  ];
}

export type Joining = {
  readonly actor: Actor;
  readonly address: string;
  readonly request: string | undefined;
  readonly participant: ParticipantId;
  readonly person: PersonId;
  readonly login: LoginId;
  readonly role: ParticipantRole;
  readonly policies: readonly string[];
};

/**
 * Somebody comes in. Who was here before under that participant id and is the same person keeps the ordinal, so that input goes on where it
 * stopped; everybody else gets one never used. `undefined` = the session is over.
 */
export function joined(
  session: Session | undefined,
  who: Joining,
): { readonly events: readonly NewEvent[]; readonly ordinal: number } | undefined {
  if (session === undefined || session.state === 'ended') return undefined;
  const before = session.participants.find((p) => p.id === who.participant && p.person === who.person && p.role === who.role);
  const ordinal = before?.ordinal ?? session.nextOrdinal;
  return {
    ordinal,
    events: [
      {
        type: 'session.joined',
        actor: who.actor,
        outcome: 'ok',
        target: session.server,
        session: session.id,
        ...(who.request === undefined ? {} : { request: who.request }),
        data: {
          session: session.id,
          participant: who.participant,
          ordinal,
          person: who.person,
          login: who.login,
          role: who.role,
          policies: [...who.policies],
        },
        personal: { address: who.address },
      },
    ],
  };
}
