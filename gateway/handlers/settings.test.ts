import { expect, test } from 'vitest';
import { code, good, problem } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import type { WorkspaceSettings } from '../protocol/access-nouns.ts';
import { openExpiry } from './expiry.ts';
import { addPersonHandler, listPeople } from './people.ts';
import { deleteWorkspace, rollbackSettings, setSettings, showSettings } from './settings.ts';

const why = 'because';

async function office() {
  const workspace = await openWorkspace();
  await workspace.person('ana', 'superuser');
  await workspace.person('bob', 'superuser');
  await workspace.person('omar', 'staff');
  await workspace.person('uma', 'user', { factor: false });
  const proven = async <T>(
    name: string,
    action: 'settings.manage' | 'workspace.delete' | 'person.manage',
    act: () => Promise<T>,
  ) => {
    workspace.clock.pass(1000);
    await workspace.prove(name, action);
    return act();
  };
  const set = (settings: Partial<WorkspaceSettings>, expected: number, name = 'ana') =>
    proven(name, 'settings.manage', () => setSettings(workspace.call(name), { settings, expect: expected, why }));
  const back = (version: number) =>
    proven('ana', 'settings.manage', () => rollbackSettings(workspace.call('ana'), { version, why }));
  const remove = (name: string, typed = 'test') =>
    proven(name, 'workspace.delete', () => deleteWorkspace(workspace.call(name), { name: typed, why }));
  return { ...workspace, proven, set, back, remove };
}

test('[S56] settings have versions: before and after in the event, no event for what is so, none over what somebody else set meanwhile', async () => {
  const { call, set, back, log } = await office();
  expect(good(await showSettings(call('ana'), {}))).toMatchObject({ version: 0, versions: [] });
  expect(code(await setSettings(call('ana'), { settings: {}, expect: 0, why }))).toBe('step-up');
  expect(code(await set({ requestMinutes: 90 }, 0, 'omar'))).toBe('denied');
  expect(good(await set({ requestMinutes: 90 }, 0))).toMatchObject({
    version: 1,
    settings: { requestMinutes: 90, grantMinutes: 1440 },
  });
  expect(log.events.at(-1)).toMatchObject({
    type: 'settings.set',
    data: { version: 1, before: { requestMinutes: 60 }, after: { requestMinutes: 90 }, why },
  });
  expect(problem(await set({ requestMinutes: 30 }, 0))).toMatchObject({
    code: 'changed-meanwhile',
    detail: 'version 1 is in force',
  });
  const events = log.events.length;
  expect(good(await set({ requestMinutes: 90, deviceFlow: ['superuser', 'user', 'staff'] }, 1)).version).toBe(1);
  expect(log.events.slice(events).map(({ type }) => type)).toEqual(['factor.proven']);
  good(await set({ grantMinutes: 60 }, 1));
  expect(good(await back(1))).toMatchObject({ version: 3, settings: { requestMinutes: 90, grantMinutes: 1440 } });
  expect(log.events.at(-1)).toMatchObject({ data: { rollbackTo: 1 } });
  expect(good(await back(0))).toMatchObject({ version: 4, settings: { requestMinutes: 60 } });
  expect(code(await back(9))).toBe('not-found');
  expect(good(await showSettings(call('ana'), {})).versions.map(({ version, by }) => `${version} ${by}`)).toEqual([
    '4 ana',
    '3 ana',
    '2 ana',
    '1 ana',
  ]);
});

test('[S23] where a second factor is required, who has none may set one up and nothing else', async () => {
  const { set, server, group, enforcer, caller } = await office();
  const web = await server('web-1');
  await group('all', ['uma'], [{ servers: {}, level: 'terminal', users: [] }]);
  const uma = caller('uma');
  const see = () => enforcer.decide(uma, 'server.see', { kind: 'server', server: web });
  expect(see().verdict).toBe('allow');
  good(await set({ factorRequired: true }, 0));
  expect(see()).toMatchObject({ verdict: 'deny' });
  // What is there and what is not: the same answer, and what to do.
  const refused = await enforcer.enforce(uma, 'server.see', { kind: 'server', server: web });
  expect(refused).toMatchObject({ ok: false, problem: { code: 'factor-none' } });
  expect(await enforcer.unknown(uma, 'server.see')).toEqual(refused);
  expect(enforcer.decide(uma, 'self.manage', { kind: 'self' }).verdict).toBe('allow');
  expect(enforcer.decide(uma, 'audit.read', { kind: 'workspace' }).policies).toContain('a-second-factor-is-required');
  expect(enforcer.decide(caller('omar'), 'audit.read', { kind: 'workspace' }).verdict).toBe('allow');
});

test('[T24] the way in of superusers is not set away, unless the glass can be broken', async () => {
  const { set, commit, caller } = await office();
  expect(problem(await set({ deviceFlow: ['user', 'staff'] }, 0))).toMatchObject({ code: 'last-superuser' });
  expect(code(await set({ deviceFlow: ['superuser'] }, 0))).toBe('ok');
  const by = caller('ana').person.id;
  await commit({
    actor: { kind: 'gateway' },
    outcome: 'ok',
    personal: {},
    type: 'breakglass.sealed',
    data: { by, digests: ['a'.repeat(64)] },
  });
  expect(code(await set({ deviceFlow: ['user', 'staff'] }, 1))).toBe('ok');
});

test('[S35] a workspace is deleted by two superusers who each type its name, within 15 minutes; nobody is signed in after it', async () => {
  const { remove, clock, log, enforcer, caller } = await office();
  expect(code(await remove('omar'))).toBe('denied');
  expect(problem(await remove('ana', 'tset'))).toMatchObject({
    code: 'bad-request',
    detail: 'type the name of the workspace as it is: test',
  });
  const asked = good(await remove('ana'));
  expect(asked).toEqual({ deleted: false, until: clock.now() + 15 * 60_000 });
  // The same person twice is one person.
  expect(good(await remove('ana'))).toEqual(asked);
  clock.pass(15 * 60_000);
  expect(good(await remove('bob'))).toMatchObject({ deleted: false });
  const [ana, bob] = [caller('ana'), caller('bob')];
  expect(good(await remove('ana'))).toEqual({ deleted: true });
  expect(log.events.find(({ type }) => type === 'workspace.deleted')).toMatchObject({
    data: { by: ana.person.id, with: bob.person.id },
  });
  expect(log.settled.logins).toEqual({});
  expect(log.events.filter(({ type }) => type === 'login.ended')).toHaveLength(4);
  expect(code(await enforcer.enforce(ana, 'audit.read', { kind: 'workspace' }))).toBe('login-revoked');
});

test('[S34] an invitation can end by the clock: until then it is told, and then the row is gone; who came in time stays', async () => {
  const { proven, call, commit, clock, log, parts } = await office();
  const close = openExpiry(parts);
  const add = (name: string, days?: number) =>
    proven('ana', 'person.manage', () =>
      addPersonHandler(call('ana'), {
        name,
        claim: { kind: 'sub', value: name },
        role: 'user',
        ...(days === undefined ? {} : { days }),
      }),
    );
  good(await add('kim', 1));
  const { person: lee } = good(await add('lee', 1));
  good(await add('max'));
  const until = clock.now() + 86_400_000;
  const invited = () =>
    Object.values(log.settled.people).flatMap(({ name, status, inviteUntil }) =>
      ['kim', 'lee', 'max'].includes(name) ? [[name, status, inviteUntil !== undefined]] : [],
    );
  const told = good(await listPeople(call('ana'), {})).people.find(({ name }) => name === 'kim')?.inviteUntil ?? 0;
  expect(until - told).toBeLessThan(60_000);
  await commit({
    actor: { kind: 'gateway' },
    outcome: 'ok',
    type: 'person.bound',
    data: { person: lee, issuer: 'https://issuer.example', subjectDigest: 'd'.repeat(64) },
    personal: { subject: 'lee' },
  });
  clock.pass(86_400_000);
  await expect.poll(invited).toEqual([
    ['lee', 'active', false],
    ['max', 'invited', false],
  ]);
  expect(log.events.at(-1)).toMatchObject({ type: 'person.removed', actor: { kind: 'gateway' }, personal: { name: 'kim' } });
  close();
});
