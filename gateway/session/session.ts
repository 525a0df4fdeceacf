// A session: one pty on one server, who is in it, and how it ended. As the log tells it; bytes, screens and connections live in relay/.
import type { BootId, LoginId, ParticipantId, PersonId, RecordingId, ServerId, SessionId } from '../protocol/ids.ts';
import type { EndingReason, Instant, LeavingCause, Level, ParticipantRole, TerminalSize, Tier } from '../protocol/nouns.ts';

export type Participant = {
  readonly id: ParticipantId;
  /** Counts up within the session; names the participant in `keys` frames, and is never used again. */
  readonly ordinal: number;
  readonly person: PersonId;
  readonly login: LoginId;
  readonly role: ParticipantRole;
  readonly joinedAt: Instant;
  readonly left: { readonly at: Instant; readonly cause: LeavingCause } | undefined;
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

/** Somebody ordered its end, and it has not come yet: a gateway that starts carries it out (law 1). */
type Living = Common & {
  readonly condemned?: { readonly by: PersonId | undefined; readonly why: string } | undefined;
};

export type Session =
  /** Decided and recorded; the agent has been asked, or will be when it is back. */
  | (Living & { readonly state: 'opening' })
  /** The pty lives in the agent process `boot`. Input passes unless `frozen` says why not. */
  | (Living & { readonly state: 'running'; readonly boot: BootId; readonly pid: number; readonly frozen: string | undefined })
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
};
