// The bytes typed into a terminal, written to the master without ever waiting in the event loop.
// node-pty's own writer has no limit and spins on EAGAIN at 78 % of a core (LIBRARIES §7). Here what the kernel does not take waits in a bounded
// queue, and is tried again after a growing pause: a child that does not read costs a dozen system calls a second.
import { writeSync } from 'node:fs';
import { agentPendingInputBytes } from '../gateway/protocol/agent.ts';

export type TtyInput = {
  /** Queues all of `bytes` or, when that would pass the limit, none of them. */
  write(bytes: Uint8Array): boolean;
  /** Bytes the kernel has not taken yet. */
  pending(): number;
  /** Those bytes, copied; typed all the same unless the process ends here. */
  rest(): Uint8Array;
  /** The child did something: it may have read. Tries at once. */
  poke(): void;
  /** Drops what is pending; later writes are refused. */
  close(): void;
};

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 100;
/** One turn of the loop writes at most this much, so that a paste into a fast reader does not starve the others. */
const TURN_BYTES = 64 * 1024;

/** A writer to the non-blocking `master`. `onDrain` is told each time bytes were taken by the kernel. */
export function writeTty(master: number, onDrain: (taken: number) => void): TtyInput {
  let queue: Uint8Array[] = [];
  let pending = 0;
  let closed = false;
  let pauseMs = FIRST_PAUSE_MS;
  let timer: NodeJS.Timeout | undefined;

  const again = (ms: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      drain();
    }, ms);
  };
  const drain = (): void => {
    let taken = 0;
    for (let next = queue[0]; next !== undefined && taken < TURN_BYTES; next = queue[0]) {
      const count = writeNow(master, next);
      if (count === 'gone') {
        queue = [];
        pending = 0;
        return;
      }
      if (count === 0) break;
      taken += count;
      pending -= count;
      if (count === next.length) queue.shift();
      else queue[0] = next.subarray(count);
    }
    if (taken > 0) onDrain(taken);
    if (pending === 0 || closed) return;
    pauseMs = taken > 0 ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    again(taken >= TURN_BYTES ? 0 : pauseMs);
  };

  return {
    write(bytes) {
      if (closed || pending + bytes.length > agentPendingInputBytes) return false;
      if (bytes.length === 0) return true;
      queue.push(bytes);
      pending += bytes.length;
      if (timer === undefined) drain();
      return true;
    },
    pending: () => pending,
    rest: () => Buffer.concat(queue),
    poke() {
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

/** What the kernel took now: 0 when its buffer is full, 'gone' when the terminal is. */
function writeNow(fd: number, bytes: Uint8Array): number | 'gone' {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EAGAIN' ? 0 : 'gone';
  }
}
