// Another emulator (tmux) shows what a paint says: so that paint does not lean on a habit of the one we model with. Text and cursor are compared.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { paint } from './paint.ts';
import { pages } from './random-page.fixture.ts';
import { program, utf8 } from './random-program.fixture.ts';
import { type Screen, screenText } from './screen.ts';
import { openTerminal } from './terminal.ts';

const SMALL = { cols: 24, rows: 8 };
const LARGE = { cols: 80, rows: 24 };
const TRIES = 60;

/** Only characters on whose width all emulators agree. */
const AGREED = /^[\x00-\x7e가-힣一-鿿─│┌]*$/;

function tmux(socket: string, ...args: string[]): string {
  return spawnSync('tmux', ['-L', socket, ...args], { encoding: 'utf8' }).stdout;
}

function seen(socket: string, rows: number): { text: string[]; cursor: string } {
  const text = tmux(socket, 'capture-pane', '-p').split('\n').slice(0, rows);
  return {
    text: text.map((row) => row.trimEnd()),
    cursor: tmux(socket, 'display-message', '-p', '#{cursor_x},#{cursor_y}').trim(),
  };
}

function wanted(screen: Screen): { text: string[]; cursor: string } {
  const x = screen.cursor.wrapPending ? screen.cols : screen.cursor.x;
  return { text: screenText(screen), cursor: `${x},${screen.cursor.y}` };
}

test('tmux shows after keyframe and difference what the model shows', async () => {
  await showsInTmux(SMALL, program);
}, 300_000);

test('and so it does for pages as full-screen programs draw them', async () => {
  await showsInTmux(LARGE, pages);
}, 300_000);

async function showsInTmux({ cols, rows }: typeof SMALL, programs: fc.Arbitrary<string[]>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'paint-'));
  try {
    const agreed = programs.map((pieces) => pieces.filter((piece) => AGREED.test(piece)));
    for (const [at, [first, second]] of fc.sample(fc.tuple(agreed, agreed), TRIES).entries()) {
      const socket = `paint-${process.pid}-${cols}-${at}`;
      const model = openTerminal({ cols, rows });
      model.feed(utf8(first));
      const shown = model.screen();
      model.feed(utf8(second));
      const now = model.screen();
      const bytes = Buffer.concat([paint(undefined, shown), paint(shown, now)]);
      const file = join(folder, `${at}`);
      writeFileSync(file, bytes);
      try {
        tmux(
          socket,
          '-u',
          '-f',
          '/dev/null',
          'new-session',
          '-d',
          '-x',
          String(cols),
          '-y',
          String(rows),
          `tmux -L ${socket} set -g status off; stty raw -echo; cat '${file}'; sleep 60`,
        );
        const expected = { first, second, bytes: bytes.toString(), ...wanted(now) };
        await expect
          .poll(() => ({ first, second, bytes: bytes.toString(), ...seen(socket, rows) }), { timeout: 5000, interval: 30 })
          .toEqual(expected);
      } finally {
        tmux(socket, 'kill-server');
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
