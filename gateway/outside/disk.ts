// The few calls to the file system that writers use, so that a test can fail the n-th of them or cut the power after it (R2, R3).
// Everything is made 0600 in folders of 0700, and no path is followed through a planted link.
import { constants, fstatSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, statfs, unlink } from 'node:fs/promises';
import { causeFrom } from '../protocol/trail-nouns.ts';

/** `append`: made if it is not there, written at its end · `new`: must not be there · `read`: must be there · `over`: must be there, written from its beginning, over what it holds. */
export type OpenHow = 'append' | 'new' | 'read' | 'over';

export interface DiskFile {
  /** All of it, at the end of the file; opened `over`, after what was written so before. */
  write(bytes: Uint8Array): Promise<void>;
  /** Up to `length` bytes from `position`; fewer at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array>;
  size(): Promise<number>;
  truncate(length: number): Promise<void>;
  /** The bytes and the size are on the disk. */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  open(path: string, how: OpenHow): Promise<DiskFile>;
  /** Makes a folder and those above it; returns quietly if it is there. */
  makeFolder(path: string): Promise<void>;
  /** Names in a folder, sorted; a missing folder is empty. */
  list(path: string): Promise<readonly string[]>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Names made, renamed and removed in this folder are on the disk. */
  syncFolder(path: string): Promise<void>;
  freeBytes(path: string): Promise<number>;
}

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;
const flags = {
  append: O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW,
  new: O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW,
  read: O_RDONLY | O_NOFOLLOW,
  over: O_RDWR | O_NOFOLLOW,
} as const;

/** The code of a failed system call (`ENOENT`), or undefined. */
export const errno = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** What went wrong, in few words, without a stack. */
export const causeOf = (error: unknown): string => causeFrom(error instanceof Error ? error.message : String(error));

class RealFile implements DiskFile {
  readonly #handle: FileHandle;
  constructor(handle: FileHandle) {
    this.#handle = handle;
  }
  async write(bytes: Uint8Array): Promise<void> {
    // One system call as a rule; a disk that fills up takes less than it was given and says so at the next.
    for (let at = 0; at < bytes.length; ) at += (await this.#handle.write(bytes, at, bytes.length - at)).bytesWritten;
  }
  async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(length);
    let got = 0;
    while (got < length) {
      const { bytesRead } = await this.#handle.read(bytes, got, length - got, position + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return bytes.subarray(0, got);
  }
  // Answered out of the memory of the kernel: cheaper than a turn through the pool of threads.
  size = async (): Promise<number> => fstatSync(this.#handle.fd).size;
  truncate = (length: number): Promise<void> => this.#handle.truncate(length);
  datasync = (): Promise<void> => this.#handle.datasync();
  close = (): Promise<void> => this.#handle.close();
}

export const realDisk: Disk = {
  open: async (path, how) => new RealFile(await open(path, flags[how], 0o600)),
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  list: async (path) => {
    try {
      return (await readdir(path)).sort();
    } catch (error) {
      if (errno(error) === 'ENOENT') return [];
      throw error;
    }
  },
  rename,
  remove: unlink,
  syncFolder: async (path) => {
    const folder = await open(path, O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
  freeBytes: async (path) => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};
