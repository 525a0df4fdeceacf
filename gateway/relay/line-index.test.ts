import { expect, test } from 'vitest';
import { openLineIndex } from './line-index.ts';

test('[M4] the nearest place before a line, in whatever order places become known', () => {
  const index = openLineIndex();
  for (const n of [5, 1, 3, 2, 4, 3]) index.add({ seq: n * 100, line: n * 10 });
  expect(index.size).toBe(6);
  expect(index.before(0)).toEqual({ seq: 0, line: 0 });
  expect(index.before(29)).toEqual({ seq: 200, line: 20 });
  expect(index.before(30)).toEqual({ seq: 300, line: 30 });
  expect(index.before(9_999)).toEqual({ seq: 500, line: 50 });
  expect(index.at(299)).toEqual({ seq: 200, line: 20 });
});

test('[R8] bounded: of too many places those too near to each other are forgotten, never the first', () => {
  const index = openLineIndex(64);
  for (let n = 1; n <= 10_000; n += 1) index.add({ seq: n, line: n });
  expect(index.size).toBeLessThanOrEqual(64);
  expect(index.before(0)).toEqual({ seq: 0, line: 0 });
  expect(5_000 - index.before(5_000).line).toBeLessThan(1_000);
});
