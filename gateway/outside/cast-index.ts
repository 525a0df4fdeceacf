// Where the keyframes of a recording are: a file beside it, 16 bytes each (chunk number is not needed: the chunk says it). It is a hint: never synced,
// checked against the chunk it points to, and rebuilt from the chunk headers when it is missing or does not fit.
import type { Disk } from './disk.ts';
import { readWhole } from './durable-file.ts';

/** A chunk that begins with a keyframe: its byte in the file, the output position of the keyframe. */
export type IndexEntry = { readonly offset: number; readonly seq: number };

const entryBytes = 16;
export const indexPath = (castPath: string): string => `${castPath}.index`;

export function encodeEntry({ offset, seq }: IndexEntry): Uint8Array {
  const out = Buffer.alloc(entryBytes);
  out.writeBigUInt64BE(BigInt(offset), 0);
  out.writeBigUInt64BE(BigInt(seq), 8);
  return out;
}

/** Entries in order, without those that cannot be: past `size`, or not growing. */
export async function readIndex(disk: Disk, castPath: string, size: number): Promise<readonly IndexEntry[]> {
  const bytes = Buffer.from((await readWhole(disk, indexPath(castPath))) ?? []);
  const entries: IndexEntry[] = [];
  let offset = -1;
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
    const entry = { offset: Number(bytes.readBigUInt64BE(at)), seq: Number(bytes.readBigUInt64BE(at + 8)) };
    if (entry.offset <= offset || entry.offset >= size) continue;
    entries.push(entry);
    offset = entry.offset;
  }
  return entries;
}
