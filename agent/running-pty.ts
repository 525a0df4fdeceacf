// A program that runs on a terminal of its own, from its start, or from the upgrade of the agent that it outlived, to its end (D6). The agent holds
// the slave until the master is drained, so no byte is lost; who tells of the exit is the caller's matter. Knows neither node-pty nor how it was started.
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Exit } from './adopted.ts';
import { askSignalKeys } from './signal-keys.ts';
import { endTree, findTree, type KillSteps, type Survivor, type TreeRoot } from './tree.ts';
import { type Typist, writeTty } from './tty-input.ts';
import { readTty } from './tty-output.ts';

export type PtyListener = {
  /** Output in order. May call pause(). The bytes are only lent: copy what is kept. */
  readonly data: (bytes: Uint8Array) => void;
  /** So many typed bytes were handed to the kernel. */
  readonly typed: (count: number) => void;
};

/** How the program ended. A signal has code 128 + its number, as shells say it; no code = the kernel would not tell (adopted.ts). */
export type PtyEnding = Exit & {
  /** Processes it left behind that outlived SIGKILL, and how many were killed for outliving it. */
  readonly survivors: readonly Survivor[];
  readonly leftBehind: number;
};

/** All that another image of this process needs to go on with the program. */
export type PtyState = {
  readonly pid: number;
  /** Device number of the slave. */
  readonly terminal: number;
  /** The session id all its processes are known by (tree.ts). */
  readonly marker: string;
  /** Both ends of the terminal, without close-on-exec; absent once they are closed. */
  readonly fds?: { readonly master: number; readonly slave: number } | undefined;
  /** Set when the program has ended. */
  readonly exit?: Exit | undefined;
  /** It has left the process table: its pid may be somebody else's. */
  readonly reaped: boolean;
};

export type Pty = {
  readonly pid: number;
  pause(): void;
  resume(): void;
  /** Queues typed bytes whole, or refuses them (false) when too much is pending or the program has ended. Never waits. */
  write(bytes: Uint8Array, typist?: Typist): boolean;
  /**
   * Has a key overtake what its typist has under way, if the terminal turns it into a signal now (TtyInput.overtake). Resolves with how many bytes of
   * theirs the program had been given and not read; undefined when it is no such key, and nothing was done.
   */
  interrupt(typist: Typist, key: number, retracted: (count: number) => void): Promise<number | undefined>;
  /** Typed bytes the kernel has not taken yet. */
  pendingInput(): number;
  /** Clamped to 1–500 × 1–200 cells; nothing after the end. */
  resize(cols: number, rows: number): void;
  /** Ends every process of the session (tree.ts); resolves when they are gone or given up. */
  kill(): Promise<void>;
  /**
   * Delivers all that was read, paused or not, reads no more, and tells how things stand. `typing`: bytes the kernel has not taken.
   * `resume` and everything else work on if the process goes on after all.
   */
  handOver(): { readonly state: PtyState; readonly typing: Uint8Array };
  /** Settles when the program ended *and* every byte it wrote was delivered, however long the reader paused. */
  readonly ended: Promise<PtyEnding>;
};

/** Who tells that the program ended. `reaps`: it leaves the process table with that. */
export type ExitTeller = { readonly told: (call: (exit: Exit) => void) => void; readonly reaps: boolean };

/** What a process that outlives the shell may still say before it is killed with the rest, in ms. */
const AFTERWORD_MS = 50;

export function attend(
  begun: PtyState,
  teller: ExitTeller,
  resize: (cols: number, rows: number) => void,
  listener: PtyListener,
  steps?: KillSteps,
): Pty {
  const { pid, terminal, marker } = begun;
  let { fds, exit } = begun;
  const root = (): TreeRoot => ({
    pid,
    marker,
    // While the slave is held nobody else can have its number. Afterwards the next session may: then it says nothing.
    terminal: fds === undefined ? 0 : terminal,
    alive: exit === undefined || !teller.reaps,
  });
  let killing: Promise<Survivor[]> | undefined;
  const endAll = (): Promise<Survivor[]> => {
    killing ??= endTree(root, steps).finally(() => {
      killing = undefined;
    });
    return killing;
  };
  const input = fds === undefined ? undefined : writeTty(fds.master, fds.slave, listener.typed);
  const output =
    fds === undefined
      ? undefined
      : readTty(fds.master, (bytes) => {
          input?.poke(bytes);
          listener.data(bytes);
        });

  const finish = async (how: Exit): Promise<PtyEnding> => {
    input?.close();
    output?.collect();
    const left = findTree(root());
    let survivors: Survivor[] = [];
    if (left.length > 0) {
      await delay(AFTERWORD_MS);
      survivors = await endAll();
    }
    if (fds !== undefined) closeSync(fds.slave);
    fds = undefined;
    output?.close();
    await output?.flushed;
    return { ...how, survivors, leftBehind: left.length };
  };
  const ended = new Promise<PtyEnding>((resolve) => {
    const over = (how: Exit): void => {
      exit = how;
      resolve(finish(how));
    };
    if (exit === undefined) teller.told(over);
    else over(exit);
  });
  const alive = (): boolean => exit === undefined;

  return {
    pid,
    pause: () => output?.pause(),
    resume: () => output?.resume(),
    write: (bytes, typist) => alive() && input?.write(bytes, typist) === true,
    async interrupt(typist, key, retracted) {
      if (!alive() || fds === undefined) return undefined;
      const terminal = await askSignalKeys(fds.slave);
      if (!alive() || terminal?.keys.includes(key) !== true) return undefined;
      return input?.overtake(typist, key, terminal, retracted);
    },
    pendingInput: () => input?.pending() ?? 0,
    resize(cols, rows) {
      if (alive()) resize(cols, rows);
    },
    async kill() {
      if (alive()) await endAll();
    },
    handOver() {
      output?.halt();
      return {
        state: { pid, terminal, marker, fds, exit, reaped: exit !== undefined && teller.reaps },
        typing: input?.rest() ?? new Uint8Array(),
      };
    },
    ended,
  };
}
