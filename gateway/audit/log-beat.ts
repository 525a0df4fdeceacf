// The heartbeat of a log (A12): when nothing else was written for so long, it says that it goes on.
import type { Clock } from '../ports.ts';
import type { LogCore } from './log-core.ts';

export class LogBeat {
  readonly #core: LogCore;
  readonly #clock: Clock;
  readonly #ms: number | undefined;
  /** When something was written last. */
  #mono: number;
  #over = false;
  #timer: (() => void) | undefined;

  /** `ms` = how long it may be quiet; undefined = for ever. */
  constructor(core: LogCore, clock: Clock, ms: number | undefined) {
    this.#core = core;
    this.#clock = clock;
    this.#ms = ms;
    this.#mono = clock.mono();
  }

  wrote(): void {
    this.#mono = this.#clock.mono();
  }

  begin(): void {
    const ms = this.#ms;
    if (ms === undefined || this.#over) return;
    this.#timer = this.#clock.after(Math.max(1, this.#mono + ms - this.#clock.mono()), () => {
      if (this.#clock.mono() - this.#mono < ms) return this.begin();
      const event = { type: 'audit.heartbeat', actor: { kind: 'gateway' }, outcome: 'ok', data: {}, personal: {} } as const;
      void this.#core
        .enqueue(() => ({ events: [event], answer: undefined }))
        .catch((error: unknown) => {
          this.#core.trouble(String(error));
          this.wrote();
        })
        .finally(() => this.begin());
    });
  }

  callOff(): void {
    this.#over = true;
    this.#timer?.();
  }
}
