import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { killedAfter, namesIn, writerProgram } from '../../fixtures/faults/killed.ts';
import { verifyFolder } from './verify-folder.ts';

test('R1, A31: killed 15 times in the middle of writing, the gateway starts each time and has lost nothing it acknowledged', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-kill-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const acknowledged: string[] = [];
  for (let life = 0; life < 15; life += 1) acknowledged.push(...(await killedAfter(folder, life, 1 + ((life * 37) % 211))));
  const names = await namesIn(folder);
  expect(acknowledged.length).toBeGreaterThan(500);
  expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
  // The last kill may have left a torn line, which only a start sets aside.
  const found = await verifyFolder(folder);
  expect(found.verdict).toMatch(/^(intact|torn)$/);
  // Kills met epochs that turned, too.
  expect(found.epochs).toBeGreaterThan(5);
});

test('A40: verifying while a gateway writes says intact, every time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-verify-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, ['--no-warnings', writerProgram, folder, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.stdout.resume();
  const seen: number[] = [];
  while (seen.length < 15 || seen.at(-1) === seen[0]) {
    const found = await verifyFolder(folder);
    expect(found).toMatchObject({ verdict: 'intact' });
    seen.push(found.records);
  }
  child.kill('SIGKILL');
  await ended;
});
