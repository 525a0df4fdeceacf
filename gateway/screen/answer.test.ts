import { expect, test } from 'vitest';
import { answer, type TerminalProfile } from './answer.ts';
import { openFilter } from './filter.ts';
import { blankScreen, type Screen } from './screen.ts';
import { openTerminal } from './terminal.ts';

const profile: TerminalProfile = {
  term: 'xterm-256color',
  colours: {
    foreground: { red: 255, green: 0, blue: 17 },
    background: { red: 0, green: 0, blue: 0 },
    palette: { 3: { red: 1, green: 2, blue: 3 } },
  },
  version: 'XTerm(390)',
  cellWidth: 9,
  cellHeight: 18,
  da1: '64;1;4;22',
};
const bare: TerminalProfile = { term: 'dumb' };

/** What a program reads back that writes this, through filter and model as in a session. */
function ask(text: string, from: TerminalProfile = profile, first = ''): (string | undefined)[] {
  const terminal = openTerminal({ cols: 80, rows: 24 });
  const filter = openFilter();
  const answers: (string | undefined)[] = [];
  for (const part of filter.feed(Buffer.from(first + text))) {
    if (part.kind === 'bytes') terminal.feed(part.bytes);
    if (part.kind === 'query') answers.push(answer(part.query, terminal.screen(), from));
  }
  return answers;
}

test('the driver profile answers who it is, without the abilities that the filter takes away', () => {
  expect(ask('\x1b[c\x1b[>c\x1b[=c\x1b[>q\x1b[5n')).toEqual([
    '\x1b[?64;1;22c',
    '\x1b[>1;279;0c',
    '\x1bP!|00000000\x1b\\',
    '\x1bP>|XTerm(390)\x1b\\',
    '\x1b[0n',
  ]);
  expect(ask('\x1b[c\x1b[>q', bare)).toEqual(['\x1b[?62;22c', undefined]);
  expect(ask('\x1b[c', { ...profile, da1: '1\x1b[2J' })).toEqual(['\x1b[?62;22c']);
});

test('an answer belongs to the place of its question in the stream', () => {
  expect(ask('\x1b[6nab\x1b[6n\r\n\x1b[?6n')).toEqual(['\x1b[1;1R', '\x1b[1;3R', '\x1b[?2;1R']);
  expect(ask('\x1b[5;10r\x1b[?6h\x1b[2;3H\x1b[6n')).toEqual(['\x1b[2;3R']);
});

test('modes are told as the screen holds them', () => {
  const asked = '\x1b[?2004$p\x1b[?1049$p\x1b[?7$p\x1b[4$p\x1b[?1006$p\x1b[?25$p\x1b[?9999$p';
  const reply = (states: number[]): string[] =>
    ['?2004', '?1049', '?7', '4', '?1006', '?25', '?9999'].map((mode, at) => `\x1b[${mode};${states[at]}$y`);
  expect(ask(asked)).toEqual(reply([2, 2, 1, 2, 2, 1, 0]));
  expect(ask(asked, profile, '\x1b[?2004;1049;1006h\x1b[?7;25l\x1b[4h')).toEqual(reply([1, 1, 2, 1, 1, 2, 0]));
});

test('sizes come from the screen, pixels from the profile', () => {
  expect(ask('\x1b[18t\x1b[19t\x1b[16t\x1b[14t')).toEqual(['\x1b[8;24;80t', '\x1b[9;24;80t', '\x1b[6;18;9t', '\x1b[4;432;720t']);
  expect(ask('\x1b[16t\x1b[14t', bare)).toEqual([undefined, undefined]);
});

test('colours are told as measured, ended as they were asked, and unknown ones not at all', () => {
  expect(ask('\x1b]10;?\x07\x1b]11;?\x1b\\\x1b]12;?\x07\x1b]4;3;?;5;?\x07')).toEqual([
    '\x1b]10;rgb:ffff/0000/1111\x07',
    '\x1b]11;rgb:0000/0000/0000\x1b\\',
    undefined,
    '\x1b]4;3;rgb:0101/0202/0303\x07',
    undefined,
  ]);
});

test('the model itself says nothing: it has no way out', () => {
  const terminal = openTerminal({ cols: 10, rows: 2 });
  terminal.feed(Buffer.from('\x1b[c\x1b[6n\x1b[?2004$p\x1bP$qm\x1b\\x'));
  const screen: Screen = terminal.screen();
  expect(screen.grid[1]).toBe(blankScreen(10, 2).grid[1]);
  expect(screen.cursor.x).toBe(1);
});
