// Secrets that a person types: on the terminal without echo, or on the first line of stdin; never in argv (DESIGN §4).
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { Face } from './face.ts';

const mostLineBytes = 4096;

/** A code from wherever this command may take one; undefined where there is no such place. Errors: `usage` when it was called off. */
export async function askCode(face: Face, question: string): Promise<Result<string | undefined>> {
  if (face.globals.totpStdin) return { ok: true, value: await firstLine(face.stdin) };
  if (!face.stdin.isTTY || !face.stderr.isTTY) return { ok: true, value: undefined };
  prompted.add(face.stdin);
  // No echo before the question: a quick answer must not be shown either.
  const typed = await hidden(face.stdin, () => face.stderr.write(safeText(question)));
  face.stderr.write('\n');
  return typed === undefined ? refuse('usage', 'called off') : { ok: true, value: typed };
}

/** A code that there is no going on without. Errors: `needs-terminal`, and as of askCode. */
export async function needCode(face: Face, question: string): Promise<Result<string>> {
  const code = await askCode(face, question);
  if (!code.ok) return code;
  return code.value === undefined
    ? refuse('needs-terminal', 'the code is typed, or comes with --totp-stdin')
    : { ok: true, value: code.value };
}

const prompted = new WeakSet<NodeJS.ReadStream>();

/** Whether a question was put on this terminal: its cursor is not where it was. */
export const wasPrompted = (stdin: NodeJS.ReadStream): boolean => prompted.has(stdin);

const lines = new WeakMap<NodeJS.ReadStream, Promise<string>>();

/** The first line of stdin, read once however often it is asked for; what follows it stays there. */
export function firstLine(stdin: NodeJS.ReadStream): Promise<string> {
  const known = lines.get(stdin);
  if (known !== undefined) return known;
  const line = nextLine(stdin);
  lines.set(stdin, line);
  return line;
}

/** The line of stdin that comes next. */
export function nextLine(stdin: NodeJS.ReadStream): Promise<string> {
  return new Promise<string>((resolve) => {
    let read = Buffer.alloc(0);
    const done = (text: string, rest: Buffer): void => {
      stdin.off('data', hear);
      stdin.off('end', end);
      stdin.pause();
      if (rest.length > 0) stdin.unshift(rest);
      resolve(text.trim());
    };
    const hear = (bytes: Buffer): void => {
      read = Buffer.concat([read, bytes]);
      const at = read.indexOf(0x0a);
      if (at >= 0) done(read.toString('utf8', 0, at), read.subarray(at + 1));
      else if (read.length > mostLineBytes) done('', read);
    };
    const end = (): void => done(read.toString('utf8'), Buffer.alloc(0));
    stdin.on('data', hear);
    stdin.on('end', end);
    stdin.resume();
  });
}

/** A line typed without echo; undefined after Ctrl-C or Ctrl-D. The terminal is as it was afterwards, also after a signal. */
function hidden(stdin: NodeJS.ReadStream, ready: () => void): Promise<string | undefined> {
  return new Promise((resolve) => {
    let typed = '';
    const cooked = (): void => void stdin.setRawMode(false);
    const done = (line: string | undefined): void => {
      stdin.off('data', hear);
      stdin.off('end', gone);
      process.off('exit', cooked);
      cooked();
      stdin.pause();
      resolve(line);
    };
    const gone = (): void => done(undefined);
    const hear = (bytes: Buffer): void => {
      const text = bytes.toString('utf8');
      for (let at = 0; at < text.length; at += 1) {
        const key = text[at] ?? '';
        if (key === '\x03' || key === '\x04') return done(undefined);
        if (key === '\r' || key === '\n') {
          const rest = Buffer.from(text.slice(at + 1));
          done(typed.trim());
          if (rest.length > 0) stdin.unshift(rest);
          return;
        }
        if (key === '\x7f' || key === '\b') typed = typed.slice(0, -1);
        else if (key >= ' ' && typed.length < 64) typed += key;
      }
    };
    process.on('exit', cooked);
    stdin.setRawMode(true);
    stdin.on('data', hear);
    stdin.on('end', gone);
    stdin.resume();
    ready();
  });
}
