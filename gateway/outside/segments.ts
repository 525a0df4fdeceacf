// Where the lines of the log stand: segment files of one UTC day or 64 MiB, named by the seq of their first record, so that a record is found
// by its number without an index: by name first, then by halving the file.
import { indexNameOf, type Segment, segmentOf } from '../audit/log-names.ts';
import { maxJsonLength } from '../protocol/json.ts';
import type { Disk, DiskFile } from './disk.ts';

export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** The segments of a folder, oldest first. Other files are not looked at. */
export async function listSegments(disk: Disk, folder: string): Promise<readonly Segment[]> {
  return (await disk.list(folder)).flatMap((name) => segmentOf(name) ?? []);
}

/** What is made anew from a segment when it is wanted: indexes. Its manifest is none of them. */
export const derivedFrom = (segment: Segment, names: readonly string[]): readonly string[] =>
  names.filter((name) => name.startsWith(indexNameOf(segment)) || name.startsWith(`${segment.name}.idx`));

/** Removes segments that end at or before a record, with what was derived from them; manifests stay. The newest segment always stays. */
export async function purgeSegments(disk: Disk, folder: string, upTo: number): Promise<void> {
  const segments = await listSegments(disk, folder);
  const gone = segments.filter((_, i) => (segments[i + 1]?.first ?? Number.POSITIVE_INFINITY) <= upTo + 1);
  if (gone.length === 0) return;
  const names = await disk.list(folder);
  for (const segment of gone)
    for (const name of [...derivedFrom(segment, names), segment.name]) await disk.remove(`${folder}/${name}`);
  await disk.syncFolder(folder);
}

/** Longest line we write or read, in bytes: a record is bounded by the schemas far below this. */
export const maxLineBytes = 4 * maxJsonLength;
const pieceBytes = 256 * 1024;
const newline = 0x0a;

export type RawLine = { readonly bytes: Uint8Array; readonly at: number; readonly complete: boolean };

/** The lines of a file from a byte on, up to `end`. What stands after the last newline comes last with `complete: false`. Memory: one piece and one line. */
export async function* readLines(file: DiskFile, from: number, end: number): AsyncGenerator<RawLine[]> {
  let carried: Uint8Array = new Uint8Array();
  let at = from;
  while (at < end) {
    const piece = await file.read(at, Math.min(pieceBytes, end - at));
    if (piece.length === 0) break;
    const all = carried.length === 0 ? piece : Buffer.concat([carried, piece]);
    const base = at - carried.length;
    const lines: RawLine[] = [];
    let start = 0;
    for (let stop = all.indexOf(newline); stop !== -1; stop = all.indexOf(newline, start)) {
      lines.push({ bytes: all.subarray(start, stop), at: base + start, complete: true });
      start = stop + 1;
    }
    carried = all.subarray(start);
    at += piece.length;
    if (carried.length > maxLineBytes) {
      yield [...lines, { bytes: carried, at: base + start, complete: false }];
      return;
    }
    if (lines.length > 0) yield lines;
  }
  if (carried.length > 0) yield [{ bytes: carried, at: at - carried.length, complete: false }];
}

/** Seq of a line, or undefined if it is none of ours. */
export function seqOfLine(bytes: Uint8Array): number | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
    if (typeof value !== 'object' || value === null || !('record' in value)) return undefined;
    const { record } = value;
    if (typeof record !== 'object' || record === null || !('seq' in record)) return undefined;
    return typeof record.seq === 'number' ? record.seq : undefined;
  } catch {
    return undefined;
  }
}

/** The first whole line that starts at or after a byte. */
async function lineAfter(file: DiskFile, from: number, end: number): Promise<RawLine | undefined> {
  for await (const lines of readLines(file, from, end)) {
    // Unless the byte begins the file, the first piece of text is the end of a line that began before.
    const line = from === 0 ? lines[0] : (lines[1] ?? undefined);
    if (line !== undefined) return line.complete ? line : undefined;
    const only = lines[0];
    if (only?.complete === true) {
      const next = only.at + only.bytes.length + 1;
      for await (const following of readLines(file, next, end)) return following[0]?.complete === true ? following[0] : undefined;
      return undefined;
    }
  }
  return undefined;
}

/** A byte at which a line starts, at or before record `seq`, near it. Lines it cannot read make it start earlier, never later. */
export async function seekSeq(file: DiskFile, size: number, seq: number): Promise<number> {
  let low = 0;
  let high = size;
  while (high - low > pieceBytes) {
    const middle = low + Math.floor((high - low) / 2);
    const line = await lineAfter(file, middle, size);
    const found = line === undefined ? undefined : seqOfLine(line.bytes);
    if (line !== undefined && found !== undefined && found <= seq && line.at > low) low = line.at;
    else high = middle;
  }
  return low;
}
