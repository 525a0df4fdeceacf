// Keys of epochs on real files: who has the folder afterwards has none of those that are over.
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HandClock } from '../../fixtures/faults/hand-clock.ts';
import { openKeptLog } from '../../fixtures/kept-log.ts';
import { initialised } from '../../fixtures/log-life.ts';
import { good } from '../../fixtures/outcome.ts';
import { isSigned } from '../audit/epoch.ts';
import { realChance } from './chance.ts';
import { dataFolder } from './data-folder.ts';
import { realDisk } from './disk.ts';
import { createEpochKeys, openEpochKeys } from './epoch-keys.ts';
import { createSigner } from './signer.ts';

async function folder() {
  const root = await mkdtemp(join(tmpdir(), 'sallyport-epochs-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return { root, paths: dataFolder(root) };
}

/** A private key in each form in which it could be lying about. */
async function formsOf(path: string): Promise<Buffer[]> {
  const pem = await readFile(path, 'utf8');
  const raw = Buffer.from(createPrivateKey(pem).export({ format: 'jwk' }).d ?? '', 'base64url');
  expect(raw).toHaveLength(32);
  const body = pem.split('\n')[1] ?? '';
  return [raw, Buffer.from(raw.toString('base64url')), Buffer.from(raw.toString('hex')), Buffer.from(body)];
}
/** The files under a folder that hold one of these. */
async function holding(root: string, forms: readonly Buffer[]): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = await readFile(join(entry.parentPath, entry.name));
    if (forms.some((form) => content.includes(form))) found.push(entry.name);
  }
  return found;
}

test('forward security: once an epoch has turned, its private key is nowhere under the data folder', async () => {
  const { root, paths } = await folder();
  const clock = new HandClock();
  const kept = { disk: realDisk, root, clock, chance: realChance };
  const log = good(await openKeptLog(kept));
  await log.commit(() => ({ events: [initialised(log)], answer: undefined }));
  await log.close();
  for (let epoch = 1; epoch <= 3; epoch += 1) {
    const forms = await formsOf(paths.epochKey);
    expect(await holding(root, forms)).toEqual(['epoch.key']);
    clock.pass(25 * 3_600_000);
    const again = good(await openKeptLog(kept));
    expect(again.trail.certificates).toHaveLength(epoch);
    expect(await holding(root, forms)).toEqual([]);
    await again.close();
    expect(await holding(root, forms)).toEqual([]);
  }
  expect((await readdir(paths.keys)).sort()).toEqual(['epoch.key', 'gateway.key', 'root.pub']);
  expect((await stat(paths.epochKey)).mode & 0o777).toBe(0o600);
});

test('what is in force is taken up by its public half; what is over is written over, wherever a kill has left it', async () => {
  const { paths } = await folder();
  const gateway = good(await createSigner(realDisk, realChance, paths.signerKey));
  good(await createEpochKeys(realDisk, realChance, paths));
  expect(await createEpochKeys(realDisk, realChance, paths)).toMatchObject({
    ok: false,
    problem: { code: 'already-initialised' },
  });
  const open = async () => good(await openEpochKeys(realDisk, realChance, paths, gateway));
  const first = await open();
  const root = (await readFile(paths.rootKey, 'utf8')).trim();
  expect(first.rootKey).toBe(root);
  good(first.settle(root));
  const next = await first.prepare();
  expect(await first.prepare()).toBe(next);
  expect(isSigned('said', first.sign(root, 'said'), root) && isSigned('said', first.sign(next, 'said'), next)).toBe(true);

  // Killed before the turn was in the log: the next key is destroyed.
  const [rootForms, nextForms] = [await formsOf(paths.epochKey), await formsOf(paths.nextEpochKey)];
  const inode = await readFile(paths.epochKey);
  const before = await open();
  expect(before.settle('A'.repeat(43))).toMatchObject({ ok: false, problem: { code: 'epoch-key' } });
  good(before.settle(root));
  await before.clean();
  expect(await holding(paths.keys, nextForms)).toEqual([]);
  expect(() => before.sign(next, 'said')).toThrow('not here');
  expect((await readFile(paths.epochKey)).equals(inode)).toBe(true);

  // Killed after it: the key before is destroyed, also when it was half written over.
  for (const spoil of [false, true]) {
    const now = await open();
    const [held = Buffer.of()] = await formsOf(paths.epochKey);
    const following = await now.prepare();
    if (spoil) await writeFile(paths.epochKey, Buffer.alloc(20));
    const after = await open();
    good(after.settle(following));
    await after.clean();
    await after.clean();
    expect(isSigned('said', after.sign(following, 'said'), following)).toBe(true);
    expect(await holding(paths.keys, [held])).toEqual([]);
    expect((await readdir(paths.keys)).sort()).toEqual(['epoch.key', 'gateway.key', 'root.pub']);
  }
  expect(await holding(paths.keys, rootForms)).toEqual([]);
  await writeFile(paths.epochKey, 'nonsense');
  expect((await open()).settle(root)).toMatchObject({ ok: false, problem: { code: 'epoch-key' } });
});
