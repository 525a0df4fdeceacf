// What the parts that follow a log (heads, epochs, checkpoint, heartbeat) ask of it, and the order in which they work.
import type { ChainId } from '../protocol/ids.ts';
import type { Transition } from './commit.ts';
import type { State } from './state.ts';

export interface LogCore {
  readonly chain: ChainId;
  /** State of all durable events. */
  readonly settled: State;
  /** As Log.commit, also while the log closes. */
  enqueue<T>(transition: Transition<T>): Promise<T>;
  /** Something did not work that can be tried again. */
  trouble(cause: string): void;
}

/** One piece of work after another, beside the commits: none of it holds them up. */
export class Chores {
  readonly #failed: (cause: string) => void;
  #under: Promise<void> = Promise.resolve();

  /** `failed` hears of what was only kept. */
  constructor(failed: (cause: string) => void) {
    this.#failed = failed;
  }

  /** Does it in its turn; resolves when it is done, or has failed. */
  keep(work: () => Promise<unknown>): Promise<void> {
    this.#under = this.#under.then(work).then(
      () => undefined,
      (error: unknown) => this.#failed(String(error)),
    );
    return this.#under;
  }

  /** The same for somebody who waits for it: rejects when it fails, and nobody else hears of that. */
  now<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#under.then(work);
    this.#under = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }
}
