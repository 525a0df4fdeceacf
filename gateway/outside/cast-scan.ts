// Walks the chunks of a recording file: every one opened and chained, or only their headers.
import type { CastFrame } from '../ports.ts';
import {
  type ChunkHeader,
  chunkHash,
  chunkSize,
  headerBytes,
  magic,
  openChunk,
  readHeader,
  rootOf,
  tagBytes,
} from '../session/cast-chunk.ts';
import type { IndexEntry } from './cast-index.ts';
import type { DiskFile } from './disk.ts';

const windowBytes = 256 * 1024;

/** Reads a file through one window, so that small pieces side by side cost one call. */
class Window {
  readonly #file: DiskFile;
  readonly #size: number;
  #at = 0;
  #bytes: Uint8Array = new Uint8Array();
  constructor(file: DiskFile, size: number) {
    this.#file = file;
    this.#size = size;
  }
  /** `length` bytes from `from`; fewer past the end. */
  async take(from: number, length: number): Promise<Uint8Array> {
    if (from < this.#at || from + length > this.#at + this.#bytes.length) {
      this.#bytes = await this.#file.read(from, Math.max(0, Math.min(Math.max(length, windowBytes), this.#size - from)));
      this.#at = from;
    }
    return this.#bytes.subarray(from - this.#at, from - this.#at + length);
  }
}

export type Scanned = {
  readonly offset: number;
  readonly end: number;
  readonly header: ChunkHeader;
  readonly hash: string;
  readonly frames: readonly CastFrame[];
};

/** What a walk found at its end: everything good up to `end`; `damaged` says why it went no further, if it did not reach the size. */
export type ScanEnd = { readonly end: number; readonly last: Scanned | undefined; readonly damaged: string | undefined };

/** Walks chunks from a byte on. From the start of the file the chain is checked from its root. */
export async function* scanChunks(
  file: DiskFile,
  size: number,
  recording: string,
  key: Uint8Array,
  from: number = magic.length,
): AsyncGenerator<Scanned, ScanEnd> {
  const window = new Window(file, size);
  let offset = from;
  let last: Scanned | undefined;
  let prev = from === magic.length ? rootOf(recording) : undefined;
  const stop = (damaged: string | undefined): ScanEnd => ({ end: offset, last, damaged });
  while (offset < size) {
    const header = readHeader(await window.take(offset, headerBytes));
    if (header === undefined) return stop('a chunk header is cut or is none');
    const bytes = await window.take(offset, chunkSize(header));
    if (bytes.length < chunkSize(header)) return stop('the last chunk is cut');
    if (prev !== undefined && header.prev !== prev) return stop(`chunk ${header.index} does not follow the one before it`);
    if (last !== undefined && header.index !== last.header.index + 1) return stop(`chunk ${header.index} is out of place`);
    const frames = openChunk(key, header, bytes);
    if (frames === undefined) return stop(`chunk ${header.index} is not what was recorded`);
    last = { offset, end: offset + chunkSize(header), header, hash: chunkHash(bytes), frames };
    prev = last.hash;
    offset = last.end;
    yield last;
    if (header.last && offset < size) return stop('there is something after its last chunk');
  }
  return stop(undefined);
}

/** Chunks as they stand in the file, unopened; stops at the first that is cut or has no header. Memory: one chunk. */
export async function* rawChunks(file: DiskFile, size: number): AsyncGenerator<Uint8Array> {
  const window = new Window(file, size);
  for (let offset = magic.length; offset < size; ) {
    const header = readHeader(await window.take(offset, headerBytes));
    if (header === undefined || offset + chunkSize(header) > size) return;
    yield await window.take(offset, chunkSize(header));
    offset += chunkSize(header);
  }
}

/** Keyframes by their chunk headers alone. */
export async function scanKeyframes(file: DiskFile, size: number): Promise<readonly IndexEntry[]> {
  const entries: IndexEntry[] = [];
  for (let offset = magic.length; offset + headerBytes + tagBytes <= size; ) {
    const header = readHeader(await file.read(offset, headerBytes));
    if (header === undefined) break;
    if (header.keyframe) entries.push({ offset, seq: header.from });
    offset += chunkSize(header);
  }
  return entries;
}

/** Whether a byte is where a sealed chunk with a keyframe at that position begins. */
export async function isKeyframeAt(file: DiskFile, size: number, key: Uint8Array, entry: IndexEntry): Promise<boolean> {
  if (entry.offset + headerBytes > size) return false;
  const header = readHeader(await file.read(entry.offset, headerBytes));
  if (header === undefined || !header.keyframe || header.from !== entry.seq || entry.offset + chunkSize(header) > size)
    return false;
  return openChunk(key, header, await file.read(entry.offset, chunkSize(header))) !== undefined;
}
