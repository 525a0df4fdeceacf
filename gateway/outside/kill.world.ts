// R1 in CI: a hundred kills.
import { expect, test } from 'vitest';
import { killOften } from '../../fixtures/faults/killed.ts';

test('R1: 100 kills lose no acknowledged event and no byte of a recording, while epochs turn and segments get their manifests', async () => {
  const done = await killOften(100, 0, 10);
  expect(done.acknowledged).toBeGreaterThan(3000);
  expect(done.epochs).toBeGreaterThan(10);
  expect(done.manifests).toBeGreaterThan(10);
}, 600_000);
