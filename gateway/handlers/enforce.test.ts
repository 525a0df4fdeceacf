import { expect, test } from 'vitest';
import { code } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import type { Target } from '../policy/decision.ts';
import { problemSentence } from '../protocol/errors.ts';
import { personFor, recordingFor, serverFor, sessionFor, targetFor } from './resolve.ts';
import { serverRowFor } from './rows.ts';
import { listServers } from './servers.ts';

const production = { env: 'production' };

async function office() {
  const workspace = await openWorkspace();
  await workspace.person('ana', 'superuser');
  await workspace.person('omar', 'staff');
  await workspace.person('uma', 'user');
  await workspace.person('rob', 'user', { factor: false });
  const web = await workspace.server('web-1');
  const db = await workspace.server('db-1', production);
  await workspace.group(
    'web',
    ['uma'],
    [
      { servers: { name: 'web-*' }, level: 'terminal', users: ['{name}'] },
      { servers: { labels: production }, level: 'terminal', users: [] },
    ],
  );
  return { ...workspace, web, db, denials: () => workspace.log.events.filter(({ type }) => type.startsWith('access.')) };
}

test('[A38, law 4] a denial is one record, with actor, target, policies and what is missing', async () => {
  const { enforcer, caller, web, session, log, denials } = await office();
  const theirs = await session(web, 'uma');
  const target: Target = { kind: 'session', session: theirs.session, server: web };
  const denied = await enforcer.enforce(caller('omar'), 'session.attach', target, '7.1');
  expect(denied).toMatchObject({
    ok: false,
    problem: { code: 'denied', decision: { verdict: 'deny', action: 'session.attach' } },
  });
  const asked = await enforcer.enforce(caller('omar'), 'shell.open', { kind: 'server', server: web }, '7.2');
  expect(asked).toMatchObject({ ok: false, problem: { code: 'approval-needed', decision: { verdict: 'ask' } } });
  const actor = {
    kind: 'person',
    id: caller('omar').person.id,
    login: caller('omar').login.id,
    device: caller('omar').device.id,
  };
  expect(denials()).toEqual([
    {
      type: 'access.denied',
      outcome: 'denied',
      actor,
      target: theirs.session.id,
      session: theirs.session.id,
      request: '7.1',
      data: { action: 'session.attach', target: theirs.session.id, policies: ['one-keyboard'], missing: [] },
      personal: { address: '192.0.2.7' },
    },
    {
      type: 'access.challenged',
      outcome: 'denied',
      actor,
      target: web.id,
      request: '7.2',
      data: { action: 'shell.open', target: web.id, policies: [], missing: ['an approval by somebody who may give it'] },
      personal: { address: '192.0.2.7' },
    },
  ]);
  expect(log.settled.seq).toBe(log.events.length - 1);
});

test('[S33, TRUST B2] hidden and unknown are one answer and leave one record each', async () => {
  const { parts, caller, denials, session, db, web } = await office();
  const rob = { parts, caller: caller('rob') };
  const answers = [
    await serverFor(rob, 'shell.open', db.name),
    await serverFor(rob, 'shell.open', db.id),
    await serverFor(rob, 'shell.open', 'no-such-server'),
    await serverFor(rob, 'server.see', '__proto__'),
    await sessionFor(rob, 'session.watch', (await session(web, 'uma')).session.id),
    await sessionFor(rob, 'session.kill', `ses_${'z'.repeat(26)}`),
    await personFor(rob, 'person.manage', 'ana'),
    await personFor(rob, 'person.manage', 'nobody'),
    await recordingFor(rob, 'recording.export', (await session(web, 'uma')).recording.id),
    await recordingFor(rob, 'recording.export', 'rec_none'),
    await targetFor(rob, 'shell.open', db.name),
    await targetFor(rob, 'shell.open', 'nothing'),
  ];
  for (const answer of answers) expect(JSON.stringify(answer)).toBe('{"ok":false,"problem":{"code":"not-found"}}');
  expect(denials().length).toBe(answers.length);
});

test('[T23] from a new device any shell takes a factor; who has none is told how to get one', async () => {
  const { enforcer, person, group, caller, web } = await office();
  await person('new', 'user', { factor: true, trusted: false });
  await person('bare', 'user', { factor: false });
  await group('more', ['new', 'bare'], [{ servers: { name: 'web-1' }, level: 'full', users: [] }]);
  const target: Target = { kind: 'server', server: web };
  const challenged = await enforcer.enforce(caller('new'), 'shell.open', target);
  expect(challenged).toMatchObject({
    problem: { code: 'step-up', decision: { target: web.id, policies: expect.arrayContaining(['step-up-on-a-new-device']) } },
  });
  const bare = await enforcer.enforce(caller('bare'), 'shell.open', target);
  expect(code(bare)).toBe('step-up');
  expect(bare.ok ? '' : problemSentence(bare.problem)).toContain('sallyport totp enroll');
});

test('[T18] a factor proven for one server opens shells there, for five minutes, and on no other', async () => {
  const { enforcer, caller, prove, clock, server, db, denials } = await office();
  const other = await server('db-2', production);
  const open = async (row = db) => code(await enforcer.enforce(caller('uma'), 'shell.open', { kind: 'server', server: row }));
  expect(await open()).toBe('step-up');
  await prove('uma', 'shell.open', db.id);
  expect(await open()).toBe('ok');
  expect(await open(other)).toBe('step-up');
  clock.pass(299_999);
  expect(await open()).toBe('ok');
  clock.pass(1);
  expect(await open()).toBe('step-up');
  expect(denials().map(({ type }) => type)).toEqual(Array.from({ length: 3 }, () => 'access.challenged'));
});

test('[T18] where a factor is asked for each time, a proof serves one request', async () => {
  const { enforcer, caller, prove } = await office();
  const target: Target = { kind: 'person', person: caller('uma').person };
  const enforce = async () => code(await enforcer.enforce(caller('ana'), 'role.manage', target));
  expect(await enforce()).toBe('step-up');
  await prove('ana', 'role.manage', caller('uma').person.id, 0);
  expect([await enforce(), await enforce()]).toEqual(['ok', 'step-up']);
  await prove('ana', 'role.manage', caller('omar').person.id, 0);
  expect(await enforce()).toBe('step-up');
});

test('[S19, S25] what a person may do is read again for each request, whatever the connection still believes', async () => {
  const { enforcer, caller, commit, web } = await office();
  const stale = caller('uma');
  const target: Target = { kind: 'server', server: web };
  expect(code(await enforcer.enforce(stale, 'shell.open', target))).toBe('ok');
  const about = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
  await commit({ ...about, type: 'person.suspended', data: { person: stale.person.id, why: 'left' } });
  expect(code(await enforcer.enforce(stale, 'shell.open', target))).toBe('login-revoked');
  expect(enforcer.decide(stale, 'session.attach', target).verdict).toBe('deny');
  await commit({ ...about, type: 'person.removed', data: { person: stale.person.id, why: 'left' } });
  expect(enforcer.decide(stale, 'self.manage', { kind: 'self' })).toMatchObject({ verdict: 'deny', hidden: true });
});

test('[S33, S34, S38] a row tells a person their own level, what an attach would ask for, and no foreign group', async () => {
  const { parts, caller, group, web, db } = await office();
  await group('secret', ['ana'], [{ servers: {}, level: 'full', users: [] }]);
  const row = (name: string, server = web) => serverRowFor(parts, caller(name), server);
  expect(row('rob')).toBeUndefined();
  expect(row('uma')).toMatchObject({ level: 'terminal', needs: 'nothing', users: ['uma'], groups: ['web'], state: 'offline' });
  expect(row('uma', db)).toMatchObject({ tier: 'important', needs: 'factor', users: [] });
  expect(row('omar')).toMatchObject({ level: 'read-only', needs: 'approval', groups: ['secret', 'web'] });
  expect(row('ana', db)).toMatchObject({ level: 'full', needs: 'factor' });
});

test('[S44, S51] a grant, an address rule and a lock change the rows of exactly the servers they are for, at once', async () => {
  const { parts, caller, commit, group, server, web, db } = await office();
  const other = await server('web-2');
  await group('readers', ['rob'], [{ servers: {}, level: 'read-only', users: [] }]);
  const needs = (name: string) =>
    Object.fromEntries([web, other, db].map((row) => [row.name, serverRowFor(parts, caller(name), row)?.needs]));
  const none = { 'web-1': 'approval', 'web-2': 'approval', 'db-1': 'approval' };
  expect(needs('rob')).toEqual(none);
  const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
  const [rob, ana] = [caller('rob').person.id, caller('ana').person.id];
  const terms = { servers: { name: 'web-*' }, level: 'terminal', minutes: 60 } as const;
  const grant = `gra_${'a'.repeat(26)}` as never;
  await commit({
    ...quiet,
    type: 'grant.made',
    data: { grant, person: rob, terms, until: parts.clock.now() + 3_600_000, by: [ana], why: 'a test' },
  });
  // A new device asks for a factor; the grant stands all the same.
  expect(needs('rob')).toEqual({ ...none, 'web-1': 'factor', 'web-2': 'factor' });
  expect(needs('uma')).toEqual({ 'web-1': 'nothing', 'web-2': 'nothing', 'db-1': 'factor' });
  await commit({
    ...quiet,
    type: 'address.added',
    data: {
      rule: `adr_${'a'.repeat(26)}` as never,
      cidr: '198.51.100.0/24',
      effect: 'allow',
      servers: { name: 'web-2' },
      note: '',
      by: ana,
      forced: false,
    },
  });
  // From elsewhere that server is not even there.
  expect(needs('rob')).toEqual({ ...none, 'web-1': 'factor', 'web-2': undefined });
  await commit({ ...quiet, type: 'grant.ended', data: { grant, cause: 'expired' } });
  expect(needs('rob')).toEqual({ ...none, 'web-2': undefined });
});

test('a session may be named by a piece of its id among those one sees', async () => {
  const { parts, caller, session, web } = await office();
  const mine = (await session(web, 'uma')).session;
  const asking = { parts, caller: caller('uma') };
  expect(await sessionFor(asking, 'session.see', mine.id.slice(0, 12))).toMatchObject({
    ok: true,
    value: { session: { id: mine.id } },
  });
  expect(code(await sessionFor(asking, 'session.see', 'ses_'))).toBe('not-found');
  expect(code(await sessionFor({ parts, caller: caller('rob') }, 'session.see', mine.id.slice(0, 12)))).toBe('not-found');
});

test('[D3] a list of 10,000 servers is decided once for each look, and lets others work meanwhile', async () => {
  const workspace = await openWorkspace();
  await workspace.person('uma', 'user');
  const labels = [{}, production, { tier: 'critical' }, { env: 'dev' }];
  const about = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
  const template = await workspace.server('template');
  for (const prefix of ['web', 'db', 'app', 'job'])
    await workspace.group(prefix, prefix === 'job' ? [] : ['uma'], [
      { servers: { name: `${prefix}-*` }, level: 'terminal', users: ['{name}'] },
      { servers: { labels: production }, level: 'read-only', users: [] },
    ]);
  const prefixes = ['web', 'db', 'app', 'job', 'other'];
  await workspace.commit(
    ...Array.from({ length: 10_000 }, (_, i) => ({
      ...about,
      type: 'enrolment.created' as const,
      data: {
        enrolment: `enr_${String(i).padStart(26, '0')}` as never,
        server: `srv_${String(i).padStart(26, '0')}` as never,
        name: `${prefixes[i % 5]}-${i}`,
        labels: labels[i % 4] ?? {},
        tokenDigest: 'd'.repeat(64),
        // Long over, so that the fold forgets them at once.
        expiresAt: template.addedAt - 172_800_000,
      },
    })),
  );
  const call = workspace.call('uma');
  const times: number[] = [];
  let seen = 0;
  let turns = 0;
  for (let run = 0; run < 5; run += 1) {
    let going = true;
    const others = () => {
      turns += 1;
      if (going) setImmediate(others);
    };
    if (run === 0) setImmediate(others);
    const timed = { ...call, parts: { ...call.parts, clock: { ...workspace.clock, mono: () => Math.floor(performance.now()) } } };
    const began = performance.now();
    const listed = await listServers(timed as typeof call, {});
    times.push(performance.now() - began);
    going = false;
    seen = listed.ok ? listed.value.servers.length : 0;
  }
  expect(seen).toBe(7000);
  expect(turns).toBeGreaterThan(2);
  console.log(
    `10,000 servers for one person, ms: first ${times[0]?.toFixed(0)}, then ${times
      .slice(1)
      .map((ms) => ms.toFixed(0))
      .join(' ')}`,
  );
});
