// Takes personal parts out of the log on disk (D2): whole segments are written anew beside the old ones and moved over them, so that a reader and
// a power cut see the old file or the new. What is to be done stands in a plan beside the log before the log tells of it; a start finds the plan
// and finishes it, or throws it away when the log tells of nothing. The plan names records, never a person's name.
//
// Only closed segments are written anew: whoever makes a plan closes the open one first.
import * as v from 'valibot';
import type { Erasure } from '../audit/kept.ts';
import type { Segment } from '../audit/log-names.ts';
import { turnTaker } from '../audit/slices.ts';
import type { Chance } from '../ports.ts';
import { personId } from '../protocol/ids.ts';
import { count, text } from '../protocol/nouns.ts';
import type { Disk } from './disk.ts';
import { readWhole, sweepTemporary, writeDurably } from './durable-file.ts';
import { hasPersonal, lineParts, withoutPersonal } from './line-parts.ts';
import { derivedFrom, listSegments, readLines } from './segments.ts';

const planFile = v.strictObject({
  v: v.literal(1),
  person: personId,
  after: count,
  seqs: v.array(count),
  files: v.array(text(128)),
});
const planPath = (folder: string): string => `${folder}/erasing.json`;
const freshName = (segment: Segment): string => `${segment.name}.new`;

/** Durable when it resolves. */
export const writePlan = (disk: Disk, chance: Chance, folder: string, plan: Erasure): Promise<void> =>
  writeDurably(disk, chance, planPath(folder), Buffer.from(JSON.stringify({ v: 1, ...plan })));

/** The erasure under way, if there is one. @throws when its file holds something else. */
export async function readPlan(disk: Disk, folder: string): Promise<Erasure | undefined> {
  const bytes = await readWhole(disk, planPath(folder));
  return bytes === undefined ? undefined : v.parse(planFile, JSON.parse(Buffer.from(bytes).toString()));
}

export async function removePlan(disk: Disk, folder: string): Promise<void> {
  await disk.remove(planPath(folder));
  await disk.syncFolder(folder);
}

/** Names of quarantined ends of the log that hold one of these words. They were never acknowledged, and nothing reads them. */
export async function tornWith(disk: Disk, folder: string, words: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await disk.list(folder)) {
    if (!/^torn-.*\.bin$/.test(name)) continue;
    const held = Buffer.from((await readWhole(disk, `${folder}/${name}`)) ?? [])
      .toString()
      .toLowerCase();
    if (words.some((word) => held.includes(word.toLowerCase()))) found.push(name);
  }
  return found;
}

/** Writes the segments of a plan anew without the personal parts it names, and removes the files it names. Done twice, it does nothing the second time. */
export async function applyErasure(disk: Disk, folder: string, plan: Erasure): Promise<void> {
  const segments = await listSegments(disk, folder);
  const gone = new Set(plan.seqs);
  for (const [i, segment] of segments.entries()) {
    const end = segments[i + 1]?.first;
    if (end !== undefined && plan.seqs.some((seq) => seq >= segment.first && seq < end))
      await rewrite(disk, folder, segment, gone);
  }
  const names = new Set(await disk.list(folder));
  const left = plan.files.filter((name) => names.has(name));
  for (const name of left) await disk.remove(`${folder}/${name}`);
  if (left.length > 0) await disk.syncFolder(folder);
}

async function rewrite(disk: Disk, folder: string, segment: Segment, gone: ReadonlySet<number>): Promise<void> {
  const path = `${folder}/${segment.name}`;
  const fresh = `${folder}/${freshName(segment)}`;
  const names = await disk.list(folder);
  if (names.includes(freshName(segment))) await disk.remove(fresh);
  const old = await disk.open(path, 'read');
  let changed = 0;
  const others = turnTaker(() => performance.now());
  try {
    const file = await disk.open(fresh, 'new');
    try {
      for await (const lines of readLines(old, 0, await old.size())) {
        const pieces: Uint8Array[] = [];
        for (const line of lines) {
          const parts = line.complete && hasPersonal(line.bytes) ? lineParts(line.bytes) : undefined;
          const take = parts !== undefined && gone.has(Number(parts.record['seq']));
          if (take) changed += 1;
          pieces.push(take ? Buffer.from(withoutPersonal(parts.recordText)) : line.bytes);
          if (line.complete) pieces.push(Buffer.of(0x0a));
          const turn = others();
          if (turn !== undefined) await turn;
        }
        await file.write(Buffer.concat(pieces));
      }
      await file.datasync();
    } finally {
      await file.close();
    }
  } finally {
    await old.close();
  }
  if (changed === 0) {
    // Done before; what was made from the old file may have outlived a kill.
    for (const name of [freshName(segment), ...derivedFrom(segment, await disk.list(folder))])
      await disk.remove(`${folder}/${name}`);
    return;
  }
  await disk.rename(fresh, path);
  // An index may hold words of the old file; it is made anew from the new one.
  for (const name of derivedFrom(segment, await disk.list(folder))) await disk.remove(`${folder}/${name}`);
  await disk.syncFolder(folder);
}

/** At a start, before the log is open: finishes what the log tells of, and forgets what it does not. The plan stays until the saved state is clean too. */
export async function finishErasing(disk: Disk, folder: string): Promise<void> {
  await sweepTemporary(disk, folder);
  const names = await disk.list(folder);
  if (!names.includes('erasing.json')) return;
  for (const name of names) if (name.endsWith('.jsonl.new')) await disk.remove(`${folder}/${name}`);
  const plan = await readPlan(disk, folder);
  if (plan === undefined) return;
  if (await isTold(disk, folder, plan)) await applyErasure(disk, folder, plan);
  else await removePlan(disk, folder);
}

/** Whether the log tells of this erasure. */
async function isTold(disk: Disk, folder: string, { person, after }: Erasure): Promise<boolean> {
  const segments = await listSegments(disk, folder);
  for (const [i, { name }] of segments.entries()) {
    if ((segments[i + 1]?.first ?? Number.POSITIVE_INFINITY) <= after) continue;
    const file = await disk.open(`${folder}/${name}`, 'read');
    try {
      for await (const lines of readLines(file, 0, await file.size()))
        for (const line of lines) {
          const record = line.complete ? lineParts(line.bytes)?.record : undefined;
          if (record?.['type'] !== 'person.erased' || Number(record['seq']) <= after) continue;
          const data: unknown = record['data'];
          if (typeof data === 'object' && data !== null && 'person' in data && data.person === person) return true;
        }
    } finally {
      await file.close();
    }
  }
  return false;
}
