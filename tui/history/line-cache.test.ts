import { expect, test } from 'vitest';
import { blankRow } from '../../gateway/screen/row.ts';
import { openLineCache } from './line-cache.ts';

const rows = (count: number) => Array.from({ length: count }, () => blankRow(10));

test('[E30] what is missing is the first stretch; what may have changed is asked for again', () => {
  const cache = openLineCache();
  cache.put(10, rows(5), 12);
  expect(cache.missing({ from: 8, to: 20 })).toEqual({ from: 8, to: 10 });
  expect(cache.missing({ from: 10, to: 20 })).toEqual({ from: 15, to: 20 });
  expect(cache.missing({ from: 10, to: 15 })).toBeUndefined();
  cache.refresh();
  expect(cache.missing({ from: 10, to: 15 })).toEqual({ from: 12, to: 15 });
});

test('[R8] bounded: the lines farthest from where one looks are forgotten', () => {
  const cache = openLineCache(100);
  cache.put(0, rows(90), 1_000);
  cache.put(500, rows(60), 1_000);
  cache.trim(520);
  expect(cache.size()).toBe(100);
  expect(cache.missing({ from: 500, to: 560 })).toBeUndefined();
  expect(cache.missing({ from: 0, to: 90 })).toEqual({ from: 0, to: 50 });
});
