import { expect, test } from 'vitest';
import { code } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import type { Action } from '../policy/actions.ts';
import { fit } from '../protocol/json.ts';
import { requests } from '../protocol/operator.ts';
import { addGroupHandler, listGroups, removeGroupHandler, setGroupHandler } from './groups.ts';
import { addPersonHandler, listPeople, removePersonHandler, setPersonHandler } from './people.ts';
import { explainPolicy } from './policy.ts';
import { addServerHandler, listServers, removeServerHandler, setServerHandler } from './servers.ts';

const why = 'because';
const byGateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;

async function office() {
  const workspace = await openWorkspace();
  await workspace.person('ana', 'superuser');
  await workspace.person('omar', 'staff');
  await workspace.person('uma', 'user');
  /** Proves the factor for what a problem asks for, as a client does; then tries again. */
  const stepUp = async <T>(name: string, action: Action, target: string | undefined, again: () => Promise<T>): Promise<T> => {
    await workspace.prove(name, action, target);
    return again();
  };
  const id = (name: string) => workspace.caller(name).person.id;
  const last = () => workspace.log.events.at(-1);
  return { ...workspace, stepUp, id, last };
}

test('[S34, S35] people are added after a second factor; a role beyond user takes one for that very request', async () => {
  const { call, stepUp, last, log, prove } = await office();
  const add = (name: string, role: 'user' | 'staff') =>
    addPersonHandler(call('ana'), { name, claim: { kind: 'email', value: `${name}@Example.ORG` }, role });
  expect(code(await add('eve', 'user'))).toBe('step-up');
  expect(code(await stepUp('ana', 'person.manage', undefined, () => add('eve', 'user')))).toBe('ok');
  expect(last()).toMatchObject({ type: 'person.added', personal: { claim: { value: 'eve@example.org' } }, request: '1.1' });
  expect(code(await add('eve', 'user'))).toBe('exists');
  expect(code(await add('bob', 'staff'))).toBe('step-up');
  await prove('ana', 'role.manage');
  expect(code(await add('bob', 'staff'))).toBe('ok');
  expect(code(await add('max', 'staff'))).toBe('step-up');
  expect(
    Object.values(log.settled.people)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(['ana', 'bob', 'eve', 'omar', 'uma']);
  expect(code(await addPersonHandler(call('omar'), { name: 'x', claim: { kind: 'sub', value: 'x' }, role: 'user' }))).toBe(
    'denied',
  );
});

test('an e-mail or subject belongs to one person only (T25)', async () => {
  const { call, stepUp } = await office();
  const add = (name: string, kind: 'email' | 'sub', value: string) =>
    stepUp('ana', 'person.manage', undefined, () =>
      addPersonHandler(call('ana'), { name, claim: { kind, value }, role: 'user' }),
    );
  expect(code(await add('eve', 'email', 'Eve@example.org'))).toBe('ok');
  expect(code(await add('eva', 'email', ' eve@EXAMPLE.org'))).toBe('exists');
  expect(code(await add('eva', 'sub', 'uma'))).toBe('exists');
  expect(code(await add('eva', 'email', 'not an address'))).toBe('bad-request');
});

test('[S35] the last superuser can be neither demoted, suspended nor removed, not even by two at once', async () => {
  const { call, prove, id, log, commit, clock } = await office();
  const set = async (name: string, change: { role?: 'user' | 'superuser'; status?: 'active' | 'suspended' }, by = 'ana') => {
    await prove(by, change.role === undefined ? 'person.manage' : 'role.manage', id(name));
    return code(await setPersonHandler(call(by), { person: name, why, ...change }));
  };
  expect(await set('ana', { role: 'user' })).toBe('last-superuser');
  expect(await set('ana', { status: 'suspended' })).toBe('last-superuser');
  expect(code(await removePersonHandler(call('ana'), { person: 'ana', why }))).toBe('last-superuser');
  expect(await set('omar', { role: 'superuser' })).toBe('ok');
  clock.pass(1000);
  await prove('ana', 'role.manage', id('ana'));
  // In the queue before it, and not yet settled: the decision still counts two superusers, the change does not.
  const gone = commit({ ...byGateway, type: 'person.removed', data: { person: id('omar'), why } });
  expect(code(await setPersonHandler(call('ana'), { person: 'ana', role: 'user', why }))).toBe('last-superuser');
  await gone;
  expect(Object.values(log.settled.people).filter(({ role }) => role === 'superuser').length).toBe(1);
});

test('[T1, S25] who is removed or demoted while their request waits for its turn changes nothing any more', async () => {
  const { call, prove, id, log, person, commit } = await office();
  await person('eva', 'superuser');
  await prove('eva', 'person.manage', id('uma'));
  await prove('eva', 'group.manage');
  const data = { person: id('eva'), before: 'superuser', after: 'user', why } as const;
  const demoted = commit({ ...byGateway, type: 'person.role-set', data });
  const late = [removePersonHandler(call('eva'), { person: 'uma', why }), addGroupHandler(call('eva'), { name: 'mine' })];
  await demoted;
  expect((await Promise.all(late)).map(code)).toEqual(['login-revoked', 'login-revoked']);
  expect(log.settled.people[id('uma')]?.status).toBe('active');
});

test('[S25] a suspension ends the sign-ins, and a restored person is who they were', async () => {
  const { call, stepUp, id, log } = await office();
  const uma = id('uma');
  const set = (status: 'active' | 'suspended') =>
    stepUp('ana', 'person.manage', uma, () => setPersonHandler(call('ana'), { person: 'uma', status, why }));
  expect(code(await set('suspended'))).toBe('ok');
  expect(log.settled.people[uma]?.status).toBe('suspended');
  expect(Object.values(log.settled.logins).some(({ person }) => person === uma)).toBe(false);
  const before = log.events.length;
  expect(code(await set('suspended'))).toBe('ok');
  expect(log.events.length).toBe(before + 1);
  expect(code(await set('active'))).toBe('ok');
  expect(log.settled.people[uma]?.status).toBe('active');
});

test('[S37] groups are made, filled, given access and removed, each an event with before and after', async () => {
  const { call, stepUp, id, log, last } = await office();
  const asked = <T>(run: () => Promise<T>) => stepUp('ana', 'group.manage', undefined, run);
  const access = [{ servers: { name: 'web-*' }, level: 'terminal' as const, users: ['deploy'] }];
  expect(code(await addGroupHandler(call('omar'), { name: 'web' }))).toBe('denied');
  expect(code(await addGroupHandler(call('ana'), { name: 'web' }))).toBe('step-up');
  expect(code(await asked(() => addGroupHandler(call('ana'), { name: 'web' })))).toBe('ok');
  expect(code(await addGroupHandler(call('ana'), { name: 'web' }))).toBe('exists');
  expect(await setGroupHandler(call('ana'), { group: 'web', members: ['uma', 'nobody'] })).toMatchObject({
    problem: { code: 'not-found', detail: 'nobody' },
  });
  const rules = { group: 'web', members: ['uma', id('uma'), 'omar'], access };
  expect(code(await setGroupHandler(call('ana'), rules)), 'what a group gives takes a proof of its own (T18)').toBe('step-up');
  expect(code(await stepUp('ana', 'rule.manage', undefined, () => setGroupHandler(call('ana'), rules)))).toBe('ok');
  expect(last()).toMatchObject({ type: 'group.access-set', data: { before: [], after: access } });
  const listed = await listGroups(call('omar'), {});
  expect(listed).toMatchObject({ ok: true, value: { groups: [{ name: 'web', members: ['omar', 'uma'], access }] } });
  expect(listed.ok && fit(requests['group.list'].gives, listed.value).ok).toBe(true);
  const before = log.events.length;
  expect(code(await setGroupHandler(call('ana'), { group: 'web', members: ['omar', 'uma'] }))).toBe('ok');
  expect(log.events.length).toBe(before);
  expect(code(await removeGroupHandler(call('ana'), { group: 'web', why }))).toBe('ok');
  expect(code(await removeGroupHandler(call('ana'), { group: 'web', why }))).toBe('not-found');
  expect(code(await listGroups(call('uma'), {}))).toBe('denied');
});

test('[G1, G2] a server is announced with a token that is nowhere in the log, and a command of plain words', async () => {
  const { call, stepUp, log, clock } = await office();
  const add = (minutes?: number) =>
    addServerHandler(call('omar'), { name: 'web-1', labels: { env: 'dev' }, ...(minutes === undefined ? {} : { minutes }) });
  expect(code(await add())).toBe('step-up');
  const added = await stepUp('omar', 'enrolment.make', undefined, () => add(5));
  if (!added.ok) throw new Error(added.problem.code);
  expect(added.value.token).toMatch(/^spe_[A-Za-z0-9_-]{43}_none$/);
  expect(added.value.expiresAt).toBe(clock.now() + 300_000);
  expect(added.value.command).toBe(`sallyport-agent enroll https://gw.example:7443 --token ${added.value.token}`);
  expect(JSON.stringify([log.events, log.settled])).not.toContain(added.value.token.slice(4, 47));
  expect(code(await add()), 'one proof, one token (T18)').toBe('step-up');
  clock.pass(1);
  const again = await stepUp('omar', 'enrolment.make', undefined, () => add());
  expect(again.ok && again.value.token !== added.value.token && again.value.expiresAt === clock.now() + 900_000).toBe(true);
  expect(Object.values(log.settled.servers).map(({ name }) => name)).toEqual(['web-1']);
});

test('[G6] a server that has enrolled is not announced again: another machine cannot take its name', async () => {
  const { call, stepUp, server } = await office();
  await server('db-1');
  const added = await stepUp('omar', 'enrolment.make', undefined, () =>
    addServerHandler(call('omar'), { name: 'db-1', labels: {} }),
  );
  expect(code(added)).toBe('exists');
});

test('[TRUST B2] who may not change groups cannot widen anybody’s access, nor lower a tier, by relabelling', async () => {
  const { call, stepUp, server, group, last, serverNow } = await office();
  await group('dev', ['omar'], [{ servers: { labels: { env: 'dev' } }, level: 'full', users: [] }]);
  const db = await server('db-1', { env: 'production' });
  const set = (name: string, labels: Record<string, string>) => setServerHandler(call(name), { server: 'db-1', labels });
  await stepUp('omar', 'server.manage', undefined, async () => undefined);
  expect(code(await set('omar', { env: 'production', rack: '7' }))).toBe('ok');
  expect(last()).toMatchObject({ type: 'server.labels-set', data: { after: { env: 'production', rack: '7' } } });
  expect(code(await set('omar', { env: 'dev' }))).toBe('denied');
  expect(code(await set('omar', { env: 'staging' }))).toBe('denied');
  // What a policy asks for: that everybody may ask for it, that a moderator must be there.
  expect(code(await set('omar', { env: 'production', rack: '7', requests: 'open' }))).toBe('denied');
  expect(code(await set('omar', { env: 'production', rack: '7', moderated: 'yes' }))).toBe('denied');
  expect(serverNow(db.id)?.labels).toEqual({ env: 'production', rack: '7' });
  await stepUp('ana', 'server.manage', undefined, async () => undefined);
  expect(code(await set('ana', { env: 'dev' }))).toBe('step-up');
  expect(code(await stepUp('ana', 'group.manage', undefined, () => set('ana', { env: 'dev' })))).toBe('ok');
  expect(code(await set('uma', {}))).toBe('not-found');
});

test('[G6] a removed server is gone for everybody, and its name is free again', async () => {
  const { call, stepUp, server, log } = await office();
  const db = await server('db-1');
  expect(
    code(await stepUp('omar', 'server.manage', undefined, () => removeServerHandler(call('omar'), { server: 'db-1', why }))),
  ).toBe('ok');
  expect(log.settled.servers[db.id]).toBeUndefined();
  expect(code(await removeServerHandler(call('omar'), { server: 'db-1', why }))).toBe('not-found');
});

test('lists hold what the protocol promises', async () => {
  const { call, server, session } = await office();
  const web = await server('web-1', { env: 'production' });
  await session(web, 'uma');
  const people = await listPeople(call('omar'), {});
  const servers = await listServers(call('omar'), {});
  expect(people.ok && fit(requests['person.list'].gives, people.value)).toMatchObject({ ok: true });
  expect(servers.ok && fit(requests['server.list'].gives, servers.value)).toMatchObject({ ok: true });
  expect(people).toMatchObject({ value: { people: [{ name: 'ana' }, { name: 'omar' }, { name: 'uma', liveSessions: 1 }] } });
  expect(servers).toMatchObject({ value: { servers: [{ name: 'web-1', tier: 'important', liveSessions: 1 }] } });
  expect(await listServers(call('uma'), {})).toEqual({ ok: true, value: { servers: [] } });
});

test('[S9] explain prints the policies that decided, in full, and every signal', async () => {
  const { call, server, group } = await office();
  await server('db-1', { env: 'production' });
  await group('dba', ['uma'], [{ servers: { name: 'db-*' }, level: 'terminal', users: [] }]);
  const told = await explainPolicy(call('uma'), { action: 'shell.open', target: 'db-1' });
  if (!told.ok) throw new Error(told.problem.code);
  expect(fit(requests['policy.explain'].gives, told.value).ok).toBe(true);
  expect(told.value.decision).toMatchObject({ verdict: 'challenge', policies: ['step-up-for-shells-that-matter'] });
  expect(told.value.policyText[0]).toMatch(/^\/\/ A shell on an important or critical server takes a second factor/);
  expect(told.value.signals).toMatchObject({
    role: 'user',
    groups: ['dba'],
    tier: 'important',
    serverGroups: ['dba'],
    reach: ['read-only', 'terminal'],
    level: 'terminal',
    factorEnrolled: true,
    factorFresh: false,
    deviceTrusted: true,
    address: '192.0.2.7',
  });
});

test('[S9, S33] about others one may ask who may list people; about what one may not see, nobody', async () => {
  const { call, server, person } = await office();
  await server('db-1');
  await person('rob', 'user', { factor: false });
  expect(await explainPolicy(call('omar'), { person: 'rob', action: 'shell.open', target: 'db-1' })).toMatchObject({
    value: { decision: { verdict: 'deny' }, signals: { hidden: true, deviceTrusted: false, signedIn: true } },
  });
  expect(code(await explainPolicy(call('uma'), { person: 'rob', action: 'shell.open', target: 'db-1' }))).toBe('denied');
  expect(code(await explainPolicy(call('uma'), { action: 'shell.open', target: 'db-1' }))).toBe('not-found');
  expect(code(await explainPolicy(call('uma'), { action: 'shell.open', target: 'nothing' }))).toBe('not-found');
  expect(code(await explainPolicy(call('omar'), { person: 'nobody', action: 'self.manage' }))).toBe('not-found');
  expect(code(await explainPolicy(call('omar'), { action: 'shell.fly' }))).toBe('bad-request');
});
