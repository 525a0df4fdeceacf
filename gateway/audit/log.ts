// The only door to the log (laws 1 and 2, D2). Transitions run one after another on the staged state, the moment they are handed in; what they
// say is sealed, folded into staged, and queued. Whatever is queued while the disk is busy goes into the next group. Only a durable group
// reaches the settled state, the listeners and the answers. What follows the log stands beside: log-heads.ts, log-epochs.ts, log-checkpoint.ts,
// log-beat.ts; how it is opened: log-start.ts, log-tree.ts.
//
// Known limits: a crash in the middle of a write may keep the first events of a transition and lose the last, none of them acknowledged; events
// are made so that each is a whole change by itself. The digest of a checkpoint is made in one go, about 10 ms for each thousand rows, once a
// minute when something changed.
import * as v from 'valibot';
import type { Chance, Checkpoint, Clock, EpochKeys, Heads, Journal, TreeStore, Vault } from '../ports.ts';
import { problemSentence, type Result, refuse } from '../protocol/errors.ts';
import type { AuditLine, NewEvent } from '../protocol/events.ts';
import { type BootId, type ChainId, chainId, idRandomBytes, mintId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import { genesis, lineText, saltBytes, seal } from './chain.ts';
import { makeCheckpoint, snapshot, stateDigest } from './checkpoint-seal.ts';
import { AuditUnavailable, type Log, type Settled, type Transition } from './commit.ts';
import { JournalDamage } from './damage.ts';
import { type Decided, openDecided } from './decided.ts';
import { type EpochKey, epochAfter, keyInForce } from './epoch.ts';
import { fold } from './fold.ts';
import { knownSecrets } from './known-secrets.ts';
import { LogBeat } from './log-beat.ts';
import { LogCheckpoint } from './log-checkpoint.ts';
import { Chores, type LogCore } from './log-core.ts';
import { LogEpochs } from './log-epochs.ts';
import { LogHeads } from './log-heads.ts';
import { recentMost, type Start, startLog } from './log-start.ts';
import { type LogTree, openLogTree } from './log-tree.ts';
import { redactedEvent } from './redact.ts';
import { emptyState, type State } from './state.ts';
import type { Trail } from './trail.ts';
import type { Peaks } from './tree.ts';
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
  /** The first record is bound to the first of them, heads are signed by the one in force. */
  readonly keys: EpochKeys;
  readonly tree: TreeStore;
  /** The tree of the records that were purged, so many: from the manifest of the last of them. Asked for when the tree has to be made again. */
  readonly purgedPeaks?: (size: number) => Promise<Peaks | undefined>;
  readonly version: string;
  /** Fold everything from the first record, whatever the checkpoint says. */
  readonly rebuild?: boolean;
  /** The folder was restored from a backup that was made then: the log says so, and an epoch begins, because the backup held the key of the last. */
  readonly restored?: { readonly size: number; readonly hash: string; readonly madeAt: Instant };
  /** Say that the log goes on when nothing else was said for so long, ms (A12). */
  readonly heartbeatMs?: number;
  /** An epoch is over after so long, ms, or so many bytes of records (about); a day, or 64 MiB. */
  readonly epochMs?: number;
  readonly epochBytes?: number;
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
  /** What it proves about itself. */
  readonly trail: Trail;
  /** Writes a checkpoint of the state as it is now, if anything changed since the last; rejects when it cannot. */
  writeCheckpoint(): Promise<void>;
  /** From now on people wait for what is committed: 5 s and no longer (A41). Until then it may take the disk half a minute. */
  hurry(): void;
}

/** Longest a commit waits for the disk (A41), ms. */
const patienceMs = 5000;
/** Longest a start waits for it: nobody is kept waiting yet, and a disk that is flushing is no reason not to begin. */
const startPatienceMs = 30_000;
/** Wall clock and monotonic clock may drift apart by this much since the last step that was told before it is called one (R11), ms. */
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
 * workspace that exists, and begins an epoch that is due; `close` records `gateway.stopped`. Journal and tree are the log's from here on: refused or closed, they are closed.
 * Errors: state-missing, state-altered, verification, epoch-key, workspace-deleted, audit-unavailable.
 */
export async function openLog(options: LogOptions): Promise<Result<OpenedLog>> {
  const opened = await begun(options).catch((error: unknown) => refuse('audit-unavailable', String(error)));
  if (opened.ok) return opened;
  await options.tree.close().catch(() => undefined);
  await options.journal.close();
  return opened;
}

async function begun(options: LogOptions): Promise<Result<OpenedLog>> {
  const { journal, keys } = options;
  const rebuild = options.rebuild === true;
  const start = await startLog({ ...options, rootKey: keys.rootKey, rebuild });
  if (!start.ok) return start;
  const { state, head, key } = start.value;
  if (state.deletion?.at !== undefined)
    return refuse('workspace-deleted', `on ${new Date(state.deletion.at).toISOString().slice(0, 10)}, by two superusers`);
  const known = keys.settle(key.publicKey);
  if (!known.ok) return known;
  const purged = state.purged === undefined ? undefined : await options.purgedPeaks?.(state.purged + 1);
  const tree = await treeOf({ journal, store: options.tree, head, size: state.seq + 1, purged });
  if (!tree.ok) return tree;

  const log = new AuditLog(options, start.value, tree.value, await epochBegan(journal, state));
  try {
    await firstWords(log, options, start.value);
  } catch (error) {
    log.giveUp(String(error));
    throw error;
  }
  log.beat();
  return { ok: true, value: log };
}

/** What a start has to say and to do in its log before anybody else. */
async function firstWords(log: AuditLog, options: LogOptions, { state, generation, unsigned }: Start): Promise<void> {
  const { journal, keys, vault } = options;
  const rebuild = options.rebuild === true;
  if (state.seq === -1) await options.checkpoint.write(makeCheckpoint(emptyState(), generation + 1, stateDigest(emptyState())));
  const news: NewEvent[] = [];
  if (unsigned !== undefined)
    options.onTrouble?.(
      `the signed head beside the log is ${unsigned}: whether its end was cut only an anchor or a witness knows`,
    );
  const gateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
  const { recovered } = journal;
  if (recovered !== undefined) news.push({ ...gateway, type: 'audit.recovered', data: recovered });
  if (options.restored !== undefined) news.push({ ...gateway, type: 'gateway.restored', data: { ...options.restored } });
  if (state.workspace !== undefined)
    news.push({
      ...gateway,
      type: 'gateway.started',
      data: {
        boot: options.boot,
        version: options.version,
        rebuilt: rebuild,
        ...(unsigned === undefined ? {} : { head: unsigned }),
      },
    });
  await log.commit(() => ({ events: news, answer: undefined }));
  // A turn that was cut short ends here: that it happened is on the disk, or it is not in the log.
  await keys.clean();
  await log.turnEpoch(options.restored !== undefined);
  if (rebuild && state.seq >= 0) await log.writeCheckpoint();
  await vault?.remove(vaultOrphans(state, vault.names()));
}

async function treeOf(sources: Parameters<typeof openLogTree>[0]): Promise<Result<LogTree>> {
  try {
    return await openLogTree(sources);
  } catch (error) {
    if (error instanceof JournalDamage) return refuse('verification', error.message);
    throw error;
  }
}

/** When the epoch in force began: the first is as old as the first record. Undefined in an empty log. */
async function epochBegan(journal: Journal, state: State): Promise<Instant | undefined> {
  if (state.epochAt !== undefined || state.seq === -1) return state.epochAt;
  // Whatever was purged is old enough.
  if (state.purged !== undefined) return 0;
  for await (const { record } of journal.read(0)) return record.ts;
  return undefined;
}

class AuditLog implements OpenedLog {
  readonly chain: ChainId;
  readonly settled: State;
  readonly decided: Decided;
  readonly trail: Trail;
  readonly #options: LogOptions;
  /** Secrets that this gateway keeps, taken out of whatever people write. */
  readonly #known: (() => ReadonlySet<string>) | undefined;
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

  readonly #tree: LogTree;
  readonly #chores: Chores;
  readonly #heads: LogHeads;
  readonly #epochs: LogEpochs;
  readonly #checkpoint: LogCheckpoint;
  readonly #beat: LogBeat;

  constructor(options: LogOptions, start: Start, tree: LogTree, epochBegan: Instant | undefined) {
    this.#options = options;
    this.decided = openDecided(options.chance);
    this.#known = options.vault && knownSecrets(options.vault);
    this.chain = start.chain === undefined ? mintId('chn', options.chance.bytes(idRandomBytes)) : parseChain(start.chain);
    this.settled = start.state;
    this.#staged = snapshot(start.state);
    this.#recent = [...start.tail];
    this.#tree = tree;
    this.#chores = new Chores((cause) => {
      if (this.#unavailable !== undefined) return;
      options.onTrouble?.(cause);
      this.#schedule(true);
    });
    const core: LogCore = {
      chain: this.chain,
      settled: this.settled,
      enqueue: (transition) => this.#enqueue(transition),
      trouble: (cause) => options.onTrouble?.(cause),
    };
    this.#heads = new LogHeads(core, options, tree, this.#chores, start.head);
    this.#epochs = new LogEpochs(core, options, this.#heads, this.#chores, epochBegan);
    this.#checkpoint = new LogCheckpoint(core, options, this.#chores, start);
    this.#beat = new LogBeat(core, options.clock, options.heartbeatMs);
    this.trail = this.#makeTrail();
  }

  get sealedSeq(): number {
    return this.#checkpoint.sealedSeq;
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
    const { clock, chance, boot, keys } = this.#options;
    const mono = clock.mono();
    const sealed: Sealed[] = [];
    let seq = this.#staged.seq;
    let prev = seq === -1 ? genesis(this.chain, keys.rootKey) : this.#staged.hash;
    let epoch = this.#staged.epochs?.length ?? 0;
    const add = (said: NewEvent): void => {
      const event = redactedEvent(said, this.#known);
      if (event.type === 'epoch.began') epoch += 1;
      const hasPersonal = Object.keys(event.personal).length > 0;
      const salt = hasPersonal ? Buffer.from(chance.bytes(saltBytes)).toString('base64url') : '';
      const decision = this.decided.of(event.request);
      const line = seal(prev, event, { seq: seq + 1, chain: this.chain, epoch, ts: now, mono, boot, salt, decision });
      const settled = unseal(line);
      if (!settled.ok) throw new Error(`${event.type}: ${problemSentence(settled.problem)}`);
      sealed.push({ line, settled: settled.value });
      seq += 1;
      prev = line.record.hash;
    };
    const offset = now - mono;
    // Measured from what was told last, not from the event before: a clock that stands still under traffic drifts a little between any two.
    const byMs = offset - (this.#offset ?? offset);
    const stepped = events.length > 0 && Math.abs(byMs) > stepMs;
    // The certificate of an epoch is made for the very next place: nothing comes before it.
    const [first, ...rest] = events;
    if (first?.type === 'epoch.began') add(first);
    if (stepped) add({ type: 'clock.stepped', actor: { kind: 'gateway' }, outcome: 'ok', data: { byMs }, personal: {} });
    (first?.type === 'epoch.began' ? rest : events).forEach(add);
    if (stepped || (events.length > 0 && this.#offset === undefined)) this.#offset = offset;
    return sealed;
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0 && this.#unavailable === undefined) {
      const group = this.#takeGroup();
      this.#inFlight = group;
      const lines = group.flatMap((entry) => entry.sealed.map(({ line }) => line));
      const outcome = lines.length === 0 ? ({ result: 'durable' } as const) : await this.#append(lines);
      if (outcome.result === 'durable') {
        this.#epochs.grew(lines.reduce((sum, line) => sum + lineText(line).length, 0));
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
    for (const settled of group) {
      const { event } = settled;
      fold(this.settled, event);
      this.#checkpoint.saw(settled);
      if (event.seq === 0) this.#epochs.first(event.at);
      if (event.type === 'epoch.began') this.#epochs.began(event.at);
    }
    this.#tree.add(group.map(({ record }) => record.hash));
    this.#beat.wrote();
    this.#recent.push(...group);
    if (this.#recent.length >= 2 * recentMost) this.#recent = this.#recent.slice(-recentMost);
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
    const { rootKey } = this.#options.keys;
    let key: EpochKey | string = keyInForce(rootKey, this.settled.epochs);
    try {
      for await (const line of this.#options.journal.read(seq + 1)) {
        const prev = seq === -1 ? genesis(this.chain, rootKey) : hash;
        const wrong = linkProblem(line, seq + 1, prev, this.chain);
        key = epochAfter(key, line.record);
        if (typeof key === 'string') return this.#fail(`record ${seq + 1}: ${key}`);
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
    this.#callOff();
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
    let next = Math.max(after + 1, this.#firstKept());
    if (next < (this.#recent[0]?.record.seq ?? end + 1)) {
      while (next <= end) {
        try {
          for await (const line of this.#options.journal.read(next)) {
            if (line.record.seq > end) return;
            const settled = unseal(line);
            if (!settled.ok) throw new Error(problemSentence(settled.problem));
            yield settled.value;
            next = line.record.seq + 1;
          }
          return;
        } catch (error) {
          // It may have been purged while it was read.
          if (next >= this.#firstKept()) throw error;
          next = this.#firstKept();
        }
      }
      return;
    }
    for (const settled of this.#recent.filter(({ record }) => record.seq >= next && record.seq <= end)) yield settled;
  }

  #firstKept(): number {
    return (this.settled.purged ?? -1) + 1;
  }

  forget(): void {
    this.#recent = [];
  }

  #schedule(afterTrouble = false): void {
    this.#heads.schedule(afterTrouble);
    this.#checkpoint.schedule();
    this.#epochs.schedule();
  }

  /** Begins an epoch if one is due, or in any case; rejects when it cannot. */
  turnEpoch(always: boolean): Promise<void> {
    return this.#chores.now(() => this.#epochs.turn(always));
  }

  /** From now on the log says that it goes on, if its options say so. */
  beat(): void {
    this.#beat.begin();
  }

  /** It could not be opened after all: nothing is written any more. */
  giveUp(cause: string): void {
    this.#unavailable ??= cause;
    this.#callOff();
  }

  #callOff(): void {
    for (const part of [this.#heads, this.#checkpoint, this.#epochs, this.#beat]) part.callOff();
  }

  #makeTrail(): Trail {
    const { keys } = this.#options;
    const heads = this.#heads;
    const certificates = () => this.settled.epochs ?? [];
    return {
      rootKey: keys.rootKey,
      get certificates() {
        return certificates();
      },
      get head() {
        return heads.newest;
      },
      sign: async () => {
        const head = await this.#chores.now(() => heads.write());
        if (head === undefined) throw new AuditUnavailable('there is no record to sign');
        return head;
      },
      signStatement: (statement) => {
        const { epoch, publicKey } = heads.key();
        return { epoch, signature: keys.sign(publicKey, statement) };
      },
      consistency: (from, to) => this.#tree.consistency(from, to),
      inclusion: (seq, size) => this.#tree.inclusion(seq, size),
      peaks: async (size) => {
        // Records may be durable before this log has heard so: they are on their way.
        if (size > this.#tree.size && size <= this.#staged.seq + 1)
          await this.#enqueue(() => ({ events: [], answer: undefined }));
        return this.#tree.peaks(size);
      },
      onHead: (listener) => heads.onHead(listener),
    };
  }

  writeCheckpoint(): Promise<void> {
    return this.#chores.now(() => this.#checkpoint.write());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { boot } = this.#options;
    this.#beat.callOff();
    if (this.#unavailable === undefined && this.settled.workspace !== undefined)
      await this.#enqueue(() => ({
        events: [{ type: 'gateway.stopped', actor: { kind: 'gateway' }, outcome: 'ok', data: { boot }, personal: {} }],
        answer: undefined,
      })).catch(() => undefined);
    if (this.#unavailable === undefined) await this.#chores.keep(() => this.#checkpoint.write());
    if (this.#draining) await new Promise<void>((resolve) => this.#idle.push(resolve));
    if (this.#unavailable === undefined) await this.#chores.keep(() => this.#heads.write());
    this.#callOff();
    await this.#tree.close().catch((error: unknown) => this.#options.onTrouble?.(String(error)));
    await this.#options.journal.close();
  }
}

function parseChain(chain: string): ChainId {
  // A record of the log was checked by the schema of records, where a chain is a ChainId.
  return v.parse(chainId, chain);
}
