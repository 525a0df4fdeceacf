import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cornerFor, origin } from './window.ts';

const at = (x: number, y: number, visible = true) => ({ cols: 80, rows: 24, cursor: { x, y, visible } });

test('[M6] a tile shows the cursor, with what was said last above it', () => {
  expect(cornerFor(at(0, 23), 30, 5, origin)).toEqual({ left: 0, top: 19 });
  expect(cornerFor(at(2, 3), 30, 5, origin)).toEqual(origin);
  expect(cornerFor(at(79, 23), 30, 5, origin)).toEqual({ left: 50, top: 19 });
});

test('it stays where it is while the cursor moves inside, and sideways moves in steps, so that nothing runs while one types', () => {
  const before = { left: 0, top: 10 };
  for (const y of [10, 12, 14]) expect(cornerFor(at(0, y), 30, 5, before).top).toBe(10);
  expect(cornerFor(at(0, 15), 30, 5, before).top).toBe(11);
  expect(cornerFor(at(0, 0), 30, 5, before).top).toBe(0);
  expect([30, 34, 39].map((x) => cornerFor(at(x, 0), 30, 5, origin).left)).toEqual([10, 10, 10]);
});

test('a program that hides the cursor is shown from its first cell', () => {
  expect(cornerFor(at(79, 23, false), 30, 5, { left: 3, top: 9 })).toEqual(origin);
});

test('whatever the sizes, the cursor is inside the window and the window on the screen', () => {
  const size = fc.integer({ min: 2, max: 200 });
  fc.assert(
    fc.property(size, size, size, size, fc.nat(), fc.nat(), fc.nat(250), (cols, rows, width, height, x, y, top) => {
      const cursor = { x: x % cols, y: y % rows, visible: true };
      const corner = cornerFor({ cols, rows, cursor }, width, height, { left: 0, top });
      expect(cursor.x >= corner.left && cursor.x < corner.left + width).toBe(true);
      expect(cursor.y >= corner.top && cursor.y < corner.top + height).toBe(true);
      expect(corner.left >= 0 && (corner.left === 0 || corner.left + width <= cols)).toBe(true);
      expect(corner.top >= 0 && (corner.top === 0 || corner.top + height <= rows)).toBe(true);
    }),
  );
});
