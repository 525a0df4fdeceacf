// Writes one recording. Frames are sealed into chunks when they are made durable; chunks stay in memory until then, so that after a failed write or
// sync the file is cut back to what is sure and the very same bytes are written again, without a gap (A1).
import type { CastFrame, CastWriter } from '../ports.ts';
import { type Result, refuse } from '../protocol/errors.ts';
import { type Chunk, chunkBytes, frameBytes, sealChunk } from '../session/cast-chunk.ts';
import { encodeEntry, type IndexEntry } from './cast-index.ts';
import { causeOf, type DiskFile } from './disk.ts';

/** Where a writer goes on. */
export type CastEnd = {
  readonly offset: number;
  readonly nextIndex: number;
  readonly hash: string;
  readonly output: number;
  readonly firstAt: number | undefined;
  readonly lastAt: number;
};

type Ports = {
  readonly file: DiskFile;
  /** Told where keyframes are; failing to note it is no harm. */
  readonly note: (entries: readonly Uint8Array[]) => void;
  /** Runs the work in the next round of syncs, together with other recordings. */
  readonly inRound: <T>(work: () => Promise<T>) => Promise<T>;
  readonly salt: Uint8Array;
  readonly key: Uint8Array;
};

export class FileCastWriter implements CastWriter {
  readonly #ports: Ports;
  #frames: CastFrame[] = [];
  /** Sealed, not known to be durable, oldest first. */
  #unsure: Chunk[] = [];
  /** How many of the unsure are already in the file as written by this process. */
  #inFile = 0;
  #sureOffset: number;
  #nextIndex: number;
  #hash: string;
  #sealedOutput: number;
  #firstAt: number | undefined;
  #lastAt: number;
  #broken = false;
  #waiting: Promise<Result<{ readonly durable: number }>> | undefined;
  #state: 'open' | 'last-sealed' | 'closed' | 'left' = 'open';
  written: number;
  durable: number;

  constructor(ports: Ports, end: CastEnd) {
    this.#ports = ports;
    this.#sureOffset = end.offset;
    this.#nextIndex = end.nextIndex;
    this.#hash = end.hash;
    this.#sealedOutput = end.output;
    this.#firstAt = end.firstAt;
    this.#lastAt = end.lastAt;
    this.written = end.output;
    this.durable = end.output;
  }

  append(frame: CastFrame): void {
    if (this.#state !== 'open') throw new Error('the recording is closed');
    this.#frames.push(frame);
    if (frame.kind === 'output') this.written = Math.max(this.written, frame.seq + frame.bytes.length);
    this.#firstAt ??= frame.at;
    this.#lastAt = frame.at;
  }

  sync(): Promise<Result<{ readonly durable: number }>> {
    if (this.#state === 'closed') return Promise.resolve({ ok: true, value: { durable: this.durable } });
    if (this.#state === 'left') return Promise.resolve(refuse('recording-failed', 'this writer has let go of it'));
    return this.#flushInRound();
  }

  /** One flush a round: whoever asks before it starts shares it. */
  #flushInRound(): Promise<Result<{ readonly durable: number }>> {
    this.#waiting ??= this.#ports.inRound(() => {
      this.#waiting = undefined;
      return this.#flush();
    });
    return this.#waiting;
  }

  async #flush(): Promise<Result<{ readonly durable: number }>> {
    this.#sealFrames();
    const { file } = this.#ports;
    try {
      if (this.#broken) {
        await file.truncate(this.#sureOffset);
        this.#inFile = 0;
      }
      const batch = this.#unsure;
      const missing = batch.slice(this.#inFile);
      if (batch.length === 0) return { ok: true, value: { durable: this.durable } };
      this.#broken = true;
      if (missing.length > 0) await file.write(Buffer.concat(missing.map((chunk) => chunk.bytes)));
      this.#inFile = batch.length;
      await file.datasync();
      this.#broken = false;
      this.#settle(batch);
      return { ok: true, value: { durable: this.durable } };
    } catch (error) {
      return refuse('recording-failed', causeOf(error));
    }
  }

  #settle(batch: readonly Chunk[]): void {
    const entries: Uint8Array[] = [];
    for (const { header, bytes } of batch) {
      if (header.keyframe) entries.push(encodeEntry({ offset: this.#sureOffset, seq: header.from } satisfies IndexEntry));
      this.#sureOffset += bytes.length;
      this.durable = header.to;
    }
    this.#unsure = [];
    this.#inFile = 0;
    if (entries.length > 0) this.#ports.note(entries);
  }

  #sealFrames(): void {
    let group: CastFrame[] = [];
    let bytes = 0;
    for (const frame of this.#frames) {
      // A keyframe begins a chunk: a reader enters there.
      if (group.length > 0 && (frame.kind === 'keyframe' || bytes + frameBytes(frame) > chunkBytes)) {
        this.#seal(group, false);
        group = [];
        bytes = 0;
      }
      group.push(frame);
      bytes += frameBytes(frame);
    }
    if (group.length > 0) this.#seal(group, false);
    this.#frames = [];
  }

  #seal(frames: readonly CastFrame[], last: boolean): void {
    const place = {
      index: this.#nextIndex,
      prev: this.#hash,
      salt: this.#ports.salt,
      to: this.#sealedOutput,
      at: this.#lastAt,
      last,
    };
    const chunk = sealChunk(this.#ports.key, frames, place);
    this.#unsure.push(chunk);
    this.#nextIndex += 1;
    this.#hash = chunk.hash;
    this.#sealedOutput = chunk.header.to;
  }

  async leave(): Promise<void> {
    if (this.#state === 'closed' || this.#state === 'left') return;
    this.#state = 'left';
    // In its own turn: a flush that has begun ends first.
    await this.#ports.inRound(() => this.#ports.file.close());
  }

  async close(): ReturnType<CastWriter['close']> {
    if (this.#state === 'left') return refuse('recording-failed', 'this writer has let go of it');
    if (this.#state === 'open') {
      this.#sealFrames();
      this.#seal([], true);
      this.#state = 'last-sealed';
    }
    if (this.#state === 'last-sealed') {
      const done = await this.#flushInRound();
      if (!done.ok) return done;
      this.#state = 'closed';
      await this.#ports.file.close();
    }
    return {
      ok: true,
      value: {
        bytes: this.written,
        chunks: this.#nextIndex,
        root: this.#hash,
        durationMs: Math.max(0, this.#lastAt - (this.#firstAt ?? this.#lastAt)),
      },
    };
  }
}
