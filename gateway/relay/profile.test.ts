import { expect, test } from 'vitest';
import { answeringProfile, parseColour, termOf } from './profile.ts';

test('colours are understood as X11 and the web write them, and nothing else', () => {
  expect(parseColour('rgb:ffff/8080/0000')).toEqual({ red: 255, green: 128, blue: 0 });
  expect(parseColour('rgb:f/0/8')).toEqual({ red: 255, green: 0, blue: 136 });
  expect(parseColour('#12ab00')).toEqual({ red: 18, green: 171, blue: 0 });
  for (const odd of ['', 'red', 'rgb:1/2', '#123', 'rgb:zz/00/00', '\x1b]11;?\x07']) expect(parseColour(odd)).toBe(undefined);
});

test('what the client did not measure is left out, and a terminal we do not model is not claimed', () => {
  expect(answeringProfile({ term: 'xterm-kitty', truecolor: true })).toEqual({ term: 'xterm-kitty' });
  expect(
    answeringProfile({ term: 'x', truecolor: true, colours: { foreground: '#ffffff', background: 'odd' }, cellWidth: 9 }),
  ).toEqual({ term: 'x', colours: { foreground: { red: 255, green: 255, blue: 255 } }, cellWidth: 9 });
  expect(termOf({ term: 'xterm-kitty', truecolor: true })).toBe('xterm-256color');
  expect(termOf({ term: 'tmux-256color', truecolor: true })).toBe('tmux-256color');
});
