// Which typed characters a terminal turns into signals right now: ISIG and the characters of termios (FEATURES 4b,
// LOWBAND §5 "only while ISIG is on"). Node reads no termios, node-pty 1.1 tells of none, and /proc shows none. So stty(1) is asked, on the slave
// that the agent holds anyway: about 2 ms of a process, and only when a person interrupts what they have just pasted.
//
// Known limit: the numbers are those of Linux on x86-64 and arm64, which is where the agent runs.
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { findTool } from './tools.ts';

export type SignalKeys = {
  /** The characters that interrupt, quit and suspend; none while ISIG is off. */
  readonly keys: readonly number[];
  /** NOFLSH is off: with the signal the terminal throws away what was typed and not read. */
  readonly flushes: boolean;
  /** ICANON: a program gets whole lines only. */
  readonly lines: boolean;
};

const ISIG = 0o1;
const ICANON = 0o2;
const NOFLSH = 0o200;
/** VINTR, VQUIT, VSUSP: places among the control characters. */
const signalling = [0, 1, 10] as const;
/** _POSIX_VDISABLE: no character. */
const DISABLED = 0;

/** A terminal that cannot be asked in this time is taken for one without signals: then nothing overtakes. */
const PATIENCE_MS = 1_000;

/** Reads what `stty -g` says: iflag:oflag:cflag:lflag:cc0:cc1:…, in hex. Undefined when it is something else. Pure. */
export function readSignalKeys(settings: string): SignalKeys | undefined {
  const numbers = settings.trim().split(':');
  if (numbers.length < 15 || !numbers.every((one) => /^[0-9a-f]+$/i.test(one))) return undefined;
  const [, , , local = 0, ...characters] = numbers.map((one) => Number.parseInt(one, 16));
  const keys = signalling.map((place) => characters[place] ?? DISABLED).filter((key) => key !== DISABLED);
  return {
    keys: (local & ISIG) === 0 ? [] : keys,
    flushes: (local & NOFLSH) === 0,
    lines: (local & ICANON) !== 0,
  };
}

/** Asks the terminal whose slave is open as `slave`. Undefined when it does not say. */
export async function askSignalKeys(slave: number): Promise<SignalKeys | undefined> {
  const stty = findTool('stty');
  const own = stty === undefined ? undefined : openAgain(slave);
  if (stty === undefined || own === undefined) return undefined;
  const said = await new Promise<string>((resolve) => {
    let text = '';
    const child = spawn(stty, ['-g'], { stdio: [own, 'pipe', 'ignore'], env: {}, timeout: PATIENCE_MS, killSignal: 'SIGKILL' });
    child.stdout?.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
    });
    child.once('error', () => resolve(''));
    child.once('close', () => resolve(text));
  });
  closeSync(own);
  return readSignalKeys(said);
}

/**
 * The terminal whose slave is open here, opened once more, never to wait and never as this process's own; undefined when it is gone. A child gets
 * such a one, because Node makes what it hands on wait, for everybody who shares it.
 */
export function openAgain(slave: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${slave}`, constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}
