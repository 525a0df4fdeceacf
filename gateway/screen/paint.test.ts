import { expect, test } from 'vitest';
import { keyframeLaw, noiseLaw, pageLaw, paintLaw } from './laws.fixture.ts';
import { paint } from './paint.ts';
import { blankScreen } from './screen.ts';
import { openTerminal } from './terminal.ts';

test('D5 paint(a, b) makes a terminal that shows a show b, and the stream then goes on as if nothing was skipped', () => {
  paintLaw(400);
});

test('D5 the same for pages as full-screen programs draw them', () => {
  pageLaw(200);
});

test('a keyframe shows the screen on a terminal in any state', () => {
  keyframeLaw(200);
});

test('X8 noise of any kind in any size is survived, and what it shows can be painted', () => {
  noiseLaw(200);
});

test('a screen that did not change costs no byte', () => {
  const terminal = openTerminal({ cols: 80, rows: 24 });
  terminal.feed(Buffer.from('hello\r\nworld'));
  const before = terminal.screen();
  expect(paint(before, terminal.screen()).length).toBe(0);
  expect(paint(blankScreen(80, 24), before).length).toBeLessThan(20);
});

test('a screen that scrolled costs its new lines, not all of them', () => {
  const terminal = openTerminal({ cols: 80, rows: 24 });
  for (let line = 0; line < 40; line++) terminal.feed(Buffer.from(`line ${line} of a log that runs and runs\r\n`));
  const before = terminal.screen();
  terminal.feed(Buffer.from('line 40 of a log that runs and runs\r\n'));
  expect(paint(before, terminal.screen()).length).toBeLessThan(60);
  const page = (first: number): string =>
    Array.from({ length: 23 }, (_, y) => `\x1b[${y + 1}H\x1b[K${first + y} page of a pager`).join('');
  terminal.feed(Buffer.from(`\x1b[H\x1b[2J${page(10)}\x1b[24Hstatus`));
  const top = terminal.screen();
  terminal.feed(Buffer.from(`${page(8)}\x1b[24Hstatus`));
  expect(paint(top, terminal.screen()).length).toBeLessThan(100);
});

test('a key echoed costs about as much as the key', () => {
  const terminal = openTerminal({ cols: 80, rows: 24 });
  terminal.feed(Buffer.from('$ ech'));
  const before = terminal.screen();
  terminal.feed(Buffer.from('o'));
  expect(Buffer.from(paint(before, terminal.screen())).toString()).toBe('o');
});

test('bells that were missed ring once', () => {
  const terminal = openTerminal({ cols: 10, rows: 2 });
  const before = terminal.screen();
  terminal.feed(Buffer.from('\x07\x07\x07'));
  expect(Buffer.from(paint(before, terminal.screen())).toString()).toBe('\x07');
});

test('text that wrapped is painted as wrapped text, so that a selection copies one line', () => {
  const terminal = openTerminal({ cols: 5, rows: 3 });
  terminal.feed(Buffer.from('abcdefgh'));
  expect(Buffer.from(paint(blankScreen(5, 3), terminal.screen())).toString()).toBe('abcdefgh');
});

/** What is painted when a screen of 40 × 8 that was drawn so is then drawn so. */
function painted(before: string, after: string): string {
  const terminal = openTerminal({ cols: 40, rows: 8 });
  terminal.feed(Buffer.from(before));
  const shown = terminal.screen();
  terminal.feed(Buffer.from(after));
  return Buffer.from(paint(shown, terminal.screen())).toString();
}

test('a row with several changes is one piece, which a window shared by all frames finds again', () => {
  expect(painted('cpu 12.5 user 3.4 idle', '\x1b[Hcpu 13.5 user 7.4 idle\x1b[H')).toBe('\x1b[6G3.5 user 7\r');
  expect(painted('\x1b[32mgo\x1b[m 1 \x1b[31mto\x1b[m 2', '\x1b[Hno 1 \x1b[31mup\x1b[m 2\x1b[H')).toBe(
    '\rno 1 \x1b[31mup\r\x1b[m',
  );
});

test('changed rows below each other are reached by line feeds and indentation, far ones by their place', () => {
  const rows = (...texts: string[]): string => `\x1b[H${texts.join('\r\n')}`;
  const same = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];
  expect(painted(rows(...same, '  a x'), rows('one', 'tw2', 'thre3', ...same.slice(3), '  a y'))).toBe(
    '\x1b[2;3H2\r\nthre3\x1b[8;5Hy',
  );
});

test('a page turned is cleared once, not row by row', () => {
  const page = (word: string, least: number): string =>
    `\x1b[?1049h\x1b[H\x1b[2J${Array.from({ length: 8 }, (_, y) => word.repeat(least + ((y * 3) % 4))).join('\r\n')}`;
  const bytes = painted(page('before ', 2), page('then ', 1));
  expect(bytes).toMatch(/^\x1b\[H\x1b\[Jthen\r\nthen then/);
  expect(bytes).not.toContain('\x1b[K');
});
