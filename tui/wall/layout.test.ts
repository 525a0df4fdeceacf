import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnsFor, mostLive, neighbour, tileRects, tilesPerPage } from './layout.ts';

const terminals = [
  [80, 24],
  [120, 36],
  [200, 60],
] as const;

test('[M6] tiles cover the terminal but its last row, once each, whatever their number and its size', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: mostLive }),
      fc.integer({ min: 20, max: 300 }),
      fc.integer({ min: 20, max: 120 }),
      (count, cols, rows) => {
        const rects = tileRects(count, cols, rows);
        expect(rects.length).toBe(count);
        const taken = new Set<number>();
        for (const { left, top, width, height } of rects)
          for (let y = top; y < top + height; y += 1) for (let x = left; x < left + width; x += 1) taken.add(y * cols + x);
        const area = rects.reduce((sum, { width, height }) => sum + width * height, 0);
        expect(area).toBe(cols * (rows - 1));
        expect(taken.size).toBe(area);
        expect(Math.max(...taken)).toBeLessThan(cols * (rows - 1));
      },
    ),
  );
});

test('[M6] one to sixteen tiles at 80×24, 120×36 and 200×60: each is legible, and a page holds what may stand there', () => {
  expect(terminals.map(([cols, rows]) => tilesPerPage(cols, rows))).toEqual([9, 16, 16]);
  for (const [cols, rows] of terminals)
    for (let count = 1; count <= tilesPerPage(cols, rows); count += 1)
      for (const { width, height } of tileRects(count, cols, rows)) {
        expect({ cols, count, width: width >= 26, height: height >= 7 }).toEqual({ cols, count, width: true, height: true });
      }
});

test('whole lines are worth more than many lines: two stand above each other where they would be narrow, else beside', () => {
  expect(columnsFor(2, 80, 24)).toBe(1);
  expect(columnsFor(3, 80, 24)).toBe(1);
  expect(columnsFor(4, 80, 24)).toBe(2);
  expect(columnsFor(9, 80, 24)).toBe(3);
  expect(columnsFor(16, 120, 36)).toBe(4);
  expect(columnsFor(2, 200, 60)).toBe(2);
});

test('a terminal too small for two tiles shows one a page', () => {
  expect(tilesPerPage(40, 10)).toBe(1);
  expect(tileRects(1, 20, 6)).toEqual([{ left: 0, top: 0, width: 20, height: 5 }]);
});

test('arrows lead to the tile beside, also into a last row of wider ones, and stay at an edge', () => {
  const five = tileRects(5, 120, 24);
  const columns = columnsFor(5, 120, 24);
  expect(columns).toBe(2);
  expect(neighbour(five, 0, 'right')).toBe(1);
  expect(neighbour(five, 1, 'right')).toBe(1);
  expect(neighbour(five, 0, 'left')).toBe(0);
  expect(neighbour(five, 0, 'down')).toBe(2);
  expect(neighbour(five, 3, 'down')).toBe(4);
  expect(neighbour(five, 4, 'down')).toBe(4);
  expect(neighbour(five, 4, 'up')).toBe(2);
});
