// §4d: what the log says of sessions is complete, whichever version their agent speaks: one id, exactly one beginning and one end, also over a cut.
import { afterEach, expect, test } from 'vitest';
import { openAgentPeer } from '../../fixtures/agent-peer.ts';
import { closeOffices, eventsOf, office, sessionIn, shell } from '../../fixtures/live-office.ts';
import { until } from '../../fixtures/live-world.ts';
import { agentProtocol } from '../protocol/version.ts';

afterEach(closeOffices);

const { oldest, newest } = agentProtocol;
const versions = Array.from({ length: newest - oldest + 1 }, (_, i) => oldest + i);
const once = ['recording.closed', 'recording.started', 'session.ended', 'session.opened', 'session.started'];

test.each(versions)(
  '§4d: an agent of version %i: of sessions that end by themselves, over a cut and while it is away, each begins and ends once',
  async (version) => {
    const { world } = await office();
    const server = await world.server('web-2');
    const agent = await openAgentPeer(server.identity, { protocol: { oldest: version, newest: version } });
    await agent.connect();
    const uma = world.operator('uma');
    const [plain, cut, away] = [
      await shell(world, server, uma),
      await shell(world, server, uma),
      await shell(world, server, uma),
    ];
    const ids = [plain, cut, away].map(({ session }) => session.id);
    for (const id of ids) agent.print(id, `from ${id}`);
    agent.exit(plain.session.id, 3);
    await until('the first has ended', () => sessionIn(world, plain.session.id).state === 'ended');
    agent.cut();
    agent.exit(away.session.id, 4);
    await until('the old connection is gone', () => !world.hub.presence(server.server.id).online);
    await agent.connect();
    agent.exit(cut.session.id, 5);
    await until('all have ended', () => ids.every((id) => sessionIn(world, id).state === 'ended'));
    await until('their recordings too', () => ids.every((id) => eventsOf(world, id).includes('recording.closed')));
    for (const id of ids)
      expect(
        eventsOf(world, id)
          .filter((type) => once.includes(type))
          .toSorted(),
      ).toEqual(once);
    const told = world.log.events.filter(({ type }) => type.startsWith('session.') || type.startsWith('recording.'));
    expect(told.filter(({ session }) => session === undefined || !ids.includes(session))).toEqual([]);
  },
);
