// What changed between asking and being answered: settings, rules, rights and locks are those of the moment at which something takes effect.
import { expect, test } from 'vitest';
import { code } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { deleteWorkspace } from '../access/deletion.ts';
import { mostInAnHour } from '../access/requesting.ts';
import { reviewedId } from '../policy/decision.ts';
import { type AccessTerms, defaultSettings, type RequestRow } from '../protocol/access-nouns.ts';
import { displayedDigest } from '../protocol/displayed.ts';
import { fine } from '../protocol/errors.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { approveAccess, extendGrant, listAccess, requestAccess, withdrawAccess } from './access.ts';
import { changing } from './administration.ts';
import { setGroupHandler } from './groups.ts';
import { setPersonHandler } from './people.ts';
import { applyPolicy } from './policies.ts';

const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const why = 'the deploy hangs';
const minute = 60_000;

async function office() {
  const world = await openWorkspace('meanwhile');
  await world.person('uma', 'user');
  await world.person('omar', 'staff');
  for (const name of ['ana', 'eva']) await world.person(name, 'superuser');
  const idOf = (name: string) => world.caller(name).person.id;
  await world.group('web', ['uma'], [{ servers: { labels: { env: 'web' } }, level: 'read-only', users: [] }]);
  const ops = await world.group('ops', [], [{ servers: { name: 'web-*' }, level: 'terminal', users: ['deploy'] }]);
  await world.server('web-1', { env: 'web' });
  return {
    ...world,
    idOf,
    ops,
    allows: (settings: Partial<typeof defaultSettings>) => {
      const data = { version: 1, before: defaultSettings, after: { ...defaultSettings, ...settings }, by: idOf('ana'), why };
      return world.commit({ ...quiet, type: 'settings.set', data });
    },
    lockOn: (name: string) => ({
      ...quiet,
      type: 'lock.added' as const,
      data: {
        lock: mintId('lck', world.parts.chance.bytes(idRandomBytes)),
        kind: 'person' as const,
        target: idOf(name),
        why,
        by: idOf('ana'),
      },
    }),
    async asks(over: Partial<AccessTerms> = {}): Promise<RequestRow> {
      const terms: AccessTerms = { servers: { labels: { env: 'web' } }, level: 'terminal', minutes: 60, ...over };
      const asked = await requestAccess(world.call('uma'), { terms, why });
      if (!asked.ok) throw new Error(`${asked.problem.code} ${asked.problem.detail}`);
      return asked.value.request;
    },
    async approves(row: RequestRow) {
      const digest = displayedDigest(row);
      await world.prove('omar', 'request.review', reviewedId(row.id, digest), 30_000);
      return approveAccess(world.call('omar'), { request: row.id, digest });
    },
  };
}

test('[S44] what is approved as it stands is held to the settings and the rules of now, as what is narrowed is', async () => {
  const world = await office();
  const long = await world.asks({ minutes: 600 });
  const deploy = await world.asks({ users: ['deploy'], minutes: 30 });
  await world.allows({ grantMinutes: 60 });
  expect(await world.approves(long)).toMatchObject({ ok: false, problem: { code: 'bad-request' } });
  await world.commit({ ...quiet, type: 'group.access-set', data: { group: world.ops, before: [], after: [] } });
  expect(await world.approves(deploy)).toMatchObject({ ok: false, problem: { code: 'os-user' } });
  expect(world.log.events.filter(({ type }) => type === 'request.approved' || type === 'grant.made')).toEqual([]);
});

test('[S44, M14] prolonging never puts the end further off than the longest grant of now, and never nearer', async () => {
  const world = await office();
  const made = await world.approves(await world.asks({ minutes: 600 }));
  if (!made.ok || made.value.grant === undefined) throw new Error('no grant');
  const { id, until } = made.value.grant;
  world.clock.pass(570 * minute);
  await world.allows({ grantMinutes: 120 });
  expect(await extendGrant(world.call('uma'), { grant: id, why })).toMatchObject({
    value: { grant: { until: world.clock.now() + 120 * minute } },
  });
  const other = await world.approves(await world.asks({ minutes: 60, level: 'full' }));
  expect(other).toMatchObject({ ok: true });
  if (!other.ok || other.value.grant === undefined) throw new Error('no grant');
  await world.allows({ grantMinutes: 10 });
  expect(await extendGrant(world.call('uma'), { grant: other.value.grant.id, why })).toMatchObject({
    value: { grant: { until: other.value.grant.until } },
  });
  expect(until).toBeLessThan(world.clock.now() + 120 * minute);
});

test('[S44, E20] hours that are never over are no way round the longest grant', async () => {
  const world = await office();
  const asks = (window: NonNullable<AccessTerms['window']>) => {
    const terms: AccessTerms = { servers: { name: 'web-1' }, level: 'terminal', minutes: 100_000, window };
    return requestAccess(world.call('uma'), { terms, why });
  };
  const days = [1, 2, 3, 4, 5, 6, 7];
  expect(code(await asks({ days, from: '00:00', to: '00:00', zone: 'UTC' }))).toBe('bad-request');
  expect(code(await asks({ days: [1, 2], from: '08:00', to: '08:00', zone: 'UTC' }))).toBe('bad-request');
  expect(code(await asks({ days, from: '08:00', to: '18:00', zone: 'UTC' }))).toBe('ok');
  await world.allows({ grantMinutes: 120 });
  expect(code(await asks({ days, from: '08:00', to: '11:00', zone: 'UTC' }))).toBe('bad-request');
  expect(code(await asks({ days, from: '23:00', to: '01:00', zone: 'UTC' }))).toBe('ok');
});

test('[T15, S45] whoever is locked between the decision and its turn changes nothing', async () => {
  const world = await office();
  const call = world.call('omar');
  const { person } = call.caller;
  const event = { ...quiet, type: 'person.restored' as const, data: { person: person.id, why } };
  const changes = () => changing(call, () => () => ({ events: [event], answer: fine(undefined) }));
  expect(code(await changes())).toBe('ok');
  await world.commit(world.lockOn('omar'));
  expect(code(await changes())).toBe('access-locked');
  expect(world.log.events.filter(({ type }) => type === 'person.restored')).toHaveLength(1);
});

test('[S33] whose grant is over sees no name and no number of servers that are hidden from them since', async () => {
  const world = await office();
  const made = await world.approves(await world.asks());
  if (!made.ok || made.value.grant === undefined) throw new Error('no grant');
  const { id } = made.value.grant;
  const rowFor = async (name: string) => {
    const listed = await listAccess(world.call(name), { ended: true });
    return listed.ok ? listed.value.grants.find((row) => row.id === id) : undefined;
  };
  await world.commit({ ...quiet, type: 'grant.ended', data: { grant: id, cause: 'expired' } });
  expect(await rowFor('uma')).toMatchObject({ servers: ['web-1'], serverCount: 1 });
  const web = Object.values(world.log.settled.groups).find(({ name }) => name === 'web');
  if (web === undefined) throw new Error('no group');
  await world.commit({ ...quiet, type: 'group.members-set', data: { group: web.id, before: [world.idOf('uma')], after: [] } });
  expect(await rowFor('uma')).toMatchObject({ servers: [], serverCount: 0 });
  expect(await rowFor('omar')).toMatchObject({ servers: ['web-1'], serverCount: 1 });
});

test('[S55] nobody who could lift the locks is sent away or locked in with them: neither by a role, nor by joining a locked group', async () => {
  const world = await office();
  const { ops } = world;
  const jail = await world.group('jail', [], []);
  await world.commit(world.lockOn('ana'), {
    ...quiet,
    type: 'lock.added',
    data: {
      lock: mintId('lck', world.parts.chance.bytes(idRandomBytes)),
      kind: 'group',
      target: jail,
      why,
      by: world.idOf('eva'),
    },
  });
  await world.prove('eva', 'role.manage', world.idOf('eva'));
  expect(code(await setPersonHandler(world.call('eva'), { person: 'eva', role: 'user', why }))).toBe('last-superuser');
  await world.prove('eva', 'group.manage');
  expect(code(await setGroupHandler(world.call('eva'), { group: 'jail', join: ['eva'] }))).toBe('last-superuser');
  expect(code(await setGroupHandler(world.call('eva'), { group: 'jail', join: ['uma'] }))).toBe('ok');
  expect(code(await setGroupHandler(world.call('eva'), { group: 'ops', join: ['eva'] }))).toBe('ok');
  expect(world.log.settled.groups[ops]?.members).toEqual([world.idOf('eva')]);
});

test('[A6, S53] a policy that lets only who broke the glass change policies is refused, also while somebody is in that way', async () => {
  const world = await office();
  const policies = '@id("a") forbid (principal, action == Action::"policy.manage", resource) unless { context.breakGlass };';
  const applies = async () => {
    world.clock.pass(1);
    await world.prove('ana', 'policy.manage');
    return applyPolicy(world.call('ana'), { policies, expect: 0, why });
  };
  expect(code(await applies())).toBe('last-superuser');
  const { person, login } = world.caller('ana');
  const entrance = mintId('brk', world.parts.chance.bytes(idRandomBytes));
  const until = world.clock.now() + 60 * minute;
  const data = { entrance, person: person.id, login: login.id, how: 'sealed' as const, until, why };
  await world.commit({ ...quiet, type: 'breakglass.opened', data, personal: { address: '192.0.2.7', machine: 'spare' } });
  expect(world.caller('ana').login.breakGlass).toBe(entrance);
  expect(code(await applies())).toBe('last-superuser');
});

test('[E22] asking and taking back again calls the reviewers only so often', async () => {
  const world = await office();
  const once = async () => {
    const asked = await requestAccess(world.call('uma'), {
      terms: { servers: { name: 'web-1' }, level: 'full', minutes: 5 },
      why,
    });
    if (asked.ok) await withdrawAccess(world.call('uma'), { request: asked.value.request.id });
    return code(asked);
  };
  for (let nth = 0; nth < mostInAnHour; nth += 1) expect(await once()).toBe('ok');
  expect(await once()).toBe('limit');
  world.clock.pass(60 * minute);
  expect(await once()).toBe('ok');
});

test('[S45, S55] nothing is given on servers that a lock on a selection shuts, as on one that is locked by itself', async () => {
  const world = await office();
  const row = await world.asks();
  const lock = mintId('lck', world.parts.chance.bytes(idRandomBytes));
  const data = { lock, kind: 'servers' as const, target: 'web-*', why, by: world.idOf('ana') };
  await world.commit({ ...quiet, type: 'lock.added', data });
  expect(await world.approves(row)).toMatchObject({ problem: { code: 'access-locked', detail: why } });
  await world.commit({ ...quiet, type: 'lock.removed', data: { lock, kind: 'servers', target: 'web-*', cause: 'removed' } });
  world.clock.pass(1);
  expect(code(await world.approves(row))).toBe('ok');
});

test('[S35, T15, R11] whoever asked for the end of the workspace counts only while they may, and not when the clock is set back', async () => {
  const world = await office();
  const ends = (name: string) => {
    const change = deleteWorkspace(
      { actor: { kind: 'gateway' } },
      { person: world.idOf(name), name: world.log.settled.workspace?.name ?? '', why },
    );
    return world.log.commit((state, now): ReturnType<typeof change> => change(state, now));
  };
  const asked = { ok: true, value: { deleted: false, until: expect.any(Number) } };
  expect(await ends('ana')).toEqual(asked);
  await world.commit(world.lockOn('ana'));
  expect(await ends('eva')).toEqual(asked);
  for (const { id, kind, target } of Object.values(world.log.settled.locks))
    await world.commit({ ...quiet, type: 'lock.removed', data: { lock: id, kind, target, cause: 'removed' } });
  world.clock.step(-60 * minute);
  expect(await ends('ana')).toEqual(asked);
  expect(await ends('eva')).toEqual({ ok: true, value: { deleted: true } });
});

test('[S45, S50] who may review for one group of servers does not review a request for those and others together', async () => {
  const world = await office();
  await world.person('max', 'user');
  await world.group('leads', ['max'], []);
  await world.group('data', ['uma'], [{ servers: { name: 'db-*' }, level: 'read-only', users: [] }]);
  await world.server('db-1');
  const policies =
    '@id("leads-review-web")\npermit (principal in Group::"leads", action == Action::"request.review", resource in Group::"web");';
  await world.prove('ana', 'policy.manage');
  expect(code(await applyPolicy(world.call('ana'), { policies, expect: 0, why }))).toBe('ok');
  const web = await world.asks();
  const both = await world.asks({ servers: {} });
  expect([web.servers, both.servers]).toEqual([['web-1'], ['db-1', 'web-1']]);
  const approves = async (row: RequestRow) => {
    await world.prove('max', 'request.review', reviewedId(row.id, row.digest), 30_000);
    return code(await approveAccess(world.call('max'), { request: row.id, digest: row.digest }));
  };
  expect(await approves(both)).toBe('not-found');
  expect(await approves(web)).toBe('ok');
});
