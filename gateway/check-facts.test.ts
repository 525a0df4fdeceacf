import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openProvider } from '../fixtures/identity-provider/provider.ts';
import { checklist } from './check.ts';
import { gatherFacts } from './check-facts.ts';
import type { CheckVerdict } from './check-line.ts';
import { openGateway } from './gateway.ts';
import { initialise } from './init.ts';

const client = { clientId: 'gateway', clientSecret: 's' };

/** A new workspace of one invited superuser, and one more person, at a real provider. */
async function workspace(): Promise<string> {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), 'sallyport-check-'));
  const provider = await openProvider({ people: [{ sub: 'a', email: 'a@x.example', name: 'A', groups: [] }], ...client });
  onTestFinished(async () => {
    await provider.close();
    await fs.rm(root, { recursive: true, force: true });
  });
  const data = path.join(root, 'data');
  const made = await initialise({
    data,
    clientSecret: client.clientSecret,
    superuser: { name: 'ana', claim: { kind: 'email', value: 'a@x.example' } },
    seed: { people: [{ name: 'uma', claim: { kind: 'email', value: 'u@x.example' }, role: 'user' }], groups: [], servers: [] },
    config: {
      name: 'checked',
      listen: '127.0.0.1:0',
      hosts: [],
      tls: true,
      trustedProxies: [],
      provider: { issuer: provider.issuer, clientId: client.clientId, scope: 'openid email' },
    },
  });
  if (!made.ok) throw new Error(JSON.stringify(made.problem));
  return data;
}

async function factsOf(data: string, now = Date.now) {
  const facts = await gatherFacts(data, now);
  if (!facts.ok) throw new Error(JSON.stringify(facts.problem));
  return facts.value;
}

/** What does not pass; the disk of whoever runs this is left out. */
async function wrong(data: string, now = Date.now): Promise<Readonly<Record<string, CheckVerdict>>> {
  const lines = checklist(await factsOf(data, now)).filter(({ id, verdict }) => verdict !== 'pass' && id !== 'disk');
  return Object.fromEntries(lines.map(({ id, verdict }) => [id, verdict]));
}

/** A workspace to which nobody has come yet. */
const fresh = { anchors: 'fail', superusers: 'fail', 'superuser-factors': 'unknown', 'factor-required': 'fail' } as const;

test('S32: a new workspace fails only for the people who are still to come; the provider is asked, nothing is changed', async () => {
  const data = await workspace();
  const before = await fs.readdir(data, { recursive: true });
  const facts = await factsOf(data);
  expect(facts.provider).toMatchObject({ ok: true, value: { deviceFlow: true } });
  expect(facts.people?.map(({ name, status, role }) => [name, status, role])).toEqual([
    ['ana', 'invited', 'superuser'],
    ['uma', 'invited', 'user'],
  ]);
  expect(facts).toMatchObject({
    lock: 'free',
    factorRequired: false,
    log: { verdict: 'intact' },
    files: { loose: [], foreign: [] },
  });
  expect(await wrong(data)).toEqual(fresh);
  // Fifteen days later nobody has come.
  expect(await wrong(data, () => Date.now() + 15 * 86_400_000)).toEqual({ ...fresh, invitations: 'fail' });
  expect(await wrong(data, () => Date.now() - 3_600_000)).toEqual({ ...fresh, clock: 'fail' });
  expect(await fs.readdir(data, { recursive: true })).toEqual(before);
});

test('S32: while the gateway runs the answers are the same, and it is said to run', async () => {
  const data = await workspace();
  const gateway = await openGateway({ data, listen: undefined, rebuild: false, onFatal: () => undefined, log: () => undefined });
  if (!gateway.ok) throw new Error(JSON.stringify(gateway.problem));
  onTestFinished(() => gateway.value.close());
  expect(await wrong(data)).toEqual(fresh);
  expect((await factsOf(data)).lock).toBe('held');
});

test('S32: modes, links, keys, locks and the saved state are seen as they are', async () => {
  const data = await workspace();
  const at = (name: string): string => path.join(data, name);
  await fs.chmod(at('ca.pem'), 0o644);
  expect(await wrong(data)).toEqual(fresh);
  await fs.chmod(at('vault.json'), 0o640);
  await fs.chmod(at('keys/vault.key'), 0o604);
  expect((await factsOf(data)).files.loose).toEqual(['keys/vault.key', 'vault.json']);
  expect(await wrong(data)).toEqual({ ...fresh, folder: 'fail', keys: 'fail' });
  await fs.chmod(at('vault.json'), 0o600);
  await fs.chmod(at('keys/vault.key'), 0o600);

  await fs.symlink('/etc/hostname', at('recordings/link'));
  expect(await wrong(data)).toEqual({ ...fresh, folder: 'fail' });
  await fs.rm(at('recordings/link'));
  await fs.rm(at('gateway.lock'), { force: true });
  await fs.mkdir(at('gateway.lock'), { mode: 0o700 });
  expect(await wrong(data)).toEqual({ ...fresh, lock: 'fail' });
  await fs.rmdir(at('gateway.lock'));
  for (const key of ['keys/ca.key', 'keys/epoch.key']) {
    await fs.rename(at(key), at('keys/elsewhere'));
    expect(await wrong(data)).toEqual({ ...fresh, keys: 'fail' });
    expect((await factsOf(data)).files.missingKeys).toEqual([key]);
    await fs.rename(at('keys/elsewhere'), at(key));
  }

  const people = {
    'separation-of-duties': 'unknown',
    superusers: 'unknown',
    'superuser-factors': 'unknown',
    'factor-required': 'unknown',
    invitations: 'unknown',
    anchors: 'fail',
  } as const;
  const saved = await fs.readFile(at('state.json'), 'utf8');
  await fs.writeFile(at('state.json'), saved.replace('"ana"', '"bob"'));
  expect(await wrong(data)).toEqual({ ...people, 'audit-log': 'unknown', 'saved-state': 'fail', clock: 'unknown' });
  await fs.writeFile(at('state.json'), saved);
  const [segment = ''] = (await fs.readdir(at('audit'))).filter((name) => name.endsWith('.jsonl'));
  const log = await fs.readFile(at(`audit/${segment}`), 'utf8');
  await fs.writeFile(at(`audit/${segment}`), log.replace('"superuser"', '"superusex"'));
  expect(await wrong(data)).toEqual({ ...people, 'audit-log': 'fail', 'saved-state': 'unknown', clock: 'unknown' });
});

test('S32: a folder that is no workspace is not checked, and says so', async () => {
  expect(await gatherFacts('/nonexistent/sallyport', Date.now)).toMatchObject({
    ok: false,
    problem: { code: 'not-initialised' },
  });
});
