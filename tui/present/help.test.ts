import { expect, test } from 'vitest';
import { bindings } from '../keys/keymap.ts';
import { helpLines } from './help.ts';
import { lineCells } from './span.ts';

test.each([44, 78, 80, 100, 120])('[E27] at %i columns every key and word of the help is whole', (cols) => {
  const lines = helpLines(false, cols);
  const text = lines.map((line) => line.map((piece) => piece.text).join(''));
  for (const [at, line] of lines.entries()) {
    expect(text[at]).not.toContain('…');
    expect([text[at], lineCells(line) <= cols - 2]).toEqual([text[at], true]);
  }
  const listed = bindings.filter(({ places }) => places.some((place) => ['servers', 'sessions', 'audit'].includes(place)));
  for (const { says } of listed) expect(text.join('\n')).toContain(says);
});
