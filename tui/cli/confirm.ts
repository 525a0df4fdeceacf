// A plain yes or no before something is done, on the terminal of whoever types it.
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { Face } from './face.ts';

/** Whether there is somebody to ask: a terminal on both sides, and nothing that a program reads. */
export const canConfirm = ({ stdin, stderr, globals }: Face): boolean =>
  stdin.isTTY && stderr.isTTY && !globals.json && !globals.totpStdin;

/** Fine after `y` or `yes`. Errors: `usage` (called off). */
export async function confirmed(face: Face, question: string): Promise<Result<void>> {
  face.stderr.write(safeText(`${question} [y/N] `));
  const typed = await lineOf(face.stdin);
  return /^y(es)?$/i.test(typed.trim()) ? { ok: true, value: undefined } : refuse('usage', 'called off: nothing was changed');
}

const mostCharacters = 256;

/** The next line typed; what ends the input ends it too. */
function lineOf(stdin: NodeJS.ReadStream): Promise<string> {
  return new Promise((resolve) => {
    let read = '';
    const done = (): void => {
      stdin.off('data', hear);
      stdin.off('end', done);
      stdin.pause();
      resolve(read.split('\n')[0] ?? '');
    };
    const hear = (bytes: Buffer): void => {
      read += bytes.toString('utf8');
      if (read.includes('\n') || read.length > mostCharacters) done();
    };
    stdin.on('data', hear);
    stdin.on('end', done);
    stdin.resume();
  });
}
