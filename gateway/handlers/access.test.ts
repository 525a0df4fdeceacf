import { expect, test } from 'vitest';
import { good, code as problemOf } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { reviewedId } from '../policy/decision.ts';
import type { AccessTerms, RequestRow } from '../protocol/access-nouns.ts';
import { displayedDigest, termsDigest } from '../protocol/displayed.ts';
import { idRandomBytes, mintId, type PersonId } from '../protocol/ids.ts';
import { approveAccess, denyAccess, extendGrant, listAccess, requestAccess, revokeGrant, withdrawAccess } from './access.ts';
import { openGrantClock } from './grants-clock.ts';

type Office = Awaited<ReturnType<typeof office>>;
const why = 'the deploy hangs';
const minute = 60_000;

/** uma sees web-*, omar and eve are staff, ana and sue superusers. */
async function office(seed = 'access') {
  const workspace = await openWorkspace(seed);
  const uma = await workspace.person('uma', 'user');
  for (const name of ['omar', 'eve']) await workspace.person(name, 'staff');
  for (const name of ['ana', 'sue']) await workspace.person(name, 'superuser');
  await workspace.group('web', ['uma'], [{ servers: { name: 'web-*' }, level: 'read-only', users: [] }]);
  await workspace.group('ops', [], [{ servers: { name: 'web-*' }, level: 'terminal', users: ['deploy', '{name}'] }]);
  const [one, two, db] = [await workspace.server('web-1'), await workspace.server('web-2'), await workspace.server('db-1')];
  const core = await workspace.server('web-core', { tier: 'critical' });
  return { ...workspace, uma, one, two, db, core };
}
const terms = (over: Partial<AccessTerms> = {}): AccessTerms => ({
  servers: { name: 'web-1' },
  level: 'full',
  minutes: 60,
  ...over,
});
const asks = async (world: Office, over: Partial<AccessTerms> = {}, name = 'uma'): Promise<RequestRow> =>
  good(await requestAccess(world.call(name), { terms: terms(over), why })).request;
/** With the code of an authenticator, proven for just what is approved. */
async function approves(world: Office, name: string, row: RequestRow, narrowed?: AccessTerms) {
  const digest = displayedDigest(row);
  await world.prove(name, 'request.review', reviewedId(row.id, termsDigest(digest, narrowed)), 30_000);
  return approveAccess(world.call(name), { request: row.id, digest, ...(narrowed === undefined ? {} : { terms: narrowed }) });
}
const rowFor = async (world: Office, name: string, id: string): Promise<RequestRow> => {
  const row = good(await listAccess(world.call(name), { ended: true })).requests.find((one) => one.id === id);
  if (row === undefined) throw new Error(`${name} does not see it`);
  return row;
};
const types = (world: Office): string[] =>
  world.log.events.map(({ type }) => type).filter((type) => /^(request|grant)\./.test(type));
const shellOn = (world: Office, name: string, server: Office['one']) =>
  world.enforcer.decide(world.caller(name), 'shell.open', { kind: 'server', server: world.serverNow(server.id) ?? server });
const levelOn = (world: Office, name: string, server: Office['one']) =>
  world.enforcer.decide(world.caller(name), 'server.see', { kind: 'server', server: world.serverNow(server.id) ?? server }).level;
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
};

test('[S44, M5] asked, displayed, approved with a code bound to it, given, and over at its time', async () => {
  const world = await office();
  const stop = openGrantClock({ log: world.log, clock: world.clock });
  expect(shellOn(world, 'uma', world.one)).toMatchObject({ verdict: 'ask' });
  const asked = await asks(world, { users: ['deploy'], level: 'terminal' });
  expect(asked).toMatchObject({ mine: true, mayReview: false, needs: 1, servers: ['web-1'], state: 'pending' });
  const row = await rowFor(world, 'omar', asked.id);
  expect(row).toMatchObject({ mayReview: true, personName: 'uma', digest: displayedDigest(row) });
  // Without the code nothing happens, and it is asked for about just this.
  const first = await approveAccess(world.call('omar'), { request: row.id, digest: row.digest });
  expect(first).toMatchObject({ problem: { code: 'step-up', decision: { target: reviewedId(row.id, row.digest) } } });
  const { grant, request } = good(await approves(world, 'omar', row));
  expect(request).toMatchObject({ state: 'approved', grant: grant?.id });
  expect(grant).toMatchObject({ personName: 'uma', by: ['omar'], state: 'open', until: world.clock.now() + 60 * minute });
  expect(shellOn(world, 'uma', world.one)).toMatchObject({ level: 'terminal', users: ['deploy'] });
  expect(levelOn(world, 'uma', world.two)).toBe('read-only');
  world.clock.pass(60 * minute);
  await settle();
  expect(shellOn(world, 'uma', world.one)).toMatchObject({ verdict: 'ask' });
  expect(types(world)).toEqual(['request.made', 'request.approved', 'grant.made', 'grant.ended']);
  stop();
});

test('[S45, M5] nobody approves their own request, nor without seeing it, nor what they were not shown; each refusal is in the log', async () => {
  const world = await office();
  const own = await asks(world, {}, 'omar');
  await world.prove('omar', 'request.review', reviewedId(own.id, own.digest));
  const self = await approveAccess(world.call('omar'), { request: own.id, digest: own.digest });
  expect(self).toMatchObject({
    problem: { code: 'denied', decision: { policies: expect.arrayContaining(['nobody-approves-themselves']) } },
  });
  expect(problemOf(await approveAccess(world.call('uma'), { request: own.id, digest: own.digest }))).toBe('not-found');
  expect(problemOf(await denyAccess(world.call('uma'), { request: own.id, why }))).toBe('not-found');
  const row = await asks(world);
  const other = 'e'.repeat(64);
  await world.prove('omar', 'request.review', reviewedId(row.id, other));
  expect(problemOf(await approveAccess(world.call('omar'), { request: row.id, digest: other }))).toBe('not-as-displayed');
  // A code for one display is none for another.
  await world.prove('omar', 'request.review', reviewedId(own.id, row.digest));
  expect(problemOf(await approveAccess(world.call('omar'), { request: row.id, digest: row.digest }))).toBe('step-up');
  const denials = world.log.events.filter(({ type }) => type === 'access.denied');
  expect(denials.length).toBe(4);
  expect(types(world)).toEqual(['request.made', 'request.made']);
});

test('what is hidden is as if it were not chosen; what nobody may ask for is not found, with one record', async () => {
  const world = await office();
  const row = await asks(world, { servers: {} });
  expect(row.servers).toEqual(['web-1', 'web-2', 'web-core']);
  const before = world.log.events.length;
  for (const name of ['db-1', 'nothing-here'])
    expect(problemOf(await requestAccess(world.call('uma'), { terms: terms({ servers: { name } }), why }))).toBe('not-found');
  expect(world.log.events.slice(before).map(({ type }) => type)).toEqual(['access.denied', 'access.denied']);
});

test('[S44] a server that comes later is in no request and no grant; one that leaves the selector changes what is displayed', async () => {
  const world = await office();
  const row = await asks(world, { servers: { name: 'web-*' } });
  const three = await world.server('web-3');
  expect((await rowFor(world, 'ana', row.id)).digest).toBe(row.digest);
  await world.commit({
    actor: { kind: 'gateway' },
    outcome: 'ok',
    personal: {},
    type: 'server.removed',
    data: { server: world.two.id, name: 'web-2', why },
  });
  expect(problemOf(await approves(world, 'ana', row))).toBe('not-as-displayed');
  const now = await rowFor(world, 'ana', row.id);
  expect(now.servers).toEqual(['web-1', 'web-core']);
  good(await approves(world, 'ana', now));
  good(await approves(world, 'sue', now));
  expect(levelOn(world, 'uma', world.one)).toBe('full');
  expect(levelOn(world, 'uma', three)).toBe('read-only');
});

test('[S44] an approver narrows and never widens; the next one is shown what is left', async () => {
  const world = await office();
  const row = await asks(world, { servers: { name: 'web-*' }, minutes: 120 });
  expect(row.needs).toBe(2);
  const wider: readonly Partial<AccessTerms>[] = [
    { minutes: 121 },
    { servers: {} },
    { servers: { name: '*-1' } },
    { servers: { name: 'db-1' } },
    { users: ['root'] },
  ];
  for (const over of wider)
    expect([over, problemOf(await approves(world, 'ana', row, { ...row.terms, ...over }))]).toEqual([over, 'bad-request']);
  const less = terms({ servers: { name: 'web-*' }, level: 'terminal', minutes: 30 });
  const first = good(await approves(world, 'ana', row, less));
  expect(first.grant).toBeUndefined();
  expect(first.request).toMatchObject({ terms: less, asked: row.terms, approvals: [{ by: 'ana' }], state: 'pending' });
  expect(problemOf(await approves(world, 'sue', row))).toBe('not-as-displayed');
  const left = await rowFor(world, 'sue', row.id);
  expect(problemOf(await approves(world, 'sue', left, row.terms))).toBe('bad-request');
  expect(problemOf(await approves(world, 'ana', left))).toBe('exists');
  const last = good(await approves(world, 'sue', left, { ...less, servers: { name: 'web-1' } }));
  expect(last.grant).toMatchObject({ terms: { level: 'terminal', minutes: 30 }, servers: ['web-1'], by: ['ana', 'sue'] });
  expect(levelOn(world, 'uma', world.one)).toBe('terminal');
  expect(levelOn(world, 'uma', world.core)).toBe('read-only');
});

test('[S45] an approval by somebody who may approve no longer does not count at the end', async () => {
  const world = await office();
  const row = await asks(world, { servers: { name: 'web-core' } });
  expect(problemOf(await approves(world, 'omar', row))).toBe('denied');
  good(await approves(world, 'ana', row));
  await world.commit({
    actor: { kind: 'gateway' },
    outcome: 'ok',
    personal: {},
    type: 'person.role-set',
    data: { person: world.caller('ana').person.id, before: 'superuser', after: 'staff', why },
  });
  await world.person('zoe', 'superuser');
  const second = good(await approves(world, 'sue', await rowFor(world, 'sue', row.id)));
  expect(second).toMatchObject({ request: { state: 'pending', approvals: [{ by: 'sue' }] } });
  const third = good(await approves(world, 'zoe', await rowFor(world, 'zoe', row.id)));
  expect(third.grant?.by).toEqual(['sue', 'zoe']);
});

test('of fifty approvals at once exactly one gives the grant; of approve, deny and withdraw exactly one wins', async () => {
  const world = await office();
  const names: string[] = [];
  for (let i = 0; i < 50; i += 1) {
    names.push(`r${i}`);
    await world.person(`r${i}`, 'staff');
  }
  const row = await asks(world);
  const all = await Promise.all(names.map((name) => approves(world, name, row)));
  expect(all.filter(({ ok }) => ok).length).toBe(1);
  expect(new Set(all.filter(({ ok }) => !ok).map(problemOf))).toEqual(new Set(['request-over']));
  expect(types(world).filter((type) => type === 'grant.made')).toHaveLength(1);

  const other = await asks(world, { servers: { name: 'web-2' } });
  await world.prove('eve', 'request.review', reviewedId(other.id, other.digest), 30_000);
  const ways = await Promise.all([
    approves(world, 'omar', other),
    denyAccess(world.call('eve'), { request: other.id, why }),
    withdrawAccess(world.call('uma'), { request: other.id }),
  ]);
  expect(ways.filter(({ ok }) => ok).length).toBe(1);
  const ends = types(world).slice(types(world).lastIndexOf('request.made') + 1);
  expect(ends.filter((type) => type !== 'request.approved')).toHaveLength(1);
});

test('[S45] of ten approvals at once where two are needed, two count and one grant is given', async () => {
  const world = await office();
  const names: string[] = [];
  for (let i = 0; i < 10; i += 1) {
    names.push(`q${i}`);
    await world.person(`q${i}`, 'superuser');
  }
  const row = await asks(world, { servers: { name: 'web-core' } });
  const all = await Promise.all(names.map((name) => approves(world, name, row)));
  expect(all.filter(({ ok }) => ok).length).toBe(2);
  expect(types(world)).toEqual(['request.made', 'request.approved', 'request.approved', 'grant.made']);
});

test('[E22] three wait for one person and 256 in all; what was asked or is held already is said so', async () => {
  const world = await office();
  const row = await asks(world);
  const again = await requestAccess(world.call('uma'), { terms: terms(), why });
  expect(again).toMatchObject({ problem: { code: 'already-asked', detail: row.id } });
  for (const minutes of [61, 62]) await asks(world, { minutes });
  expect(problemOf(await requestAccess(world.call('uma'), { terms: terms({ minutes: 63 }), why }))).toBe('limit');
  const { grant } = good(await approves(world, 'omar', row));
  const held = await requestAccess(world.call('uma'), { terms: terms({ level: 'terminal' }), why });
  expect(held).toMatchObject({ problem: { code: 'already-granted', detail: expect.stringContaining(grant?.id ?? '') } });
  for (let i = 0; i < 254; i += 3) {
    await world.person(`s${i}`, 'staff');
    for (let j = i; j < Math.min(i + 3, 254); j += 1) await asks(world, { minutes: 1 + j }, `s${i}`);
  }
  expect(problemOf(await requestAccess(world.call('eve'), { terms: terms(), why }))).toBe('limit');
});

test('terms that cannot be given are refused: too long, an OS user nobody opened at that level, hours that never come', async () => {
  const world = await office();
  const window = { days: [1], from: '22:00', to: '06:00', zone: 'Mars/Olympus' };
  const impossible: readonly (readonly [Partial<AccessTerms>, string])[] = [
    [{ minutes: 1441 }, 'bad-request'],
    [{ users: ['root'] }, 'os-user'],
    [{ users: ['deploy'] }, 'os-user'],
    [{ users: ['deploy'], level: 'read-only' }, 'bad-request'],
    [{ users: [], level: 'terminal' }, 'bad-request'],
    [{ window }, 'bad-request'],
  ];
  for (const [over, code] of impossible)
    expect([over, problemOf(await requestAccess(world.call('uma'), { terms: terms(over), why }))]).toEqual([over, code]);
  expect(problemOf(await requestAccess(world.call('uma'), { terms: terms(), why: '  ' }))).toBe('bad-request');
  await asks(world, { users: ['uma', 'deploy'], level: 'terminal' });
  await asks(world, { minutes: 100_000, window: { ...window, zone: 'UTC' } });
});

test('[E20] a recurring grant opens and shuts by its hours, and says when next', async () => {
  const world = await office();
  const stop = openGrantClock({ log: world.log, clock: world.clock });
  // The clock of the test begins on Monday 24 November 2025 at 16:00 UTC.
  const window = { days: [1, 2], from: '17:00', to: '18:00', zone: 'UTC' };
  const { grant } = good(await approves(world, 'omar', await asks(world, { minutes: 3000, window })));
  expect(grant).toMatchObject({ state: 'shut', turnsAt: Date.parse('2025-11-24T17:00:00Z') });
  const level = () => levelOn(world, 'uma', world.one);
  expect(level()).toBe('read-only');
  const at = async (iso: string): Promise<string> => {
    world.clock.pass(Date.parse(iso) - world.clock.now());
    await settle();
    return level();
  };
  expect(await at('2025-11-24T17:00:01Z')).toBe('full');
  expect(await at('2025-11-24T18:00:01Z')).toBe('read-only');
  expect(await at('2025-11-25T17:30:00Z')).toBe('full');
  stop();
});

test('[R11] a clock set back gives nobody lifetime, one that slept ends what it slept through, and so does a restart', async () => {
  const world = await office();
  let stop = openGrantClock({ log: world.log, clock: world.clock });
  const given = async (minutes: number) => good(await approves(world, 'omar', await asks(world, { minutes })));
  await given(60);
  world.clock.step(-3_600_000);
  world.clock.pass(60 * minute);
  await settle();
  expect(types(world).at(-1)).toBe('grant.ended');
  await given(61);
  world.clock.step(61 * minute);
  world.clock.pass(1_000);
  await settle();
  expect(types(world).at(-1)).toBe('grant.ended');
  await given(62);
  stop();
  world.clock.pass(62 * minute);
  stop = openGrantClock({ log: world.log, clock: world.clock });
  await settle();
  expect(types(world).at(-1)).toBe('grant.ended');
  // A request waits as long as the workspace says.
  const row = await asks(world, { minutes: 7 });
  world.clock.pass(60 * minute);
  await settle();
  expect(await rowFor(world, 'uma', row.id)).toMatchObject({ state: 'expired' });
  expect(problemOf(await approves(world, 'omar', row))).toBe('request-over');
  stop();
});

test('[S55] who is locked or gone has nothing pending, and nobody approves it meanwhile', async () => {
  const world = await office();
  const lock = async (target: PersonId) =>
    world.commit({
      actor: { kind: 'gateway' },
      outcome: 'ok',
      personal: {},
      type: 'lock.added',
      data: {
        lock: mintId('lck', new Uint8Array(idRandomBytes)),
        kind: 'person',
        target,
        why: 'looked into',
        by: world.caller('ana').person.id,
      },
    });
  const row = await asks(world);
  await lock(world.uma);
  expect(await approves(world, 'omar', row)).toMatchObject({ problem: { code: 'access-locked', detail: 'looked into' } });
  const stop = openGrantClock({ log: world.log, clock: world.clock });
  await settle();
  expect(await rowFor(world, 'omar', row.id)).toMatchObject({ state: 'expired' });
  expect(world.log.events.at(-1)).toMatchObject({ type: 'request.ended', data: { cause: 'removed' } });
  stop();
});

test('[M14] a holder prolongs once by themselves; after that, and on critical servers, others are asked, and their approval prolongs the grant', async () => {
  const world = await office();
  const { grant } = good(await approves(world, 'omar', await asks(world)));
  if (grant === undefined) throw new Error('no grant');
  expect(problemOf(await extendGrant(world.call('eve'), { grant: grant.id, why }))).toBe('denied');
  const once = good(await extendGrant(world.call('uma'), { grant: grant.id, why }));
  expect(once).toMatchObject({ grant: { until: grant.until + 60 * minute } });
  const twice = good(await extendGrant(world.call('uma'), { grant: grant.id, why }));
  expect(twice).toMatchObject({
    grant: { until: grant.until + 60 * minute },
    request: { extends: grant.id, terms: grant.terms },
  });
  const more = twice.request;
  if (more === undefined) throw new Error('no request');
  expect(problemOf(await approves(world, 'omar', more, { ...grant.terms, level: 'terminal' }))).toBe('bad-request');
  const given = good(await approves(world, 'omar', await rowFor(world, 'omar', more.id), { ...grant.terms, minutes: 30 }));
  expect(given).toMatchObject({
    request: { state: 'approved', grant: grant.id },
    grant: { id: grant.id, until: grant.until + 90 * minute },
  });
});

test('its holder gives a grant back, staff end it with a code, and what was asked to prolong it ends with it', async () => {
  const world = await office();
  const { session } = await world.session(world.one, 'uma', 'full');
  const { grant } = good(await approves(world, 'omar', await asks(world)));
  if (grant === undefined) throw new Error('no grant');
  good(await extendGrant(world.call('uma'), { grant: grant.id, why }));
  const more = good(await extendGrant(world.call('uma'), { grant: grant.id, why })).request;
  expect(problemOf(await revokeGrant(world.call('eve'), { grant: grant.id, why }))).toBe('step-up');
  await world.prove('eve', 'grant.revoke', grant.id);
  const done = good(await revokeGrant(world.call('eve'), { grant: grant.id, why }));
  expect(done).toMatchObject({ sessions: 1, grant: { state: 'ended', ended: { cause: 'revoked', by: 'eve', why } } });
  expect(session.level).toBe('full');
  expect(await rowFor(world, 'uma', more?.id ?? '')).toMatchObject({ state: 'expired' });
  expect(problemOf(await revokeGrant(world.call('uma'), { grant: grant.id, why }))).toBe('request-over');
  expect(shellOn(world, 'uma', world.one)).toMatchObject({ verdict: 'ask' });
});

test('[S44] a grant of an OS user at the level somebody has already gives that user beside those they have', async () => {
  const world = await office();
  await world.group('mine', ['uma'], [{ servers: { name: 'web-1' }, level: 'terminal', users: ['uma'] }]);
  expect(shellOn(world, 'uma', world.one)).toMatchObject({ users: ['uma'] });
  good(await approves(world, 'omar', await asks(world, { level: 'terminal', users: ['deploy'] })));
  expect(shellOn(world, 'uma', world.one)).toMatchObject({ level: 'terminal', users: ['uma', 'deploy'] });
});
