// audit/tree: the nodes of the log's Merkle tree, 32 bytes each, in the order of `storedAt`. Only appended, buffered, and synced at close alone:
// it is a cache, checked against the signed root at each start and made again from the log when it does not fit (audit/log-tree.ts).
import type { TreeStore } from '../ports.ts';
import type { Disk, DiskFile } from './disk.ts';

const nodeBytes = 32;

/** Opens or begins the file. A piece of a node at its end is left out. @throws when the disk fails. */
export async function openTreeFile(disk: Disk, path: string): Promise<TreeStore> {
  const file = await disk.open(path, 'append');
  const size = await file.size().catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  return new TreeFile(file, Math.floor(size / nodeBytes), size % nodeBytes !== 0);
}

class TreeFile implements TreeStore {
  readonly #file: DiskFile;
  /** Nodes in the file. */
  #written: number;
  /** The file may be longer than it should: an append failed half way. */
  #ragged: boolean;
  #pushed: Uint8Array[] = [];
  /** One change of the file after another. */
  #turn: Promise<void> = Promise.resolve();

  constructor(file: DiskFile, written: number, ragged: boolean) {
    this.#file = file;
    this.#written = written;
    this.#ragged = ragged;
  }

  get count(): number {
    return this.#written + this.#pushed.length;
  }

  push(node: Uint8Array): void {
    this.#pushed.push(node);
  }

  async read(places: readonly number[]): Promise<readonly Uint8Array[]> {
    return Promise.all(places.map((place) => this.#node(place)));
  }

  async #node(place: number): Promise<Uint8Array> {
    const pushed = place >= this.#written ? this.#pushed[place - this.#written] : undefined;
    if (pushed !== undefined) return pushed;
    const bytes = place < this.#written ? await this.#file.read(place * nodeBytes, nodeBytes) : new Uint8Array();
    if (bytes.length !== nodeBytes) throw new Error(`the tree beside the log has no node ${place}`);
    return bytes;
  }

  cut(count: number): Promise<void> {
    return this.#after(async () => {
      if (count >= this.#written) this.#pushed.length = Math.min(this.#pushed.length, count - this.#written);
      else {
        this.#ragged = true;
        this.#written = count;
        this.#pushed = [];
        await this.#trim();
      }
    });
  }

  async #trim(): Promise<void> {
    if (!this.#ragged) return;
    await this.#file.truncate(this.#written * nodeBytes);
    this.#ragged = false;
  }

  flush(): Promise<void> {
    return this.#after(async () => {
      if (this.#pushed.length === 0) return;
      await this.#trim();
      const nodes = this.#pushed.length;
      this.#ragged = true;
      await this.#file.write(Buffer.concat(this.#pushed));
      this.#ragged = false;
      // What was pushed meanwhile stays. In one turn, so that no reader sees a node at neither place.
      this.#written += nodes;
      this.#pushed = this.#pushed.slice(nodes);
    });
  }

  #after(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
      await this.#file.datasync();
    } finally {
      await this.#file.close();
    }
  }
}
