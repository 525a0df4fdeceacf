import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { openMemoryTrail } from '../../fixtures/memory-trail.ts';
import { good, problem } from '../../fixtures/outcome.ts';
import { fileStanding, openFileAnchor, standingNote } from './anchor-file.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'anchor-file-'));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}
const trail = openMemoryTrail();
trail.append(...[1, 2, 3].map((n) => n.toString(16).padStart(64, '0')));

test('S75: the gateway never makes its anchor file, follows no link to it, and is not held up by what is no file', async () => {
  const at = await folder();
  await writeFile(path.join(at, 'file'), '');
  await symlink(path.join(at, 'file'), path.join(at, 'link'));
  await mkdir(path.join(at, 'folder'));
  await promisify(execFile)('mkfifo', [path.join(at, 'fifo')]);
  for (const [name, cause] of [
    ['missing', /ENOENT/],
    ['link', /ELOOP/],
    ['folder', /EISDIR/],
    ['fifo', /ENXIO|not a regular file/],
  ] as const) {
    const anchor = openFileAnchor('vault', path.join(at, name), trail.chain);
    expect([name, problem(await anchor.take([trail.headAt(3)]))?.detail]).toEqual([name, expect.stringMatching(cause)]);
  }
  expect(await readFile(path.join(at, 'file'), 'utf8')).toBe('');
});

test('S75: whose the file is, and what it does not prove, is looked at and told as it is', async () => {
  const at = await folder();
  const file = path.join(at, 'file');
  await writeFile(file, '');
  await chmod(file, 0o600);
  const own = process.getuid?.() ?? 0;
  expect(await fileStanding(file, own)).toMatchObject({ appendOnly: false, ownedByGateway: true, replaceable: true });
  expect(await fileStanding(file, own + 1)).toMatchObject({ ownedByGateway: false });
  const anchor = openFileAnchor('vault', file, trail.chain);
  expect(anchor.note).toBeUndefined();
  good(await anchor.take([trail.headAt(2), trail.headAt(3)]));
  expect(anchor.note).toBe('the file is owned by the gateway, which could rewrite it');
  expect(good(await anchor.newest())).toEqual({ held: 'head', size: 3, root: trail.headAt(3).root });

  const foreign = { appendOnly: false, ownedByGateway: false, replaceable: false, asRoot: false };
  expect(standingNote({ ...foreign, appendOnly: true })).toBeUndefined();
  expect(standingNote({ ...foreign, appendOnly: true, asRoot: true })).toMatch(/root and could lift that/);
  expect(standingNote(foreign)).toMatch(/could overwrite it/);
  expect(standingNote({ ...foreign, replaceable: true })).toMatch(/another in its place/);
});
