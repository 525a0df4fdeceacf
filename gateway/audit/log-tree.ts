// The Merkle tree of one log: its peaks in memory, its nodes in a store that may have lost or spoiled some. At a start the store is believed as far
// as it gives the root of the signed head; otherwise everything is made again from the records. Each proof is checked before it is given.
//
// Known limit: damage inside the store that no start can see is found by the first proof that needs it; that proof fails, and so do others, until
// the next start, which makes the tree again.
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
  const tree = new LogTree(store);
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

const nodesOf =
  (store: TreeStore): Nodes =>
  (wanted) =>
    store.read(wanted.map(storedAt));

export class LogTree {
  readonly #store: TreeStore;
  #peaks: Peaks = noPeaks;
  #spoilt = false;
  readonly #completed: (node: TreeHash) => void;

  constructor(store: TreeStore) {
    this.#store = store;
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

  /** The tree when it had `size` records, 0 ≤ size ≤ now. @throws when the store does not have it. */
  async peaks(size: number): Promise<Peaks> {
    const now = this.#peaks;
    if (size > now.size) throw new Error(`the log has ${now.size} records, not ${size}`);
    const peaks = size === now.size ? now : await peaksAt(size, nodesOf(this.#store));
    this.#sound(await this.#isPartOf(peaks, now));
    return peaks;
  }

  /** That the log of `from` records is the beginning of that of `to`; 0 ≤ from ≤ to ≤ now. @throws when the store is spoilt. */
  async consistency(from: number, to: number): Promise<readonly string[]> {
    const [first, second] = [await this.peaks(from), await this.peaks(to)];
    const proof = await consistencyProof(from, to, nodesOf(this.#store));
    this.#sound(consistencyHolds({ size: from, root: rootHex(first) }, { size: to, root: rootHex(second) }, proof));
    return proof;
  }

  /** That record `seq`, whose hash this is, is in the log of `size` records. @throws when the store is spoilt, or does not have it any more. */
  async inclusion(seq: number, size: number): Promise<readonly string[]> {
    const peaks = await this.peaks(size);
    if (seq >= size) throw new Error(`record ${seq} is not among the first ${size}`);
    const nodes = nodesOf(this.#store);
    const [leaf] = await nodes([{ level: 0, index: seq }]);
    const proof = await inclusionProof(seq, size, nodes);
    this.#sound(leaf !== undefined && leafIsIn(leaf, seq, size, rootHex(peaks), proof));
    return proof;
  }

  async #isPartOf(peaks: Peaks, now: Peaks): Promise<boolean> {
    const proof = await consistencyProof(peaks.size, now.size, nodesOf(this.#store));
    return consistencyHolds({ size: peaks.size, root: rootHex(peaks) }, { size: now.size, root: rootHex(now) }, proof);
  }

  #sound(holds: boolean): void {
    if (holds) return;
    this.#spoilt = true;
    throw new Error('the tree beside the log is damaged: the next start makes it again');
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
