// The Merkle tree over the records of a log (RFC 9162 §2.1): a leaf is SHA-256(0x00 ‖ hash of the record), a node SHA-256(0x01 ‖ left ‖ right).
// Growing it needs only its peaks, the roots of its complete subtrees from left to right; proofs need nodes inside, which whoever keeps them is
// asked for by place. Pure; hashes are 32 bytes, and hex where they travel.
import { hash as digestOf } from 'node:crypto';

export type TreeHash = Uint8Array;
/** A complete subtree: of 2^level leaves, the index-th such from the left. */
export type Node = { readonly level: number; readonly index: number };
/** How nodes are had. Asked only for subtrees that are complete. */
export type Nodes = (wanted: readonly Node[]) => Promise<readonly TreeHash[]>;

// A digest asked for as bytes costs three times one asked for as text, and what is hashed has two lengths only: these are used again and again.
const sha256 = (bytes: Uint8Array): TreeHash => Buffer.from(digestOf('sha256', bytes, 'binary'), 'binary');
const leafBytes = Buffer.alloc(33, 0);
const nodeBytes = Buffer.alloc(65, 1);

/** The leaf of a record: of its hash, hex. */
export function leafOf(recordHash: string): TreeHash {
  if (leafBytes.write(recordHash, 1, 'hex') !== 32) throw new Error('a record has another hash');
  return sha256(leafBytes);
}
export function nodeOf(left: TreeHash, right: TreeHash): TreeHash {
  nodeBytes.set(left, 1);
  nodeBytes.set(right, 33);
  return sha256(nodeBytes);
}

/** Root of the empty tree (RFC 9162: the hash of nothing). */
const emptyRoot = sha256(new Uint8Array());

/** A tree that can grow: how many leaves, and the roots of its complete subtrees, largest first. */
export type Peaks = { readonly size: number; readonly hashes: readonly TreeHash[] };
export const noPeaks: Peaks = { size: 0, hashes: [] };

/** The tree with one leaf more. `completed` is told each node as it becomes complete, in the order of {@link storedAt}. */
export const grown = (peaks: Peaks, leaf: TreeHash, completed?: (hash: TreeHash) => void): Peaks =>
  grownBy(peaks, [leaf], completed);

/** The same with many leaves, for little more than their hashing. */
export function grownBy({ size, hashes }: Peaks, leaves: readonly TreeHash[], completed?: (hash: TreeHash) => void): Peaks {
  const stack = [...hashes];
  let count = size;
  for (const leaf of leaves) {
    let hash = leaf;
    completed?.(hash);
    for (let n = count; n % 2 === 1; n = (n - 1) / 2) {
      const left = stack.pop();
      if (left === undefined) throw new Error('peaks do not belong to their size');
      hash = nodeOf(left, hash);
      completed?.(hash);
    }
    stack.push(hash);
    count += 1;
  }
  return { size: count, hashes: stack };
}

/** Root of a tree: its peaks joined from the right. */
export function rootOf({ hashes }: Peaks): TreeHash {
  const last = hashes.at(-1);
  return last === undefined ? emptyRoot : hashes.slice(0, -1).reduceRight((right, left) => nodeOf(left, right), last);
}

/** Where a node stands among all nodes in the order in which they become complete (as in Go's sumdb/tlog). */
export function storedAt({ level, index }: Node): number {
  let n = index;
  for (let l = level; l > 0; l -= 1) n = 2 * n + 1;
  let at = level;
  for (; n > 0; n = Math.floor(n / 2)) at += n;
  return at;
}

/** How many nodes are complete in a tree of so many leaves. */
export function storedCount(size: number): number {
  let count = 0;
  for (let n = size; n > 0; n = Math.floor(n / 2)) count += n;
  return count;
}

/** The complete subtrees that make up the leaves from … to − 1, left to right, when `from` is where such a range can begin. */
function rangeNodes(from: number, to: number): Node[] {
  const nodes: Node[] = [];
  for (let at = from; at < to; ) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= to) level += 1;
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** The largest power of two below n. */
const split = (n: number): number => 2 ** (32 - Math.clz32(n - 1) - 1);

type Range = readonly [from: number, to: number];
/** The subtrees beside the way from a leaf to the root, nearest the leaf first. */
function inclusionRanges(index: number, from: number, to: number): Range[] {
  if (to - from <= 1) return [];
  const middle = from + split(to - from);
  return index < middle
    ? [...inclusionRanges(index, from, middle), [middle, to]]
    : [...inclusionRanges(index, middle, to), [from, middle]];
}

function consistencyRanges(first: number, from: number, to: number, whole: boolean): Range[] {
  if (first === to) return whole ? [] : [[from, to]];
  const middle = from + split(to - from);
  return first <= middle
    ? [...consistencyRanges(first, from, middle, whole), [middle, to]]
    : [...consistencyRanges(first, middle, to, false), [from, middle]];
}

/** Roots of ranges, each of complete subtrees joined from the right. */
async function hashesOf(ranges: readonly Range[], nodes: Nodes): Promise<string[]> {
  const wanted = ranges.map(([from, to]) => rangeNodes(from, to));
  const had = await nodes(wanted.flat());
  let at = 0;
  return wanted.map((of) => {
    const hashes = had.slice(at, (at += of.length));
    return Buffer.from(rootOf({ size: of.length, hashes })).toString('hex');
  });
}

/** Where the peaks of a tree of so many leaves stand, left to right. */
export const peakNodes = (size: number): readonly Node[] => rangeNodes(0, size);

/** Peaks of the tree of so many leaves. */
export async function peaksAt(size: number, nodes: Nodes): Promise<Peaks> {
  return { size, hashes: await nodes(rangeNodes(0, size)) };
}

/** That record `index` is in the tree of `size` leaves (RFC 9162 §2.1.3): hex, nearest the leaf first. */
export const inclusionProof = (index: number, size: number, nodes: Nodes): Promise<string[]> =>
  hashesOf(inclusionRanges(index, 0, size), nodes);

/** That the tree of `first` leaves is the beginning of that of `size` (RFC 9162 §2.1.4): hex. 0 < first ≤ size. */
export const consistencyProof = (first: number, size: number, nodes: Nodes): Promise<string[]> =>
  hashesOf(first === 0 || first === size ? [] : consistencyRanges(first, 0, size, true), nodes);

const bytesOf = (hex: string): TreeHash | undefined => (/^[0-9a-f]{64}$/.test(hex) ? Buffer.from(hex, 'hex') : undefined);
const same = (hash: TreeHash | undefined, hex: string): boolean =>
  hash !== undefined && Buffer.from(hash).toString('hex') === hex;

/** Whether a proof of inclusion holds (RFC 9162 §2.1.3.2); false for anything malformed. */
export const inclusionHolds = (
  recordHash: string,
  index: number,
  size: number,
  root: string,
  proof: readonly string[],
): boolean => bytesOf(recordHash) !== undefined && leafIsIn(leafOf(recordHash), index, size, root, proof);

/** The same, of the leaf itself. */
export function leafIsIn(leaf: TreeHash, index: number, size: number, root: string, proof: readonly string[]): boolean {
  if (index >= size) return false;
  let fn = index;
  let sn = size - 1;
  let r = leaf;
  for (const hex of proof) {
    const p = bytesOf(hex);
    if (p === undefined || sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = nodeOf(p, r);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else r = nodeOf(r, p);
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && same(r, root);
}

type Tree = { readonly size: number; readonly root: string };

/** Whether `first` is the beginning of `second` (RFC 9162 §2.1.4.2); false for anything malformed. Nothing is the beginning of everything. */
export function consistencyHolds(first: Tree, second: Tree, proof: readonly string[]): boolean {
  if (first.size > second.size) return false;
  if (first.size === second.size) return proof.length === 0 && first.root === second.root;
  if (first.size === 0) return proof.length === 0;
  const given = proof.map(bytesOf);
  // By its exponent: a logarithm is rounded.
  const path = 2 ** Math.round(Math.log2(first.size)) === first.size ? [bytesOf(first.root), ...given] : given;
  const [begin, ...rest] = path;
  if (begin === undefined) return false;
  let fn = first.size - 1;
  let sn = second.size - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  let fr = begin;
  let sr = begin;
  for (const c of rest) {
    if (c === undefined || sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeOf(c, fr);
      sr = nodeOf(c, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else sr = nodeOf(sr, c);
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && same(fr, first.root) && same(sr, second.root);
}
