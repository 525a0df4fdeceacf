import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CredentialsFile } from '../../gateway/protocol/operator.ts';
import { credentialsPathOf, readCredentials, withoutLogin, writeCredentials } from './credentials.ts';
import { makeDeviceKey, readDeviceKey } from './device-key.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-credentials-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sample = (): CredentialsFile => ({
  version: 1,
  gateway: { url: 'https://gate.example', key: 'a'.repeat(43), name: 'gate' },
  device: { key: makeDeviceKey().secret },
  token: 'secret-token',
  person: 'ana',
});

test('what was written is read back, in a file and folder that are the owner’s alone (B1)', async () => {
  const path = join(folder, 'own', 'default.json');
  const credentials = sample();
  expect(await writeCredentials(path, credentials)).toEqual({ ok: true, value: undefined });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'own'))).mode & 0o777).toBe(0o700);
  expect(await readCredentials(path)).toEqual({ ok: true, value: credentials });
});

test('a file others may read is refused and the reason names its mode, not its content (B1)', async () => {
  const path = join(folder, 'open.json');
  await writeCredentials(path, sample());
  await chmod(path, 0o640);
  const read = await readCredentials(path);
  expect(read).toMatchObject({ ok: false, problem: { code: 'credentials' } });
  expect(JSON.stringify(read)).toContain('640');
  expect(JSON.stringify(read)).not.toContain('secret-token');
});

test('a symbolic link in place of the file is refused', async () => {
  const path = join(folder, 'real.json');
  await writeCredentials(path, sample());
  await symlink(path, join(folder, 'link.json'));
  expect(await readCredentials(join(folder, 'link.json'))).toMatchObject({ ok: false, problem: { code: 'credentials' } });
});

test('no file is no error; a file that is none of ours is one', async () => {
  expect(await readCredentials(join(folder, 'absent.json'))).toEqual({ ok: true, value: undefined });
  const path = join(folder, 'strange.json');
  await writeFile(path, '{"version":1,"token":"secret-token"}', { mode: 0o600 });
  const read = await readCredentials(path);
  expect(read.ok).toBe(false);
  expect(JSON.stringify(read)).not.toContain('secret-token');
});

test('SALLYPORT_TOKEN takes the place of the file, as JSON or base64url of it', async () => {
  const credentials = sample();
  const json = JSON.stringify(credentials);
  const wanted = { ok: true, value: credentials };
  expect(await readCredentials('/nowhere', { SALLYPORT_TOKEN: json })).toEqual(wanted);
  expect(await readCredentials('/nowhere', { SALLYPORT_TOKEN: Buffer.from(json).toString('base64url') })).toEqual(wanted);
  expect(await readCredentials('/nowhere', { SALLYPORT_TOKEN: 'nonsense' })).toMatchObject({ ok: false });
});

test('writing again replaces the file whole and leaves nothing beside it', async () => {
  const path = join(folder, 'twice', 'c.json');
  await writeCredentials(path, sample());
  const without = withoutLogin(sample());
  await writeCredentials(path, without);
  expect(await readFile(path, 'utf8')).not.toContain('secret-token');
  expect(await readdir(join(folder, 'twice'))).toEqual(['c.json']);
});

test('the path follows XDG_CONFIG_HOME when that is absolute, and a context name cannot leave the folder', () => {
  expect(credentialsPathOf('work', { XDG_CONFIG_HOME: '/x' }, '/home/u')).toEqual({ ok: true, value: '/x/sallyport/work.json' });
  expect(credentialsPathOf('work', { XDG_CONFIG_HOME: 'rel' }, '/home/u')).toEqual({
    ok: true,
    value: '/home/u/.config/sallyport/work.json',
  });
  expect(credentialsPathOf('../work', {}, '/home/u').ok).toBe(false);
});

test('a device key survives being written down, and a spoilt one is a problem, not a throw', () => {
  const key = makeDeviceKey();
  const again = readDeviceKey(key.secret);
  expect(again.ok && again.value.publicKey).toBe(key.publicKey);
  expect(again.ok && again.value.sign('x')).toBe(key.sign('x'));
  expect(readDeviceKey('AAAA')).toMatchObject({ ok: false, problem: { code: 'credentials' } });
});
