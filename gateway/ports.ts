// What the core asks of the outside: narrow interfaces, one power each (D9). The default adapters are in gateway/outside; a cluster's
// would stand behind the same shapes. Types only.
import type { Result } from './protocol/errors.ts';
import type { AuditLine } from './protocol/events.ts';
import type { RecordingId } from './protocol/ids.ts';
import type { Head, StoredHead } from './protocol/trail-nouns.ts';

export interface Clock {
  /** Wall clock, ms since 1970, whole. Only for showing and for policy by time of day. */
  now(): number;
  /** Monotonic, ms, whole. All timeouts (R11). */
  mono(): number;
  /** Calls back once after `ms` of monotonic time; the returned function calls it off. */
  after(ms: number, call: () => void): () => void;
}

export interface Chance {
  /** Bytes from a CSPRNG. */
  bytes(length: number): Uint8Array;
}

/** The append-only store of audit lines, segmented. `append` is durable (fdatasync) when it resolves. */
export interface Journal {
  /** Appends lines whose first has seq `expectedSeq`. `conflict`: somebody else wrote (D9): fold what is new and run the transition again. `failed`: not durable; the process must end. */
  append(
    expectedSeq: number,
    lines: readonly AuditLine[],
  ): Promise<
    { readonly result: 'durable' } | { readonly result: 'conflict' } | { readonly result: 'failed'; readonly cause: string }
  >;
  /** Lines from `seq` on, in order; throws JournalDamage (with the seq) at the first that cannot be read. Of a purged beginning: from what is there. */
  read(fromSeq: number): AsyncIterable<AuditLine>;
  /** The first record that is there. */
  first(): Promise<number>;
  /** The segment that is open takes no more. Resolves with the seq the next one begins with: all before it stands in closed segments. */
  rotate(): Promise<number>;
  /** Records up to this one were purged, the log says so: reading begins after them, and what is left of their segments goes. Durable when it resolves. */
  purge(upTo: number): Promise<void>;
  /** Bytes of a torn last line moved to quarantine when the journal was opened, if any. */
  readonly recovered: { readonly bytes: number; readonly digest: string } | undefined;
  close(): Promise<void>;
}

/** The lowdb checkpoint: state as folded up to `seq`. */
export type CheckpointFile = {
  readonly version: 1;
  readonly generation: number;
  readonly seq: number;
  readonly hash: string;
  readonly digest: string;
  readonly state: unknown;
};
export interface Checkpoint {
  /** `undefined` = there is no file. */
  read(): Promise<Result<CheckpointFile | undefined>>;
  /** The generation before it, where it is still there. */
  previous?(): Promise<Result<CheckpointFile | undefined>>;
  /** Durable when it resolves. */
  write(file: CheckpointFile): Promise<void>;
}

/** Secrets, sealed at rest (AES-256-GCM under a key outside the file), durable before the event that names their digest (D2). */
export interface Vault {
  put(name: string, secret: Uint8Array): Promise<void>;
  get(name: string): Uint8Array | undefined;
  remove(names: readonly string[]): Promise<void>;
  names(): readonly string[];
  /** Another one after each `put` of this name; says nothing of the secret. */
  mark?(name: string): string | undefined;
}

/** What the gateway's Ed25519 key does; the private key never leaves the adapter. */
export interface Signer {
  /** base64url of the 32 raw bytes. */
  readonly publicKey: string;
  /** base64url signature over the UTF-8 of the statement. */
  sign(statement: string): string;
}

/** The newest signed head, beside the log, so that a cut tail is noticed. */
export interface Heads {
  /** `unreadable`: what stands there is not even JSON. Rejects when the disk fails, and for what is no head. */
  read(): Promise<StoredHead | 'unreadable' | undefined>;
  /** Durable when it resolves. */
  write(head: Head): Promise<void>;
}

/** The keys of epochs (TRUST §5, forward security). Their private halves never leave the adapter; at most two live, while one follows the other. */
export interface EpochKeys {
  /** What the first record is bound to: the public half of epoch 0, base64url. */
  readonly rootKey: string;
  /** Takes up the key with this public half. Error: `epoch-key` when it is not here. */
  settle(publicKey: string): Result<undefined>;
  /** Destroys every key but the one taken up. Only once it is durable that this is the one in force. */
  clean(): Promise<void>;
  /** Makes the key that is to follow, durable when it resolves; its public half. The same one until it is taken up. */
  prepare(): Promise<string>;
  /** Signs with the key whose public half this is: the one in force or the one prepared. @throws when it is neither. */
  sign(publicKey: string, statement: string): string;
}

/** Nodes of the log's Merkle tree, 32 bytes each, in the order of `storedAt`. A cache: what was pushed may be lost in a crash, and is made again from the log. */
export interface TreeStore {
  /** Nodes held, those not yet written included. */
  readonly count: number;
  push(node: Uint8Array): void;
  /** By place. @throws when one of them is not held. */
  read(places: readonly number[]): Promise<readonly Uint8Array[]>;
  /** Forgets all but the first `count`. */
  cut(count: number): Promise<void>;
  /** Hands on to the disk what was pushed; not synced. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Who the provider says somebody is. */
export type Claims = {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | undefined;
  readonly emailVerified: boolean;
  readonly name: string | undefined;
  readonly groups: readonly string[];
};

/** The identity provider, seen from the gateway (D1). Every failure is a value: provider-down, provider-answer, login-denied, code-expired. */
export interface IdentityProvider {
  startDevice(signal: AbortSignal): Promise<Result<DeviceSignIn>>;
  refresh(refreshToken: string): Promise<RefreshOutcome>;
  revoke(refreshToken: string): Promise<void>;
}
export interface DeviceSignIn {
  readonly userCode: string;
  readonly address: string;
  readonly addressWithCode: string | undefined;
  /** Seconds until the code expires. */
  readonly expiresIn: number;
  /** Resolves once the person has decided, polling as RFC 8628 demands; `slowed` is told of each slow_down. */
  finish(slowed: () => void): Promise<Result<{ readonly claims: Claims; readonly refreshToken: string | undefined }>>;
}
export type RefreshOutcome =
  | { readonly outcome: 'refreshed'; readonly claims: Claims; readonly refreshToken: string | undefined }
  | { readonly outcome: 'invalid-grant' }
  | { readonly outcome: 'disabled' }
  | { readonly outcome: 'provider-down'; readonly cause: string };

/** Kinds of frames in a recording (D13). */
export type CastFrameKind = 'output' | 'resize' | 'keyframe' | 'participant' | 'end';
export type CastFrame = {
  readonly kind: CastFrameKind;
  /** Output position of the first byte (for `output`), or the position at which the rest happened. */
  readonly seq: number;
  /** Wall clock, ms. */
  readonly at: number;
  readonly bytes: Uint8Array;
};

/** One encrypted, chained, append-only recording being written. */
export interface CastWriter {
  /** Output bytes written so far, and how many of them are on disk for sure. */
  readonly written: number;
  readonly durable: number;
  append(frame: CastFrame): void;
  /** Resolves when everything appended so far is on disk (group-committed); rejects never: failure is a value. */
  sync(): Promise<Result<{ readonly durable: number }>>;
  /** Lets go of the file without ending the recording: it can be resumed. What was not synced is lost. */
  leave?(): Promise<void>;
  /** Ends the file. `root` = the chunk chain's last hash. */
  close(): Promise<
    Result<{ readonly bytes: number; readonly chunks: number; readonly root: string; readonly durationMs: number }>
  >;
}
export type CastSummary = {
  readonly bytes: number;
  readonly chunks: number;
  readonly root: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly closed: boolean;
  readonly damaged: string | undefined;
};
export interface CastStore {
  create(recording: RecordingId, key: Uint8Array): Promise<Result<CastWriter>>;
  /** Goes on after a crash: a torn last chunk is cut off; `written` says where output goes on. */
  resume(recording: RecordingId, key: Uint8Array): Promise<Result<CastWriter>>;
  /** Frames from the newest keyframe at or before `seq`, in order; stops at the first damaged chunk. */
  read(recording: RecordingId, key: Uint8Array, fromSeq?: number): AsyncIterable<CastFrame>;
  /** Its chunks as they stand, sealed (session/cast-chunk.ts), in order; stops at the first that is cut. Of a live one what is there so far; none of one that is gone. */
  chunks(recording: RecordingId): AsyncIterable<Uint8Array>;
  summary(recording: RecordingId, key: Uint8Array): Promise<Result<CastSummary>>;
  /** Removes the files of recordings that were purged; those that are not there are left out. Durable when it resolves. */
  remove(recordings: readonly RecordingId[]): Promise<void>;
  /** Free bytes where recordings are kept (R4). */
  freeBytes(): Promise<number>;
}
