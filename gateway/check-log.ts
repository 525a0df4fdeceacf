// What the log of a data folder says, for the checklist: reading only, also while a gateway writes it. Nothing is verified here; whoever asks does
// that first. A last line without its end is one being written, and is left out.
import * as v from 'valibot';
import { stateOf } from './audit/checkpoint-seal.ts';
import { fold } from './audit/fold.ts';
import { emptyState, type State } from './audit/state.ts';
import { unseal } from './audit/unseal.ts';
import { parseCheckpoint } from './outside/checkpoint.ts';
import type { dataFolder } from './outside/data-folder.ts';
import type { Disk } from './outside/disk.ts';
import { readWhole } from './outside/durable-file.ts';
import { listSegments, maxLineBytes, type RawLine, readLines, seekSeq } from './outside/segments.ts';
import { auditLine } from './protocol/events.ts';
import type { PersonId } from './protocol/ids.ts';
import { fitJson } from './protocol/json.ts';
import type { Instant } from './protocol/nouns.ts';

type Folder = ReturnType<typeof dataFolder>;

/**
 * The state as the log gives it: the saved one, and what came after. @returns also when the newest record was sealed; undefined when anything of it
 * cannot be read.
 */
export async function readState(
  disk: Disk,
  folder: Folder,
): Promise<{ readonly state: State; readonly lastAt: Instant } | undefined> {
  const bytes = await readWhole(disk, folder.state);
  if (bytes === undefined) return undefined;
  const saved = parseCheckpoint(Buffer.from(bytes).toString());
  const state = saved.seq === -1 ? emptyState() : stateOf(saved);
  let lastAt: Instant | undefined;
  for await (const raw of rawLines(disk, folder.audit, Math.max(0, saved.seq))) {
    const line = fitJson(auditLine, Buffer.from(raw.bytes).toString(), maxLineBytes);
    if (!line.ok) return undefined;
    const { record } = line.value;
    if (record.seq < saved.seq) continue;
    lastAt = record.ts;
    if (record.seq === saved.seq) continue;
    const settled = unseal(line.value);
    if (!settled.ok || record.seq !== state.seq + 1) return undefined;
    fold(state, settled.value.event);
  }
  return lastAt === undefined ? undefined : { state, lastAt };
}

const added = v.looseObject({
  record: v.looseObject({ type: v.literal('person.added'), ts: v.number(), data: v.looseObject({ person: v.string() }) }),
});

/** When each person was added. Looks at every line, but reads only those that can matter. */
export async function readAdded(disk: Disk, folder: Folder): Promise<ReadonlyMap<PersonId | string, Instant>> {
  const when = new Map<string, Instant>();
  const sought = Buffer.from('"person.added"');
  for await (const { bytes } of rawLines(disk, folder.audit, 0)) {
    const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!line.includes(sought)) continue;
    const fitted = fitJson(added, line.toString(), maxLineBytes);
    if (fitted.ok) when.set(fitted.value.record.data.person, fitted.value.record.ts);
  }
  return when;
}

/** Complete lines from at or before record `seq` on. */
async function* rawLines(disk: Disk, folder: string, seq: number): AsyncGenerator<RawLine> {
  const segments = await listSegments(disk, folder);
  const begin = segments.findLastIndex(({ first }) => first <= seq);
  for (const { name, first } of segments.slice(Math.max(0, begin))) {
    const file = await disk.open(`${folder}/${name}`, 'read');
    try {
      const size = await file.size();
      const start = seq > first ? await seekSeq(file, size, seq) : 0;
      for await (const lines of readLines(file, start, size)) yield* lines.filter(({ complete }) => complete);
    } finally {
      await file.close();
    }
  }
}
