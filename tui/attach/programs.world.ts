// The real programs that people use, through the real stack: full screen, mouse, resize, a terminal within, and nothing left behind.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atWork } from '../../fixtures/world/at-work.ts';
import { openWorld, type World } from '../../fixtures/world/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ agents: ['web-1'], signIn: ['ana'] });
}, 120_000);
afterAll(() => world.close());

test('vim takes the mouse and the new size, less pages, htop draws, tmux lives inside; the prompt comes back each time', async () => {
  const { terminal } = await atWork(world, 'ana', 'web-1', { cols: 90, rows: 24 });
  terminal.types('clear; vim -u NONE -N /etc/services\r');
  await terminal.sees('"/etc/services"');
  terminal.types(':set mouse=a\r');
  await terminal.until('the mouse', () => terminal.screen.modes.mouse !== 'none');
  terminal.types('\x1b[<0;5;10M\x1b[<0;5;10m');
  await terminal.until('the cursor where it was clicked', () => terminal.screen.cursor.x === 4 && terminal.screen.cursor.y === 9);
  terminal.resizes(100, 30);
  // It draws anew when it hears of the size, and a message would go with that.
  await terminal.until('more of the file', (lines) => (lines[28] ?? '').trim() !== '');
  terminal.types(':echo "size " . &columns . "x" . &lines\r');
  await terminal.sees('size 100x30');
  terminal.types(':q\r');
  await terminal.until('the prompt', (lines) => /^>$/m.test(lines.join('\n')) && terminal.screen.modes.mouse === 'none');

  terminal.types('clear; less /etc/services\r');
  await terminal.sees('/etc/services');
  terminal.types('G');
  await terminal.sees('(END)');
  terminal.types('q');
  await terminal.until('the prompt', () => terminal.screen.hidden === undefined);

  terminal.types('clear; htop -d 5\r');
  await terminal.sees('F10Quit');
  terminal.types('q');
  await terminal.until('the prompt', () => terminal.screen.hidden === undefined);

  terminal.types('clear; tmux -f /dev/null -L sallyport-world new-session sh\r');
  await terminal.until('its status line at the bottom', (lines) => (lines[29] ?? '').startsWith('['));
  terminal.types('echo within-$((2*3))\r');
  await terminal.sees('within-6');
  terminal.resizes(80, 20);
  await terminal.until('its status line at the new bottom', (lines) => (lines[19] ?? '').startsWith('['));
  terminal.types('exit\r');
  await terminal.sees('[exited]');

  terminal.types('\r~.');
  expect((await terminal.exited).code).toBe(0);
  const { modes, hidden, cursor } = terminal.screen;
  expect([hidden, modes.mouse, modes.bracketedPaste, cursor.visible]).toEqual([undefined, 'none', false, true]);
  expect(terminal.text).toContain('web-1: detached; the session goes on');
}, 120_000);
