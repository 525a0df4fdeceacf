// The bytes typed into a terminal, written to the master without ever waiting in the event loop.
// node-pty's own writer has no limit and spins on EAGAIN at 78 % of a core (LIBRARIES §7). Here what the kernel does not take waits in a bounded
// queue, and is tried again after a growing pause: a child that does not read costs a dozen system calls a second.
//
// A key that interrupts overtakes what its own typist has in the queue, and what the kernel holds and the program has not read: 19 KB of a paste,
// behind which the key would wait for ever (n_tty takes no character while 4 KB are unread). With the signal the terminal throws that away anyhow;
// here it is taken out first, through the slave, so that it can be counted and given back.
import { closeSync, readSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { agentPendingInputBytes } from '../gateway/protocol/agent.ts';
import { followBrackets, listenForMode, pasteEnd } from '../gateway/protocol/brackets.ts';
import { openAgain, type SignalKeys } from './signal-keys.ts';

/** Whose bytes: a participant's ordinal. 0 = the gateway's own, what a terminal answers. */
export type Typist = number;

export type TtyInput = {
  /** Queues all of `bytes` or, when that would pass the limit, none of them. */
  write(bytes: Uint8Array, typist?: Typist): boolean;
  /**
   * The key goes before all that waits. `retracted` is told at once how many bytes of that typist were taken out of the queue for it. Resolves with
   * how many more of theirs the kernel had and the program had not read; about that many, where lines were edited.
   */
  overtake(typist: Typist, key: number, terminal: SignalKeys, retracted: (count: number) => void): Promise<number>;
  /** Bytes the kernel has not taken yet. */
  pending(): number;
  /** Those bytes, copied; typed all the same unless the process ends here. */
  rest(): Uint8Array;
  /** The child did something: it may have read. Tries at once. */
  poke(said: Uint8Array): void;
  /** Drops what is pending; later writes are refused. */
  close(): void;
};

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 100;
/** One turn of the loop writes at most this much, so that a paste into a fast reader does not starve the others. */
const TURN_BYTES = 64 * 1024;
/** More than a kernel holds of what is typed into one terminal. */
const UNREAD_BYTES = 64 * 1024;
/** The kernel moves what it holds on in a thread of its own: so many times nothing, this far apart, is nothing. */
const EMPTY_LOOKS = 3;
const LOOK_MS = 1;

/** `told`: counted towards `onDrain` and the typist's offset; what is not is this file's own. */
type Run = { bytes: Uint8Array; readonly typist: Typist; readonly told: boolean };

/** A writer to the non-blocking `master`, whose `slave` is open here too. `onDrain` is told each time bytes were taken by the kernel. */
export function writeTty(master: number, slave: number, onDrain: (taken: number) => void): TtyInput {
  let queue: Run[] = [];
  let pending = 0;
  let closed = false;
  let held = false;
  let pauseMs = FIRST_PAUSE_MS;
  let timer: NodeJS.Timeout | undefined;
  const brackets = followBrackets();
  let pasting: Typist = 0;
  /** A paste was cut off inside: its end is still to be said, unless the program begins anew by itself. Tells whether it did. */
  let owed: ((bytes: Uint8Array) => boolean) | undefined;
  /** Who typed last, how much in one go, and how much of it is no whole line. */
  let last: Typist = 0;
  let lastBytes = 0;
  let lineBytes = 0;

  const again = (ms: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      drain();
    }, ms);
  };
  const gave = ({ typist, told }: Run, bytes: Uint8Array): void => {
    const before = brackets.open;
    brackets.gave(bytes);
    if (brackets.open && !before) pasting = typist;
    if (!told) return;
    lastBytes = typist === last ? lastBytes + bytes.length : bytes.length;
    last = typist;
    const end = Math.max(bytes.lastIndexOf(0x0d), bytes.lastIndexOf(0x0a));
    lineBytes = end < 0 ? lineBytes + bytes.length : bytes.length - 1 - end;
  };
  /** The next to go; before it the end of a paste that nobody else will say. */
  const next = (): Run | undefined => {
    const [run] = queue;
    if (run === undefined || !run.told || run.typist === 0) return run;
    if (owed === undefined && (!brackets.open || pasting === run.typist)) return run;
    owed = undefined;
    brackets.forget();
    const end: Run = { bytes: pasteEnd, typist: 0, told: false };
    queue.unshift(end);
    return end;
  };
  const drain = (): void => {
    if (held) return;
    let taken = 0;
    let told = 0;
    for (let run = next(); run !== undefined && taken < TURN_BYTES; run = next()) {
      const count = writeNow(master, run.bytes);
      if (count === 'gone') {
        queue = [];
        pending = 0;
        return;
      }
      if (count === 0) break;
      gave(run, run.bytes.subarray(0, count));
      taken += count;
      if (run.told) told += count;
      if (count === run.bytes.length) queue.shift();
      else run.bytes = run.bytes.subarray(count);
    }
    pending -= told;
    if (told > 0) onDrain(told);
    if (queue.length === 0 || closed) return;
    pauseMs = taken > 0 ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    again(taken >= TURN_BYTES ? 0 : pauseMs);
  };

  return {
    write(bytes, typist = 0) {
      if (closed || pending + bytes.length > agentPendingInputBytes) return false;
      if (bytes.length === 0) return true;
      queue.push({ bytes, typist, told: true });
      pending += bytes.length;
      if (timer === undefined) drain();
      return true;
    },
    async overtake(typist, key, terminal, retracted) {
      held = true;
      const own = queue.filter((run) => run.told && run.typist === typist);
      const count = own.reduce((sum, { bytes }) => sum + bytes.length, 0);
      queue = queue.filter((run) => !own.includes(run));
      pending -= count;
      retracted(count);
      let unread = 0;
      const reading = terminal.flushes ? openAgain(slave) : undefined;
      if (reading !== undefined) {
        for (let empty = 0; empty < EMPTY_LOOKS && unread < UNREAD_BYTES && !closed; ) {
          const found = takeUnread(reading);
          unread += found;
          empty = found === 0 ? empty + 1 : 0;
          await delay(LOOK_MS);
        }
        closeSync(reading);
        // A line that is not whole cannot be read; the signal throws it away.
        if (terminal.lines) unread += lineBytes;
      }
      const theirs = last === typist ? Math.min(unread, lastBytes) : 0;
      held = false;
      if (closed) return theirs;
      if (brackets.open) owed = listenForMode();
      brackets.forget();
      lastBytes = 0;
      lineBytes = 0;
      queue.unshift({ bytes: Uint8Array.of(key), typist: 0, told: false });
      clearTimeout(timer);
      timer = undefined;
      drain();
      return theirs;
    },
    pending: () => pending,
    rest: () => Buffer.concat(queue.filter(({ told }) => told).map(({ bytes }) => bytes)),
    poke(said) {
      if (owed?.(said) === true) owed = undefined;
      if (timer === undefined || pauseMs === FIRST_PAUSE_MS) return;
      clearTimeout(timer);
      timer = undefined;
      pauseMs = FIRST_PAUSE_MS;
      drain();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      timer = undefined;
      queue = [];
      pending = 0;
    },
  };
}

const discarded = Buffer.allocUnsafe(4096);

/** Takes what a program could read now of what was typed, and tells how much that was. */
function takeUnread(slave: number): number {
  let count = 0;
  // A line that holds nothing but the end-of-file character reads as 0 bytes and has others behind it.
  for (let looks = 0; looks < 64 && count < UNREAD_BYTES; looks += 1) {
    try {
      count += readSync(slave, discarded);
    } catch {
      return count;
    }
  }
  return count;
}

/** What the kernel took now: 0 when its buffer is full, 'gone' when the terminal is. */
function writeNow(fd: number, bytes: Uint8Array): number | 'gone' {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EAGAIN' ? 0 : 'gone';
  }
}
