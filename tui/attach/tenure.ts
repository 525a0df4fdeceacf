// The turn at the terminal: raw mode, keys and size to one taker, and everything given back whatever happens (law 11): the end, a signal, an
// exception, the terminal itself gone.
import type { TerminalSize } from '../../gateway/protocol/nouns.ts';
import { clampSize } from '../../gateway/screen/screen.ts';
import type { Tty } from '../attach-port.ts';
import { bytesFrom, typedBy } from './measure.ts';

export type Taker = {
  readonly onKeys: (bytes: Uint8Array) => void;
  readonly onSize: (size: TerminalSize) => void;
  /** The terminal was stopped and goes on: what is on it may be anything. */
  readonly onContinue: () => void;
  /** The terminal is gone, or a signal ends the program: nothing can be asked any more. */
  readonly onGone: (cause: string) => void;
  /** Writes what makes the terminal clean. Called once, also in a signal handler: must not wait. */
  readonly giveBack: () => void;
};

export type Tenure = { readonly end: () => void };

const fatal = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Size of the terminal as the wire carries it; 80 × 24 where there is none. */
export function sizeOf(stdout: NodeJS.WriteStream): TerminalSize {
  return clampSize(stdout.columns || 80, stdout.rows || 24);
}

/** Takes the terminal. After a fatal signal it is given back and the signal raised again, for whoever else listens. */
export function takeTerminal({ stdin, stdout }: Tty, taker: Taker): Tenure {
  let over = false;
  const keys = typedBy(stdin, (bytes) => {
    if (!over) taker.onKeys(bytes);
  });
  const size = (): void => taker.onSize(sizeOf(stdout));
  const gone = (): void => taker.onGone('the terminal is gone');
  const deaf = (): void => undefined;
  const resume = (): void => {
    if (over) return;
    // The shell made it cooked behind our back; only a change of mode is passed on.
    stdin.setRawMode(false);
    stdin.setRawMode(true);
    taker.onContinue();
  };
  const end = (): void => {
    if (over) return;
    over = true;
    stdin.off('data', keys);
    stdin.off('end', gone);
    stdout.off('resize', size);
    process.off('SIGCONT', resume);
    process.off('exit', end);
    process.off('uncaughtExceptionMonitor', end);
    for (const [signal, listener] of signals) process.off(signal, listener);
    taker.giveBack();
    try {
      stdin.setRawMode(false);
    } catch {
      // The terminal is gone; there is nothing to give back.
    }
    stdin.pause();
    decode();
    setImmediate(() => {
      stdin.off('error', gone);
      stdout.off('error', deaf);
    });
  };
  const signals = fatal.map((signal) => {
    const listener = (): void => {
      end();
      taker.onGone(signal);
      process.kill(process.pid, signal);
    };
    return [signal, listener] as const;
  });

  const decode = bytesFrom(stdin);
  stdout.on('error', deaf);
  stdin.on('error', gone);
  stdin.setRawMode(true);
  stdin.on('end', gone);
  stdout.on('resize', size);
  process.on('SIGCONT', resume);
  process.on('exit', end);
  process.on('uncaughtExceptionMonitor', end);
  for (const [signal, listener] of signals) process.on(signal, listener);
  stdin.on('data', keys);
  // A stream that was paused by name does not flow for a listener alone.
  stdin.resume();
  return { end };
}
