// What is opened behind broken glass (S53): everybody in it sees how it came to be, it cannot be prolonged, and it ends when the glass is whole again.
import { afterEach, expect, test } from 'vitest';
import { HandClock } from '../../fixtures/faults/hand-clock.ts';
import { closeOffices, office, omarReaches, proves, sessionIn, shell, size } from '../../fixtures/live-office.ts';
import { until } from '../../fixtures/live-world.ts';
import { good } from '../../fixtures/outcome.ts';
import { openBreakGlassWatch } from '../handlers/break-glass-watch.ts';
import { extendSession } from '../handlers/control.ts';
import { watchSession } from '../handlers/joining.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';

const stops: (() => void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await closeOffices();
});
const minute = 60_000;
const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;

/** uma came in past the provider, for ten more minutes; her shell on web-1, and omar who watches it. */
async function behindGlass() {
  const clock = new HandClock();
  const { world, web } = await office({ clock });
  await omarReaches(world);
  const { person, login } = world.caller('uma');
  const entrance = mintId('brk', new Uint8Array(idRandomBytes));
  const ends = clock.now() + 10 * minute;
  const uma = world.operator('uma');
  stops.push(openBreakGlassWatch(world.call('uma', uma).parts));
  await world.commit({
    ...quiet,
    type: 'breakglass.opened',
    data: { entrance, person: person.id, login: login.id, how: 'sealed', until: ends, why: 'w' },
    personal: { address: '192.0.2.7', machine: 'laptop' },
  });
  const { session, channel } = await shell(world, web, uma);
  const omar = world.operator('omar');
  const seat = good(await watchSession(world.call('omar', omar), { session: session.id, size }));
  return { world, clock, ends, uma, omar, channel, seat, entrance, id: session.id };
}
const banner = (line: { readonly pushes: readonly object[] }): readonly object[] =>
  line.pushes.filter((push) => 'notice' in push && push.notice === 'break-glass');

test('[S53, law 9] a shell behind broken glass says so to everybody in it, says when it ends, is not prolonged, and ends then', async () => {
  const { world, clock, ends, uma, omar, channel, seat, entrance, id } = await behindGlass();
  const text = `BREAK-GLASS until ${new Date(ends).toISOString().slice(11, 16)} UTC`;
  clock.pass(1);
  expect(banner(uma)).toMatchObject([{ channel, text }]);
  expect(banner(omar)).toMatchObject([{ channel: seat.channel, text }]);
  expect(world.hub.live(id)?.ends).toEqual({ at: ends, reason: 'expired' });

  await proves(world, 'uma', 'session.extend', id);
  expect(await extendSession(world.call('uma', uma), { session: id, why: 'w' })).toMatchObject({ problem: { code: 'limit' } });
  clock.pass(10 * minute);
  await until('it ended', () => {
    clock.pass(100);
    return sessionIn(world, id).state === 'ended';
  });
  expect(sessionIn(world, id)).toMatchObject({ ending: { reason: 'expired' } });
  await until('the entrance is over', () => world.log.settled.entrances[entrance]?.overAt !== undefined);
});

test('[S53, T1] taken away early, the sign-in takes what was opened behind it along, with the reason', async () => {
  const { world, clock, uma, channel, id } = await behindGlass();
  const { person, login } = world.caller('uma');
  await world.commit({ ...quiet, type: 'login.ended', data: { login: login.id, person: person.id, cause: 'logout' } });
  await until('it ended', () => {
    clock.pass(10);
    return sessionIn(world, id).state === 'ended';
  });
  expect(sessionIn(world, id)).toMatchObject({
    ending: { reason: 'revoked', why: 'the break-glass sign-in it was opened in is over' },
  });
  expect(uma.closedWith(channel)).toBeDefined();
});
