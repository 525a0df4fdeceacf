// A session: one pty on one server, who is in it, and how it ended. As the log tells it; bytes, screens and connections live in relay/.
import type { BootId, InviteId, LoginId, ParticipantId, PersonId, RecordingId, ServerId, SessionId } from '../protocol/ids.ts';
import type {
  EndingReason,
  FreezeCause,
  Instant,
  JoinableRole,
  LeavingCause,
  Level,
  ParticipantRole,
  TerminalSize,
  Tier,
} from '../protocol/nouns.ts';

export type Participant = {
  readonly id: ParticipantId;
  /** Counts up within the session; names the participant in `keys` frames, and is never used again. */
  readonly ordinal: number;
  readonly person: PersonId;
  readonly login: LoginId;
  readonly role: ParticipantRole;
  readonly joinedAt: Instant;
  readonly left: { readonly at: Instant; readonly cause: LeavingCause } | undefined;
  /** Where they came from: what address rules are asked about while they are away (S51). Absent in old logs, and once erased. */
  readonly address?: string;
};

/** Why it takes no input; `by` a person, or the gateway by itself. */
export type Freeze = {
  readonly cause: FreezeCause;
  readonly by: PersonId | undefined;
  readonly why: string | undefined;
  readonly at: Instant;
};

/** One person, in one role, for a while (S61). */
export type Invite = {
  readonly id: InviteId;
  readonly person: PersonId;
  readonly role: JoinableRole;
  readonly by: PersonId;
  readonly codeDigest: string;
  readonly expiresAt: Instant;
};

export type Ending = {
  readonly at: Instant;
  readonly reason: EndingReason;
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly by: PersonId | undefined;
  readonly why: string | undefined;
  readonly bytes: number;
  readonly lostBytes: number;
};

type Common = {
  readonly id: SessionId;
  readonly server: ServerId;
  readonly person: PersonId;
  readonly login: LoginId;
  readonly user: string | undefined;
  readonly level: Level;
  readonly tier: Tier;
  readonly size: TerminalSize;
  readonly recording: RecordingId;
  readonly startedAt: Instant;
  readonly participants: readonly Participant[];
  readonly nextOrdinal: number;
};

/**
 * What may change while it lives. `condemned`: somebody ordered its end, and it has not come yet; a gateway that starts carries it out (law 1).
 * Absent = none, so that a checkpoint of an earlier release reads as it was.
 */
type Living = Common & {
  readonly condemned?: { readonly by: PersonId | undefined; readonly why: string } | undefined;
  /** Who was handed the keyboard last; absent = only who opened it may drive. */
  readonly keyboard?: PersonId;
  readonly invites?: readonly Invite[];
  /** Moderators that must be present (E2). */
  readonly moderators?: number;
  /** Its longest life was put off until then (M14). */
  readonly until?: Instant;
  readonly freezes?: readonly Freeze[];
};

export type Session =
  /** Decided and recorded; the agent has been asked, or will be when it is back. */
  | (Living & { readonly state: 'opening' })
  /** The pty lives in the agent process `boot`. Input passes unless `freezes` says why not. */
  | (Living & { readonly state: 'running'; readonly boot: BootId; readonly pid: number })
  /** Nothing may happen again. */
  | (Common & { readonly state: 'ended'; readonly boot: BootId | undefined; readonly ending: Ending });

export type Recording = {
  readonly id: RecordingId;
  readonly session: SessionId;
  /** Its key, wrapped, is in the vault under `recording:<id>`. */
  readonly keyDigest: string;
  readonly closed:
    | {
        readonly bytes: number;
        readonly chunks: number;
        readonly root: string;
        readonly durationMs: number;
        readonly incomplete: boolean;
      }
    | undefined;
  /** When its file was purged; absent = it is there. */
  readonly purged?: Instant;
};
