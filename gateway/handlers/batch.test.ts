import { generateSync } from 'otplib';
import { expect, test } from 'vitest';
import { newDevice, openEntrance, openLine } from '../../fixtures/entrance.ts';
import type { Server } from '../access/server.ts';
import { digestOf } from '../identity/digest.ts';
import { newSeed } from '../outside/totp.ts';
import { batchFactor } from './batch.ts';

const gateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const problem = (code: string) => ({ ok: false, problem: expect.objectContaining({ code }) });

/** uma, who reaches web-* and db-*, on servers where each shell takes a factor. */
async function withServers() {
  const office = await openEntrance(undefined, 'batch');
  const person = await office.invite('uma');
  office.script.subject = 'uma';
  const line = openLine();
  const signed = await office.signIn(line, newDevice());
  if (!signed.ok) throw new Error(signed.problem.code);
  const seed = newSeed();
  const { login } = signed.value.self;
  await office.vault.put(`factor:${person}`, Buffer.from(seed));
  await office.commit(
    { ...gateway, type: 'factor.enrolment-started', data: { person, login, secretDigest: digestOf(seed) } },
    { ...gateway, type: 'factor.enrolled', data: { person, login, step: 1, recoveryDigests: [] } },
  );
  await office.group('all', ['uma'], [{ servers: { name: '*' }, level: 'terminal', users: [] }]);
  const servers: Server[] = [];
  for (let nth = 1; nth <= 10; nth += 1) servers.push(await office.server(`web-${nth}`, { tier: 'important' }));
  const verdict = (server: Server): string =>
    office.enforcer.decide(office.callOn(line).caller, 'shell.open', { kind: 'server', server }).verdict;
  return {
    ...office,
    servers,
    outside: await office.server('db-1', { tier: 'important' }),
    critical: await office.server('web-vault', { tier: 'critical' }),
    verdict,
    code: () => generateSync({ secret: seed, epoch: Math.floor(office.clock.now() / 1000) }),
    batch: (code: string, { name = 'web-*', minutes = 60 } = {}) =>
      batchFactor(office.callOn(line), { code, servers: { name }, minutes, why: 'rolling out 2.4' }),
  };
}

test('[M15, E16] ten panes are one code: it covers the servers chosen, for as long as declared; the eleventh, outside, asks', async () => {
  const office = await withServers();
  const { servers, verdict, outside, critical } = office;
  expect(servers.map(verdict)).toEqual(servers.map(() => 'challenge'));
  const done = await office.batch(office.code());
  expect(done).toEqual({ ok: true, value: { until: office.clock.now() + 3_600_000, servers: 10 } });
  expect(office.log.events.find(({ type }) => type === 'factor.proven')?.data).toMatchObject({
    action: 'shell.open',
    servers: { name: 'web-*' },
    why: 'rolling out 2.4',
  });
  expect(servers.map(verdict)).toEqual(servers.map(() => 'allow'));
  expect(verdict(outside)).toBe('challenge');
  // A critical server takes a code of its own, whatever was declared.
  expect(verdict(critical)).toBe('challenge');
});

test('[M15, T18] it serves until the second before its end and not at it, and not when the clock is set back', async () => {
  const office = await withServers();
  const [server] = office.servers;
  if (server === undefined) throw new Error('no server');
  await office.batch(office.code(), { minutes: 25 });
  office.clock.pass(25 * 60_000 - 1_000);
  expect(office.verdict(server)).toBe('allow');
  office.clock.pass(1_000);
  expect(office.verdict(server)).toBe('challenge');
  office.clock.step(-26 * 60_000);
  expect(office.verdict(server)).toBe('challenge');
});

test('[M15, T10] a code is spent on a batch once; a used one is refused and locks nobody', async () => {
  const office = await withServers();
  const code = office.code();
  expect(await office.batch(code)).toMatchObject({ ok: true });
  for (let nth = 0; nth < 60; nth += 1) expect(await office.batch(code)).toEqual(problem('code-used'));
  office.clock.pass(30_000);
  expect(await office.batch(office.code())).toMatchObject({ ok: true });
});

test('[M15] nothing chosen, only critical ones, or a recovery code: no batch, and the code is not spent', async () => {
  const office = await withServers();
  const code = office.code();
  expect(await office.batch(code, { name: 'mail-*' })).toEqual(problem('not-found'));
  expect(await office.batch(code, { name: 'web-vault' })).toEqual(problem('bad-request'));
  expect(await office.batch('abcd-efgh-ijkm-npqr')).toEqual(problem('code-wrong'));
  expect(await office.batch(code)).toMatchObject({ ok: true });
});
