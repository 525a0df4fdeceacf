// Manifests of segments, held against the segments as they go by; and segments that are gone, which their manifest and a tombstone further on
// must account for together (TRUST §5, retention). Pure.
//
// The key that signs a manifest may begin only after its segment, and a tombstone stands later in the log than what it is of: both wait until
// the log has gone by.
import { createHash, type Hash } from 'node:crypto';
import * as v from 'valibot';
import { type Manifest, manifest as manifestShape } from '../protocol/trail-nouns.ts';
import { isSigned } from './epoch.ts';
import type { EpochMet } from './epochs-met.ts';
import { manifestDigest, manifestStatement } from './manifest.ts';
import { type Peaks, rootOf } from './tree.ts';

/** What a tombstone says (`segment.purged`). */
export const tombstone = v.looseObject({ first: v.number(), last: v.number(), root: v.string(), manifest: v.string() });
type Tombstone = v.InferOutput<typeof tombstone>;

/** A bad record, and what is wrong with it. */
export type Wrong = { readonly seq: number; readonly reason: string };

/** The manifest in a file, or why there is none in it. Sums that a manifest makes about itself are checked here. */
export function manifestIn(content: string, first: number): Manifest | string {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return 'the manifest of its segment cannot be read';
  }
  const parsed = v.safeParse(manifestShape, value);
  if (!parsed.success) return 'the manifest of its segment is not shaped like one';
  const said = parsed.output;
  if (said.first !== first) return `the manifest of its segment is that of record ${said.first}`;
  if (
    said.count !== said.last - said.first + 1 ||
    said.peaks.length !== ones(said.last + 1) ||
    rootIn(peaksOf(said)) !== said.root
  )
    return 'the manifest of its segment does not agree with itself';
  return said;
}

export const peaksOf = ({ last, peaks }: Manifest): Peaks => ({
  size: last + 1,
  hashes: peaks.map((hash) => Buffer.from(hash, 'hex')),
});
const rootIn = (peaks: Peaks): string => Buffer.from(rootOf(peaks)).toString('hex');
/** How many complete subtrees a tree of so many leaves has. */
const ones = (size: number): number => [...size.toString(2)].filter((bit) => bit === '1').length;

type Open = { readonly said: Manifest; readonly sum: Hash; from: number; to: number; epochs: string[] };

export class SegmentsMet {
  /** Records that are purged. */
  purged = 0;
  #open: Open | undefined;
  readonly #unsigned: Manifest[] = [];
  readonly #gone: Manifest[] = [];
  readonly #tombstones = new Map<number, Tombstone>();

  /** A segment with a manifest begins; its records follow. */
  begin(said: Manifest): void {
    this.#open = { said, sum: createHash('sha256'), from: Number.MAX_SAFE_INTEGER, to: 0, epochs: [] };
    this.#unsigned.push(said);
  }

  /** A segment is gone, its manifest is there. */
  gone(said: Manifest): void {
    this.#gone.push(said);
    this.#unsigned.push(said);
    this.purged += said.count;
  }

  /** The manifest that says more records than have gone by. */
  get unfinished(): Manifest | undefined {
    return this.#open?.said;
  }

  /** One record of the segment that is open. */
  take(recordText: string, ts: number): void {
    const open = this.#open;
    if (open === undefined) return;
    open.sum.update(`${recordText}\n`);
    open.from = Math.min(open.from, ts);
    open.to = Math.max(open.to, ts);
  }

  epochBegan(epoch: number, publicKey: string): void {
    this.#open?.epochs.push(`${epoch} ${publicKey}`);
  }

  /** After record `seq`: whether the manifest fits, if that is its last. */
  ends(seq: number, hash: string, peaks: Peaks): string | undefined {
    const open = this.#open;
    if (open === undefined || open.said.last !== seq) return undefined;
    this.#open = undefined;
    const { said } = open;
    const fits =
      said.hash === hash &&
      said.root === rootIn(peaks) &&
      said.sha256 === open.sum.digest('hex') &&
      said.from === open.from &&
      said.to === open.to &&
      said.epochs.map(({ epoch, publicKey }) => `${epoch} ${publicKey}`).join() === open.epochs.join();
    return fits ? undefined : 'the manifest of its segment says something else than its records';
  }

  /** The newest epoch that manifests are signed in and the log does not have: its end is missing. */
  unreached(epochs: number): number | undefined {
    const newest = Math.max(...this.#unsigned.map(({ epoch }) => epoch), 0);
    return newest < epochs ? undefined : newest;
  }

  bury(stone: Tombstone): void {
    this.#tombstones.set(stone.first, stone);
  }

  /** When the log has gone by: segments that nothing accounts for, and manifests that nobody signed, the first of them. */
  finish(chain: string, epochs: { numbered(epoch: number): EpochMet | undefined; at(seq: number): EpochMet }): Wrong | undefined {
    const wrong: Wrong[] = [];
    for (const said of this.#unsigned) {
      const key = epochs.numbered(said.epoch);
      // Of an epoch that the log does not reach: see `unreached`.
      if (key === undefined) continue;
      if (said.epoch < epochs.at(said.last).epoch)
        wrong.push({
          seq: said.first,
          reason: 'the manifest of its segment is signed with a key that was over before the segment was',
        });
      else if (key.publicKey !== undefined && !isSigned(manifestStatement(said), said.signature, key.publicKey))
        wrong.push({ seq: said.first, reason: `the manifest of its segment is not signed with the key of epoch ${said.epoch}` });
      else if (said.chain !== chain) wrong.push({ seq: said.first, reason: 'the manifest of its segment is of another chain' });
    }
    // Segments are purged from the beginning of the log: a tombstone speaks for what is older too, whose own may be purged by now.
    const named = this.#gone.map((said) => this.#named(said));
    const newest = named.lastIndexOf('it');
    for (const [i, said] of this.#gone.entries()) {
      if (named[i] === 'another')
        wrong.push({ seq: said.first, reason: 'its segment is missing, and its manifest is not the one that was purged' });
      else if (i > newest)
        wrong.push({ seq: said.first, reason: 'its segment is missing, and no record says that it was purged' });
    }
    return wrong.toSorted((a, b) => a.seq - b.seq)[0];
  }

  /** Which manifest the tombstone of a segment names. */
  #named(said: Manifest): 'it' | 'another' | 'none' {
    const stone = this.#tombstones.get(said.first);
    if (stone === undefined) return 'none';
    return stone.last === said.last && stone.root === said.root && stone.manifest === manifestDigest(said) ? 'it' : 'another';
  }
}
