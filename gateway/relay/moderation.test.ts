// Sessions that take a moderator: nothing runs before one is there, keys wait while none is, and presence is proven (E2, E3).
import { afterEach, expect, test } from 'vitest';
import { openAgentPeer } from '../../fixtures/agent-peer.ts';
import { closeOffices, eventsOf, office, profile, proves, sessionIn, size } from '../../fixtures/live-office.ts';
import { type LiveWorld, until } from '../../fixtures/live-world.ts';
import { good } from '../../fixtures/outcome.ts';
import { joinSession, presentSession } from '../handlers/joining.ts';
import { killSession, openSession } from '../handlers/sessions.ts';
import type { SessionId } from '../protocol/ids.ts';

afterEach(closeOffices);

async function moderated(options: Parameters<typeof office>[0] = {}) {
  const { world } = await office(options);
  const vault = await world.server('web-vault', { moderated: 'yes' });
  const agent = await openAgentPeer(vault.identity);
  await agent.connect();
  const uma = world.operator('uma');
  const opened = good(await openSession(world.call('uma', uma), { server: 'web-vault', size, profile }));
  return { world, agent, uma, session: opened.session, channel: opened.channel };
}
async function moderates(world: LiveWorld, name: string, session: SessionId) {
  await proves(world, name, 'session.moderate', session);
  const operator = world.operator(name);
  const seat = good(await joinSession(world.call(name, operator), { session, role: 'moderator', size }));
  return { operator, channel: seat.channel, presenceMs: seat.presenceMs };
}

test('[S4, E2] nothing runs until a moderator is there; who is missing is named, and they are called', async () => {
  const { world, agent, uma, session, channel } = await moderated();
  expect(session).toMatchObject({ state: 'pending', moderation: { needs: 1, present: 0 } });
  expect(session.moderation?.eligible.toSorted()).toEqual(['ana', 'omar']);
  await until('uma is told', () => uma.notices(channel).includes('pending'));
  const notice = uma.pushes.find((push) => push.type === 'session.notice' && push.notice === 'pending');
  expect(notice).toMatchObject({
    text: expect.stringMatching(/Nothing runs until a moderator is here: one of (omar, ana|ana, omar)/),
  });
  expect(agent.programs.size).toBe(0);
  uma.type(channel, 0, 'early');
  await moderates(world, 'omar', session.id);
  await until('the shell is there', () => agent.programs.size === 1);
  await until('it runs', () => world.hub.live(session.id)?.state === 'running');
  expect(agent.program(session.id).keys.toString()).toBe('');
  expect(eventsOf(world, session.id)).toEqual([
    'session.started',
    'recording.started',
    'session.joined',
    'session.frozen',
    'session.joined',
    'session.unfrozen',
    'session.opened',
  ]);
});

test('[E2] a moderator who leaves takes the keys along, not the output; coming back gives them back', async () => {
  const { world, agent, uma, session, channel } = await moderated();
  const omar = await moderates(world, 'omar', session.id);
  await until('it runs', () => world.hub.live(session.id)?.state === 'running');
  omar.operator.hangUp();
  await until('it is frozen', () => world.hub.live(session.id)?.state === 'frozen');
  uma.type(channel, 0, 'lost');
  agent.print(session.id, 'output goes on');
  await until('uma sees it', () => uma.text(channel).includes('output goes on'));
  expect(agent.program(session.id).keys.toString()).toBe('');
  await moderates(world, 'ana', session.id);
  await until('it goes on', () => uma.notices(channel).includes('resumed') && world.hub.live(session.id)?.state === 'running');
  uma.type(channel, 0, 'typed');
  await until('keys pass', () => agent.program(session.id).keys.toString() === 'typed');
});

test('[S5, E3] a moderator who shows no sign of life is called, then leaves, and the keys with them; a key keeps them', async () => {
  const { world, uma, session, channel } = await moderated({ limits: { presenceMs: 1000 } });
  const omar = await moderates(world, 'omar', session.id);
  expect(omar.presenceMs).toBe(1000);
  await until('it runs', () => world.hub.live(session.id)?.state === 'running');
  await until('omar is called', () => omar.operator.notices(omar.channel).includes('presence'));
  const { until: at } = good(await presentSession(world.call('omar', omar.operator), { channel: omar.channel }));
  expect(at).toBeGreaterThan(Date.now());
  expect(await presentSession(world.call('uma', uma), { channel })).toMatchObject({ problem: { code: 'not-moderator' } });
  await until('omar is out', () => omar.operator.closedWith(omar.channel));
  expect(omar.operator.closedWith(omar.channel)).toMatchObject({ left: 'absent' });
  await until('it is frozen', () => world.hub.live(session.id)?.state === 'frozen');
});

test('[E1, T2] who opened it cannot moderate it; a moderator may stop it without another proof', async () => {
  const { world, session, uma, channel } = await moderated();
  await proves(world, 'uma', 'session.moderate', session.id);
  const asked = { session: session.id, role: 'moderator', size } as const;
  expect(await joinSession(world.call('uma', world.operator('uma')), asked)).toMatchObject({ problem: { code: 'denied' } });
  expect(await joinSession(world.call('omar', world.operator('omar')), asked)).toMatchObject({
    problem: { code: 'step-up' },
  });
  const omar = await moderates(world, 'omar', session.id);
  await until('it runs', () => world.hub.live(session.id)?.state === 'running');
  good(await killSession(world.call('omar', omar.operator), { session: session.id, why: 'enough' }));
  await until('uma is told', () => uma.closedWith(channel));
  expect(uma.closedWith(channel)).toMatchObject({ ended: { reason: 'killed', by: 'omar', why: 'enough' } });
});

test('[E2, D6] a gateway that starts again takes nobody for present: keys wait until a moderator is back', async () => {
  const { world, agent, session } = await moderated();
  await moderates(world, 'omar', session.id);
  await until('it runs', () => world.hub.live(session.id)?.state === 'running');
  await world.down();
  await world.up();
  await agent.connect();
  expect(world.hub.live(session.id)?.state).toBe('frozen');
  await moderates(world, 'ana', session.id);
  await until('it goes on', () => world.hub.live(session.id)?.state === 'detached');
  expect(sessionIn(world, session.id)).toMatchObject({ freezes: [] });
});
