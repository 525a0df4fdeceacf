import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { verifyFolder } from './verify-folder.ts';
import { listSegments, readLines } from './segments.ts';
import { realDisk } from './disk.ts';

const program = fileURLToPath(new URL('../../fixtures/faults/writer.ts', import.meta.url));

/** Runs the writer until it has said `lines` lines, kills it, and returns all it said. */
async function killedAfter(folder: string, life: number, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--no-warnings', program, folder, String(life)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let complaint = '';
  child.stderr.on('data', (data: Buffer) => {
    complaint += data.toString();
  });
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString();
    if (said.split('\n').length > lines) child.kill('SIGKILL');
  });
  const signal = await new Promise((resolve) => child.once('close', (_, by) => resolve(by)));
  expect([complaint, signal]).toEqual(['', 'SIGKILL']);
  return said.split('\n').slice(0, -1);
}

async function namesIn(folder: string): Promise<Set<string>> {
  const names = new Set<string>();
  for (const { name } of await listSegments(realDisk, `${folder}/audit`)) {
    const file = await realDisk.open(`${folder}/audit/${name}`, 'read');
    for await (const lines of readLines(file, 0, await file.size()))
      for (const line of lines) {
        const match = /"name":"(l\d+w\d+i\d+)"/.exec(Buffer.from(line.bytes).toString());
        if (match?.[1] !== undefined && line.complete) names.add(match[1]);
      }
    await file.close();
  }
  return names;
}

test('R1, A31: killed 15 times in the middle of writing, the gateway starts each time and has lost nothing it acknowledged', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-kill-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const acknowledged: string[] = [];
  for (let life = 0; life < 15; life += 1) acknowledged.push(...(await killedAfter(folder, life, 1 + ((life * 37) % 211))));
  const names = await namesIn(folder);
  expect(acknowledged.length).toBeGreaterThan(500);
  expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
  // The last kill may have left a torn line, which only a start sets aside.
  expect((await verifyFolder(folder)).verdict).toMatch(/^(intact|torn)$/);
});

test('A40: verifying while a gateway writes says intact, every time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-verify-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, ['--no-warnings', program, folder, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.stdout.resume();
  const seen: number[] = [];
  for (let i = 0; i < 15; i += 1) {
    const found = await verifyFolder(folder);
    expect(found).toMatchObject({ verdict: 'intact' });
    seen.push(found.records);
  }
  child.kill('SIGKILL');
  await ended;
  expect(seen.at(-1)).toBeGreaterThan(seen[0] ?? 0);
});
