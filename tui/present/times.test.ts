import fc from 'fast-check';
import { expect, test } from 'vitest';
import { age, bytes, countdown, grouped, load } from './times.ts';

const minute = 60_000;
test('ages go from minutes to years and change at most once a minute', () => {
  expect(
    [
      0,
      59_999,
      minute,
      59 * minute,
      60 * minute,
      47 * 60 * minute,
      72 * 60 * minute,
      300 * 1440 * minute,
      1000 * 1440 * minute,
    ].map((ms) => age(0, ms)),
  ).toEqual(['<1m', '<1m', '1m', '59m', '1h', '47h', '3d', '42w', '2y']);
  expect(age(10, 0)).toBe('<1m');
});

test('sizes take at most five cells', () => {
  expect([0, 999, 1_000, 12_345, 999_600, 45_000_000, 3.1e9].map(bytes)).toEqual([
    '0',
    '999',
    '1.0k',
    '12k',
    '1.0M',
    '45M',
    '3.1G',
  ]);
  fc.assert(fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (n) => bytes(n).length <= 5));
});

test('load, countdown and thousands', () => {
  expect([42, 1_200, 10_400].map(load)).toEqual(['0.42', '12.0', '104']);
  expect([countdown(67_001, 0), countdown(0, 5)]).toEqual(['1:08', '0:00']);
  expect([1, 1_234, 1_234_567].map(grouped)).toEqual(['1', '1,234', '1,234,567']);
});
