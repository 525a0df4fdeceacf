import { expect, test } from 'vitest';
import { openThinness } from './thinness.ts';

/** Sends `bytes` in runs over a line of `rate` bytes a ms and `tripMs` there and back, and answers every question. */
function carry(bytes: number, rate: number, tripMs: number) {
  const line = openThinness();
  line.asked(0);
  line.answered(tripMs);
  let now = tripMs;
  for (let sent = 0; sent < bytes; sent += 1024)
    if (line.sent(1024)) {
      line.asked(now);
      now += (16 * 1024) / rate + tripMs;
      line.answered(now);
    }
  return line;
}

test('a line is thin until it is known to keep up, and stays thin where it is long or narrow', () => {
  expect(openThinness().thin).toBe(true);
  expect(carry(0, 100_000, 1).thin).toBe(false);
  expect(carry(200_000, 100_000, 1).thin).toBe(false);
  expect(carry(0, 8, 300).thin).toBe(true);
  expect(carry(200_000, 8, 1).thin).toBe(true);
  expect(carry(200_000, 100_000, 150).thin).toBe(true);
});

test('a question that is still open is not asked again, and a moment of trouble does not make a line thin', () => {
  const line = carry(0, 1_000, 2);
  expect(line.sent(20_000)).toBe(true);
  line.asked(100);
  expect(line.sent(200_000)).toBe(false);
  line.answered(200);
  expect(line.thin).toBe(false);
  line.asked(300);
  line.answered(400);
  expect(line.thin).toBe(true);
});

test('a first answer that a busy machine gave late is doubted, so that a near line is not thin for long; a long line is asked no more than before', () => {
  const near = openThinness();
  near.asked(0);
  near.answered(110);
  for (let now = 200; near.thin; now += 10) {
    expect(now).toBeLessThan(260);
    expect(near.sent(10)).toBe(true);
    near.asked(now);
    near.answered(now + 1);
  }
  const far = openThinness();
  far.asked(0);
  far.answered(300);
  for (let key = 0; key < 1_000; key += 1) expect(far.sent(10)).toBe(false);
  const between = openThinness();
  between.asked(0);
  between.answered(100);
  let asked = 0;
  for (let key = 0; key < 1_000; key += 1) {
    if (!between.sent(10)) continue;
    asked += 1;
    between.asked(key);
    between.answered(key + 100);
  }
  expect(asked).toBe(6);
  expect(between.thin).toBe(true);
});
