// When an epoch of a log is over, and how the next one begins (TRUST §5, forward security).
//
// Known limit: an epoch in which the gateway was stopped counts its bytes anew at the next start; a day ends it all the same.
import type { Clock, EpochKeys } from '../ports.ts';
import { problemSentence } from '../protocol/errors.ts';
import type { Instant } from '../protocol/nouns.ts';
import { epochStatement, keyInForce } from './epoch.ts';
import type { Chores, LogCore } from './log-core.ts';
import type { LogHeads } from './log-heads.ts';

const longestMs = 24 * 3_600_000;
const mostBytes = 64 * 1024 * 1024;
/** A turn waits so long for another, also after it has failed. */
const turnMs = 1000;

type Options = { readonly clock: Clock; readonly keys: EpochKeys; readonly epochMs?: number; readonly epochBytes?: number };

export class LogEpochs {
  readonly #core: LogCore;
  readonly #options: Options;
  readonly #heads: LogHeads;
  readonly #chores: Chores;
  #wall: Instant | undefined;
  #mono: number;
  #bytes = 0;
  /** Public half of the key whose epoch has begun to begin, while the key before it may not be gone yet. */
  #turningTo: string | undefined;
  #timer: (() => void) | undefined;

  /** `began` = when the epoch in force did; undefined in an empty log. */
  constructor(core: LogCore, options: Options, heads: LogHeads, chores: Chores, began: Instant | undefined) {
    this.#core = core;
    this.#options = options;
    this.#heads = heads;
    this.#chores = chores;
    this.#wall = began;
    this.#mono = options.clock.mono();
  }

  /** So many bytes of records were written in it. */
  grew(bytes: number): void {
    this.#bytes += bytes;
  }

  /** The first record of the log was written then. */
  first(at: Instant): void {
    this.#wall ??= at;
  }

  began(at: Instant): void {
    this.#wall = at;
    this.#mono = this.#options.clock.mono();
    this.#bytes = 0;
  }

  schedule(): void {
    if (this.#turningTo !== undefined || this.#isOver())
      this.#timer ??= this.#options.clock.after(turnMs, () => {
        this.#timer = undefined;
        void this.#chores.keep(() => this.turn());
      });
  }

  #isOver(): boolean {
    const { clock, epochMs = longestMs, epochBytes = mostBytes } = this.#options;
    if (this.#wall === undefined) return false;
    // A clock that was set back by more than an epoch ends it too, or a gateway that is often started would stay in it for ever.
    return Math.abs(clock.now() - this.#wall) >= epochMs || clock.mono() - this.#mono >= epochMs || this.#bytes >= epochBytes;
  }

  /**
   * Begins the next epoch if this one is over, or in any case. The new key is durable before the event, the event and a head under the new key
   * before the old key is destroyed; whatever was not done is done at the next try or at the next start. Rejects when the disk fails. Only as a chore.
   */
  async turn(always = false): Promise<void> {
    if (!always && this.#turningTo === undefined && !this.#isOver()) return;
    const { keys } = this.#options;
    const publicKey = (this.#turningTo ??= await keys.prepare());
    await this.#core.enqueue((state) => {
      const before = keyInForce(keys.rootKey, state.epochs);
      // A try that was refused may have become durable all the same.
      if (before.publicKey === publicKey) return { events: [], answer: undefined };
      const said = { epoch: before.epoch + 1, publicKey, size: state.seq + 1, hash: state.hash };
      const signature = keys.sign(before.publicKey, epochStatement(this.#core.chain, said));
      const event = { type: 'epoch.began', actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
      return { events: [{ ...event, data: { ...said, signature } }], answer: undefined };
    });
    await this.#heads.write();
    const known = keys.settle(publicKey);
    if (!known.ok) throw new Error(problemSentence(known.problem));
    await keys.clean();
    this.#turningTo = undefined;
  }

  callOff(): void {
    this.#timer?.();
  }
}
