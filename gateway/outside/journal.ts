// The journal on disk: one JSON line a record, in segments (segments.ts). One write and one fdatasync a batch. A last line without its end
// was never acknowledged: it is moved to quarantine when the journal is opened. Any other damage is the business of who reads.
//
// Known limit: after a power cut a file may hold zeros where unacknowledged lines were going to be; from the first such line on, the rest of the
// newest segment counts as torn. A signed head (heads.ts) beyond it makes the start refuse.
import { lineText, sha256 } from '../audit/chain.ts';
import { JournalDamage } from '../audit/damage.ts';
import { type Segment, segmentName } from '../audit/log-names.ts';
import type { Journal } from '../ports.ts';
import { type AuditLine, auditLine } from '../protocol/events.ts';
import { fitJson } from '../protocol/json.ts';
import { causeOf, type Disk, type DiskFile, errno } from './disk.ts';
import { finishErasing } from './erasing.ts';
import { dayOf, listSegments, maxLineBytes, purgeSegments, readLines, seekSeq, seqOfLine } from './segments.ts';

const segmentBytes = 64 * 1024 * 1024;

type Written = { readonly segment: Segment; readonly file: DiskFile; size: number };
type Options = {
  readonly disk: Disk;
  readonly folder: string;
  readonly segmentBytes?: number;
  /** Asked when the disk is full: true = there is room now, the write is tried once more. */
  readonly giveRoom?: () => Promise<boolean>;
  /** Called when a segment was closed: its last record is durable, nothing follows in it. */
  readonly onClosed?: () => void;
};

/** Opens or begins a journal. Throws when the folder cannot be read or the newest segment has no readable end (JournalDamage). */
export async function openJournal(options: Options): Promise<Journal> {
  const { disk, folder } = options;
  await disk.makeFolder(folder);
  // Before anything is open: an erasure that the log tells of and a killed process left unfinished.
  await finishErasing(disk, folder);
  const journal = new FileJournal(options);
  await journal.load(true);
  return journal;
}

class FileJournal implements Journal {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #onClosed: () => void;
  readonly #giveRoom: () => Promise<boolean>;
  #next = 0;
  /** Records up to this one were purged; −1 = none. */
  #purged = -1;
  /** One change of what is open after another. */
  #turn: Promise<unknown> = Promise.resolve();
  #open: Written | undefined;
  #failed: string | undefined;
  recovered: { readonly bytes: number; readonly digest: string } | undefined;

  constructor({ disk, folder, segmentBytes: most, onClosed, giveRoom }: Options) {
    this.#disk = disk;
    this.#folder = folder;
    this.#segmentBytes = most ?? segmentBytes;
    this.#onClosed = onClosed ?? (() => undefined);
    this.#giveRoom = giveRoom ?? (async () => false);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** `mend` = this is the start, and the folder is ours: a torn end is set aside. Otherwise it may be a line that somebody else is writing. */
  async load(mend: boolean): Promise<void> {
    const segments = await listSegments(this.#disk, this.#folder);
    const newest = segments.at(-1);
    if (newest === undefined) return;
    const file = await this.#disk.open(`${this.#folder}/${newest.name}`, 'append');
    const size = await file.size();
    const { end, last } = await soundEnd(file, size);
    if (end < size && mend) await this.#quarantine(file, newest, end, size);
    // A process that was killed may have left lines that only the kernel holds; what follows rests on them.
    if (mend) await file.datasync();
    const seq = last === undefined ? newest.first - 1 : seqOfLine(last);
    if (seq === undefined) {
      await file.close();
      throw new JournalDamage(newest.first, `the last line of ${newest.name} cannot be read`);
    }
    this.#next = seq + 1;
    this.#open = { segment: newest, file, size: end };
  }

  async #quarantine(file: DiskFile, segment: Segment, end: number, size: number): Promise<void> {
    const torn = await file.read(end, size - end);
    const digest = sha256(torn);
    const path = `${this.#folder}/torn-${String(segment.first).padStart(16, '0')}-${end}-${digest.slice(0, 16)}.bin`;
    const copy = await this.#disk.open(path, 'append');
    // The same bytes may be there from a start that was killed just here.
    if ((await copy.size()) < torn.length) {
      await copy.truncate(0);
      await copy.write(torn);
      await copy.datasync();
    }
    await copy.close();
    await this.#disk.syncFolder(this.#folder);
    await file.truncate(end);
    await file.datasync();
    this.recovered = { bytes: torn.length, digest };
  }

  append(expectedSeq: number, lines: readonly AuditLine[]): ReturnType<Journal['append']> {
    return this.#inTurn(() => this.#append(expectedSeq, lines));
  }

  async #append(expectedSeq: number, lines: readonly AuditLine[]): ReturnType<Journal['append']> {
    if (this.#failed !== undefined) return { result: 'failed', cause: this.#failed };
    let from = 0;
    try {
      if (this.#open !== undefined && (await this.#open.file.size()) !== this.#open.size) await this.#reload();
      if (expectedSeq !== this.#next) return { result: 'conflict' };
      while (from < lines.length) from = await this.#appendToOne(lines, from);
      return { result: 'durable' };
    } catch (error) {
      // Somebody else has begun the segment that was to be begun here.
      if (
        from === 0 &&
        errno(error) === 'EEXIST' &&
        (await this.#reload().then(
          () => this.#next > expectedSeq,
          () => false,
        ))
      )
        return { result: 'conflict' };
      // What is on disk is not known any more: nothing may follow (a failed sync must not be tried again, its pages may be gone).
      this.#failed = causeOf(error);
      return { result: 'failed', cause: this.#failed };
    }
  }

  async #reload(): Promise<void> {
    await this.#open?.file.close();
    this.#open = undefined;
    await this.load(false);
  }

  /** Appends lines from `from` on, as many as belong into one segment; returns where to go on. */
  async #appendToOne(lines: readonly AuditLine[], from: number): Promise<number> {
    const first = lines[from];
    if (first === undefined) return lines.length;
    const open = await this.#segmentFor(first);
    const texts: string[] = [];
    let size = open.size;
    let to = from;
    for (let line = first; ; ) {
      const text = `${lineText(line)}\n`;
      texts.push(text);
      size += Buffer.byteLength(text);
      to += 1;
      const next = lines[to];
      if (next === undefined || size >= this.#segmentBytes || dayOf(next.record.ts) > open.segment.day) break;
      line = next;
    }
    const bytes = Buffer.from(texts.join(''));
    await open.file.write(bytes).catch(async (error: unknown) => {
      // A write that found no room is undone whole; only a sync that fails leaves it unknown what is on the disk.
      if (errno(error) !== 'ENOSPC' || !(await this.#giveRoom())) throw error;
      await open.file.truncate(open.size);
      await open.file.write(bytes);
    });
    await open.file.datasync();
    open.size = size;
    this.#next += to - from;
    return to;
  }

  async #segmentFor(line: AuditLine): Promise<Written> {
    const day = dayOf(line.record.ts);
    const open = this.#open;
    // A clock that goes back begins no segment: names stay in order.
    if (open !== undefined && open.size < this.#segmentBytes && day <= open.segment.day) return open;
    // A segment without a line in it (a start that was killed) has the very name: it is used.
    if (open !== undefined && open.segment.first === this.#next) return open;
    return this.#begin(day);
  }

  async #begin(day: string): Promise<Written> {
    const before = this.#open;
    await before?.file.close();
    this.#open = undefined;
    const segment = { name: segmentName(this.#next, day), first: this.#next, day };
    const file = await this.#disk.open(`${this.#folder}/${segment.name}`, 'new');
    await this.#disk.syncFolder(this.#folder);
    this.#open = { segment, file, size: 0 };
    if (before !== undefined) this.#onClosed();
    return this.#open;
  }

  rotate(): Promise<number> {
    return this.#inTurn(async () => {
      if (this.#failed !== undefined) throw new Error(this.#failed);
      // The new file is made now, not with the next record: whoever looks at the folder sees by it that the one before is closed.
      if (this.#open !== undefined && this.#open.segment.first !== this.#next) await this.#begin(this.#open.segment.day);
      return this.#next;
    });
  }

  async first(): Promise<number> {
    return (await listSegments(this.#disk, this.#folder))[0]?.first ?? 0;
  }

  async purge(upTo: number): Promise<void> {
    this.#purged = Math.max(this.#purged, upTo);
    await purgeSegments(this.#disk, this.#folder, upTo);
  }

  async *read(fromSeq: number): AsyncGenerator<AuditLine> {
    const end = this.#next;
    const segments = (await listSegments(this.#disk, this.#folder)).filter((segment) => segment.first < end);
    let expected = Math.max(0, fromSeq);
    if (expected >= end) return;
    const [oldest] = segments;
    // What was purged is gone for a reason, and exactly that.
    if (oldest !== undefined && expected < oldest.first && oldest.first <= this.#purged + 1) expected = oldest.first;
    const begin = segments.findLastIndex((segment) => segment.first <= expected);
    if (begin === -1) throw new JournalDamage(expected, 'its segment is missing');
    for (const [i, segment] of segments.entries()) {
      if (i < begin) continue;
      if (segment.first > expected) break;
      try {
        for await (const line of this.#readSegment(segment, expected, end)) {
          if (line.record.seq !== expected) throw new JournalDamage(expected, `found record ${line.record.seq} in its place`);
          yield line;
          expected += 1;
          if (expected === end) return;
        }
      } catch (error) {
        const next = segments[i + 1]?.first ?? end;
        if (errno(error) !== 'ENOENT' || next > this.#purged + 1) throw error;
        // Purged while it was being read up to here.
        expected = next;
      }
    }
    throw new JournalDamage(expected, 'it is missing');
  }

  async *#readSegment(segment: Segment, from: number, end: number): AsyncGenerator<AuditLine> {
    const file = await this.#disk.open(`${this.#folder}/${segment.name}`, 'read');
    try {
      const size = await file.size();
      let seq = segment.first;
      const start = from > segment.first ? await seekSeq(file, size, from) : 0;
      for await (const lines of readLines(file, start, size))
        for (const raw of lines) {
          const line = raw.complete ? parseLine(raw.bytes, Math.max(seq, from)) : undefined;
          if (line === undefined) return;
          seq = line.record.seq + 1;
          if (line.record.seq >= from) yield line;
          if (seq === end) return;
        }
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    this.#failed ??= 'the journal is closed';
    await open?.file.close();
  }
}

function parseLine(bytes: Uint8Array, seq: number): AuditLine {
  const line = fitJson(auditLine, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(), maxLineBytes);
  if (!line.ok) throw new JournalDamage(seq, line.problem.detail ?? line.problem.code);
  return line.value;
}

/** Where the sound part of a segment ends, and its last line. */
async function soundEnd(file: DiskFile, size: number): Promise<{ end: number; last: Uint8Array | undefined }> {
  let end = 0;
  let last: Uint8Array | undefined;
  for await (const lines of readLines(file, 0, size))
    for (const line of lines) {
      if (!line.complete || line.bytes.includes(0)) return { end, last };
      end = line.at + line.bytes.length + 1;
      last = line.bytes;
    }
  return { end, last };
}
