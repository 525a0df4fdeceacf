// A checkpoint is state as plain data with its digest; the log carries the digest too (`state.sealed`, D2). Pure.
import * as v from 'valibot';
import type { CheckpointFile } from '../ports.ts';
import { count } from '../protocol/nouns.ts';
import { canonical, sha256 } from './chain.ts';
import { emptyState, type State } from './state.ts';

export const stateDigest = (state: unknown): string => sha256(canonical(state));

/** The state as it is now: later folds replace rows and leave this one as it was. */
export function snapshot(state: State): State {
  const copy = emptyState();
  copy.workspace = state.workspace;
  for (const name of tables) Object.assign(copy[name], state[name]);
  if (state.policy !== undefined) copy.policy = state.policy;
  if (state.settings !== undefined) copy.settings = state.settings;
  if (state.sealed !== undefined) copy.sealed = state.sealed;
  if (state.deletion !== undefined) copy.deletion = state.deletion;
  if (state.epochs !== undefined) copy.epochs = state.epochs;
  if (state.epochAt !== undefined) copy.epochAt = state.epochAt;
  if (state.purged !== undefined) copy.purged = state.purged;
  if (state.staleSince !== undefined) copy.staleSince = state.staleSince;
  if (state.departed !== undefined) copy.departed = state.departed;
  if (state.gone !== undefined) copy.gone = state.gone;
  copy.accessVersion = state.accessVersion;
  copy.seq = state.seq;
  copy.hash = state.hash;
  return copy;
}
const tables = [
  'people',
  'devices',
  'logins',
  'groups',
  'servers',
  'enrolments',
  'sessions',
  'recordings',
  'locks',
  'requests',
  'grants',
  'addresses',
  'campaigns',
  'entrances',
  'holds',
] as const;

const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const rowsById = v.record(v.string(), v.record(v.string(), v.unknown()));
const plainState = v.strictObject({
  workspace: v.optional(v.record(v.string(), v.unknown())),
  people: rowsById,
  devices: rowsById,
  logins: rowsById,
  groups: rowsById,
  servers: rowsById,
  enrolments: rowsById,
  sessions: rowsById,
  recordings: rowsById,
  /** Absent in files of 0.1.0. */
  locks: v.optional(rowsById),
  requests: v.optional(rowsById),
  grants: v.optional(rowsById),
  addresses: v.optional(rowsById),
  campaigns: v.optional(rowsById),
  entrances: v.optional(rowsById),
  holds: v.optional(rowsById),
  policy: v.optional(v.record(v.string(), v.unknown())),
  settings: v.optional(v.record(v.string(), v.unknown())),
  sealed: v.optional(v.array(hex)),
  deletion: v.optional(v.record(v.string(), v.unknown())),
  epochs: v.optional(v.array(v.record(v.string(), v.unknown()))),
  epochAt: v.optional(count),
  purged: v.optional(count),
  staleSince: v.optional(count),
  departed: v.optional(v.record(v.string(), v.string())),
  gone: v.optional(v.record(v.string(), v.string())),
  accessVersion: count,
  seq: v.pipe(v.number(), v.integer(), v.minValue(-1)),
  hash: v.union([hex, v.literal('')]),
});

/** The shape of the file. `checksum` covers all but the state, `digest` the state. */
export const checkpointSchema = v.strictObject({
  version: v.literal(1),
  generation: count,
  seq: v.pipe(v.number(), v.integer(), v.minValue(-1)),
  hash: v.union([hex, v.literal('')]),
  digest: hex,
  checksum: hex,
  state: plainState,
});

export const checkpointChecksum = ({ version, generation, seq, hash, digest }: Omit<CheckpointFile, 'state'>): string =>
  sha256(canonical({ version, generation, seq, hash, digest }));

export function makeCheckpoint(state: State, generation: number, digest: string): CheckpointFile {
  return { version: 1, generation, seq: state.seq, hash: state.hash, digest, state };
}

/** Why the content of a checkpoint file does not agree with itself, or undefined if it does. */
export function checkpointProblem(file: CheckpointFile): string | undefined {
  if (stateDigest(file.state) !== file.digest) return 'its state does not have its digest';
  const shape = v.safeParse(v.looseObject({ seq: v.literal(file.seq), hash: v.literal(file.hash) }), file.state);
  return shape.success ? undefined : 'its state is of another record';
}

/** The state a checkpoint holds, to fold on. Its shape was checked when it was read, its content by the digest that the log carries. */
export function stateOf(file: CheckpointFile): State {
  return snapshot(file.state as State);
}
