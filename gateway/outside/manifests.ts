// Manifests: what a closed segment held, signed, beside it (TRUST §5, retention). It stays when the segment is purged, so that what is left of the
// log can still be checked against what was before. Made after the segment was closed, and at the start for those that have none.
//
// A segment is read for it once more, in pieces, so that nobody waits for it. What cannot be read gets no manifest: verifying names the record.
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { isSigned } from '../audit/epoch.ts';
import { manifestNameOf, type Segment, segmentOfManifest } from '../audit/log-names.ts';
import { manifestStatement } from '../audit/manifest.ts';
import { turnTaker } from '../audit/slices.ts';
import { keyOfEpoch, type Trail } from '../audit/trail.ts';
import { type Peaks, rootOf } from '../audit/tree.ts';
import type { Chance } from '../ports.ts';
import { instant } from '../protocol/nouns.ts';
import { digest, type EpochCertificate, epochCertificate, type Manifest, manifest } from '../protocol/trail-nouns.ts';
import type { Disk } from './disk.ts';
import { readWhole, writeDurably } from './durable-file.ts';
import { lineParts } from './line-parts.ts';
import { listSegments, readLines } from './segments.ts';

const manifestPath = (folder: string, segment: Segment): string => `${folder}/${manifestNameOf(segment)}`;

export type ManifestOptions = {
  readonly disk: Disk;
  readonly chance: Chance;
  readonly folder: string;
  readonly now: () => number;
  /** Signs, gives the tree at a size, and knows the key of each epoch. */
  readonly trail: Pick<Trail, 'rootKey' | 'certificates' | 'peaks' | 'signStatement'>;
};

/** The manifest of a segment, or undefined without one. @throws when its file holds something else. */
export async function readManifest(disk: Disk, folder: string, segment: Segment): Promise<Manifest | undefined> {
  const bytes = await readWhole(disk, manifestPath(folder, segment));
  return bytes === undefined ? undefined : v.parse(manifest, JSON.parse(Buffer.from(bytes).toString()));
}

/** Manifests of all closed segments that are there, oldest first; those that are missing are made. @throws when one cannot be read or made. */
export async function manifestsOf(options: ManifestOptions): Promise<readonly Manifest[]> {
  const { disk, folder } = options;
  const closed = (await listSegments(disk, folder)).slice(0, -1);
  const all: Manifest[] = [];
  for (const segment of closed) all.push((await readManifest(disk, folder, segment)) ?? (await writeManifest(options, segment)));
  return all;
}

const kept = v.looseObject({
  chain: v.string(),
  seq: v.number(),
  ts: instant,
  type: v.string(),
  data: v.unknown(),
  prev: digest,
  hash: digest,
});
const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
type KeptRecord = v.InferOutput<typeof kept>;

/** The tree of the first `size` records as the manifest that ends with them has it: of a beginning that may be purged. Undefined without such a manifest. */
export async function peaksFromManifest(disk: Disk, folder: string, size: number): Promise<Peaks | undefined> {
  for (const name of await disk.list(folder)) {
    const segment = segmentOfManifest(name);
    const said = segment && (await readManifest(disk, folder, segment));
    if (said !== undefined && said.last === size - 1) return { size, hashes: said.peaks.map((hash) => Buffer.from(hash, 'hex')) };
  }
  return undefined;
}

async function writeManifest(options: ManifestOptions, segment: Segment): Promise<Manifest> {
  const { disk, chance, folder, now, trail } = options;
  const held = await readHeld(disk, `${folder}/${segment.name}`);
  const tree = await trail.peaks(held.last.seq + 1);
  const unsigned = {
    v: 1 as const,
    chain: held.first.chain,
    first: held.first.seq,
    last: held.last.seq,
    count: held.count,
    prev: held.first.prev,
    hash: held.last.hash,
    root: hex(rootOf(tree)),
    peaks: tree.hashes.map(hex),
    sha256: held.sha256,
    epochs: held.epochs,
    from: held.from,
    to: held.to,
    ts: now(),
  };
  // The epoch is part of what is signed, and only who signs knows it; it does not change between the two.
  const { epoch } = trail.signStatement(manifestStatement({ ...unsigned, epoch: 0 }));
  const said = { ...unsigned, epoch };
  const made: Manifest = { ...said, signature: trail.signStatement(manifestStatement(said)).signature };
  await writeDurably(disk, chance, manifestPath(folder, segment), Buffer.from(`${JSON.stringify(made)}\n`));
  return made;
}

/** Why a manifest is not that of its segment as it stands here, or undefined: looked at before the segment goes, because afterwards nobody can. */
export async function manifestProblem(options: ManifestOptions, said: Manifest): Promise<string | undefined> {
  const { disk, folder, trail } = options;
  const segment = (await listSegments(disk, folder)).find(({ first }) => first === said.first);
  if (segment === undefined) return `the segment of record ${said.first} is not there`;
  const held = await readHeld(disk, `${folder}/${segment.name}`);
  const tree = await trail.peaks(held.last.seq + 1);
  const is = [
    held.first.seq,
    held.last.seq,
    held.count,
    held.first.prev,
    held.last.hash,
    held.from,
    held.to,
    held.sha256,
    hex(rootOf(tree)),
    ...tree.hashes.map(hex),
  ];
  const was = [
    said.first,
    said.last,
    said.count,
    said.prev,
    said.hash,
    said.from,
    said.to,
    said.sha256,
    said.root,
    ...said.peaks,
  ];
  if (is.join() !== was.join()) return `the manifest of records ${said.first} to ${said.last} says something else than they do`;
  const key = keyOfEpoch(trail, said.epoch);
  return key !== undefined && isSigned(manifestStatement(said), said.signature, key)
    ? undefined
    : `the manifest of records ${said.first} to ${said.last} is not signed by this gateway`;
}

/** What a segment holds, read in pieces; other work gets its turn after each. */
async function readHeld(disk: Disk, path: string) {
  const hash = createHash('sha256');
  let first: KeptRecord | undefined;
  let last: KeptRecord | undefined;
  let count = 0;
  // The earliest and the latest: the clock may have been set in between.
  let from = Number.MAX_SAFE_INTEGER;
  let to = 0;
  const epochs: EpochCertificate[] = [];
  const others = turnTaker(() => performance.now());
  const file = await disk.open(path, 'read');
  try {
    for await (const lines of readLines(file, 0, await file.size())) {
      for (const line of lines) {
        const parts = line.complete ? lineParts(line.bytes) : undefined;
        const record = v.safeParse(kept, parts?.record);
        if (parts === undefined || !record.success)
          throw new Error(`${path}: a line after record ${last?.seq ?? 'none'} cannot be read`);
        hash.update(`${parts.recordText}\n`);
        first ??= record.output;
        last = record.output;
        from = Math.min(from, last.ts);
        to = Math.max(to, last.ts);
        count += 1;
        if (last.type === 'epoch.began') epochs.push(v.parse(epochCertificate, last.data));
        const turn = others();
        if (turn !== undefined) await turn;
      }
    }
  } finally {
    await file.close();
  }
  if (first === undefined || last === undefined) throw new Error(`${path}: it is empty`);
  return { first, last, count, from, to, epochs, sha256: hash.digest('hex') };
}
