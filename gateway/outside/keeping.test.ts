// Small files that must not be lost, mixed or read by others: checkpoint, vault, head, keys, lock. On real files.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { failingDisk } from '../../fixtures/faults/failing-disk.ts';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { makeCheckpoint, stateDigest } from '../audit/checkpoint-seal.ts';
import { AuditUnavailable } from '../audit/commit.ts';
import { headIsSigned } from '../audit/head.ts';
import { emptyState } from '../audit/state.ts';
import type { Vault } from '../ports.ts';
import { realChance } from './chance.ts';
import { openCheckpoint } from './checkpoint.ts';
import { realClock } from './clock.ts';
import { type Disk, realDisk } from './disk.ts';
import { writeDurably } from './durable-file.ts';
import { isFolderLocked, lockFolder } from './folder-lock.ts';
import { createSigner, loadSigner } from './signer.ts';
import { createVaultKey, openVault } from './vault.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sallyport-keep-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test('R7: a file is replaced whole, 0600, without following a planted link, and leaves nothing beside it', async () => {
  const at = await folder();
  const victim = join(at, 'victim');
  await writeFile(victim, 'mine');
  const path = join(at, 'state.json');
  await symlink(victim, path);
  await writeDurably(realDisk, realChance, path, Buffer.from('new'));
  expect(await readFile(victim, 'utf8')).toBe('mine');
  expect(await readFile(path, 'utf8')).toBe('new');
  expect(await modeOf(path)).toBe(0o600);
  await writeDurably(realDisk, realChance, path, Buffer.from('newer'), `${path}.previous`);
  expect((await readdir(at)).sort()).toEqual(['state.json', 'state.json.previous', 'victim']);
  expect(await readFile(`${path}.previous`, 'utf8')).toBe('new');
});

test('R7: a checkpoint that could not be written leaves the one before, on disk and in memory', async () => {
  const disk = new PowerDisk();
  const checkpoint = openCheckpoint(disk, seededChance('c'), '/d/state.json');
  const of = (generation: number) => makeCheckpoint(emptyState(), generation, stateDigest(emptyState()));
  await checkpoint.write(of(1));
  for (let call = 1; call <= 9; call += 1) {
    disk.failAt({ call, code: 'ENOSPC', forEver: false });
    await expect(checkpoint.write(of(2))).rejects.toThrow('ENOSPC');
    disk.failAt(undefined);
    const read = await openCheckpoint(disk, seededChance('d'), '/d/state.json').read();
    // The last call is the sync of the folder: the new file is there, but nobody was told that it stays.
    expect(read).toMatchObject({ ok: true, value: { generation: call === 9 ? 2 : 1 } });
  }
  await checkpoint.write(of(2));
  await expect(checkpoint.write(of(2))).rejects.toThrow('older');
});

test('a checkpoint that is empty, cut, edited or of another shape is refused with its reason', async () => {
  const at = await folder();
  const path = join(at, 'state.json');
  const checkpoint = openCheckpoint(realDisk, realChance, path);
  expect(await checkpoint.read()).toEqual({ ok: true, value: undefined });
  await checkpoint.write(makeCheckpoint(emptyState(), 1, stateDigest(emptyState())));
  const good = await readFile(path, 'utf8');
  for (const bad of [
    '',
    '{',
    good.slice(0, -2),
    '[]',
    good.replace('"generation":1', '"generation":2'),
    good.replace('"accessVersion":0', '"accessVersion":1'),
  ]) {
    await writeFile(path, bad);
    expect(await checkpoint.read()).toMatchObject({ ok: false, problem: { code: 'state-altered' } });
  }
  await writeFile(path, good);
  expect(await checkpoint.read()).toMatchObject({ ok: true, value: { generation: 1 } });
});

async function vaultIn(disk: Disk, at: string): Promise<Vault> {
  await createVaultKey(disk, realChance, `${at}/keys/vault.key`);
  const vault = await openVault(disk, realChance, { file: `${at}/vault.json`, key: `${at}/keys/vault.key` });
  if (!vault.ok) throw new Error(vault.problem.code);
  return vault.value;
}

test('T16: secrets are sealed in the file, come back after a restart, and cannot be swapped', async () => {
  const at = await folder();
  const vault = await vaultIn(realDisk, at);
  await Promise.all([
    vault.put('factor:a', Buffer.from('canary-seed-a')),
    vault.put('factor:b', Buffer.from('canary-seed-b')),
    vault.put('__proto__', Buffer.from('odd')),
  ]);
  await vault.remove(['__proto__', 'never there']);
  const text = await readFile(`${at}/vault.json`, 'utf8');
  expect(text).not.toContain('canary');
  expect([await modeOf(`${at}/vault.json`), await modeOf(`${at}/keys/vault.key`), await modeOf(`${at}/keys`)]).toEqual([
    0o600, 0o600, 0o700,
  ]);
  const again = await vaultIn(realDisk, at);
  expect(again.names()).toEqual(['factor:a', 'factor:b']);
  expect(Buffer.from(again.get('factor:a') ?? []).toString()).toBe('canary-seed-a');
  expect(again.get('factor:c')).toBeUndefined();

  await writeFile(
    `${at}/vault.json`,
    text.replace('factor:a', 'factor:x').replace('factor:b', 'factor:a').replace('factor:x', 'factor:b'),
  );
  const paths = { file: `${at}/vault.json`, key: `${at}/keys/vault.key` };
  expect(await openVault(realDisk, realChance, paths)).toMatchObject({ ok: false, problem: { code: 'state-altered' } });
  await rm(paths.key);
  expect(await openVault(realDisk, realChance, paths)).toMatchObject({ ok: false, problem: { code: 'not-initialised' } });
});

test('R3: a secret that could not be written is not in the vault, and later ones can be', async () => {
  const disk = new PowerDisk();
  const vault = await vaultIn(disk, '/d');
  await vault.put('a', Buffer.from('1'));
  for (let call = 1; call <= 4; call += 1) {
    disk.failAt({ call, code: 'EIO', forEver: false });
    await expect(vault.put('b', Buffer.from('2'))).rejects.toThrow('EIO');
    disk.failAt(undefined);
    expect(vault.names()).toEqual(['a']);
  }
  await Promise.all([vault.put('b', Buffer.from('2')), vault.put('c', Buffer.from('3')), vault.remove(['a'])]);
  expect((await vaultIn(disk, '/d')).names()).toEqual(['b', 'c']);
});

test('the key of the gateway is made once, 0600, and signs what its public half verifies', async () => {
  const at = await folder();
  const path = `${at}/keys/gateway.key`;
  expect(await loadSigner(realDisk, path)).toMatchObject({ ok: false, problem: { code: 'not-initialised' } });
  const made = await createSigner(realDisk, realChance, path);
  const loaded = await loadSigner(realDisk, path);
  if (!made.ok || !loaded.ok) throw new Error('a key');
  expect(loaded.value.publicKey).toBe(made.value.publicKey);
  expect(made.value.publicKey).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(await modeOf(path)).toBe(0o600);
  expect(await createSigner(realDisk, realChance, path)).toMatchObject({ ok: false, problem: { code: 'already-initialised' } });
  const head = { chain: 'c', size: 1, hash: 'h', ts: 0 };
  const signature = loaded.value.sign(['sallyport-head-v1', 'c', 1, 'h', 0].join('\0'));
  expect(headIsSigned({ ...head, signature }, made.value.publicKey)).toBe(true);
  expect(headIsSigned({ ...head, size: 2, signature }, made.value.publicKey)).toBe(false);
  expect(headIsSigned({ ...head, signature: 'x' }, 'not a key')).toBe(false);
  await writeFile(path, 'nonsense');
  expect(await loadSigner(realDisk, path)).toMatchObject({ ok: false, problem: { code: 'gateway-key' } });
});

test('A31: a folder has one gateway; the file of the lock alone neither protects nor blocks', async () => {
  const at = await folder();
  expect(await isFolderLocked(at)).toBe(false);
  await writeFile(join(at, 'gateway.lock'), 'left over');
  expect(await isFolderLocked(at)).toBe(false);
  const one = await lockFolder(at);
  if (!one.ok) throw new Error('free');
  expect(await isFolderLocked(at)).toBe(true);
  expect(await lockFolder(at)).toMatchObject({ ok: false, problem: { code: 'locked' } });
  await one.value.release();
  const two = await lockFolder(at);
  expect(two.ok).toBe(true);
  if (two.ok) await two.value.release();
});

test('A31: the lock stays while the process lives, also when nobody keeps what locking returned', async () => {
  const at = await folder();
  expect((await lockFolder(at)).ok).toBe(true);
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  // Finishers run a turn after the collector.
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  expect(await isFolderLocked(at)).toBe(true);
});

test('the real clock calls back once, and not when called off', async () => {
  const calls: string[] = [];
  realClock.after(1, () => calls.push('called off'))();
  await new Promise<void>((resolve) => realClock.after(2, resolve));
  expect(calls).toEqual([]);
  expect(Number.isInteger(realClock.now()) && Number.isInteger(realClock.mono())).toBe(true);
});

test('[law 1] a vault that cannot be written says so like the log does, and still gives what it had', async () => {
  const at = await folder();
  const key = `${at}/keys/vault.key`;
  await createVaultKey(realDisk, realChance, key);
  const disk = failingDisk();
  const vault = await openVault(disk, realChance, { file: `${at}/vault.json`, key });
  if (!vault.ok) throw new Error(vault.problem.code);
  await vault.value.put('kept', Buffer.from('before'));
  disk.failure = 'ENOSPC';
  await expect(vault.value.put('kept', Buffer.from('after'))).rejects.toThrow(AuditUnavailable);
  expect(Buffer.from(vault.value.get('kept') ?? []).toString()).toBe('before');
  disk.failure = undefined;
  await vault.value.put('kept', Buffer.from('after'));
  expect(Buffer.from(vault.value.get('kept') ?? []).toString()).toBe('after');
});

test('folders are made 0700, whatever was there before stays', async () => {
  const at = await folder();
  await realDisk.makeFolder(`${at}/x/y`);
  expect(await modeOf(`${at}/x/y`)).toBe(0o700);
  await mkdir(`${at}/z`);
  await chmod(`${at}/z`, 0o750);
  await realDisk.makeFolder(`${at}/z`);
  expect(await modeOf(`${at}/z`)).toBe(0o750);
  expect(await realDisk.list(`${at}/none`)).toEqual([]);
  expect(await realDisk.freeBytes(at)).toBeGreaterThan(0);
});
