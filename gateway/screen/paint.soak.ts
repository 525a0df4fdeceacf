// The laws of paint at length (SUITE=soak). SEED=n tries again what failed; RUNS=n sets how many.
import { test } from 'vitest';
import { keyframeLaw, noiseLaw, pageLaw, paintLaw } from './laws.fixture.ts';

const RUNS = Number(process.env['RUNS'] ?? 50_000);

test('D5 paint(a, b) makes a terminal that shows a show b, and the stream then goes on as if nothing was skipped', () => {
  paintLaw(RUNS);
});

test('D5 the same for pages as full-screen programs draw them', () => {
  pageLaw(RUNS);
});

test('a keyframe shows the screen on a terminal in any state', () => {
  keyframeLaw(RUNS);
});

test('X8 noise of any kind in any size is survived, and what it shows can be painted', () => {
  noiseLaw(RUNS);
});
