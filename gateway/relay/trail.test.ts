import { expect, test } from 'vitest';
import { openTrail } from './trail.ts';

const run = (seq: number, span: number, length = span) => ({ seq, span, bytes: new Uint8Array(length) });

test('[D6] who was cut off is told exactly what followed the picture they had', () => {
  const trail = openTrail();
  trail.add(run(0, 10));
  trail.add(run(10, 5, 0));
  trail.add(run(15, 7));
  expect(trail.since(10)?.map(({ seq }) => seq)).toEqual([10, 15]);
  expect(trail.since(22)).toEqual([]);
  expect(trail.since(12)).toBe(undefined);
  expect(trail.since(23)).toBe(undefined);
  // Half a paint says 0: that is no picture.
  expect(trail.since(0)).toBe(undefined);
  trail.clear();
  expect(trail.since(22)).toBe(undefined);
});

test('the trail is bounded, and forgets its oldest first', () => {
  const trail = openTrail(10_000);
  for (let at = 0; at < 100; at += 1) trail.add(run(at * 1000, 1000));
  expect(trail.since(1000)).toBe(undefined);
  expect(trail.since(95_000)?.length).toBe(5);
});
