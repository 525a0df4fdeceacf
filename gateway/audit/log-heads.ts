// The signed heads of a log: at once after its first record and after each 256 more, each second with traffic, and when they are asked for. They lag
// behind the log; what is signed is durable.
import type { Clock, EpochKeys, Heads } from '../ports.ts';
import type { Head, StoredHead } from '../protocol/trail-nouns.ts';
import { type EpochKey, keyInForce } from './epoch.ts';
import { headStatement } from './head.ts';
import type { Chores, LogCore } from './log-core.ts';
import type { LogTree } from './log-tree.ts';

const headMs = 1000;
/** A head is signed at once when so many records came since the one before; under a flood not oftener than each so many ms. */
const headRecords = 256;
const headGapMs = 50;

type Options = { readonly clock: Clock; readonly heads: Heads; readonly keys: EpochKeys };

export class LogHeads {
  readonly #core: LogCore;
  readonly #options: Options;
  readonly #tree: LogTree;
  readonly #chores: Chores;
  #newest: Head | undefined;
  /** Records under the head that was written last, an old one included. */
  #size: number;
  #asked = false;
  #writtenMono: number | undefined;
  #timer: (() => void) | undefined;
  #soonTimer: (() => void) | undefined;
  readonly #listeners = new Set<(head: Head) => void>();

  constructor(core: LogCore, options: Options, tree: LogTree, chores: Chores, stored: StoredHead | undefined) {
    this.#core = core;
    this.#options = options;
    this.#tree = tree;
    this.#chores = chores;
    this.#newest = stored !== undefined && 'root' in stored ? stored : undefined;
    this.#size = stored?.size ?? 0;
  }

  get newest(): Head | undefined {
    return this.#newest;
  }

  /** The key of the epoch of the last record. */
  key(): EpochKey {
    return keyInForce(this.#options.keys.rootKey, this.#core.settled.epochs);
  }

  /** Sees to it that what is not signed yet will be. `later` = not at once: it has just failed. */
  schedule(later: boolean): void {
    const { clock } = this.#options;
    const behind = this.#core.settled.seq + 1 - this.#size;
    if (behind > 0 && this.#size === 0 && !later) this.#ask();
    else if (behind >= headRecords && !later) {
      const wait = this.#writtenMono === undefined ? 0 : this.#writtenMono + headGapMs - clock.mono();
      if (wait <= 0) this.#ask();
      else
        this.#soonTimer ??= clock.after(wait, () => {
          this.#soonTimer = undefined;
          this.#ask();
        });
    } else if (behind > 0)
      this.#timer ??= clock.after(headMs, () => {
        this.#timer = undefined;
        this.#ask();
      });
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    void this.#chores.keep(async () => {
      await this.write().finally(() => {
        this.#asked = false;
      });
      // What came meanwhile.
      this.schedule(false);
    });
  }

  /** Signs everything durable with the key of the epoch of its last record (A13), unless that was signed before. Only as a chore. */
  async write(): Promise<Head | undefined> {
    const { seq, hash } = this.#core.settled;
    if (seq === -1 || seq + 1 === this.#newest?.size) return this.#newest;
    const { clock, heads, keys } = this.#options;
    const { epoch, publicKey } = this.key();
    const said = { chain: this.#core.chain, size: seq + 1, root: this.#tree.root(), hash, epoch, ts: clock.now() };
    const head: Head = { ...said, signature: keys.sign(publicKey, headStatement(said)) };
    // The tree is a cache: without it the head is no less true.
    await this.#tree.flush().catch((error: unknown) => this.#core.trouble(String(error)));
    await heads.write(head);
    this.#writtenMono = clock.mono();
    this.#newest = head;
    this.#size = head.size;
    for (const listener of this.#listeners) {
      try {
        listener(head);
      } catch (error) {
        // A bug of who listens: the process hears of it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    return head;
  }

  onHead(listener: (head: Head) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  callOff(): void {
    this.#timer?.();
    this.#soonTimer?.();
  }
}
