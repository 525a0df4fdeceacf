// A key that interrupts, before a paste that nobody reads: on real terminals, with real programs (FEATURES 4b, LOWBAND §5).
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openPty } from './pty.ts';
import type { Pty, PtyEnding } from './running-pty.ts';

const STEPS = { hangupMs: 100, terminateMs: 100, killMs: 3_000 };
const typist = 1;
let marks = 0;

type Opened = {
  readonly pty: Pty;
  readonly text: () => string;
  readonly shows: (what: string) => Promise<void>;
  readonly taken: () => number;
  readonly ended: Promise<PtyEnding>;
};

async function open(script: string, shell: readonly string[] = ['/bin/sh', '-c']): Promise<Opened> {
  marks += 1;
  const marker = `overtake-${process.pid}-${marks}`;
  let text = '';
  let taken = 0;
  let look = (): void => {};
  const result = await openPty(
    {
      argv: [shell[0] ?? '/bin/sh', ...shell.slice(1), ...(script === '' ? [] : [script])],
      env: { PATH: '/usr/bin:/bin', TERM: 'xterm-256color', SALLYPORT_SESSION: marker, PS1: '> ' },
      cwd: '/',
      noNewPrivileges: false,
      marker,
      cols: 80,
      rows: 24,
    },
    {
      data: (bytes) => {
        text += Buffer.from(bytes).toString('latin1');
        look();
      },
      typed: (count) => {
        taken += count;
      },
    },
    STEPS,
  );
  if (!result.ok) throw new Error(result.problem.detail);
  const shows = (what: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`20 s without ${what}; it said ${JSON.stringify(text.slice(-300))}`)),
        20_000,
      );
      look = () => {
        if (!text.includes(what)) return;
        clearTimeout(late);
        look = () => {};
        resolve();
      };
      look();
    });
  return { pty: result.value, text: () => text, shows, taken: () => taken, ended: result.value.ended };
}

const paste = Buffer.from(`${'p'.repeat(78)}\r`.repeat(12_800));
/** Until the kernel takes no more. */
const clogged = async ({ pty }: Opened): Promise<void> => {
  for (let before = -1; before !== pty.pendingInput(); ) {
    before = pty.pendingInput();
    await delay(120);
  }
};

test('§4b Ctrl-C overtakes a paste of 1 MB that the program does not read: it ends, nothing of the rest is typed, and all is accounted for', async () => {
  const shell = await open("trap 'echo stopped-$((1+1)); exit 3' INT; echo ready; while :; do sleep 60; done");
  await shell.shows('ready');
  expect(shell.pty.write(paste, typist)).toBe(true);
  await clogged(shell);
  expect(shell.pty.pendingInput()).toBeGreaterThan(900_000);
  let retracted = 0;
  const unread = await shell.pty.interrupt(typist, 0x03, (count) => {
    retracted = count;
  });
  await shell.ended;
  expect(shell.text()).toContain('stopped-2');
  expect(shell.pty.pendingInput()).toBe(0);
  expect(shell.taken() + retracted).toBe(paste.length);
  expect(unread).toBe(shell.taken());
});

/** A shell, busy with a command, to which a paste was given that nobody reads. */
async function pastedInto(command: string) {
  const shell = await open('', ['/bin/sh', '-i']);
  await shell.shows('> ');
  shell.pty.write(Buffer.from(`${command}\r`), typist);
  await shell.shows(`${command}\r\n`);
  shell.pty.write(Buffer.from('touch /nowhere/at-all\r'.repeat(40_000)), typist);
  await clogged(shell);
  return shell;
}

test('§4b the shell behind an interrupted program gets nothing of what was pasted to it, and takes the next line', async () => {
  const shell = await pastedInto('sleep 100');
  expect(await shell.pty.interrupt(typist, 0x03, () => {})).toBeGreaterThan(4_000);
  shell.pty.write(Buffer.from('echo alive-$((1+1))\r'), typist);
  await shell.shows('alive-2');
  expect(shell.text()).not.toMatch(/nowhere.*(No such|not found|cannot)/);
  shell.pty.write(Buffer.from('exit 5\r'), typist);
  expect((await shell.ended).code).toBe(5);
});

test('§4b a program that takes its keys raw keeps their order: nothing overtakes', async () => {
  const shell = await open('stty raw -echo; echo ready; sleep 0.5; head -c 200001 | tail -c 3 | od -An -tx1; stty sane; exit 4');
  await shell.shows('ready');
  shell.pty.write(Buffer.concat([Buffer.alloc(199_999, 'a'), Buffer.from('\x18')]), typist);
  expect(await shell.pty.interrupt(typist, 0x03, () => expect.unreachable())).toBeUndefined();
  shell.pty.write(Buffer.from('\x03'), typist);
  await shell.ended;
  expect(shell.text()).toContain('61 18 03');
});

test('§4b only what its own typist pasted is overtaken; keys that are no signal there overtake nothing', async () => {
  const shell = await open("stty intr ^X; trap '' INT; trap 'echo quit-$((1+1))' QUIT; echo ready; sleep 60; cat");
  await shell.shows('ready');
  shell.pty.write(paste, typist);
  shell.pty.write(Buffer.from('somebody-else\r'), 2);
  await clogged(shell);
  expect(await shell.pty.interrupt(typist, 0x03, () => expect.unreachable())).toBeUndefined();
  expect(await shell.pty.interrupt(typist, 0x04, () => expect.unreachable())).toBeUndefined();
  expect(await shell.pty.interrupt(typist, 0x1c, () => {})).toBeGreaterThan(4_000);
  await shell.shows('quit-2');
  await shell.shows('somebody-else');
  expect(shell.pty.pendingInput()).toBe(0);
  await shell.pty.kill();
});

test('§4b no program is left inside a bracketed paste: the end is said before what comes next, unless it began anew by itself', async () => {
  const reader =
    "stty -icanon -echo; trap '' INT; echo ready; head -c 6; sleep 0.3; echo; echo more; head -c 10 | od -An -c; exit";
  const shell = await open(reader);
  await shell.shows('ready');
  shell.pty.write(Buffer.concat([Buffer.from('\x1b[200~'), paste, Buffer.from('\x1b[201~')]), typist);
  await shell.shows('\x1b[200~');
  await shell.pty.interrupt(typist, 0x03, () => {});
  await shell.shows('more');
  shell.pty.write(Buffer.from('next'), typist);
  await shell.ended;
  expect(shell.text().replaceAll(/\s+/g, ' ')).toContain('033 [ 2 0 1 ~ n e x t');

  const anew = await open(reader.replace('echo more', "printf '\\033[?2004h'; echo more").replace('head -c 10', 'head -c 4'));
  await anew.shows('ready');
  anew.pty.write(Buffer.concat([Buffer.from('\x1b[200~'), paste]), typist);
  await anew.shows('\x1b[200~');
  await anew.pty.interrupt(typist, 0x03, () => {});
  await anew.shows('more');
  anew.pty.write(Buffer.from('next'), typist);
  await anew.ended;
  expect(anew.text().replaceAll(/\s+/g, ' ')).toContain('more n e x t');
});

test('§4b Ctrl-Z overtakes as well: the program stops, its shell gets nothing of the paste, and can go on with it', async () => {
  const shell = await pastedInto('sleep 100');
  expect(await shell.pty.interrupt(typist, 0x1a, () => {})).toBeGreaterThan(4_000);
  shell.pty.write(Buffer.from('jobs; echo asked-$((1+1))\r'), typist);
  await shell.shows('asked-2');
  expect(shell.text()).toMatch(/Stopped.*sleep 100/);
  expect(shell.text()).not.toMatch(/nowhere.*(No such|not found|cannot)/);
  await shell.pty.kill();
});
