import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { crop, openCrop } from './crop.ts';
import { paint } from './paint.ts';
import { program, size, utf8 } from './random-program.fixture.ts';
import { blankScreen, cellAt, differences, screenText } from './screen.ts';
import { openTerminal } from './terminal.ts';

const show = (cols: number, rows: number, text: string) => {
  const terminal = openTerminal({ cols, rows });
  terminal.feed(Buffer.from(text));
  return terminal.screen();
};

test('a smaller window shows its part, pans, and stays on the screen', () => {
  const screen = show(6, 4, 'abcdef\r\nghijkl\r\nmnopqr\r\nstuvw');
  expect(screenText(crop(screen, 3, 2))).toEqual(['abc', 'ghi']);
  expect(screenText(crop(screen, 3, 2, 2, 1))).toEqual(['ijk', 'opq']);
  expect(screenText(crop(screen, 3, 2, 99, 99))).toEqual(['pqr', 'vw']);
  expect(screenText(crop(screen, 3, 2, Number.NaN, -4))).toEqual(['abc', 'ghi']);
});

test('a larger window has blanks beside and below', () => {
  const window = crop(show(3, 2, 'abc\r\ndef'), 6, 4);
  expect(screenText(window)).toEqual(['abc', 'def', '', '']);
  expect([window.cols, window.rows]).toEqual([6, 4]);
});

test('a wide character is never cut in half, and keeps its background', () => {
  const screen = show(6, 1, '\x1b[44m한글漢');
  const window = crop(screen, 4, 1, 1, 0);
  expect(screenText(window)).toEqual([' 글']);
  expect(cellAt(window, 0, 0)?.style.background).toBe(cellAt(screen, 0, 0)?.style.background);
  expect(cellAt(window, 3, 0)?.text).toBe(' ');
});

test('law 6: the window drives nothing: modes, title, links and bells stay behind', () => {
  const screen = show(
    10,
    2,
    '\x1b]2;t\x07\x1b[?1003;1006;2004;1004;1h\x1b=\x1b]8;;http://a.b\x1b\\link\x1b]8;;\x1b\\\x07\x1b[?1049h\x1b[4h',
  );
  const window = crop(screen, 10, 2);
  const blank = blankScreen(10, 2);
  expect({ ...window, grid: blank.grid, cursor: blank.cursor }).toEqual(blank);
  expect(Buffer.from(paint(undefined, crop(show(10, 2, '\x1b]8;;http://a.b\x1b\\link'), 10, 2))).toString()).not.toContain('a.b');
});

test('the cursor is where it is, and hidden outside', () => {
  const screen = show(6, 4, 'ab\r\ncd');
  expect(crop(screen, 4, 2).cursor).toMatchObject({ x: 2, y: 1, visible: true });
  expect(crop(screen, 4, 1).cursor.visible).toBe(false);
});

test('a row that did not change is the same object in the next window of who looks again', () => {
  const terminal = openTerminal({ cols: 8, rows: 3 });
  terminal.feed(Buffer.from('one\r\ntwo'));
  const window = openCrop();
  const before = window(terminal.screen(), 4, 3);
  terminal.feed(Buffer.from('x'));
  const after = window(terminal.screen(), 4, 3);
  expect(after.grid[0]).toBe(before.grid[0]);
  expect(after.grid[1]).not.toBe(before.grid[1]);
});

test('an observer of any size is painted what the window shows', () => {
  const window = fc.record({
    cols: fc.integer({ min: 2, max: 30 }),
    rows: fc.integer({ min: 1, max: 10 }),
    x: fc.nat(8),
    y: fc.nat(4),
  });
  fc.assert(
    fc.property(size, window, program, program, (inner, { cols, rows, x, y }, first, second) => {
      const model = openTerminal(inner);
      const viewer = openTerminal({ cols, rows });
      model.feed(utf8(first));
      const shown = crop(model.screen(), cols, rows, x, y);
      viewer.feed(paint(undefined, shown));
      expect(differences(viewer.screen(), shown)).toEqual([]);
      model.feed(utf8(second));
      const now = crop(model.screen(), cols, rows, x, y);
      viewer.feed(paint(shown, now));
      expect(differences(viewer.screen(), now)).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
