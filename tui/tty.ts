// The one owner of the terminal (law 11, D8). It enters and leaves the alternate screen, makes room for a turn of somebody else, and gives
// the terminal back clean on every way out: return, exit, signal, exception. Ink is not asked to switch screens: it does not home the
// cursor, and its incremental frames would start wherever the cursor was.
import type { Tty } from './attach-port.ts';

const enter = '\u001B[?1049h\u001B[2J\u001B[H\u001B[?25l';
/** Pen, scroll region, origin, wrap, application keys, paste, mouse, focus, cursor: all as a shell expects them. */
const calm =
  '\u001B[0m\u001B[r\u001B[?6l\u001B[?7h\u001B[?1l\u001B>\u001B[?2004l\u001B[?1000l\u001B[?1002l\u001B[?1003l\u001B[?1006l\u001B[?1004l\u001B[?2026l\u001B[0 q\u001B[?25h';
const leave = '\u001B[?1049l';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
const numbers: Readonly<Record<(typeof signals)[number], number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 };

export type TtyOwner = {
  /** Into the alternate screen, at its first cell, without echo. */
  readonly enter: () => void;
  /** Somebody else's turn, on the normal screen. Comes back to an empty alternate screen, also when the turn throws. */
  readonly lend: <T>(turn: () => Promise<T>) => Promise<T>;
  /** Gives the terminal back for good. */
  readonly release: () => void;
};

/** Takes the terminal. `onSignal` runs once before the process ends by that signal; a terminal that hung up is not written to in vain. */
export function ownTty({ stdin, stdout }: Tty, onSignal: (signal: string) => void): TtyOwner {
  let inside = false;
  let owned = true;
  const write = (text: string) => {
    try {
      if (!stdout.destroyed) stdout.write(text);
    } catch {
      // The terminal is gone; there is nothing left to restore.
    }
  };
  const out = () => {
    // The screen first: modes below belong to the normal one.
    if (inside) write(`\u001B[r${leave}`);
    inside = false;
    write(calm);
    try {
      if (stdin.isTTY) stdin.setRawMode(false);
    } catch {
      // As above.
    }
  };
  const restore = () => {
    if (!owned) return;
    owned = false;
    out();
    for (const signal of signals) process.off(signal, onSignals[signal]);
    process.off('exit', restore);
    process.off('uncaughtExceptionMonitor', restore);
  };
  const ending = (signal: (typeof signals)[number]) => () => {
    onSignal(signal);
    restore();
    process.exit(128 + numbers[signal]);
  };
  const onSignals = {
    SIGINT: ending('SIGINT'),
    SIGTERM: ending('SIGTERM'),
    SIGHUP: ending('SIGHUP'),
    SIGQUIT: ending('SIGQUIT'),
  };
  for (const signal of signals) process.on(signal, onSignals[signal]);
  process.on('exit', restore);
  // A monitor sees the exception before the trace is printed, and does not swallow it.
  process.on('uncaughtExceptionMonitor', restore);
  const enterNow = () => {
    if (!owned || inside) return;
    inside = true;
    // First no echo: what is typed while Ink is still loading waits for it, and stands nowhere on the screen.
    try {
      if (stdin.isTTY) stdin.setRawMode(true);
    } catch {
      // A terminal that is gone echoes nothing.
    }
    write(enter);
  };
  return {
    enter: enterNow,
    lend: async (turn) => {
      out();
      try {
        return await turn();
      } finally {
        out();
        // One turn of the event loop before Ink listens again, or it never receives a key (blessed's teardown is still under way).
        await new Promise((resolve) => setImmediate(resolve));
        enterNow();
      }
    },
    release: restore,
  };
}
