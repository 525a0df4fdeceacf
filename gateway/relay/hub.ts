// The live side of the gateway: which agents are connected, which sessions live, who looks at them. In memory only; what must survive
// is in the log. This is the shape the rest of the gateway sees.

import type { Caller } from '../policy/decision.ts';
import type { Result } from '../protocol/errors.ts';
import type { GrantId, ParticipantId, PersonId, ServerId, SessionId } from '../protocol/ids.ts';
import type {
  EndingReason,
  HostFacts,
  HostMetrics,
  Instant,
  JoinableRole,
  SessionState,
  TerminalSize,
} from '../protocol/nouns.ts';
import type { TerminalProfile } from '../protocol/operator.ts';
import type { Session } from '../session/session.ts';
import type { Connection } from './connection.ts';
import type { History } from './history.ts';
import type { Overtaken } from './line.ts';
import type { Settled } from './line-advice.ts';

/** What is known of a server's agent right now. */
export type Presence = {
  readonly online: boolean;
  readonly lastSeenAt: Instant | undefined;
  readonly facts: HostFacts | undefined;
  readonly metrics: HostMetrics | undefined;
};

/** What is known of a live session beyond the log. */
export type LiveFacts = {
  readonly state: SessionState;
  readonly size: TerminalSize;
  readonly title: string;
  readonly bytes: number;
  readonly rec: 'on' | 'behind' | 'failed' | 'closed';
  readonly moderation: { readonly needs: number; readonly present: number; readonly eligible: readonly string[] } | undefined;
  /** Since when nobody drives it; since when its server is away. */
  readonly detachedAt: Instant | undefined;
  readonly awayAt: Instant | undefined;
  readonly ends: { readonly at: Instant; readonly reason: EndingReason; readonly grant?: GrantId };
};

/** What presence, metrics or live facts changed of. */
export type Changed = { readonly servers: ReadonlySet<ServerId>; readonly sessions: ReadonlySet<SessionId> };

export type Seat = { readonly channel: number; readonly participant: ParticipantId; readonly credit: number };

/** What part of a picture a guest sees, and how often anew; the pace stays as it was where none is named. */
export type Look = { readonly x: number; readonly y: number; readonly framesPerSecond?: number | undefined };

export interface Hub {
  presence(server: ServerId): Presence;
  live(session: SessionId): LiveFacts | undefined;
  /** Its lines from the first byte on, while it lives. */
  history(session: SessionId): History | undefined;
  /** Told when presence, metrics or live facts of these changed; bursts are merged. Returns how to stop. */
  onChange(listener: (changed: Changed) => void): () => void;

  /** Orders the pty of a session just started in the log, and seats its driver. Errors: offline, agent-refused, os-user, spawn, recording-failed, timeout. */
  open(session: Session, caller: Caller, connection: Connection, profile: TerminalProfile): Promise<Result<Seat>>;
  /** Seats the driver again. `have` = output position still right on the driver's screen. */
  attach(
    session: Session,
    caller: Caller,
    connection: Connection,
    how: {
      readonly size: TerminalSize;
      readonly profile: TerminalProfile;
      readonly have: number | undefined;
      readonly resume: ParticipantId | undefined;
      readonly policies: readonly string[];
      readonly request?: string;
    },
  ): Promise<Result<Seat & { readonly inputOffset: number }>>;
  /** Seats a guest, painted and inert: an observer, a peer who may be handed the keyboard, a moderator. */
  join(
    session: Session,
    caller: Caller,
    connection: Connection,
    how: {
      readonly role: JoinableRole;
      readonly size: TerminalSize;
      readonly framesPerSecond: number | undefined;
      readonly policies: readonly string[];
      readonly request?: string;
    },
  ): Promise<Result<Seat>>;
  resize(connection: Connection, channel: number, size: TerminalSize, look: Look): Result<object>;
  detach(connection: Connection, channel: number): Promise<Result<object>>;
  /** A peer asks the driver for the keyboard. Errors: not-peer, session-ended. */
  ask(connection: Connection, channel: number, request?: string): Promise<Result<object>>;
  /** The driver hands it over; gives the name of who has it now. Errors: not-driver, nobody-asks, session-ended. */
  give(
    connection: Connection,
    channel: number,
    to: ParticipantId | undefined,
    request?: string,
  ): Promise<Result<{ readonly to: string }>>;
  /** A moderator is there. Errors: not-moderator, session-ended. */
  present(connection: Connection, channel: number, request?: string): Promise<Result<{ readonly until: Instant }>>;
  clipboard(connection: Connection, channel: number, allow: boolean, request?: string): Promise<Result<object>>;
  /** A key of the driver overtakes their paste, where the terminal turns it into a signal now. Errors: session-ended, not-driver, offline, busy. */
  interrupt(connection: Connection, channel: number, key: number): Promise<Result<Overtaken>>;
  /** The driver's answer to advice against a line (S43). Errors: session-ended, not-driver. */
  advised(connection: Connection, channel: number, answer: 'go' | 'drop'): Promise<Result<Settled>>;
  /** Input of this participant that has come. Errors: session-ended. */
  arrived(connection: Connection, channel: number): Result<{ readonly arrived: number }>;
  /** Ends a session: kills its process tree, tells everybody, closes the recording. Resolves when the end is in the log. */
  kill(session: SessionId, reason: EndingReason, by: PersonId | undefined, why: string | undefined): Promise<void>;
  /** Hangs up an agent's connection (server removed). */
  dropAgent(server: ServerId): void;
  close(): Promise<void>;
}
