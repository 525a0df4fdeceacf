// One live session: output from its agent is recorded, modelled and shown; input of its driver goes to the agent; it freezes when it cannot be
// recorded, waits while its agent is away, and ends once, with a reason. In memory: what must survive is in the log and in the recording.
// Decides nothing about who may: that is asked before anybody is seated (handlers), and again when something changed (re-check.ts).
// This is its shape; open-live.ts makes it.

import type { Advice } from '../policy/enforcer.ts';
import type { CastWriter, Clock } from '../ports.ts';
import type { Result } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { BootId, LoginId, ParticipantId, PersonId } from '../protocol/ids.ts';
import type { EndingReason, FreezeCause, Instant, JoinableRole, LeavingCause, TerminalSize } from '../protocol/nouns.ts';
import type { TerminalProfile } from '../protocol/operator.ts';
import type { Session } from '../session/session.ts';
import type { GuestView } from './company.ts';
import type { Connection } from './connection.ts';
import type { LiveFacts, Look } from './hub.ts';
import type { Limits, Rest } from './lifetime.ts';
import type { Exit, Line, LineEvents, Overtaken } from './line.ts';
import type { Settled } from './line-advice.ts';
import type { Picture } from './picture.ts';
import type { Recorder } from './recorder.ts';
import type { Seat } from './seat.ts';
import type { Standing as LoginStanding } from './staleness.ts';

export type LiveParts = {
  readonly session: Session;
  readonly serverName: string;
  readonly writer: CastWriter;
  readonly picture: Picture;
  /** The agent process that holds the pty; undefined while it is being opened. */
  readonly boot: BootId | undefined;
  /** How long its agent may have been without a gateway when this one started, ms. */
  readonly awayForMs: number;
  readonly clock: Clock;
  readonly limits: Limits & { readonly presenceMs: number };
  /** Writes to the log what a pure transition says of the session as staged; rejects never: a log that cannot be written ends the process. */
  readonly tell: (transition: (session: Session | undefined) => readonly NewEvent[]) => Promise<void>;
  readonly nameOf: (person: PersonId) => string;
  readonly signedIn: (login: LoginId) => boolean;
  /** Whether the provider still vouches for a login, as far as is known (staleness.ts). */
  readonly standingOf: (login: LoginId) => LoginStanding;
  /** Until when a login lasts that was made by breaking the glass (S53); undefined for every other. */
  readonly glassUntil: (login: LoginId) => Instant | undefined;
  /** Names of those who could moderate it. */
  readonly eligible: () => readonly string[];
  /** So many moderators as it needs are here, or not any more. */
  readonly moderated: (enough: boolean) => void;
  /** Policies about lines typed in a live shell (S43): whether any stand, and what they say of one. */
  readonly advises: () => boolean;
  readonly advice: (seat: Seat, line: string) => Advice | undefined;
  readonly changed: () => void;
  /** A keyframe is in its recording, at this output position. */
  readonly keyframed?: (position: number) => void;
  /** Somebody typed. */
  readonly typed: (connection: Connection) => void;
  /** It ended: its row is in the log, its recording closed. */
  readonly over: () => void;
};

export type Ended = {
  readonly reason: EndingReason;
  readonly by?: PersonId | undefined;
  readonly why?: string | undefined;
  /** Said instead of `why` to those who are in the session: what must not stand in the log where nobody can erase it, such as an address. */
  readonly told?: string | undefined;
  readonly exit?: Exit;
  /** Output the agent says it produced. */
  readonly produced?: number;
};

export type Joiner = {
  readonly participant: ParticipantId;
  readonly ordinal: number;
  readonly person: PersonId;
  readonly login: LoginId;
  readonly connection: Connection;
};

export type Live = {
  readonly session: Session;
  readonly events: LineEvents;
  readonly boot: BootId | undefined;
  readonly recorder: Pick<Recorder, 'durable' | 'written' | 'light' | 'settle'>;
  readonly ending: boolean;
  readonly driver: Seat | undefined;
  seats(): readonly Seat[];
  facts(): LiveFacts;
  /** Its order goes out on this line; output may follow its opening at once. */
  ordered(line: Line): void;
  /** The pty is there, and so is its driver. */
  begin(boot: BootId): void;
  /** The agent is back and sends from `from` on; it had produced `produced` bytes. */
  resume(line: Line, from: number, produced: number): void;
  seatDriver(
    who: Joiner,
    how: { readonly size: TerminalSize; readonly profile: TerminalProfile; readonly have: number | undefined },
  ): Seat;
  seatGuest(who: Joiner, role: JoinableRole, how: GuestView): Seat;
  /** Input of a participant that is with the pty; undefined = not known (nobody told since the gateway started). */
  inputOffset(ordinal: number): number | undefined;
  /** `told` = it is in the log already. */
  unseat(seat: Seat, cause: LeavingCause, told?: boolean): Promise<void>;
  resize(seat: Seat, size: TerminalSize, look: Look): void;
  clipboard(allow: boolean): void;
  /** A key of the driver is to overtake what they have under way. Errors: offline, busy (its keys are stopped, or its agent broke off before it said). */
  interrupt(seat: Seat, key: number): Promise<Result<Overtaken>>;
  /** What who drives makes of advice against the line that is held. */
  advised(seat: Seat, answer: 'go' | 'drop'): Promise<Settled>;
  /** Input of who sits there that has come, in order. */
  arrived(seat: Seat): number;
  /** Whether as many moderators as it needs are here. */
  readonly moderated: boolean;
  /** Takes no keys for this reason; says why to everybody. It stands in the log already, or is on its way there. */
  freeze(cause: Exclude<FreezeCause, 'recording'>, text: string): void;
  unfreeze(cause: Exclude<FreezeCause, 'recording'>, text: string): void;
  /** A line to everybody in it. */
  say(text: string): void;
  /** A peer asks for the keyboard. */
  ask(seat: Seat): void;
  /** Who would get it: the participant named, or who asked last. */
  asker(named: ParticipantId | undefined): Seat | undefined;
  /** It may be theirs from now on: they are told to come. */
  handed(to: PersonId): void;
  /** A moderator pressed a key. */
  present(seat: Seat): { readonly forMs: number; readonly record: boolean };
  extend(until: Instant): void;
  /** The grant without which it could not go on, if any. */
  restsOn(rest: Rest | undefined): void;
  /** The standing of a login changed: whoever sits here with it is told. */
  tellStanding(login: LoginId): void;
  /** Once; every call resolves when the end is in the log. */
  end(how: Ended): Promise<void>;
  /** One after the other: who takes the driver's seat. */
  inTurn<T>(act: () => Promise<T>): Promise<T>;
  /** The gateway stops; the session goes on without it (D6). */
  leave(): Promise<void>;
};
