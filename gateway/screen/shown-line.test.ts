import { expect, test } from 'vitest';
import { beforeCursor, mostLineCharacters, shownLines } from './shown-line.ts';
import { openTerminal } from './terminal.ts';

/** What a screen shows after these bytes. */
function shown(bytes: string, cols = 40, rows = 8) {
  const terminal = openTerminal({ cols, rows });
  terminal.feed(Buffer.from(bytes));
  const screen = terminal.screen();
  terminal.dispose();
  return screen;
}
const prompt = 'ana@db-1:~$ ';

test('S43: the line at the cursor is read as the screen shows it, without its prompt', () => {
  expect(shownLines(shown(`$ ls\r\na b\r\n${prompt}drop database x`), prompt)).toEqual(['drop database x']);
  expect(beforeCursor(shown(`$ ls\r\na b\r\n${prompt}`))).toBe(prompt);
  // A prompt that nobody saw being drawn stands in it.
  expect(shownLines(shown(`${prompt}uptime`), 'other$ ')).toEqual([`${prompt}uptime`]);
  expect(shownLines(shown(prompt), prompt)).toEqual([]);
});

test('js#4080: a line edited with the cursor keys is read as it stands, wherever the cursor is', () => {
  expect(shownLines(shown(`${prompt}dropXX database x\x1b[17G\x1b[2P`, 60), prompt)).toEqual(['drop database x']);
  expect(shownLines(shown(`${prompt}drop database x\r\x1b[12C\x1b[Kls`), prompt)).toEqual(['ls']);
});

test('S43: rows that the terminal wrapped are one line; what is typed in wide characters is read whole', () => {
  const long = 'select count(*) from orders where region = 7; drop database orders';
  expect(shownLines(shown(prompt + long), prompt)).toEqual([long]);
  expect(shownLines(shown(`${prompt}${long}\x1b[H\x1b[12C`), prompt)).toEqual([long]);
  expect(shownLines(shown(`${prompt}echo 데이터베이스`), prompt)).toEqual(['echo 데이터베이스']);
  expect(shownLines(shown(`$ ${'x'.repeat(600)}`, 100, 20), '$ ')[0]?.length).toBe(mostLineCharacters);
});

test('js#9033: of a paste with line ends in it every line is read, up to the prompt', () => {
  const paste = `output\r\n${prompt}echo one\r\necho two\r\ndrop database x\r\necho four`;
  expect(shownLines(shown(paste), prompt, 3)).toEqual(['echo one', 'echo two', 'drop database x', 'echo four']);
  expect(shownLines(shown(`${paste}\x1b[2A`), prompt, 3)).toEqual(['echo one', 'echo two', 'drop database x', 'echo four']);
  expect(shownLines(shown(paste), prompt)).toEqual(['echo four']);
});
