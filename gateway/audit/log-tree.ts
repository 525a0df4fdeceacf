// The Merkle tree of one log: its peaks in memory, its nodes in a store that may have lost or spoiled some. At a start the store is believed as far
// as it gives the root of the signed head; otherwise everything is made again from the records. Each proof is checked before it is given.
//
// Damage inside the store that no start can see is found by the first proof that needs it: then every node is made again from the records, what is
// another in the store stands in memory, and the proof is given. Known limit: a store that lost its end under a running gateway is not mended; its
// proofs fail until the next start, which makes the tree again.
import type { Journal, TreeStore } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { Head, StoredHead } from '../protocol/trail-nouns.ts';
import {
  consistencyHolds,
  consistencyProof,
  grownBy,
  inclusionProof,
  leafIsIn,
  leafOf,
  type Nodes,
  noPeaks,
  type Peaks,
  peakNodes,
  peaksAt,
  rootOf,
  storedAt,
  storedCount,
  type TreeHash,
} from './tree.ts';

const hexOf = (hash: TreeHash): string => Buffer.from(hash).toString('hex');
const rootHex = (peaks: Peaks): string => hexOf(rootOf(peaks));

/** Stands where a node is not known. */
const nothing: TreeHash = new Uint8Array(32);
/** Nodes are handed on to the disk after so many, while many are made. */
const mostWaiting = 65_536;
/** So many records at a time when a tree is mended. */
const mendedAtOnce = 512;

export type TreeSources = {
  readonly journal: Journal;
  readonly store: TreeStore;
  /** The newest signed head; the log is at least as long. */
  readonly head: StoredHead | undefined;
  /** Records in the log. */
  readonly size: number;
  /** How many records at its beginning were purged, and the tree they were. */
  readonly purged?: Peaks | undefined;
};

/** The tree of a log of `size` records. Error: `verification` when the records do not have the root that the signed head names. */
export async function openLogTree(sources: TreeSources): Promise<Result<LogTree>> {
  const { store, head, size, purged = noPeaks } = sources;
  const signed = head !== undefined && 'root' in head ? head : undefined;
  const tree = new LogTree(store, sources.journal);
  const known = signed !== undefined && storedCount(signed.size) <= store.count ? await storedPeaks(store, signed) : undefined;
  await tree.begin(known ?? purged, known === undefined);
  if (await grow(tree, sources, signed)) return fine(tree);
  return refuse('verification', `the log of ${signed?.size ?? size} records does not have the root that its signed head names`);
}

/** What the store says of the signed size, if that gives the signed root. */
async function storedPeaks(store: TreeStore, signed: Head): Promise<Peaks | undefined> {
  const peaks = await peaksAt(signed.size, nodesOf(store));
  return rootHex(peaks) === signed.root ? peaks : undefined;
}

/** Takes in the records that the tree has not; false when at the size of the signed head it is not the one that was signed. */
async function grow(tree: LogTree, { journal, store, size }: TreeSources, signed: Head | undefined): Promise<boolean> {
  if (signed !== undefined && tree.size > signed.size) return false;
  const isSigned = (): boolean => tree.size !== signed?.size || tree.root() === signed.root;
  if (!isSigned()) return false;
  if (tree.size >= size) return true;
  for await (const { record } of journal.read(tree.size)) {
    if (record.seq >= size) break;
    // Its beginning was purged, and nobody knows what it was.
    if (record.seq !== tree.size) return false;
    tree.add([record.hash]);
    if (!isSigned()) return false;
    if (record.seq % mostWaiting === 0) await store.flush();
  }
  return tree.size === size;
}

/** The store says something else than the tree. */
class Spoilt extends Error {
  constructor() {
    super('the tree beside the log is damaged: the next start makes it again');
  }
}
function must<T>(holds: boolean, value: T): T {
  if (!holds) throw new Spoilt();
  return value;
}

const nodesOf =
  (store: TreeStore): Nodes =>
  (wanted) =>
    store.read(wanted.map(storedAt));

export class LogTree {
  readonly #store: TreeStore;
  readonly #journal: Pick<Journal, 'read'>;
  /** Nodes that the store has otherwise than the records say, by place. */
  #mended: ReadonlyMap<number, TreeHash> = new Map();
  #mending: Promise<void> | undefined;
  #hopeless = false;
  #peaks: Peaks = noPeaks;
  #spoilt = false;
  readonly #completed: (node: TreeHash) => void;

  constructor(store: TreeStore, journal: Pick<Journal, 'read'>) {
    this.#store = store;
    this.#journal = journal;
    this.#completed = (node) => store.push(node);
  }

  /** Begins with these peaks. `anew` = nothing in the store is believed: what is under the peaks will be missing for proofs. */
  async begin(peaks: Peaks, anew: boolean): Promise<void> {
    this.#peaks = peaks;
    const count = storedCount(peaks.size);
    await this.#store.cut(anew ? 0 : count);
    if (!anew) return;
    const known = new Map(peakNodes(peaks.size).map((node, i) => [storedAt(node), peaks.hashes[i] ?? nothing] as const));
    for (let place = 0; place < count; place += 1) {
      this.#store.push(known.get(place) ?? nothing);
      if (place % mostWaiting === 0) await this.#store.flush();
    }
  }

  get size(): number {
    return this.#peaks.size;
  }

  /** Takes in the next records, by their hashes (hex). */
  add(recordHashes: readonly string[]): void {
    this.#peaks = grownBy(this.#peaks, recordHashes.map(leafOf), this.#completed);
  }

  /** Root of all there is, hex. */
  root(): string {
    return rootHex(this.#peaks);
  }

  flush(): Promise<void> {
    return this.#store.flush();
  }

  readonly #nodes: Nodes = async (wanted) => {
    const places = wanted.map(storedAt);
    const had = await this.#store.read(places);
    return had.map((hash, i) => this.#mended.get(places[i] ?? -1) ?? hash);
  };

  /** The tree when it had `size` records, 0 ≤ size ≤ now. @throws when the store does not have it. */
  peaks = (size: number): Promise<Peaks> => this.#sound(() => this.#peaksAt(size));

  /** That the log of `from` records is the beginning of that of `to`; 0 ≤ from ≤ to ≤ now. @throws when it cannot be proven. */
  consistency = (from: number, to: number): Promise<readonly string[]> =>
    this.#sound(async () => {
      const [first, second] = [await this.#peaksAt(from), await this.#peaksAt(to)];
      const proof = await consistencyProof(from, to, this.#nodes);
      const holds = consistencyHolds({ size: from, root: rootHex(first) }, { size: to, root: rootHex(second) }, proof);
      return must(holds, proof);
    });

  /** That record `seq`, whose hash this is, is in the log of `size` records. @throws when it cannot be proven. */
  inclusion = (seq: number, size: number): Promise<readonly string[]> =>
    this.#sound(async () => {
      const peaks = await this.#peaksAt(size);
      if (seq >= size) throw new Error(`record ${seq} is not among the first ${size}`);
      const [leaf] = await this.#nodes([{ level: 0, index: seq }]);
      const proof = await inclusionProof(seq, size, this.#nodes);
      return must(leaf !== undefined && leafIsIn(leaf, seq, size, rootHex(peaks), proof), proof);
    });

  async #peaksAt(size: number): Promise<Peaks> {
    const now = this.#peaks;
    if (size > now.size) throw new Error(`the log has ${now.size} records, not ${size}`);
    const peaks = size === now.size ? now : await peaksAt(size, this.#nodes);
    const proof = await consistencyProof(size, now.size, this.#nodes);
    return must(consistencyHolds({ size, root: rootHex(peaks) }, { size: now.size, root: rootHex(now) }, proof), peaks);
  }

  /** What is asked for; once more after the tree was mended, where the store is found spoilt. */
  async #sound<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Spoilt) || this.#hopeless) throw error;
      this.#spoilt = true;
      this.#mending ??= this.#mend()
        .catch((why: unknown) => {
          // All of the log was read for it: not again for whoever asks next.
          this.#hopeless = true;
          throw why;
        })
        .finally(() => {
          this.#mending = undefined;
        });
      await this.#mending;
      return ask();
    }
  }

  /** Makes every node again from the records there are. @throws when these are not the records of this tree. */
  async #mend(): Promise<void> {
    const whole = this.#peaks;
    const mended = new Map<number, TreeHash>();
    let peaks: Peaks | undefined;
    let place = 0;
    let leaves: TreeHash[] = [];
    const take = async (): Promise<void> => {
      const made: TreeHash[] = [];
      peaks = grownBy(peaks ?? noPeaks, leaves, (node) => void made.push(node));
      leaves = [];
      const had = await this.#store.read(made.map((_, i) => place + i));
      for (const [i, node] of made.entries()) if (hexOf(had[i] ?? nothing) !== hexOf(node)) mended.set(place + i, node);
      place += made.length;
      if (mended.size > mostWaiting) throw new Spoilt();
    };
    for await (const { record } of this.#journal.read(0)) {
      if (record.seq >= whole.size) break;
      if (peaks === undefined) {
        // What is before was purged: its peaks are all that is left of it.
        peaks = await peaksAt(record.seq, this.#nodes);
        place = storedCount(record.seq);
      }
      leaves.push(leafOf(record.hash));
      if (leaves.length >= mendedAtOnce) await take();
    }
    await take();
    if (peaks === undefined || rootHex(peaks) !== rootHex(whole)) throw new Spoilt();
    this.#mended = mended;
  }

  /** Hands on what is left. A store that was found spoilt is emptied. */
  async close(): Promise<void> {
    try {
      if (this.#spoilt) await this.#store.cut(0);
    } finally {
      await this.#store.close();
    }
  }
}
