// The only door to the log (laws 1 and 2, D2). Transitions run one after another on the staged state, the moment they are handed in; what they
// say is sealed, folded into staged, and queued. Whatever is queued while the disk is busy goes into the next group. Only a durable group
// reaches the settled state, the listeners and the answers.
//
// Known limits: a crash in the middle of a write may keep the first events of a transition and lose the last, none of them acknowledged; events
// are made so that each is a whole change by itself. The digest of a checkpoint is made in one go, about 10 ms for each thousand rows, once a minute when something changed.
import * as v from 'valibot';
import type { Chance, Checkpoint, Clock, Heads, Journal, Vault } from '../ports.ts';
import { problemSentence, type Result, refuse } from '../protocol/errors.ts';
import type { AuditLine, AuditRecord, NewEvent } from '../protocol/events.ts';
import { type BootId, type ChainId, chainId, idRandomBytes, mintId } from '../protocol/ids.ts';
import { genesis, saltBytes, seal } from './chain.ts';
import { makeCheckpoint, snapshot, stateDigest } from './checkpoint-seal.ts';
import { AuditUnavailable, type Log, type Settled, type Transition } from './commit.ts';
import { fold } from './fold.ts';
import { recentMost, type Start, startLog } from './log-start.ts';
import { emptyState, type State } from './state.ts';
import { linkProblem, unseal } from './unseal.ts';
import { vaultOrphans } from './vault-orphans.ts';

export type LogOptions = {
  readonly journal: Journal;
  readonly checkpoint: Checkpoint;
  readonly heads: Heads;
  /** Secrets that no event names are removed from it at the start. */
  readonly vault?: Vault;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly boot: BootId;
  /** The gateway's key, base64url: the first record is bound to it, the head signed by it. */
  readonly publicKey: string;
  readonly version: string;
  /** Fold everything from the first record, whatever the checkpoint says. */
  readonly rebuild?: boolean;
  /** The log cannot be written any more: the process must end. Every commit, waiting or to come, is rejected. */
  readonly onFatal: (cause: string) => void;
  /** A head or checkpoint could not be written; it is tried again. */
  readonly onTrouble?: (cause: string) => void;
};

export interface OpenedLog extends Log {
  /** Of this log; an empty one has a fresh id, for `workspace.initialised`. */
  readonly chain: ChainId;
  /** Seq up to which the newest `state.sealed` in the log seals; −1 without one. */
  readonly sealedSeq: number;
  /** From now on people wait for what is committed: 5 s and no longer (A41). Until then it may take the disk half a minute. */
  hurry(): void;
}

/** Longest a commit waits for the disk (A41), ms. */
const patienceMs = 5000;
/** Longest a start waits for it: nobody is kept waiting yet, and a disk that is flushing is no reason not to begin. */
const startPatienceMs = 30_000;
const headMs = 1000;
const checkpointMs = 60_000;
/** Wall clock and monotonic clock may drift apart by this much between two events before it is called a step (R11), ms. */
const stepMs = 2000;
const mostInGroup = 4096;

type Sealed = { readonly line: AuditLine; readonly settled: Settled };
type Pending = {
  sealed: readonly Sealed[];
  /** Runs the transition on the staged state; throws what it throws. */
  readonly run: () => readonly Sealed[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
};

/**
 * Opens the log of a workspace: checkpoint, tail, head (log-start.ts). Records `audit.recovered` after a torn line and `gateway.started` in a
 * workspace that exists; `close` records `gateway.stopped`. The journal is the log's from here on: refused or closed, it is closed. Errors: state-missing, state-altered, verification, workspace-deleted, audit-unavailable.
 */
export async function openLog(options: LogOptions): Promise<Result<OpenedLog>> {
  const rebuild = options.rebuild === true;
  const start = await startLog({ ...options, rebuild });
  if (!start.ok) {
    await options.journal.close();
    return start;
  }
  const { state } = start.value;
  if (state.deletion?.at !== undefined) {
    await options.journal.close();
    return refuse('workspace-deleted', `on ${new Date(state.deletion.at).toISOString().slice(0, 10)}, by two superusers`);
  }
  const log = new AuditLog(options, start.value);
  try {
    if (state.seq === -1)
      await options.checkpoint.write(makeCheckpoint(emptyState(), start.value.generation + 1, stateDigest(emptyState())));
    const news: NewEvent[] = [];
    const gateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
    const { recovered } = options.journal;
    if (recovered !== undefined) news.push({ ...gateway, type: 'audit.recovered', data: recovered });
    if (state.workspace !== undefined)
      news.push({
        ...gateway,
        type: 'gateway.started',
        data: { boot: options.boot, version: options.version, rebuilt: rebuild },
      });
    await log.commit(() => ({ events: news, answer: undefined }));
    if (rebuild && state.seq >= 0) await log.writeCheckpoint();
    await options.vault?.remove(vaultOrphans(state, options.vault.names()));
  } catch (error) {
    await options.journal.close();
    return refuse('audit-unavailable', String(error));
  }
  return { ok: true, value: log };
}

class AuditLog implements OpenedLog {
  readonly chain: ChainId;
  readonly settled: State;
  sealedSeq: number;
  readonly #options: LogOptions;
  #staged: State;
  #pending: Pending[] = [];
  #draining = false;
  #inFlight: readonly Pending[] = [];
  #unavailable: string | undefined;
  #blocked: string | undefined;
  #patience = startPatienceMs;
  #closing: Promise<void> | undefined;
  /** Wall minus monotonic clock at the last event, ms. */
  #offset: number | undefined;
  #recent: Settled[];
  readonly #listeners = new Set<(group: readonly Settled[]) => void>();
  #idle: (() => void)[] = [];

  #generation: number;
  #sealEventSeq: number;
  #headSize: number;
  #lastRecord: AuditRecord | undefined;
  #headTimer: (() => void) | undefined;
  #checkpointTimer: (() => void) | undefined;
  #housekeeping: Promise<void> = Promise.resolve();

  constructor(options: LogOptions, start: Start) {
    this.#options = options;
    this.chain = start.chain === undefined ? mintId('chn', options.chance.bytes(idRandomBytes)) : parseChain(start.chain);
    this.settled = start.state;
    this.#staged = snapshot(start.state);
    this.#recent = [...start.tail];
    this.#lastRecord = start.tail.at(-1)?.record;
    this.sealedSeq = start.sealedSeq;
    this.#sealEventSeq = start.sealEventSeq;
    this.#generation = start.generation + (start.state.seq === -1 ? 1 : 0);
    this.#headSize = start.headSize;
  }

  hurry(): void {
    this.#patience = patienceMs;
  }

  commit<T>(transition: Transition<T>): Promise<T> {
    return this.#closing === undefined ? this.#enqueue(transition) : Promise.reject(new AuditUnavailable('the log is closed'));
  }

  #enqueue<T>(transition: Transition<T>): Promise<T> {
    const unavailable = this.#unavailable ?? this.#blocked;
    if (unavailable !== undefined) return Promise.reject(new AuditUnavailable(unavailable));
    return new Promise<T>((resolve, reject) => {
      let answer: T;
      const run = (): readonly Sealed[] => {
        const now = this.#options.clock.now();
        const outcome = transition(this.#staged, now);
        const sealed = this.#seal(outcome.events, now);
        for (const { settled } of sealed) fold(this.#staged, settled.event);
        answer = outcome.answer;
        return sealed;
      };
      // A transition that throws is a bug of its maker: nothing of it is sealed, and nobody else is touched.
      const sealed = run();
      this.#pending.push({ sealed, run, resolve: () => resolve(answer), reject });
      if (!this.#draining) {
        this.#draining = true;
        queueMicrotask(() => void this.#drain().catch((error: unknown) => this.#fail(String(error))));
      }
    });
  }

  #seal(events: readonly NewEvent[], now: number): readonly Sealed[] {
    const { clock, chance, boot, publicKey } = this.#options;
    const mono = clock.mono();
    const sealed: Sealed[] = [];
    let seq = this.#staged.seq;
    let prev = seq === -1 ? genesis(this.chain, publicKey) : this.#staged.hash;
    const add = (event: NewEvent): void => {
      const hasPersonal = Object.keys(event.personal).length > 0;
      const salt = hasPersonal ? Buffer.from(chance.bytes(saltBytes)).toString('base64url') : '';
      const line = seal(prev, event, { seq: seq + 1, chain: this.chain, ts: now, mono, boot, salt });
      const settled = unseal(line);
      if (!settled.ok) throw new Error(`${event.type}: ${problemSentence(settled.problem)}`);
      sealed.push({ line, settled: settled.value });
      seq += 1;
      prev = line.record.hash;
    };
    const offset = now - mono;
    const byMs = this.#offset === undefined ? 0 : offset - this.#offset;
    if (events.length > 0 && Math.abs(byMs) > stepMs)
      add({ type: 'clock.stepped', actor: { kind: 'gateway' }, outcome: 'ok', data: { byMs }, personal: {} });
    events.forEach(add);
    if (events.length > 0) this.#offset = offset;
    return sealed;
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0 && this.#unavailable === undefined) {
      const group = this.#takeGroup();
      this.#inFlight = group;
      const lines = group.flatMap((entry) => entry.sealed.map(({ line }) => line));
      const outcome = lines.length === 0 ? ({ result: 'durable' } as const) : await this.#append(lines);
      if (outcome.result === 'durable') {
        this.#release(group.flatMap((entry) => entry.sealed.map(({ settled }) => settled)));
        for (const entry of group) entry.resolve();
      } else {
        this.#pending = [...group, ...this.#pending];
        this.#inFlight = [];
        if (outcome.result === 'failed') this.#fail(outcome.cause);
        else await this.#catchUp();
      }
    }
    this.#draining = false;
    for (const call of this.#idle.splice(0)) call();
  }

  #takeGroup(): readonly Pending[] {
    let lines = 0;
    const end = this.#pending.findIndex((entry) => (lines += entry.sealed.length) > mostInGroup);
    return this.#pending.splice(0, end === -1 ? this.#pending.length : Math.max(1, end));
  }

  async #append(lines: readonly AuditLine[]): ReturnType<Journal['append']> {
    const { clock, journal } = this.#options;
    const patience = this.#patience;
    const calm = clock.after(patience, () => this.#block(`the disk has not answered for ${patience / 1000} s`));
    try {
      return await journal.append(this.settled.seq + 1, lines);
    } finally {
      calm();
      this.#blocked = undefined;
    }
  }

  /** Whoever waits is refused, though what they said may still become durable: rather a refused action in the log than the reverse. */
  #block(cause: string): void {
    this.#blocked = cause;
    for (const entry of [...this.#inFlight, ...this.#pending]) entry.reject(new AuditUnavailable(cause));
    this.#options.onTrouble?.(cause);
  }

  /** Folds a durable group into the settled state and tells the listeners. */
  #release(group: readonly Settled[]): void {
    if (group.length === 0) return;
    for (const { event } of group) {
      fold(this.settled, event);
      if (event.type === 'state.sealed') {
        this.sealedSeq = event.data.seq;
        this.#sealEventSeq = event.seq;
      }
    }
    this.#recent.push(...group);
    if (this.#recent.length >= 2 * recentMost) this.#recent = this.#recent.slice(-recentMost);
    this.#lastRecord = group.at(-1)?.record;
    this.#schedule();
    for (const listener of this.#listeners) {
      try {
        listener(group);
      } catch (error) {
        // A bug of who listens: the process hears of it, the log and the other listeners go on.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Somebody else wrote first (D9): fold what is new, then run again all that waits. */
  async #catchUp(): Promise<void> {
    const news: Settled[] = [];
    let { seq, hash } = this.settled;
    try {
      for await (const line of this.#options.journal.read(seq + 1)) {
        const prev = seq === -1 ? genesis(this.chain, this.#options.publicKey) : hash;
        const wrong = linkProblem(line, seq + 1, prev, this.chain);
        const settled = unseal(line);
        if (wrong !== undefined || !settled.ok) return this.#fail(`record ${seq + 1}: ${wrong ?? 'it cannot be read'}`);
        news.push(settled.value);
        seq += 1;
        hash = line.record.hash;
      }
    } catch (error) {
      return this.#fail(String(error));
    }
    if (news.length === 0) return this.#fail('the journal takes nothing and has nothing new');
    this.#release(news);
    this.#staged = snapshot(this.settled);
    this.#pending = this.#pending.filter((entry) => {
      try {
        entry.sealed = entry.run();
        return true;
      } catch (error) {
        entry.reject(error instanceof Error ? error : new Error(String(error)));
        return false;
      }
    });
  }

  #fail(cause: string): void {
    if (this.#unavailable !== undefined) return;
    this.#unavailable = cause;
    this.#headTimer?.();
    this.#checkpointTimer?.();
    const waiting = this.#pending;
    this.#pending = [];
    for (const entry of waiting) entry.reject(new AuditUnavailable(cause));
    this.#options.onFatal(cause);
  }

  onSettled(listener: (group: readonly Settled[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async *read(after: number): AsyncGenerator<Settled> {
    const end = this.settled.seq;
    let next = after + 1;
    if (next < (this.#recent[0]?.record.seq ?? end + 1)) {
      for await (const line of this.#options.journal.read(next)) {
        if (line.record.seq > end) return;
        const settled = unseal(line);
        if (!settled.ok) throw new Error(problemSentence(settled.problem));
        yield settled.value;
        next = line.record.seq + 1;
      }
      return;
    }
    for (const settled of this.#recent.filter(({ record }) => record.seq >= next && record.seq <= end)) yield settled;
  }

  // Head and checkpoint. Both follow the log and may lag behind it; neither holds up a commit.

  #schedule(): void {
    const { clock } = this.#options;
    this.#headTimer ??= clock.after(this.#headSize === 0 ? 0 : headMs, () => {
      this.#headTimer = undefined;
      void this.#keep(() => this.#writeHead());
    });
    if (this.settled.seq > this.#sealEventSeq)
      this.#checkpointTimer ??= clock.after(checkpointMs, () => {
        this.#checkpointTimer = undefined;
        void this.#keep(() => this.#sealAndWrite());
      });
  }

  /** One piece of housekeeping after another; trouble is told and the timer set again. */
  #keep(work: () => Promise<void>): Promise<void> {
    this.#housekeeping = this.#housekeeping.then(work).catch((error: unknown) => {
      if (this.#unavailable !== undefined) return;
      this.#options.onTrouble?.(String(error));
      this.#schedule();
    });
    return this.#housekeeping;
  }

  async #writeHead(): Promise<void> {
    const record = this.#lastRecord;
    if (record === undefined || record.seq + 1 === this.#headSize) return;
    await this.#options.heads.write(record);
    this.#headSize = record.seq + 1;
  }

  /** The digest is in the log before the file is on disk: a crash between leaves the file before, which the log vouches for as well. */
  async #sealAndWrite(): Promise<void> {
    if (this.settled.seq <= this.#sealEventSeq) return;
    const state = snapshot(this.settled);
    const digest = stateDigest(state);
    await this.#enqueue(() => ({
      events: [
        { type: 'state.sealed', actor: { kind: 'gateway' }, outcome: 'ok', data: { seq: state.seq, digest }, personal: {} },
      ],
      answer: undefined,
    }));
    await this.#options.checkpoint.write(makeCheckpoint(state, this.#generation + 1, digest));
    this.#generation += 1;
  }

  /** Writes a checkpoint now; rejects when it cannot. */
  async writeCheckpoint(): Promise<void> {
    const work = this.#housekeeping.then(() => this.#sealAndWrite());
    this.#housekeeping = work.catch(() => undefined);
    await work;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { boot } = this.#options;
    if (this.#unavailable === undefined && this.settled.workspace !== undefined)
      await this.#enqueue(() => ({
        events: [{ type: 'gateway.stopped', actor: { kind: 'gateway' }, outcome: 'ok', data: { boot }, personal: {} }],
        answer: undefined,
      })).catch(() => undefined);
    if (this.#unavailable === undefined) await this.#keep(() => this.#sealAndWrite());
    if (this.#draining) await new Promise<void>((resolve) => this.#idle.push(resolve));
    if (this.#unavailable === undefined) await this.#keep(() => this.#writeHead());
    this.#headTimer?.();
    this.#checkpointTimer?.();
    await this.#options.journal.close();
  }
}

function parseChain(chain: string): ChainId {
  // A record of the log was checked by the schema of records, where a chain is a ChainId.
  return v.parse(chainId, chain);
}
