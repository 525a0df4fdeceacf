// What an agent that is somebody else's now may do to its gateway, and what becomes of a person who is let in while rights change.
import { afterEach, expect, test } from 'vitest';
import { openAgentPeer } from '../../fixtures/agent-peer.ts';
import { closeOffices, office, profile, sessionIn, shell, size } from '../../fixtures/live-office.ts';
import { type LiveWorld, until } from '../../fixtures/live-world.ts';
import { watchSession } from '../handlers/joining.ts';
import { attachSession, openSession } from '../handlers/sessions.ts';
import { type Disk, realDisk } from '../outside/disk.ts';
import type { Problem } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import { openTyping } from './typing.ts';

afterEach(closeOffices);

const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const endings = (world: LiveWorld): unknown[] =>
  Object.values(world.log.settled.sessions).map((row) => (row.state === 'ended' ? row.ending.reason : row.state));

test('[O4, T1] whoever loses the right while the agent is still silent is answered, and at once', async () => {
  const { world } = await office();
  const silent = await openAgentPeer((await world.server('web-2')).identity, { onOrder: () => 'silence' });
  await silent.connect();
  const uma = world.operator('uma');
  const opening = openSession(world.call('uma', uma), { server: 'web-2', size, profile });
  await until('it is ordered', () => Object.keys(world.log.settled.sessions).length === 1);
  await until('it waits', () => Object.values(world.log.settled.sessions).some(({ id }) => world.hub.live(id) !== undefined));
  await world.commit({ ...quiet, type: 'person.suspended', data: { person: world.caller('uma').person.id, why: 'left' } });
  expect(await opening).toMatchObject({ ok: false, problem: { code: 'session-ended' } });
  expect(endings(world)).toEqual(['revoked']);
});

test.each([
  { code: 'step-up', decision: { verdict: 'challenge', action: 'role.manage', policies: [], missing: [] } },
  { code: 'login-revoked', detail: 'sign in at evil.example' },
  { code: 'not-found' },
] as const)('[G7] an agent that refuses with $code speaks for itself alone, and asks for nobody’s factor', async (problem) => {
  const { world } = await office();
  const evil = await openAgentPeer((await world.server('web-2')).identity, { onOrder: () => problem as unknown as Problem });
  await evil.connect();
  const uma = world.operator('uma');
  const opened = await openSession(world.call('uma', uma), { server: 'web-2', size, profile });
  expect(opened).toMatchObject({ ok: false, problem: { code: 'agent-refused' } });
  expect(opened).not.toHaveProperty('problem.decision');
  expect(endings(world)).toEqual(['agent-refused']);
});

test('[G7] an agent that confirms input of people who never were makes nothing grow', () => {
  const typing = openTyping();
  for (let participant = 0; participant < 5_000; participant += 1) typing.applied(participant, 3);
  const known = Array.from({ length: 5_000 }, (_, participant) => typing.appliedUpTo(participant)).filter((offset) => offset > 0);
  expect(known.length).toBeLessThanOrEqual(1_024);
});

test('[G7, A4] an agent that sends more than it may while the disk is slow loses its connection, not the gateway its memory', async () => {
  let stuck = false;
  const disk: Disk = {
    ...realDisk,
    open: async (path, how) => {
      const file = await realDisk.open(path, how);
      return {
        write: (bytes) => file.write(bytes),
        read: (position, length) => file.read(position, length),
        size: () => file.size(),
        truncate: (length) => file.truncate(length),
        datasync: async () => {
          while (stuck) await new Promise((resolve) => setTimeout(resolve, 5));
          return file.datasync();
        },
        close: () => file.close(),
      };
    },
  };
  const { world, web, agent } = await office({ disk });
  const uma = world.operator('uma');
  const { session } = await shell(world, web, uma);
  stuck = true;
  const program = agent.program(session.id);
  while (agent.connected && program.sent < 64 * 1024 * 1024) {
    agent.raw({ kind: 'output', channel: program.channel, seq: program.sent, bytes: new Uint8Array(64 * 1024) });
    program.sent += 64 * 1024;
    if (program.sent % (1024 * 1024) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await until('it is out', () => !agent.connected).finally(() => {
    stuck = false;
  });
  expect(world.hub.live(session.id)?.bytes).toBeLessThan(6 * 1024 * 1024);
});

test.each(['observer', 'driver'] as const)(
  '[T1] a %s whose sign-in ends in the instant of being let in does not stay',
  async (role) => {
    const { world, web } = await office();
    const uma = world.operator('uma');
    const { session } = await shell(world, web, uma);
    const name = role === 'driver' ? 'uma' : 'omar';
    const { login, person } = world.caller(name);
    const stop = world.log.onSettled((group) => {
      if (!group.some(({ event }) => event.type === 'session.joined' && event.data.role === role)) return;
      stop();
      void world.commit({ ...quiet, type: 'login.ended', data: { login: login.id, person: person.id, cause: 'logout' } });
    });
    const late = world.operator(name);
    const asked = world.call(name, late);
    const given =
      role === 'driver'
        ? await attachSession(asked, { session: session.id, size, profile })
        : await watchSession(asked, { session: session.id, size });
    if (!given.ok) throw new Error(given.problem.code);
    const { channel } = given.value;
    await until('it is put out', () => late.closedWith(channel));
    expect(late.closedWith(channel)).toMatchObject({ left: 'logged-out' });
    expect(sessionIn(world, session.id).state).toBe('running');
  },
);

const webRule = (world: LiveWorld, users: readonly string[]): NewEvent => {
  const group = Object.values(world.log.settled.groups)[0];
  if (group === undefined) throw new Error('no group');
  const after = [{ servers: { name: 'web-*' }, level: 'terminal' as const, users: [...users] }];
  return { ...quiet, type: 'group.access-set', data: { group: group.id, before: [...group.access], after } };
};

test.each([
  { was: ['deploy'], now: [], goesOn: false },
  { was: [], now: ['deploy'], goesOn: false },
  { was: ['deploy'], now: ['nobody', 'deploy'], goesOn: true },
  { was: [], now: [], goesOn: true },
])('[T1, S25] a shell under $was goes on under the rule $now: $goesOn', async ({ was, now, goesOn }) => {
  const { world, web, agent } = await office();
  await world.commit(webRule(world, was));
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  expect(sessionIn(world, session.id).user).toBe(was[0]);
  await world.commit(webRule(world, now));
  if (goesOn) {
    agent.print(session.id, 'still here');
    await until('it goes on', () => uma.text(channel).includes('still here'));
    expect(uma.closedWith(channel)).toBe(undefined);
  } else {
    await until('the end is told', () => uma.closedWith(channel));
    expect(uma.closedWith(channel)).toMatchObject({ ended: { reason: 'access-changed' } });
  }
});
