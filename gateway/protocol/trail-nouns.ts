// Nouns of the audit trail that more than one program speaks of: signed heads, keys of epochs, manifests of segments, holds, and how the trail
// is kept outside the gateway (anchors, witnesses, sinks).
import * as v from 'valibot';
import { holdId, personId, serverId } from './ids.ts';
import { count, instant, severities, text } from './nouns.ts';

export const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex'));
export const publicKey = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, 'an Ed25519 public key, base64url'));
export const signature = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{86}$/, 'an Ed25519 signature, base64url'));
const mostCause = 300;
/** Why something outside did not work, in its own words. */
export const cause = text(mostCause);
/** Those words, cut to what a cause holds. */
export const causeFrom = (words: string): string => words.slice(0, mostCause);
/** A proof of the Merkle tree (RFC 9162): nodes, nearest the leaf first. */
export const treeProof = v.pipe(v.array(digest), v.maxLength(64));

/** The key of the next epoch, signed with that of the epoch before, which is destroyed. `size` records came before, the last with `hash`. */
export const epochCertificate = v.strictObject({ epoch: count, publicKey, size: count, hash: digest, signature });
export type EpochCertificate = v.InferOutput<typeof epochCertificate>;

/** Signed: the log has `size` records with this root, the last has `hash` and was written in `epoch`, whose key signed this. */
export const head = v.strictObject({
  chain: text(64),
  size: count,
  root: digest,
  hash: digest,
  epoch: count,
  ts: instant,
  signature,
});
export type Head = v.InferOutput<typeof head>;

/** Of 0.1.0: without a tree, signed by the gateway's own key. Read where a gateway was that old; never written. */
export const oldHead = v.strictObject({ chain: text(64), size: count, hash: text(64), ts: instant, signature: text(128) });
export type OldHead = v.InferOutput<typeof oldHead>;
/** What head.json may hold. */
export const storedHead = v.union([head, oldHead]);
export type StoredHead = Head | OldHead;

/**
 * What a closed segment held; it stays when the segment is purged. `sha256` is over its records (canonical, a newline after each) without their
 * personal parts, so that erasing those leaves it true. `root` and `peaks` are of the tree at record `last`. Signed with the key of `epoch`,
 * which is not before that of record `last`.
 */
export const manifest = v.strictObject({
  v: v.literal(1),
  chain: text(64),
  first: count,
  last: count,
  count,
  prev: digest,
  hash: digest,
  root: digest,
  peaks: treeProof,
  sha256: digest,
  /** Of the epochs that began in it. */
  epochs: v.array(epochCertificate),
  from: instant,
  to: instant,
  epoch: count,
  ts: instant,
  signature,
});
export type Manifest = v.InferOutput<typeof manifest>;

/** Keeps what fits its query from being purged. */
export const holdRow = v.strictObject({
  id: holdId,
  name: text(64),
  query: text(512),
  why: text(500),
  by: text(64),
  at: instant,
});
export type HoldRow = v.InferOutput<typeof holdRow>;

export const anchorKinds = ['file', 's3', 'syslog', 'gateway'] as const;
/** ok · waiting: nothing was delivered yet · late: over 5 minutes behind · stale: no new privileged session · conflict: it holds another log than ours. */
export const anchorStates = ['ok', 'waiting', 'late', 'stale', 'conflict'] as const;
export const anchorRow = v.strictObject({
  name: text(64),
  kind: v.picklist(anchorKinds),
  state: v.picklist(anchorStates),
  /** The newest head it took: its size and root, and when it was taken. */
  size: v.optional(count),
  root: v.optional(digest),
  at: v.optional(instant),
  /** Heads that wait for it. */
  behind: count,
  cause: v.optional(cause),
  /** What it does not prove, as far as can be told. */
  note: v.optional(text(300)),
});
export type AnchorRow = v.InferOutput<typeof anchorRow>;

/** Somebody who remembers a head that this log does not contain. */
export const witnessConflict = v.strictObject({
  kind: v.picklist(['server', 'person', 'anchor']),
  id: v.optional(v.union([serverId, personId])),
  name: text(64),
  /** The size of the head they hold. */
  size: count,
  at: instant,
});
export type WitnessConflict = v.InferOutput<typeof witnessConflict>;

export const sinkKinds = ['file', 'syslog', 'webhook'] as const;
export const sinkRow = v.strictObject({
  name: text(64),
  kind: v.picklist(sinkKinds),
  query: text(512),
  format: v.picklist(['row', 'ocsf']),
  state: v.picklist(['ok', 'late']),
  /** Up to this record everything that fits was delivered. */
  cursor: count,
  /** Records after it. */
  behind: count,
  cause: v.optional(cause),
});
export type SinkRow = v.InferOutput<typeof sinkRow>;

/** How the trail is kept, as the dashboard shows it. */
export const trailStatus = v.strictObject({
  /** The newest signed head. */
  head: v.optional(v.strictObject({ size: count, epoch: count, at: instant })),
  anchors: v.array(anchorRow),
  /** Servers and people who hold a head of this log, as far as they said since the gateway started. */
  witnesses: v.strictObject({ servers: count, people: count }),
  conflicts: v.array(witnessConflict),
  sinks: v.array(sinkRow),
});
export type TrailStatus = v.InferOutput<typeof trailStatus>;

export const alertRow = v.strictObject({
  name: text(64),
  query: text(512),
  /** Raised by so many within so long, ms, of the same `by`. */
  count,
  withinMs: count,
  by: v.picklist(['actor', 'server', 'address', 'all']),
  severity: v.picklist(severities),
  builtin: v.boolean(),
});
export type AlertRow = v.InferOutput<typeof alertRow>;
