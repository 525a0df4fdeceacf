// Real programs in a real pty, through filter and model as in a live session: after every chunk, a viewer that is painted every screen, a slow one
// that skips most, a slow one that streams on after each paint, and an observer of another size must show, cell by cell, what the model
// shows. In the end every moment of the program is painted from every other one, there and back. Needs python3 (for the pty), vim, htop, top, less,
// tmux, mc, dialog, git, dpkg, apt and a UTF-8 locale.
import { deepStrictEqual } from 'node:assert';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answer } from './answer.ts';
import { crop } from './crop.ts';
import { openFilter } from './filter.ts';
import { paint } from './paint.ts';
import { resetSequence } from './reset.ts';
import { blankScreen, differences, type Screen, screenText } from './screen.ts';
import { openTerminal } from './terminal.ts';

const COLS = 80;
const ROWS = 24;
/** How long a program may take from one step to the next before the test says what it hangs on. */
const PATIENCE_MS = 30_000;

/** Runs a command on a pty of a size, and carries bytes between it and our own streams. */
const RELAY = `
import fcntl, os, pty, select, struct, sys, termios
cols, rows, argv = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', rows, cols, 0, 0))
    os.execvp(argv[0], argv)
fds = [master, 0]
while True:
    for fd in select.select(fds, [], [])[0]:
        try:
            data = os.read(fd, 4096)
        except OSError:
            data = b''
        if fd == master:
            if not data:
                sys.exit(0)
            os.write(1, data)
        elif data:
            os.write(master, data)
        else:
            fds.remove(0)
`;

type Step = { readonly sees: RegExp; readonly types: string };

/** The screens that one viewer was shown, and whether they were right. */
type Viewer = { readonly name: string; readonly update: (chunk: number, bytes: Uint8Array, now: Screen) => string[] };

function viewers(): Viewer[] {
  const size = { cols: COLS, rows: ROWS };
  const painted = (name: string, every: number, view: (screen: Screen) => Screen): Viewer => {
    let shown: Screen | undefined;
    const terminal = openTerminal(view(blankScreen(COLS, ROWS)));
    return {
      name,
      update: (chunk, _bytes, screen) => {
        if (chunk % every !== 0) return [];
        const now = view(screen);
        terminal.feed(paint(shown, now));
        shown = now;
        return differences(terminal.screen(), now);
      },
    };
  };
  // Streams, falls behind for ten chunks, is painted the difference, streams on.
  const streaming = openTerminal(size);
  let left: Screen | undefined;
  const switching: Viewer = {
    name: 'switching',
    update: (chunk, bytes, now) => {
      const behind = chunk % 20 >= 10;
      if (behind && left === undefined) left = streaming.screen();
      if (behind) return [];
      if (left === undefined) streaming.feed(bytes);
      else streaming.feed(paint(left, now));
      left = undefined;
      return differences(streaming.screen(), now);
    },
  };
  return [
    painted('every screen', 1, (screen) => screen),
    painted('one in seven', 7, (screen) => screen),
    painted('small observer', 1, (screen) => crop(screen, 61, 20, 5, 2)),
    painted('large observer', 3, (screen) => crop(screen, 100, 30)),
    switching,
  ];
}

/** As many moments of a program as are painted from each other. */
const MOMENTS = 40;
/** A look is taken after so many bytes, be they in the middle of a redraw. */
const LOOK_BYTES = 256;

/** D5: whatever was shown last, the paint to any other moment is right. Walks each pair in both directions. */
function paintsEveryPair(name: string, all: readonly Screen[]): void {
  const moments = all.filter(
    (_, at) => Math.floor((at * MOMENTS) / all.length) !== Math.floor(((at - 1) * MOMENTS) / all.length),
  );
  const terminal = openTerminal({ cols: COLS, rows: ROWS });
  let shown = blankScreen(COLS, ROWS);
  const go = (to: Screen, from: number, at: number): void => {
    terminal.feed(paint(shown, to));
    shown = to;
    deepStrictEqual({ name, from, at, differ: differences(terminal.screen(), to) }, { name, from, at, differ: [] });
  };
  for (const [from, one] of moments.entries()) {
    go(one, -1, from);
    for (const [at, other] of moments.entries()) {
      if (at <= from) continue;
      go(other, from, at);
      go(one, at, from);
    }
  }
  terminal.dispose();
}

/** Plays a program to its end; gives the bytes it wrote, the bytes painted for every screen, and its last screen. */
function play(
  argv: readonly string[],
  steps: readonly Step[],
  env: Record<string, string> = {},
): Promise<{ raw: number; last: string[] }> {
  const child: ChildProcessWithoutNullStreams = spawn('python3', ['-c', RELAY, String(COLS), String(ROWS), ...argv], {
    cwd: folder,
    env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', PAGER: 'less', LESS: 'R', ...env },
  });
  const filter = openFilter();
  const model = openTerminal({ cols: COLS, rows: ROWS });
  const all = viewers();
  const waiting = [...steps];
  const moments: Screen[] = [];
  let raw = 0;
  let chunk = 0;
  return new Promise((resolve, reject) => {
    const stuck = (): void => {
      child.kill();
      reject(
        new Error(
          `${argv[0]} does not go on to ${waiting[0]?.sees.source ?? 'its end'}; it shows:\n${screenText(model.screen()).join('\n')}`,
        ),
      );
    };
    let patience = setTimeout(stuck, PATIENCE_MS);
    child.stdout.on('data', (data: Buffer) => {
      try {
        raw += data.length;
        const passed: Uint8Array[] = [];
        for (const part of filter.feed(data)) {
          if (part.kind === 'bytes') {
            passed.push(part.bytes);
            for (let at = 0; at < part.bytes.length; at += LOOK_BYTES) {
              model.feed(part.bytes.subarray(at, at + LOOK_BYTES));
              moments.push(model.screen());
            }
          } else if (part.kind === 'query') {
            const reply = answer(part.query, model.screen(), { term: 'xterm-256color', version: 'test' });
            if (reply !== undefined) child.stdin.write(reply);
          }
        }
        const now = model.screen();
        const bytes = Buffer.concat(passed);
        for (const viewer of all)
          expect({ viewer: viewer.name, chunk, differ: viewer.update(chunk, bytes, now) }).toEqual({
            viewer: viewer.name,
            chunk,
            differ: [],
          });
        chunk++;
        const next = waiting[0];
        if (next?.sees.test(screenText(now).join('\n')) === true) {
          waiting.shift();
          clearTimeout(patience);
          patience = setTimeout(stuck, PATIENCE_MS);
          child.stdin.write(next.types);
        }
      } catch (error) {
        clearTimeout(patience);
        child.kill();
        reject(error);
      }
    });
    child.on('error', reject);
    // A program that ended reads nothing more.
    child.stdin.on('error', () => undefined);
    child.on('close', () => {
      clearTimeout(patience);
      if (waiting.length > 0)
        reject(
          new Error(
            `${argv[0]} ended; never seen: ${waiting.map(({ sees }) => sees.source).join(', ')}; last:\n${screenText(model.screen()).join('\n')}`,
          ),
        );
      const last = model.screen();
      try {
        paintsEveryPair(argv[0] ?? '', moments);
      } catch (error) {
        reject(error);
      }
      const given = openTerminal({ cols: COLS, rows: ROWS });
      given.feed(paint(undefined, last));
      given.feed(resetSequence(last));
      expect(given.screen().hidden).toBeUndefined();
      resolve({ raw, last: screenText(last) });
    });
  });
}

let folder = '';
const socket = `traces-${process.pid}`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'traces-'));
  const line = (n: number): string =>
    `${n} 한글 텍스트와 漢字, emoji 🙂, box ─│┌, tab\there and ${'words '.repeat(n % 17)}end of ${n}`;
  writeFileSync(join(folder, 'text.txt'), Array.from({ length: 400 }, (_, n) => line(n + 1)).join('\n'));
  writeFileSync(
    join(folder, 'code.c'),
    Array.from({ length: 200 }, (_, n) => `int f${n}(void) { return "string ${n}" + ${n}; } /* 주석 */`).join('\n'),
  );
});

afterAll(() => {
  spawnSync('tmux', ['-L', socket, 'kill-server']);
  rmSync(folder, { recursive: true, force: true });
});

test('vim: edits, splits, scrolls, searches, leaves', async () => {
  const { last } = await play(
    ['vim', '-u', 'NONE', '-N', '-c', 'syntax on', '-c', 'set number ruler mouse=a title incsearch hlsearch', 'code.c'],
    [
      { sees: /f0\(void\)/, types: 'i안녕 hello\x1b' },
      { sees: /안녕 hello/, types: ':split text.txt\r' },
      { sees: /1 한글/, types: '\x06\x06\x05\x05\x19' },
      { sees: /end of (?:9|1\d|2\d)/, types: '\x17j:50\r' },
      { sees: /f49\(/, types: '10dd:vsplit\r' },
      { sees: /f59\(/, types: '/f100\r' },
      { sees: /f100\(/, types: ':qa!\r' },
    ],
  );
  expect(last.every((row) => row === '')).toBe(true);
});

test('less: pages, searches and goes back in Korean text', async () => {
  await play(
    ['less', '-R', 'text.txt'],
    [
      { sees: /1 한글/, types: ' ' },
      { sees: /end of 1\d/, types: 'jjjkd' },
      { sees: /end of 2\d/, types: '/^200\r' },
      { sees: /end of 20\d/, types: 'b' },
      { sees: /end of 18\d/, types: 'G' },
      { sees: /end of 400/, types: 'gq' },
    ],
  );
});

test('htop: redraws itself, sorts, shows help', async () => {
  await play(
    ['htop', '-d', '2'],
    [
      { sees: /PID/, types: 'P' },
      { sees: /PID/, types: 'h' },
      { sees: /Press any key|htop \d/, types: 'x' },
      { sees: /PID/, types: 'tq' },
    ],
  );
});

test('tmux: panes, status line, copy mode', async () => {
  await play(
    ['tmux', '-u', '-L', socket, '-f', '/dev/null', 'new-session', 'PS1=ready: sh'],
    [
      { sees: /ready:/, types: 'head -40 text.txt\r' },
      { sees: /end of 40/, types: '\x02%' },
      { sees: /│[\s\S]*\$|│[\s\S]*#/, types: '\x02"' },
      { sees: /─/, types: 'seq 1 200; echo do""ne\r' },
      { sees: /done/, types: '\x02[' },
      { sees: /\[0\/\d+\]/, types: '\x1b[5~' },
      { sees: /\[[1-9]\d*\/\d+\]/, types: 'q' },
      { sees: /^(?![\s\S]*\[\d+\/\d+\])[\s\S]*done/, types: '\x02:' },
      { sees: /^:/m, types: 'kill-server\r' },
    ],
  );
});

test('git log: graph and colours through a pager', async () => {
  const script =
    'git init -q . && git config user.name t && git config user.email t@example.org && git config commit.gpgsign false && for i in $(seq 1 40); do git commit -q --allow-empty -m "커밋 $i: message 🙂"; done; git branch side HEAD~5; git log --graph --color=always --decorate --stat';
  await play(
    ['sh', '-c', script],
    [
      { sees: /커밋 40/, types: '  ' },
      { sees: /커밋 3\d/, types: 'G' },
      { sees: /커밋 1:/, types: 'q' },
    ],
  );
});

test('a shell: long lines, colours, progress by carriage return, clear, reset', async () => {
  const script =
    'seq 1 300; for i in 1 2 3 4 5 6 7 8 9; do printf "\\r진행 %d0%%" $i; done; echo; head -c 3000 text.txt; echo; ls --color=always /; printf "\\033[5;15r\\033[15H\\n\\n\\n\\033[r\\033[H"; tput clear; printf "한글🙂 👍🏽 👩‍👩‍👧 🇰🇷\\n"; tput reset; printf "\\033[?25l\\033[7mfin""ished\\033[m\\n"; read x; exit 0';
  const { last } = await play(['bash', '-c', script], [{ sees: /finished/, types: '\r' }]);
  expect(last.join('\n')).toContain('finished');
});

test('top: everything moves twice a second', async () => {
  await play(
    ['top', '-d', '0.4'],
    [
      { sees: /%Cpu\(s\)[\s\S]*PID/, types: '1' },
      { sees: /%Cpu0/, types: 'h' },
      { sees: /Help for Interactive/, types: 'q' },
      { sees: /%Cpu0/, types: 'V' },
      { sees: /[`|]- /, types: 'q' },
    ],
  );
});

test('mc: panels, a menu, a viewer', async () => {
  const shelf = join(folder, 'shelf');
  mkdirSync(shelf);
  for (let n = 100; n < 160; n++) writeFileSync(join(shelf, `file-${n}`), `${n}`.repeat(n));
  await play(
    ['mc', '-x', '--nosubshell', folder, shelf],
    [
      { sees: /file-100[\s\S]*10Quit/, types: '\t' },
      { sees: /file-100/, types: '\x1b[6~' },
      { sees: /file-128/, types: '\x1b[6~' },
      { sees: /file-140/, types: '\x1b[20~\x1bOB' },
      { sees: /Rescan[\s\S]*└──/, types: '\x1b\x1b' },
      { sees: /^(?![\s\S]*Rescan)[\s\S]*file-140[\s\S]*10Quit/, types: '\x1bOR' },
      { sees: /(?:129){9}[\s\S]*10Quit/, types: '\x1b[21~' },
      { sees: /file-140[\s\S]*10Quit/, types: '\x1b[21~' },
    ],
    { HOME: folder },
  );
});

test('dialog: menu, gauge, question, text', async () => {
  const script =
    'dialog --menu "무엇을" 15 50 6 1 first 2 둘째 3 third; for i in $(seq 0 5 100); do echo $i; sleep 0.05; done | dialog --gauge "일하는 중" 8 50; dialog --yesno "Is that all?" 8 40; dialog --textbox code.c 20 70; clear';
  await play(
    ['sh', '-c', script],
    [
      { sees: /third/, types: '\x1b[B\x1b[B\r' },
      { sees: /Is that all/, types: '\t\r' },
      { sees: /f0\(void\)/, types: '\x1b[6~' },
      { sees: /f2\d\(void\)/, types: '\r' },
    ],
  );
});

test('a package install: apt and dpkg with their progress bar in the margin, into a root of its own', async () => {
  for (let n = 0; n < 8; n++) {
    const at = join(folder, `package-${n}`);
    mkdirSync(join(at, 'DEBIAN'), { recursive: true });
    writeFileSync(
      join(at, 'DEBIAN/control'),
      `Package: example-${n}\nVersion: 1.${n}\nArchitecture: all\nMaintainer: t <t@example.org>\nDescription: an example\n`,
    );
    spawnSync('dpkg-deb', ['--build', '--root-owner-group', at, join(folder, `example-${n}.deb`)]);
  }
  for (const part of ['updates', 'info']) mkdirSync(join(folder, 'root/var/lib/dpkg', part), { recursive: true });
  writeFileSync(join(folder, 'root/var/lib/dpkg/status'), '');
  const { last } = await play(
    [
      'sh',
      '-c',
      `apt-get -o Dpkg::Progress-Fancy=1 -o APT::Color=1 -o Dir::State::status=${folder}/root/var/lib/dpkg/status -o Dpkg::Options::=--root=${folder}/root -o Dpkg::Options::=--force-all -o Debug::NoLocking=1 install -y ${folder}/example-*.deb; echo installed`,
    ],
    [],
  );
  expect(last.join('\n')).toMatch(/Setting up example-\d[\s\S]*installed/);
});
