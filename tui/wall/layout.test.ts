import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnsFor, neighbour, tileRects } from './layout.ts';

test('tiles cover the terminal but its last row, once each', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 20, max: 250 }),
      fc.integer({ min: 6, max: 80 }),
      (count, cols, rows) => {
        const rects = tileRects(count, cols, rows);
        expect(rects.length).toBe(count);
        const cells = rects.reduce((sum, { width, height }) => sum + width * height, 0);
        expect(cells).toBe(cols * (rows - 1));
        for (const { left, top, width, height } of rects) {
          expect(left >= 0 && left + width <= cols).toBe(true);
          expect(top >= 0 && top + height <= rows - 1).toBe(true);
        }
      },
    ),
  );
});

test('arrows lead to the tile beside, and stay at an edge', () => {
  const across = columnsFor(5, 120);
  expect(across).toBe(3);
  expect(neighbour(0, 5, across, 'right')).toBe(1);
  expect(neighbour(0, 5, across, 'left')).toBe(0);
  expect(neighbour(1, 5, across, 'down')).toBe(4);
  expect(neighbour(2, 5, across, 'down')).toBe(4);
  expect(neighbour(4, 5, across, 'down')).toBe(4);
  expect(neighbour(4, 5, across, 'up')).toBe(1);
});
