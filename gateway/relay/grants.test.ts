// A shell that rests on a grant: announced before it ends, prolonged in place, and over with it, with a reason that names it (S44, M14, law 9).
import { afterEach, expect, test } from 'vitest';
import { closeOffices, office, profile, sessionIn, size } from '../../fixtures/live-office.ts';
import { type LiveWorld, until } from '../../fixtures/live-world.ts';
import type { TestOperator } from '../../fixtures/operator-line.ts';
import { good } from '../../fixtures/outcome.ts';
import { extendGrant, revokeGrant } from '../handlers/access.ts';
import { openGrantClock } from '../handlers/grants-clock.ts';
import { openSession } from '../handlers/sessions.ts';
import { type GrantId, idRandomBytes, mintId } from '../protocol/ids.ts';

const stops: (() => void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await closeOffices();
});

const said = (operator: TestOperator, channel: number): string | undefined => {
  const push = operator.pushes.findLast(
    (one) => one.type === 'session.notice' && one.channel === channel && one.notice === 'ending-soon',
  );
  return push?.type === 'session.notice' ? push.text : undefined;
};

/** rob, who reaches nothing, has a shell on web-1 by a grant of so many ms. */
async function granted(ms: number) {
  const { world, web, agent } = await office();
  await world.person('rob');
  stops.push(openGrantClock({ log: world.log, clock: clockOf() }));
  const grant = await give(world, 'rob', ms, 'terminal');
  const rob = world.operator('rob');
  const opened = good(await openSession(world.call('rob', rob), { server: web.server.name, size, profile }));
  return { world, web, agent, rob, grant, ...opened };
}
const clockOf = () => ({
  now: Date.now,
  mono: () => Math.round(performance.now()),
  after: (ms: number, call: () => void) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
});
async function give(world: LiveWorld, name: string, ms: number, level: 'terminal' | 'full'): Promise<GrantId> {
  const grant = mintId('gra', crypto.getRandomValues(new Uint8Array(idRandomBytes)));
  const person = world.caller(name).person.id;
  const servers = Object.values(world.log.settled.servers).map(({ id }) => id);
  await world.commit({
    actor: { kind: 'gateway' },
    outcome: 'ok',
    personal: {},
    type: 'grant.made',
    data: {
      grant,
      person,
      terms: { servers: { name: 'web-*' }, level, minutes: 60 },
      servers,
      until: Date.now() + ms,
      by: [],
      why: 'w',
    },
  });
  return grant;
}

test('[M14, law 9] its end is announced, and within a second the shell is over, with the grant named on the screen and in the log', async () => {
  const { world, rob, channel, session, grant } = await granted(3_600_000);
  expect(said(rob, channel)).toBeUndefined();
  await world.commit({
    actor: { kind: 'gateway' },
    outcome: 'ok',
    personal: {},
    type: 'grant.extended',
    data: { grant, until: Date.now() + 1_500, by: [], why: 'it ends sooner' },
  });
  await until('it is announced', () => said(rob, channel)?.includes('the grant for web-* ends') === true);
  const end = await until('it ends', () => rob.closedWith(channel));
  const why = 'the grant for web-* ended (expired)';
  expect(end).toMatchObject({ ended: { reason: 'access-changed', why } });
  expect(sessionIn(world, session.id)).toMatchObject({ ending: { reason: 'access-changed', why } });
  const ended = world.log.settled.grants[grant]?.ended?.at ?? 0;
  expect(sessionIn(world, session.id)).toMatchObject({ ending: { at: expect.toSatisfy((at: number) => at - ended < 1_000) } });
});

test('[S44, M14] prolonged by its holder the shell goes on; revoked it ends, by whom and why', async () => {
  const { world, rob, channel, session, grant } = await granted(50_000);
  await until('it is announced', () => said(rob, channel) !== undefined);
  expect(world.hub.live(session.id)?.ends).toMatchObject({ reason: 'access-changed', grant });
  good(await extendGrant(world.call('rob', rob), { grant, why: 'the build needs it' }));
  await until('it ends later', () => (world.hub.live(session.id)?.ends.at ?? 0) > Date.now() + 60_000);
  good(await revokeGrant(world.call('rob', rob), { grant, why: 'done' }));
  const end = await until('it ends', () => rob.closedWith(channel));
  expect(end).toMatchObject({ ended: { reason: 'access-changed', by: 'rob', why: 'the grant for web-* ended (revoked: done)' } });
});

test('a grant without which the shell would go on all the same announces nothing and ends nothing', async () => {
  const { world, web } = await office();
  stops.push(openGrantClock({ log: world.log, clock: clockOf() }));
  const uma = world.operator('uma');
  const { session, channel } = good(await openSession(world.call('uma', uma), { server: web.server.name, size, profile }));
  const grant = await give(world, 'uma', 300, 'full');
  await until('it is over', () => world.log.settled.grants[grant]?.ended);
  expect(said(uma, channel)).toBeUndefined();
  expect(sessionIn(world, session.id).state).toBe('running');
  expect(world.hub.live(session.id)?.ends).not.toHaveProperty('grant');
});
