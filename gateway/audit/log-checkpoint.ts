// The saved state of a log: once a minute when something changed, at close, and when it is asked for (D2).
import type { Checkpoint, Clock } from '../ports.ts';
import { makeCheckpoint, snapshot, stateDigest } from './checkpoint-seal.ts';
import type { Settled } from './commit.ts';
import type { Chores, LogCore } from './log-core.ts';
import type { Start } from './log-start.ts';

const checkpointMs = 60_000;

type Options = { readonly clock: Clock; readonly checkpoint: Checkpoint };

export class LogCheckpoint {
  readonly #core: LogCore;
  readonly #options: Options;
  readonly #chores: Chores;
  #generation: number;
  /** Newest record that is worth a checkpoint: not that the log goes on, nor that it was sealed. */
  #changedSeq: number;
  /** Seq up to which the newest `state.sealed` in the log seals; −1 without one. */
  sealedSeq: number;
  #timer: (() => void) | undefined;

  constructor(core: LogCore, options: Options, chores: Chores, { state, generation, sealedSeq, sealEventSeq }: Start) {
    this.#core = core;
    this.#options = options;
    this.#chores = chores;
    this.#generation = generation + (state.seq === -1 ? 1 : 0);
    this.sealedSeq = sealedSeq;
    this.#changedSeq = state.seq === sealEventSeq ? sealedSeq : state.seq;
  }

  saw({ event }: Settled): void {
    if (event.type === 'state.sealed') this.sealedSeq = event.data.seq;
    else if (event.type !== 'audit.heartbeat') this.#changedSeq = event.seq;
  }

  schedule(): void {
    if (this.#changedSeq > this.sealedSeq)
      this.#timer ??= this.#options.clock.after(checkpointMs, () => {
        this.#timer = undefined;
        void this.#chores.keep(() => this.write());
      });
  }

  /**
   * Seals and saves the state as it is now, if anything changed. The digest is in the log before the file is on disk: a crash between leaves the
   * file before, which the log vouches for as well. Rejects when the disk fails. Only as a chore.
   */
  async write(): Promise<void> {
    // What came between the state that was sealed last and its seal is not in it.
    if (this.#changedSeq <= this.sealedSeq) return;
    const state = snapshot(this.#core.settled);
    const digest = stateDigest(state);
    const event = { type: 'state.sealed', actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
    await this.#core.enqueue(() => ({ events: [{ ...event, data: { seq: state.seq, digest } }], answer: undefined }));
    await this.#options.checkpoint.write(makeCheckpoint(state, this.#generation + 1, digest));
    this.#generation += 1;
  }

  callOff(): void {
    this.#timer?.();
  }
}
