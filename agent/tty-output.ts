// The bytes a terminal says, read from the master at the pace of whoever takes them.
// node-pty's own reader throws away what is unread 200 ms after the exit (LIBRARIES §7), and a stream that meets EIO throws away
// what it holds. So the slave stays open while the stream reads (no EIO can come), and what is left after the exit is read here,
// by hand, into a queue that waits for the taker.
import { readSync } from 'node:fs';
import { ReadStream } from 'node:tty';

export type TtyOutput = {
  /** Stops delivery. At most one read buffer (64 KiB) is held meanwhile; the child then blocks on its full terminal. */
  pause(): void;
  resume(): void;
  /** Takes what the kernel holds now. */
  collect(): void;
  /** Takes the rest and closes the master. Nothing is read afterwards. */
  close(): void;
  /** Settles when the master is closed and every byte was delivered. */
  readonly flushed: Promise<void>;
};

/** A survivor that never stops writing must not hold the collector: more than any kernel buffer of a pty. */
const COLLECT_LIMIT_BYTES = 1024 * 1024;

/** Reads the non-blocking `master` and gives each piece to `deliver`, which may pause from within. */
export function readTty(master: number, deliver: (bytes: Uint8Array) => void): TtyOutput {
  const stream = new ReadStream(master);
  const waiting: Uint8Array[] = [];
  const now = { paused: false, closed: false };
  let settle = (): void => {};
  const flushed = new Promise<void>((resolve) => {
    settle = resolve;
  });

  const flush = (): void => {
    while (!now.paused) {
      const next = waiting.shift();
      if (next === undefined) break;
      deliver(next);
    }
    if (now.closed && waiting.length === 0) settle();
  };
  const take = (bytes: Uint8Array): void => {
    waiting.push(bytes);
    flush();
  };
  stream.on('data', take);
  // EIO cannot come while the slave is held; after close() nobody reads.
  stream.on('error', () => {});

  const collect = (): void => {
    stream.pause();
    // Read by the stream but not yet emitted: these bytes are older than what the kernel holds. read() emits 'data'.
    while (stream.read() !== null);
    for (let taken = 0; taken < COLLECT_LIMIT_BYTES; ) {
      const bytes = readNow(master);
      if (bytes === undefined) break;
      taken += bytes.length;
      take(bytes);
    }
  };

  return {
    pause() {
      now.paused = true;
      if (!now.closed) stream.pause();
    },
    resume() {
      now.paused = false;
      flush();
      if (!now.paused && !now.closed) stream.resume();
    },
    collect() {
      if (now.closed) return;
      collect();
      if (!now.paused) stream.resume();
    },
    close() {
      if (now.closed) return;
      collect();
      now.closed = true;
      stream.destroy();
      flush();
    },
    flushed,
  };
}

/** One read that never waits; undefined when there is nothing (EAGAIN), or nothing any more (EIO, end). */
function readNow(fd: number): Uint8Array | undefined {
  const buffer = Buffer.allocUnsafe(16 * 1024);
  try {
    const count = readSync(fd, buffer);
    // The kernel gives at most 4 KiB a read: a copy of the right size, not a slice that keeps 16.
    return count === 0 ? undefined : new Uint8Array(buffer.subarray(0, count));
  } catch {
    return undefined;
  }
}
