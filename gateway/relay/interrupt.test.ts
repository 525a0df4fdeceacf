// A key that is to overtake, between client and agent: who may send one, what becomes of the numbers, and what an agent may not say. That it does
// overtake: agent/overtake.test.ts and fixtures/stories/interrupt.world.ts.
import { afterEach, expect, test } from 'vitest';
import { type AgentPeer, type AgentPeerOptions, openAgentPeer } from '../../fixtures/agent-peer.ts';
import { closeOffices, office, profile, size } from '../../fixtures/live-office.ts';
import { until } from '../../fixtures/live-world.ts';
import { good } from '../../fixtures/outcome.ts';
import { watchSession } from '../handlers/joining.ts';
import { arrivedSession, interruptSession, openSession } from '../handlers/sessions.ts';

afterEach(closeOffices);

type Asked = Parameters<NonNullable<AgentPeerOptions['onInterrupt']>>[0];

async function shellWith(answer: (peer: AgentPeer, asked: Asked) => void, protocol?: AgentPeerOptions['protocol']) {
  const { world } = await office();
  const server = await world.server('web-2');
  const asked: Asked[] = [];
  const peer: AgentPeer = await openAgentPeer(server.identity, {
    onInterrupt: (message) => {
      asked.push(message);
      answer(peer, message);
    },
    ...(protocol === undefined ? {} : { protocol }),
  });
  await peer.connect();
  const uma = world.operator('uma');
  const { session, channel } = good(await openSession(world.call('uma', uma), { server: 'web-2', size, profile }));
  uma.type(channel, 0, 'abcdef');
  await until('it is applied', () => peer.program(session.id).keys.toString() === 'abcdef');
  await until('uma knows', () => uma.channel(channel).typed === 6);
  const press = (key = 3) => interruptSession(world.call('uma', uma), { channel, key });
  return { world, peer, uma, session, channel, asked, press };
}
const saying =
  (how: { readonly taken: boolean; readonly offset: number; readonly unread: number }) => (peer: AgentPeer, asked: Asked) =>
    peer.say({ type: 'session.interrupted', session: asked.session, participant: asked.participant, ...how });

test('[C6, A11] a key that overtakes goes to the agent under who typed it, and what it says of the numbers is passed on', async () => {
  const { world, peer, uma, session, channel, asked, press } = await shellWith(saying({ taken: true, offset: 6, unread: 2 }));
  expect(good(await press())).toEqual({ taken: true, offset: 6, unread: 2 });
  expect(asked).toMatchObject([{ key: 3, session: session.id }]);
  uma.type(channel, 6, 'g');
  await until('it goes on from there', () => peer.program(session.id).keys.toString() === 'abcdefg');
  expect(good(await arrivedSession(world.call('uma', uma), { channel }))).toEqual({ arrived: 7 });
});

test('[C6] only who drives may: an observer is told so, and nothing reaches the agent (C4)', async () => {
  const { world, session, asked } = await shellWith(saying({ taken: true, offset: 6, unread: 0 }));
  const omar = world.operator('omar');
  const { channel } = good(await watchSession(world.call('omar', omar), { session: session.id, size }));
  expect(await interruptSession(world.call('omar', omar), { channel, key: 3 })).toMatchObject({
    problem: { code: 'not-driver' },
  });
  expect(asked).toEqual([]);
});

test('[C6, A11] an agent of version 1 is not asked: the key keeps its place', async () => {
  const { asked, press } = await shellWith(saying({ taken: true, offset: 6, unread: 0 }), { oldest: 1, newest: 1 });
  expect(good(await press())).toMatchObject({ taken: false });
  expect(asked).toEqual([]);
});

test('[A11, G7] numbers that cannot be, and answers to nothing, cost the connection; who waits is told that it is away', async () => {
  for (const offset of [5, 7]) {
    const { peer, press } = await shellWith(saying({ taken: true, offset, unread: 0 }));
    expect(await press()).toMatchObject({ problem: { code: 'offline' } });
    await until('it is closed', () => peer.closedWith?.reason === 'bad-message');
  }
  const { peer, session } = await shellWith(() => undefined);
  peer.say({ type: 'session.interrupted', session: session.id, participant: 1, taken: true, offset: 6, unread: 0 });
  await until('it is closed', () => peer.closedWith?.reason === 'bad-message');
  const cut = await shellWith((agent) => agent.cut());
  expect(await cut.press()).toMatchObject({ problem: { code: 'offline' } });
});
