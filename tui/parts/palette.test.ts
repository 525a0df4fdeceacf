import { expect, test } from 'vitest';
import { lineCells, span, strong } from '../present/span.ts';
import { coloursOf, paintBar, paintLine, paletteOf } from './palette.ts';

const line = [span('a'), span('b', 'bad'), strong('c', 'accent'), { text: 'd', inverse: true as const }];
const codes = (text: string) => [...text.matchAll(/\u001B\[([\d;]*)m/g)].flatMap((m) => (m[1] ?? '').split(';'));

test('[E47] without colour only bold and inverse remain', () => {
  const painted = paintLine(line, paletteOf(0)) + paintBar(line, 10, lineCells, paletteOf(0));
  expect(codes(painted).filter((code) => !['0', '1', '7', ''].includes(code))).toEqual([]);
});

test('[E47] with sixteen colours nothing beyond them is asked of the terminal', () => {
  const painted = paintLine(line, paletteOf(16)) + paintBar(line, 10, lineCells, paletteOf(16));
  expect(codes(painted)).not.toContain('38');
  expect(codes(painted)).not.toContain('48');
});

test('the bar reaches from edge to edge', () => {
  for (const colours of [0, 16, 256] as const)
    expect(paintBar(line, 10, lineCells, paletteOf(colours)).replaceAll(/\u001B\[[\d;]*m/g, '')).toBe('abcd      ');
});

test('NO_COLOR and TERM=dumb win; otherwise what the terminal says', () => {
  expect(coloursOf({ TERM: 'xterm-256color' })).toBe(256);
  expect(coloursOf({ TERM: 'xterm', COLORTERM: 'truecolor' })).toBe(256);
  expect(coloursOf({ TERM: 'linux' })).toBe(16);
  expect(coloursOf({ TERM: 'xterm-256color', NO_COLOR: '1' })).toBe(0);
  expect(coloursOf({ TERM: 'xterm-256color', NO_COLOR: '' })).toBe(256);
  expect(coloursOf({ TERM: 'dumb' })).toBe(0);
});
