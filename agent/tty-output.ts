// The bytes a terminal says, read from the master at the pace of whoever takes them.
// node-pty's own reader throws away what is unread 200 ms after the exit (LIBRARIES §7), and any stream that meets EIO throws away what it
// holds. So the stream here only tells when there is something, into one buffer all terminals share, and holds nothing itself; the slave stays
// open while it reads (no EIO can come); and what is left after the exit is read by hand into a queue that waits for the taker.
import { readSync } from 'node:fs';
import { ReadStream } from 'node:tty';

export type TtyOutput = {
  /** Stops reading: nothing is held here, the child blocks on its full terminal. */
  pause(): void;
  resume(): void;
  /** Delivers what waits here, paused or not, and stops reading: what comes from now on stays in the kernel. Undone by `resume`. */
  halt(): void;
  /** Takes what the kernel holds now. */
  collect(): void;
  /** Takes the rest and closes the master. Nothing is read afterwards. */
  close(): void;
  /** Settles when the master is closed and every byte was delivered. */
  readonly flushed: Promise<void>;
};

/** A survivor that never stops writing must not hold the collector: more than any kernel buffer of a pty. */
const COLLECT_LIMIT_BYTES = 1024 * 1024;

/** The kernel gives at most 4 KiB a read. Taken over before the next read of any terminal, so one is enough for all. */
const shared = Buffer.allocUnsafe(16 * 1024);

/** Reads the non-blocking `master` and gives each piece to `deliver`, which may pause from within, and must copy what it keeps. */
export function readTty(master: number, deliver: (bytes: Uint8Array) => void): TtyOutput {
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
    if (!now.paused && waiting.length === 0) deliver(bytes);
    else waiting.push(Uint8Array.from(bytes));
  };
  const stream = new ReadStream(master, {
    onread: {
      buffer: shared,
      callback(count, buffer) {
        take(buffer.subarray(0, count));
        return !now.paused;
      },
    },
  });
  stream.resume();
  // EIO cannot come while the slave is held; after close() nobody reads.
  stream.on('error', () => {});

  const collect = (): void => {
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
    halt() {
      now.paused = true;
      if (!now.closed) stream.pause();
      for (const bytes of waiting.splice(0)) deliver(bytes);
      if (now.closed) settle();
    },
    collect() {
      if (!now.closed) collect();
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
  try {
    const count = readSync(fd, shared);
    return count === 0 ? undefined : shared.subarray(0, count);
  } catch {
    return undefined;
  }
}
