import { expect, test } from 'vitest';
import { code } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { fit } from '../protocol/json.ts';
import type { AccessRule } from '../protocol/nouns.ts';
import { requests } from '../protocol/operator.ts';
import { setGroupHandler } from './groups.ts';
import { addLockHandler } from './locks.ts';

const byGateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const rule = (servers: AccessRule['servers'], level: AccessRule['level'], users: AccessRule['users'] = []): AccessRule => ({
  servers,
  level,
  users,
});

async function office() {
  const workspace = await openWorkspace('preview');
  const { person, server, group, call, prove, log } = workspace;
  for (const [name, role] of [
    ['ana', 'superuser'],
    ['eva', 'superuser'],
    ['uma', 'user'],
    ['rob', 'user'],
  ] as const)
    await person(name, role);
  for (const name of ['web-1', 'web-2']) await server(name, { env: 'production' });
  await server('web-3', { env: 'staging' });
  await server('db-production', { env: 'production' });
  await group('dbas', ['rob'], [rule({ name: 'db-*' }, 'full')]);
  await group('backend', ['uma', 'rob'], [rule({ name: 'web-*' }, 'terminal', ['deploy'])]);
  await prove('ana', 'group.manage');
  await prove('ana', 'lock.manage');
  const set = (body: Parameters<typeof setGroupHandler>[1]) => setGroupHandler(call('ana'), body);
  const preview = async (body: Omit<Parameters<typeof setGroupHandler>[1], 'group'>) => {
    const before = log.events.length;
    const shown = await set({ group: 'backend', ...body, preview: true });
    expect(log.events.length).toBe(before);
    if (!shown.ok || shown.value.preview === undefined) throw new Error(code(shown));
    expect(fit(requests['group.set'].gives, shown.value)).toMatchObject({ ok: true });
    const { gained, lost } = shown.value.preview;
    const rows = (side: typeof gained) =>
      side.rows.map((row) => `${row.personName} ${row.serverName} ${row.before}→${row.after} ${row.usersAfter.join(',')}`.trim());
    return { gained: rows(gained), lost: rows(lost), counts: [gained.count, lost.count], people: [gained.people, lost.people] };
  };
  const members = () =>
    Object.values(log.settled.groups)
      .find(({ name }) => name === 'backend')
      ?.members.map((id) => log.settled.people[id]?.name);
  return { ...workspace, set, preview, members };
}

test('[S37] a change of a group shows who gains and who loses what where, and changes nothing', async () => {
  const { preview, set } = await office();
  expect(await preview({ leave: ['uma'] })).toMatchObject({
    gained: [],
    lost: ['uma web-1 terminal→none', 'uma web-2 terminal→none', 'uma web-3 terminal→none'],
    counts: [0, 3],
    people: [0, 1],
  });
  // A name pattern and labels must both fit; what another group gives stays.
  const access = [
    rule({ name: 'web-*', labels: { env: 'production' } }, 'full'),
    rule({ labels: { env: 'production' } }, 'read-only'),
  ];
  expect(await preview({ access })).toMatchObject({
    gained: [
      'uma web-1 terminal→full',
      'uma web-2 terminal→full',
      'uma db-production none→read-only',
      'rob web-1 terminal→full',
      'rob web-2 terminal→full',
    ],
    lost: ['uma web-3 terminal→none', 'rob web-3 terminal→none'],
    people: [2, 2],
  });
  // The same level as another OS user is a gain and a loss.
  expect(await preview({ members: ['uma'], access: [rule({ name: 'web-1' }, 'terminal', ['root'])] })).toMatchObject({
    gained: ['uma web-1 terminal→terminal root'],
    counts: [1, 6],
  });
  expect(await preview({ members: ['rob', 'uma'] })).toMatchObject({ counts: [0, 0] });
  expect(code(await set({ group: 'backend', join: ['nobody'], preview: true }))).toBe('not-found');
});

test('[S37] who joins and leaves is told apart from who else is in a group when it happens', async () => {
  const { set, members, commit, log } = await office();
  const group = Object.values(log.settled.groups).find(({ name }) => name === 'backend');
  if (group === undefined) throw new Error('no group');
  const eva = Object.values(log.settled.people).find(({ name }) => name === 'eva')?.id;
  if (eva === undefined) throw new Error('no eva');
  // In the queue before it, and not yet settled.
  const first = commit({
    ...byGateway,
    type: 'group.members-set',
    data: { group: group.id, before: [...group.members], after: [...group.members, eva] },
  });
  expect(code(await set({ group: 'backend', join: ['ana'], leave: ['rob'] }))).toBe('ok');
  await first;
  expect(members()).toEqual(['uma', 'eva', 'ana']);
});

test('[S55, E5] a lock is looked at before it is set: the sessions it would end, and no lock', async () => {
  const { call, session, log } = await office();
  const web = Object.values(log.settled.servers).find(({ name }) => name === 'web-1');
  if (web === undefined) throw new Error('no server');
  const { session: live } = await session(web, 'uma');
  await session(web, 'ana');
  const before = log.events.length;
  const lock = { kind: 'group', target: 'backend', why: 'the release is frozen', minutes: 30 } as const;
  const shown = await addLockHandler(call('ana'), { ...lock, preview: true });
  expect(shown).toMatchObject({
    ok: true,
    value: {
      sessions: 1,
      affected: [{ session: live.id, personName: 'uma', serverName: 'web-1' }],
      lock: { targetName: 'backend' },
    },
  });
  expect(shown.ok && fit(requests['lock.add'].gives, shown.value).ok).toBe(true);
  expect([log.events.length, Object.keys(log.settled.locks)]).toEqual([before, []]);
  const set = await addLockHandler(call('ana'), lock);
  expect(set).toMatchObject({ ok: true, value: { sessions: 1 } });
});

test('[S55, S35] a lock on a group neither shuts out who sets it nor the last superuser', async () => {
  const { call, group, caller } = await office();
  await group('admins', ['eva'], []);
  await group('all', ['ana', 'uma'], []);
  const lock = (kind: 'group' | 'person' | 'login' | 'device', target: string) =>
    addLockHandler(call('ana'), { kind, target, why: 'w' }).then(code);
  expect(await lock('group', 'all')).toBe('bad-request');
  expect(await lock('login', caller('ana').login.id)).toBe('bad-request');
  expect(await lock('device', caller('ana').device.id)).toBe('bad-request');
  expect(await lock('group', 'admins')).toBe('ok');
  expect(await lock('group', 'nobodys')).toBe('not-found');
});
