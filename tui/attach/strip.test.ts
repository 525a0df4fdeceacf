import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutStrip, fitRow, stripWidth, wordsText, wrapped } from './strip.ts';

const words = fc.string({ unit: fc.constantFrom(...'abc 한é🚀\x1b\u202e'), maxLength: 30 });
const piece = fc.record({ text: words });

test('a cut line never has more cells than it may, and is whole where it fits', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), fc.integer({ min: 1, max: 40 }), (strip, cols) => {
      const cut = cutStrip(strip, cols);
      expect(stripWidth(cut)).toBeLessThanOrEqual(cols);
      if (stripWidth(strip) <= cols) expect(wordsText(cut)).toBe(wordsText(strip));
      else expect(wordsText(cut).endsWith('…')).toBe(true);
    }),
  );
});

test('a wrapped line says every word, in lines that fit; only the last may be cut', () => {
  const word = fc.string({ unit: fc.constantFrom(...'abcdef'), minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), fc.integer({ min: 12, max: 40 }), (all, cols) => {
      const lines = wrapped(all.join(' '), cols, 40);
      expect(lines.every((line) => stripWidth(line) <= cols)).toBe(true);
      expect(lines.map((line) => wordsText(line).trim()).join(' ')).toBe(all.join(' '));
      const few = wrapped(all.join(' '), cols, 2);
      expect(few.length).toBeLessThanOrEqual(2);
      expect(few.every((line) => stripWidth(line) <= cols)).toBe(true);
    }),
  );
});

test('a line is broken behind a clause where one ends in its second half', () => {
  const lines = wrapped('3 bytes were typed while nothing could be sent: Enter sends them, Esc discards them', 78, 4);
  expect(lines.map((line) => wordsText(line).trim())).toEqual([
    '3 bytes were typed while nothing could be sent:',
    'Enter sends them, Esc discards them',
  ]);
  expect(wrapped([{ text: ' uma ', look: { who: 1 } }, { text: 'x '.repeat(30) }], 20, 9)[0]?.[0]).toMatchObject({
    look: { who: 1 },
  });
});

test('a row says what is essential, shorter where there is no room, and the rest where there is', () => {
  const sayings = [
    { rank: 0, ways: ['first'] },
    { rank: 2, ways: ['a long second', 'second'] },
    { rank: 1, ways: ['third'] },
    { rank: 9, ways: ['much more', 'more'] },
    { rank: 3, ways: ['keys and more keys', 'keys'], side: 'right' as const },
  ];
  const row = (cols: number): string => wordsText(fitRow(sayings, cols)).replace(/ {3,}/, '   ');
  expect(row(66)).toBe(' first · a long second · third · much more   keys and more keys ');
  expect(row(56)).toBe(' first · a long second · third   keys and more keys ');
  expect(row(47)).toBe(' first · a long second · third · more   keys ');
  expect(row(40)).toBe(' first · a long second · third   keys ');
  expect(row(36)).toBe(' first · second · third   keys ');
  expect(row(25)).toBe(' first · second · third');
  expect(row(15)).toBe(' first · third');
  expect(row(8)).toBe(' first');
  expect(row(4)).toBe(' fi…');
});
