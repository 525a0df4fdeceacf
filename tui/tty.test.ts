// The terminal is given back on every way out: seen from outside, in a real pty, by what the terminal shows afterwards.
import { fileURLToPath } from 'node:url';
import { spawn } from 'node-pty';
import { expect, test } from 'vitest';
import { isAlternate } from '../gateway/screen/screen.ts';
import { openTerminal } from '../gateway/screen/terminal.ts';

const tty = fileURLToPath(new URL('./tty.ts', import.meta.url));
/** Takes the terminal, spoils what a program may spoil, says `ready`, then does what the test wants. */
const program = (then: string) => `
  import { ownTty } from ${JSON.stringify(tty)};
  const owner = ownTty(process, () => {});
  owner.enter();
  process.stdout.write('\\x1b[?2004h\\x1b[?1003h\\x1b[5;9r\\x1b[31mready');
  process.stdin.resume();
  ${then}
`;

/** Reads nothing for a while, as while Ink is loaded. */
const early = `
  import { ownTty } from ${JSON.stringify(tty)};
  const owner = ownTty(process, () => {});
  owner.enter();
  process.stdout.write('ready');
  setTimeout(() => {
    process.stdin.once('data', (data) => {
      process.stdout.write('got ' + data);
      owner.release();
      process.exit(0);
    });
  }, 300);
`;

type End = { readonly code: number; readonly signal: number };
async function run(then: string, signal?: string) {
  const terminal = openTerminal({ cols: 40, rows: 10 });
  terminal.feed(Buffer.from('$ '));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program(then)], {
    cols: 40,
    rows: 10,
    encoding: null,
  });
  let seen = '';
  const ended = new Promise<End>((resolve) => child.onExit((e) => resolve({ code: e.exitCode, signal: e.signal ?? 0 })));
  child.onData((data: string | Uint8Array) => {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    terminal.feed(bytes);
    seen += Buffer.from(bytes).toString('latin1');
    if (signal !== undefined && seen.endsWith('ready')) {
      seen = '';
      child.kill(signal);
    }
  });
  return { ...(await ended), screen: terminal.screen() };
}

const clean = {
  alternate: false,
  visible: true,
  paste: false,
  mouse: 'none',
  margins: { top: 0, bottom: 9 },
  pen: 0,
};
const stateOf = ({ screen }: Awaited<ReturnType<typeof run>>) => ({
  alternate: isAlternate(screen),
  visible: screen.cursor.visible,
  paste: screen.modes.bracketedPaste,
  mouse: screen.modes.mouse,
  margins: screen.margins,
  pen: screen.pen.foreground,
});

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
])('law 11: after %s the terminal is as it was, and the exit code tells the signal', async (signal, code) => {
  const end = await run('', signal);
  expect(end.code).toBe(code);
  expect(stateOf(end)).toEqual(clean);
});

test.each([
  ['an exception', `setTimeout(() => { throw new Error('boom'); }, 20);`, 1],
  ['process.exit', 'setTimeout(() => process.exit(3), 20);', 3],
  ['release', 'setTimeout(() => { owner.release(); process.exit(0); }, 20);', 0],
  [
    'an exception while the terminal is lent',
    `void owner.lend(() => new Promise(() => setTimeout(() => { throw new Error('boom'); }, 20)));`,
    1,
  ],
])('law 11: after %s the terminal is as it was', async (_way, then, code) => {
  const end = await run(then);
  expect(end.code).toBe(code);
  expect(stateOf(end)).toEqual(clean);
});

test('what is typed before anybody reads is not echoed, and not lost', async () => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', early], {
    cols: 40,
    rows: 10,
  });
  const ended = new Promise<number>((resolve) => child.onExit((e) => resolve(e.exitCode)));
  let seen = '';
  child.onData((data) => {
    const first = !seen.includes('ready') && (seen + data).includes('ready');
    seen += data;
    if (first) child.write('xyz');
  });
  expect(await ended).toBe(0);
  expect(seen).toContain('got xyz');
  expect(seen.replace('got xyz', '')).not.toContain('xyz');
});
