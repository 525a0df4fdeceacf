// What this gateway keeps for another one: its heads, one a line, in NAME.jsonl, and the certificates of its epochs beside it. Both only grow; the last line
// counts. A last line that broke off, or that a power cut left zeros in, was never answered for: it is cut away, with what may stand behind it.
import * as v from 'valibot';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { fitJson } from '../protocol/json.ts';
import { type EpochCertificate, epochCertificate, type Head, head as headSchema } from '../protocol/trail-nouns.ts';
import { causeOf, type Disk, type DiskFile } from './disk.ts';

/** What is kept is read whole up to so many bytes from its end: the last line is far shorter. */
const tailBytes = 64 * 1024;

export interface AnchoredFile {
  readonly head: Head | undefined;
  readonly certificates: readonly EpochCertificate[];
  /** Durable when it resolves: certificates first, so that no head stands there whose key is unknown. Rejects when the disk fails. */
  keep(certificates: readonly EpochCertificate[], heads: readonly Head[]): Promise<void>;
  close(): Promise<void>;
}

/** @param folder made if it is not there. Error: verification, when what is kept cannot be read as what it is. */
export async function openAnchoredFile(disk: Disk, folder: string, name: string): Promise<Result<AnchoredFile>> {
  const opened: DiskFile[] = [];
  try {
    await disk.makeFolder(folder);
    const headFile = await disk.open(`${folder}/${name}.jsonl`, 'append');
    opened.push(headFile);
    const keyFile = await disk.open(`${folder}/${name}.epochs.jsonl`, 'append');
    opened.push(keyFile);
    await disk.syncFolder(folder);
    // Where what was taken ends.
    let keysEnd = await wholeSize(keyFile);
    let headsEnd = await wholeSize(headFile);
    const certificates = await linesOf(keyFile, keysEnd, epochCertificate);
    const heads = await linesOf(headFile, headsEnd, headSchema, Math.max(0, headsEnd - tailBytes));
    // A copy made while it grew may hold a head and not yet the key of its epoch: then the one before counts.
    let newest = heads.findLast(({ epoch }) => epoch <= certificates.length);
    const known = [...certificates];
    return fine({
      get head() {
        return newest;
      },
      get certificates() {
        return known;
      },
      async keep(more, kept) {
        keysEnd = await add(keyFile, keysEnd, more);
        known.push(...more);
        headsEnd = await add(headFile, headsEnd, kept);
        newest = kept.at(-1) ?? newest;
      },
      async close() {
        for (const file of opened) await file.close();
      },
    });
  } catch (error) {
    for (const file of opened) await file.close();
    return refuse('verification', `${folder}/${name}.jsonl: ${causeOf(error)}`);
  }
}

/** Gives where the file ends afterwards. What an earlier try left behind `end` was not durable as a whole, so it was not taken: it goes first. */
async function add(file: DiskFile, end: number, rows: readonly unknown[]): Promise<number> {
  if (rows.length === 0) return end;
  if ((await file.size()) !== end) await file.truncate(end);
  const bytes = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await file.write(bytes);
  await file.datasync();
  return end + bytes.length;
}

/** The size up to the end of the last whole line before any zeros; what is after it is cut away. */
async function wholeSize(file: DiskFile): Promise<number> {
  const size = await file.size();
  const start = Math.max(0, size - tailBytes);
  const tail = Buffer.from(await file.read(start, size - start));
  const zeros = tail.indexOf(0);
  const whole = start + tail.subarray(0, zeros === -1 ? size : zeros).lastIndexOf(0x0a) + 1;
  if (whole < size) await file.truncate(whole);
  return whole;
}

async function linesOf<S extends v.GenericSchema>(
  file: DiskFile,
  size: number,
  schema: S,
  from = 0,
): Promise<v.InferOutput<S>[]> {
  const text = Buffer.from(await file.read(from, size - from)).toString();
  const lines = text.split('\n').slice(0, -1);
  // From the middle of a line on: that one is left out.
  if (from > 0) lines.shift();
  return lines.map((line) => {
    const fitted = fitJson(schema, line);
    if (!fitted.ok) throw new Error('a line is not what it should be');
    return fitted.value;
  });
}
