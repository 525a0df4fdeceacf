// What a log is when it is opened: the checkpoint if the log vouches for it, and the tail folded on (D2). Every reason not to start is a
// sentence that says what to do; nothing is mended silently.
import type { Checkpoint, CheckpointFile, Heads, Journal } from '../ports.ts';
import { type ErrorCode, fine, type Result, refuse } from '../protocol/errors.ts';
import type { AuditLine } from '../protocol/events.ts';
import type { StoredHead } from '../protocol/trail-nouns.ts';
import { genesis, recordHash } from './chain.ts';
import { stateDigest, stateOf } from './checkpoint-seal.ts';
import type { Settled } from './commit.ts';
import { JournalDamage } from './damage.ts';
import { type EpochKey, epochAfter, verifiedKey } from './epoch.ts';
import { fold } from './fold.ts';
import { headKeyProblem } from './head.ts';
import { emptyState, type State } from './state.ts';
import { linkProblem, unseal } from './unseal.ts';

export type Start = {
  readonly state: State;
  /** Chain of the records there are; none in an empty log. */
  readonly chain: string | undefined;
  readonly generation: number;
  /** Seq up to which the newest `state.sealed` seals, −1 without one; and the seq of that event itself. */
  readonly sealedSeq: number;
  readonly sealEventSeq: number;
  readonly tail: readonly Settled[];
  readonly head: StoredHead | undefined;
  /** There are records, and no head that could be read: whether the end of the log was cut cannot be told here. */
  readonly unsigned?: 'missing' | 'unreadable';
  /** The key that signs now. */
  readonly key: EpochKey;
};

type Sources = {
  readonly journal: Journal;
  readonly checkpoint: Checkpoint;
  readonly heads: Heads;
  /** What the first record is bound to. */
  readonly rootKey: string;
  readonly rebuild: boolean;
};

/** How many of the newest records stay in memory, for tails and first pages. */
export const recentMost = 2000;

/** Errors: state-missing, state-altered, state-purged, verification. */
export async function startLog(sources: Sources): Promise<Result<Start>> {
  const head = await readHead(sources);
  if (!head.ok) return head;
  if (head.value !== undefined && head.value !== 'unreadable') return started(sources, head.value);
  // A head that cannot be read stops nobody: whoever could spoil it could take it away. It is said. One that somebody made up does.
  const start = await started(sources, undefined);
  if (!start.ok || start.value.state.seq === -1) return start;
  return fine({ ...start.value, unsigned: head.value ?? 'missing' });
}

async function started(sources: Sources, head: StoredHead | undefined): Promise<Result<Start>> {
  const read = await sources.checkpoint.read();
  if (!read.ok && !sources.rebuild) return read;
  const generation = read.ok ? (read.value?.generation ?? 0) : 0;
  const file = sources.rebuild || !read.ok ? undefined : read.value;
  try {
    const cut = await sources.journal.first();
    if (sources.rebuild && cut > 0) return await rebuiltAfter(cut, sources, read.ok ? read.value : undefined, head);
    if (file === undefined && !sources.rebuild && (cut > 0 || !(await isEmpty(sources.journal)))) return refuse('state-missing');
    return await foldFrom(sources.journal, file, head, sources.rootKey, generation);
  } catch (error) {
    if (error instanceof JournalDamage) return refuse('verification', error.message);
    throw error;
  }
}

/** What was purged cannot be folded again: a saved state that the log vouches for stands for it, the newest there is. */
async function rebuiltAfter(
  cut: number,
  { journal, checkpoint, rootKey }: Sources,
  newest: CheckpointFile | undefined,
  head: StoredHead | undefined,
): Promise<Result<Start>> {
  const before = await checkpoint.previous?.();
  for (const file of [newest, before?.ok === true ? before.value : undefined]) {
    if (file === undefined || file.seq < cut) continue;
    const start = await foldFrom(journal, file, head, rootKey, Math.max(newest?.generation ?? 0, file.generation));
    if (start.ok && (start.value.state.purged ?? -1) + 1 >= cut) return start;
  }
  return refuse('state-purged', `it begins with record ${cut}`);
}

async function readHead({ heads }: Sources): Promise<Result<StoredHead | 'unreadable' | undefined>> {
  try {
    return { ok: true, value: await heads.read() };
  } catch {
    return refuse('verification', 'the signed head beside the log cannot be read');
  }
}

async function isEmpty(journal: Journal): Promise<boolean> {
  for await (const _ of journal.read(0)) return false;
  return true;
}

async function foldFrom(
  journal: Journal,
  file: CheckpointFile | undefined,
  head: StoredHead | undefined,
  rootKey: string,
  generation: number,
): Promise<Result<Start>> {
  // The first checkpoint of a workspace is the empty state: known by itself, sealed by nothing.
  const begin = file === undefined || file.seq === -1 ? undefined : file;
  if (file !== undefined && begin === undefined && file.digest !== stateDigest(emptyState()))
    return refuse('state-altered', 'it claims to be empty and is not');
  const state = begin === undefined ? emptyState() : stateOf(begin);
  let chain: string | undefined;
  let key: EpochKey | undefined = { epoch: 0, publicKey: rootKey };
  let vouched = begin === undefined;
  let sealedSeq = -1;
  let sealEventSeq = -1;
  let tail: Settled[] = [];

  for await (const line of journal.read(Math.max(0, state.seq))) {
    const { record } = line;
    if (begin !== undefined && chain === undefined) {
      const wrong = anchorProblem(begin, line);
      if (wrong !== undefined) return refuse(wrong.code, wrong.detail);
      chain = record.chain;
      key = verifiedKey(rootKey, chain, state.epochs);
      if (key?.epoch !== record.epoch) return refuse('verification', 'the keys of its epochs do not follow from each other');
    } else {
      chain ??= record.chain;
      const prev = state.seq === -1 ? genesis(chain, rootKey) : state.hash;
      const wrong = linkProblem(line, state.seq + 1, prev, chain);
      if (wrong !== undefined) throw new JournalDamage(state.seq + 1, wrong);
      const after = epochAfter(key, record);
      if (typeof after === 'string') throw new JournalDamage(record.seq, after);
      key = after;
      const settled = unseal(line);
      if (!settled.ok) return settled;
      const { event } = settled.value;
      fold(state, event);
      if (event.type === 'state.sealed') {
        sealedSeq = event.data.seq;
        sealEventSeq = event.seq;
        if (begin !== undefined && event.data.seq === begin.seq && event.data.digest === begin.digest) vouched = true;
      }
      tail.push(settled.value);
      if (tail.length >= 2 * recentMost) tail = tail.slice(-recentMost);
    }
    if (head !== undefined && head.size === record.seq + 1 && head.hash !== record.hash)
      return refuse('verification', `record ${record.seq} is not the one the signed head names`);
  }

  if (begin !== undefined && chain === undefined)
    return refuse('state-altered', `it is of record ${begin.seq}, which the log does not have`);
  if (!vouched) return refuse('state-altered', 'the log does not carry its digest');
  const behind = await headProblem(journal, head, state, rootKey, chain);
  if (behind !== undefined) return refuse('verification', behind);
  return { ok: true, value: { state, chain, generation, sealedSeq, sealEventSeq, tail, head, key } };
}

/** The record a checkpoint was taken at must be the record the log has there. */
function anchorProblem(file: CheckpointFile, line: AuditLine): { code: ErrorCode; detail: string } | undefined {
  if (recordHash(line.record) !== line.record.hash)
    return { code: 'verification', detail: `record ${line.record.seq}: it does not have its hash` };
  if (line.record.seq !== file.seq || line.record.hash !== file.hash)
    return { code: 'state-altered', detail: `it is of another record ${file.seq} than the log has` };
  return undefined;
}

async function headProblem(
  journal: Journal,
  head: StoredHead | undefined,
  state: State,
  rootKey: string,
  chain: string | undefined,
): Promise<string | undefined> {
  if (head === undefined) return undefined;
  if (head.size > state.seq + 1)
    return `the log ends with record ${state.seq}, its signed head says ${head.size - 1}: records are missing at its end`;
  if (chain !== undefined && head.chain !== chain) return 'the signed head is of another chain';
  const unsigned = headKeyProblem(head, rootKey, state.epochs ?? []);
  if (unsigned !== undefined) return unsigned;
  for await (const { record } of journal.read(head.size - 1)) {
    if (record.hash !== head.hash) return `record ${record.seq} is not the one the signed head names`;
    break;
  }
  return undefined;
}
