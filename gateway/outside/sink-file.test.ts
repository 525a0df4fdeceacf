import { appendFile, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { code } from '../../fixtures/outcome.ts';
import type { SinkLine } from '../audit/sink.ts';
import { realClock } from './clock.ts';
import { realDisk } from './disk.ts';
import { openReceiver } from './receivers.ts';
import { openSinkFile } from './sink-file.ts';

const lines = (...seqs: readonly number[]): readonly SinkLine[] =>
  seqs.map((seq) => ({ seq, at: 1, severity: 'info', type: 'audit.heartbeat', hash: 'h', text: `{"seq":${seq}}` }));
async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'sallyport-sink-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

test('S77: lines are appended, to a file of ours alone; one that was moved away is begun again; a torn line is ended first', async () => {
  const path = join(await folder(), 'events.jsonl');
  const sink = openSinkFile(realDisk, path);
  expect(await sink.deliver(lines(1, 2))).toEqual({ taken: true });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await rename(path, `${path}.1`);
  await sink.deliver(lines(3));
  await appendFile(path, '{"seq":4,"na');
  await sink.deliver(lines(4, 5));
  expect(await readFile(`${path}.1`, 'utf8')).toBe('{"seq":1}\n{"seq":2}\n');
  expect(await readFile(path, 'utf8')).toBe('{"seq":3}\n{"seq":4,"na\n{"seq":4}\n{"seq":5}\n');
});

test('A4: no link is followed; a folder that is not there, or no absolute path, is told', async () => {
  const root = await folder();
  await symlink(join(root, 'elsewhere'), join(root, 'link'));
  expect(await openSinkFile(realDisk, join(root, 'link')).deliver(lines(1))).toMatchObject({
    taken: false,
    cause: expect.stringContaining('ELOOP'),
  });
  await expect(stat(join(root, 'elsewhere'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await openSinkFile(realDisk, join(root, 'none', 'f')).deliver(lines(1))).toMatchObject({ taken: false, final: false });
  const config = { kind: 'file', name: 'f', query: '', format: 'row', path: 'events.jsonl' } as const;
  expect(code(await openReceiver(config, { disk: realDisk, clock: realClock }))).toBe('bad-request');
});
