// Recordings on disk (D13): one file each, chunks of frames sealed under the recording's own key (cast-chunk.ts), an index of keyframes beside it. Bytes
// as they were. Syncs of all recordings are made in rounds: what is asked for while one runs goes into the next.
import type { CastFrame, CastStore, CastSummary, CastWriter, Chance } from '../ports.ts';
import { type Result, refuse } from '../protocol/errors.ts';
import type { RecordingId } from '../protocol/ids.ts';
import { headerBytes, magic, readHeader, rootOf } from '../session/cast-chunk.ts';
import { encodeEntry, type IndexEntry, indexPath, readIndex } from './cast-index.ts';
import { isKeyframeAt, rawChunks, type ScanEnd, scanChunks, scanKeyframes } from './cast-scan.ts';
import { type CastEnd, FileCastWriter } from './cast-writer.ts';
import { causeOf, type Disk, type DiskFile, errno } from './disk.ts';

export function openCastStore(disk: Disk, chance: Chance, folder: string): CastStore {
  return new FileCastStore(disk, chance, folder);
}

class FileCastStore implements CastStore {
  readonly #disk: Disk;
  readonly #chance: Chance;
  readonly #folder: string;
  #running = false;
  #next: (() => Promise<void>)[] = [];

  constructor(disk: Disk, chance: Chance, folder: string) {
    this.#disk = disk;
    this.#chance = chance;
    this.#folder = folder;
  }

  #path = (recording: RecordingId): string => `${this.#folder}/${recording}.cast`;

  async create(recording: RecordingId, key: Uint8Array): Promise<Result<CastWriter>> {
    return this.#trying(async () => {
      await this.#disk.makeFolder(this.#folder);
      const file = await this.#disk.open(this.#path(recording), 'new');
      try {
        await this.#writeMagic(file);
        await this.#disk.syncFolder(this.#folder);
      } catch (error) {
        await file.close();
        throw error;
      }
      const end = { offset: magic.length, nextIndex: 0, hash: rootOf(recording), output: 0, firstAt: undefined, lastAt: 0 };
      return { ok: true, value: this.#writer(recording, key, file, end) };
    });
  }

  async resume(recording: RecordingId, key: Uint8Array): Promise<Result<CastWriter>> {
    return this.#trying(async () => {
      // Must be there: `append` would make it.
      await (await this.#disk.open(this.#path(recording), 'read')).close();
      const file = await this.#disk.open(this.#path(recording), 'append');
      const end = await this.#findEnd(recording, key, file).catch((error: unknown) => refuse('recording-failed', causeOf(error)));
      if (!end.ok) {
        await file.close();
        return end;
      }
      return { ok: true, value: this.#writer(recording, key, file, end.value) };
    });
  }

  #writer(recording: RecordingId, key: Uint8Array, file: DiskFile, end: CastEnd): CastWriter {
    return new FileCastWriter(
      {
        file,
        key,
        salt: this.#chance.bytes(6),
        inRound: (work) => this.#inRound(work),
        note: (entries) => void this.#noteKeyframes(recording, entries),
      },
      end,
    );
  }

  async #writeMagic(file: DiskFile): Promise<void> {
    await file.write(magic);
    await file.datasync();
  }

  /** Cuts a torn end off, keeping it beside the file, and says where to go on. */
  async #findEnd(recording: RecordingId, key: Uint8Array, file: DiskFile): Promise<Result<CastEnd>> {
    const size = await file.size();
    if (size < magic.length) {
      await file.truncate(0);
      await this.#writeMagic(file);
    } else if (!magic.equals(await file.read(0, magic.length))) return refuse('recording-failed', 'this is no recording');
    const entries = await readIndex(this.#disk, this.#path(recording), size);
    const found = await this.#scanEnd(recording, key, file, Math.max(size, magic.length), entries);
    if (found.last?.header.last === true) return refuse('recording-failed', 'it is closed');
    if (found.end < size) {
      const torn = await this.#disk.open(`${this.#path(recording)}.torn-${found.end}`, 'append');
      await torn.write(await file.read(found.end, size - found.end));
      await torn.datasync();
      await torn.close();
      await file.truncate(found.end);
    }
    // What is there may still be only in memory of the kernel; from here on it counts as durable.
    await file.datasync();
    await this.#rewriteIndex(
      recording,
      entries.filter((entry) => entry.offset < found.end),
    );
    const first = readHeader(await file.read(magic.length, headerBytes));
    const { last } = found;
    return {
      ok: true,
      value: {
        offset: found.end,
        nextIndex: last === undefined ? 0 : last.header.index + 1,
        hash: last?.hash ?? rootOf(recording),
        output: last?.header.to ?? 0,
        firstAt: last === undefined ? undefined : first?.firstAt,
        lastAt: last?.header.lastAt ?? 0,
      },
    };
  }

  /** The end of the good chunks, looked for from the newest keyframe that is one. */
  async #scanEnd(
    recording: RecordingId,
    key: Uint8Array,
    file: DiskFile,
    size: number,
    entries: readonly IndexEntry[],
  ): Promise<ScanEnd> {
    let from: number | undefined;
    for (const entry of entries.toReversed()) {
      if (!(await isKeyframeAt(file, size, key, entry))) continue;
      from = entry.offset;
      break;
    }
    const walk = scanChunks(file, size, recording, key, from);
    for (;;) {
      const step = await walk.next();
      if (step.done === true) return step.value;
    }
  }

  async *read(recording: RecordingId, key: Uint8Array, fromSeq?: number): AsyncGenerator<CastFrame> {
    const file = await this.#disk.open(this.#path(recording), 'read');
    try {
      const size = await file.size();
      const from = fromSeq === undefined ? undefined : await this.#entrance(recording, key, file, size, fromSeq);
      for await (const chunk of scanChunks(file, size, recording, key, from)) yield* chunk.frames;
    } finally {
      await file.close();
    }
  }

  async *chunks(recording: RecordingId): AsyncGenerator<Uint8Array> {
    const file = await this.#disk.open(this.#path(recording), 'read').catch((error: unknown) => {
      if (errno(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (file === undefined) return;
    try {
      yield* rawChunks(file, await file.size());
    } finally {
      await file.close();
    }
  }

  /** Byte of the newest keyframe at or before an output position; undefined = the start. */
  async #entrance(
    recording: RecordingId,
    key: Uint8Array,
    file: DiskFile,
    size: number,
    seq: number,
  ): Promise<number | undefined> {
    const noted = await readIndex(this.#disk, this.#path(recording), size);
    for (const entries of [noted, undefined]) {
      for (const entry of (entries ?? (await scanKeyframes(file, size))).toReversed())
        if (entry.seq <= seq && (await isKeyframeAt(file, size, key, entry))) return entry.offset;
    }
    return undefined;
  }

  async summary(recording: RecordingId, key: Uint8Array): Promise<Result<CastSummary>> {
    return this.#trying(async () => {
      const file = await this.#disk.open(this.#path(recording), 'read');
      try {
        const size = await file.size();
        if (!magic.equals(await file.read(0, magic.length))) return refuse('recording-failed', 'this is no recording');
        const walk = scanChunks(file, size, recording, key);
        let firstAt = 0;
        for (;;) {
          const step = await walk.next();
          if (step.done !== true) {
            if (step.value.header.index === 0) firstAt = step.value.header.firstAt;
            continue;
          }
          const { last, damaged } = step.value;
          const value = {
            bytes: last?.header.to ?? 0,
            chunks: last === undefined ? 0 : last.header.index + 1,
            root: last?.hash ?? rootOf(recording),
            firstAt,
            lastAt: last?.header.lastAt ?? 0,
            closed: last?.header.last === true,
            damaged,
          };
          return { ok: true, value };
        }
      } finally {
        await file.close();
      }
    });
  }

  async remove(recordings: readonly RecordingId[]): Promise<void> {
    if (recordings.length === 0) return;
    const gone = new Set<string>(recordings);
    let removed = 0;
    // Its index and what was torn off it are called after it.
    for (const name of await this.#disk.list(this.#folder)) {
      const [recording = ''] = name.split('.');
      if (!gone.has(recording)) continue;
      await this.#disk.remove(`${this.#folder}/${name}`);
      removed += 1;
    }
    if (removed > 0) await this.#disk.syncFolder(this.#folder);
  }

  freeBytes = async (): Promise<number> => {
    await this.#disk.makeFolder(this.#folder);
    return this.#disk.freeBytes(this.#folder);
  };

  async #noteKeyframes(recording: RecordingId, entries: readonly Uint8Array[]): Promise<void> {
    try {
      const index = await this.#disk.open(indexPath(this.#path(recording)), 'append');
      await index.write(Buffer.concat(entries));
      await index.close();
    } catch {
      // A hint: readers find keyframes by the headers.
    }
  }

  async #rewriteIndex(recording: RecordingId, entries: readonly IndexEntry[]): Promise<void> {
    const index = await this.#disk.open(indexPath(this.#path(recording)), 'append');
    await index.truncate(0);
    if (entries.length > 0) await index.write(Buffer.concat(entries.map(encodeEntry)));
    await index.close();
  }

  /** Runs in the round after the one under way; all of a round run at once, so that the disk takes their syncs together. */
  #inRound<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#next.push(() => work().then(resolve, reject));
      if (this.#running) return;
      this.#running = true;
      queueMicrotask(() => void this.#runRounds());
    });
  }

  async #runRounds(): Promise<void> {
    while (this.#next.length > 0) await Promise.all(this.#next.splice(0).map((work) => work()));
    this.#running = false;
  }

  async #trying<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
    try {
      return await work();
    } catch (error) {
      return refuse('recording-failed', causeOf(error));
    }
  }
}
