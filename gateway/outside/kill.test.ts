// Few of the kills of R1, for every push: a hundred are in kill.world.ts, a thousand in kill.soak.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { killOften, writerAt } from '../../fixtures/faults/killed.ts';
import { verifyFolder } from './verify-folder.ts';

test('R1, A31: killed 4 times in the middle of writing, the gateway starts each time and has lost nothing it acknowledged', async () => {
  const { acknowledged, epochs } = await killOften(4, 2, 4);
  expect(acknowledged).toBeGreaterThan(100);
  expect(epochs).toBeGreaterThan(1);
});

test('A40: verifying while a gateway writes says intact, every time', async () => {
  const at = await mkdtemp(join(tmpdir(), 'sallyport-verify-'));
  onTestFinished(() => rm(at, { recursive: true, force: true }));
  const child = writerAt(at, 0);
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.stdout.resume();
  const seen: number[] = [];
  while (seen.length < 15 || seen.at(-1) === seen[0]) {
    const found = await verifyFolder(join(at, 'data'));
    expect(found).toMatchObject({ verdict: 'intact' });
    seen.push(found.records);
  }
  child.kill('SIGKILL');
  await ended;
});
