import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cellWidth } from '../../gateway/protocol/cell-width.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { centred, cutLine, endsLine, fitLine, type Line, lineCells, span, wrapWords } from './span.ts';

const text = (line: Line) => line.map((piece) => piece.text).join('');
const foreign = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('字字字', '👩‍🚀', 'é', '⟨202E⟩', 'a\u0301'))
  .map(safeText);

test('a fitted line has exactly its width, whatever stands in it (E47)', () => {
  fc.assert(
    fc.property(fc.array(foreign, { maxLength: 5 }), fc.integer({ min: 0, max: 40 }), (texts, width) => {
      const line = texts.map((t) => span(t));
      expect(lineCells(fitLine(line, width))).toBe(width);
      expect(lineCells(fitLine(line, width, 'right'))).toBe(width);
      expect(lineCells(cutLine(line, width))).toBeLessThanOrEqual(width);
      expect(lineCells(centred(line, width))).toBeLessThanOrEqual(width);
    }),
  );
});

test('something missing is shown as missing', () => {
  expect(text(cutLine([span('abc'), span('def')], 4))).toBe('abc…');
  expect(text(cutLine([span('abc'), span('def')], 3))).toBe('ab…');
  expect(text(cutLine([span('字字')], 3))).toBe('字…');
  expect(text(cutLine([span('abc')], 3))).toBe('abc');
});

test('the right end gives way before the left one', () => {
  expect(text(endsLine([span('left')], [span('right')], 12))).toBe('left   right');
  expect(text(endsLine([span('left')], [span('right')], 9))).toBe('left');
});

test('wrapped lines keep every word and never exceed the width', () => {
  expect(wrapWords('to be or not', 5)).toEqual(['to be', 'or', 'not']);
  expect(wrapWords('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
  fc.assert(
    fc.property(foreign, fc.integer({ min: 2, max: 20 }), (t, width) => {
      const lines = wrapWords(t, width);
      for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(width);
      const whole = lines.join('').replaceAll(' ', '');
      if (!whole.includes('…')) expect(whole).toBe(t.replaceAll(' ', ''));
    }),
  );
});
