// One keyboard: asked for, given, taken over, and who typed what (M12).
import { afterEach, expect, test } from 'vitest';
import {
  closeOffices,
  eventsOf,
  office,
  omarReaches,
  profile,
  proves,
  sessionIn,
  shell,
  size,
} from '../../fixtures/live-office.ts';
import { type LiveWorld, until } from '../../fixtures/live-world.ts';
import type { TestOperator } from '../../fixtures/operator-line.ts';
import { good } from '../../fixtures/outcome.ts';
import { askSession, giveSession, joinSession } from '../handlers/joining.ts';
import { attachSession } from '../handlers/sessions.ts';
import type { SessionId } from '../protocol/ids.ts';
import { decodeNote } from '../session/cast.ts';

afterEach(closeOffices);

const companyOf = (operator: TestOperator, channel: number) =>
  operator.pushes.findLast((push) => push.type === 'session.company' && push.channel === channel);

async function joined(world: LiveWorld, session: SessionId) {
  await omarReaches(world);
  await proves(world, 'omar', 'session.join', session);
  const omar = world.operator('omar');
  const peer = good(await joinSession(world.call('omar', omar), { session, role: 'peer', size }));
  return { omar, peer };
}

test('[S2, T2] joining as a peer takes a shell of that level, and a proof of its own', async () => {
  const { world, web } = await office();
  const uma = world.operator('uma');
  const { session } = await shell(world, web, uma);
  const omar = world.operator('omar');
  const asking = { session: session.id, role: 'peer', size } as const;
  expect(await joinSession(world.call('omar', omar), asking)).toMatchObject({ problem: { code: 'denied' } });
  await omarReaches(world);
  await proves(world, 'omar', 'session.watch', session.id);
  expect(await joinSession(world.call('omar', omar), asking)).toMatchObject({ problem: { code: 'step-up' } });
  await proves(world, 'omar', 'session.join', session.id);
  expect(await joinSession(world.call('omar', omar), asking)).toMatchObject({ ok: true, value: { role: 'peer' } });
  expect(sessionIn(world, session.id).participants.map(({ role }) => role)).toEqual(['driver', 'peer']);
});

test('[S1, S6, M12] a peer asks, the driver gives, and what each typed is theirs in the recording', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  uma.type(channel, 0, 'umas');
  const { omar, peer } = await joined(world, session.id);
  omar.type(peer.channel, 0, 'nothing');
  expect(await giveSession(world.call('uma', uma), { channel })).toMatchObject({ problem: { code: 'nobody-asks' } });
  expect(await askSession(world.call('uma', uma), { channel })).toMatchObject({ problem: { code: 'not-peer' } });
  good(await askSession(world.call('omar', omar), { channel: peer.channel }));
  await until('uma hears of it', () => uma.notices(channel).includes('asked'));
  await until('everybody sees who asks', () => {
    const company = companyOf(omar, peer.channel);
    return company?.type === 'session.company' && company.asking.length === 1;
  });
  expect(await giveSession(world.call('omar', omar), { channel: peer.channel })).toMatchObject({
    problem: { code: 'not-driver' },
  });
  expect(good(await giveSession(world.call('uma', uma), { channel }))).toEqual({ to: 'omar' });
  await until('omar hears of it', () => omar.notices(peer.channel).includes('handed'));
  const driving = good(await attachSession(world.call('omar', omar), { session: session.id, size, profile }));
  expect(uma.closedWith(channel)).toMatchObject({ left: 'taken-over' });
  omar.type(driving.channel, 0, 'omars');
  await until('it is typed', () => agent.program(session.id).keys.toString() === 'umasomars');
  // Who handed it over does not take it back by coming in again.
  expect(await attachSession(world.call('uma', uma), { session: session.id, size, profile })).toMatchObject({ ok: false });

  expect(eventsOf(world, session.id).slice(4)).toEqual([
    'session.joined',
    'session.asked',
    'session.handed',
    'session.left',
    'session.joined',
    'access.denied',
  ]);
  const row = sessionIn(world, session.id);
  const ordinals = new Map(row.participants.map((one) => [one.ordinal, one.person]));
  agent.exit(session.id, 0);
  await until('its recording is closed', () => omar.closedWith(driving.channel));
  const typed = (await world.recorded(session.id)).flatMap((frame) => {
    const note = frame.kind === 'participant' ? decodeNote(frame.bytes) : undefined;
    return note?.did === 'typed' ? [[ordinals.get(note.ordinal), note.length]] : [];
  });
  expect(typed).toEqual([
    [world.caller('uma').person.id, 4],
    [world.caller('omar').person.id, 5],
  ]);
});

test('[M12] a thousand keys from two people, turn by turn, are attributed without one mistake', async () => {
  const { world, web, agent } = await office();
  let driver = { name: 'uma', operator: world.operator('uma') };
  const { session, channel } = await shell(world, web, driver.operator);
  const { omar, peer } = await joined(world, session.id);
  let other = { name: 'omar', operator: omar };
  let driving = channel;
  let asking = peer.channel;
  let expected = '';
  const told: string[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    for (let key = 0; key < 50; key += 1) driver.operator.type(driving, key, driver.name === 'uma' ? 'u' : 'o');
    // The one who does not drive types as well, and is not heard.
    other.operator.type(asking, 0, 'x');
    expected += (driver.name === 'uma' ? 'u' : 'o').repeat(50);
    told.push(driver.name);
    await until('it is typed', () => agent.program(session.id).keys.length === expected.length);
    good(await askSession(world.call(other.name, other.operator), { channel: asking }));
    good(await giveSession(world.call(driver.name, driver.operator), { channel: driving }));
    const next = good(await attachSession(world.call(other.name, other.operator), { session: session.id, size, profile }));
    await proves(world, driver.name, 'session.join', session.id);
    const back = good(await joinSession(world.call(driver.name, driver.operator), { session: session.id, role: 'peer', size }));
    [driver, other] = [other, driver];
    driving = next.channel;
    asking = back.channel;
  }
  expect(agent.program(session.id).keys.toString()).toBe(expected);
  agent.exit(session.id, 0);
  await until('its recording is closed', () => sessionIn(world, session.id).state === 'ended');
  const people = new Map<number, string>();
  for (const event of world.log.events)
    if (event.type === 'session.joined' && event.session === session.id)
      people.set(event.data.ordinal, world.log.settled.people[event.data.person]?.name ?? '');
  const typed = (await world.recorded(session.id)).flatMap((frame) => {
    const note = frame.kind === 'participant' ? decodeNote(frame.bytes) : undefined;
    return note?.did === 'typed' ? Array.from({ length: note.length }, () => people.get(note.ordinal)) : [];
  });
  expect(typed).toEqual(told.flatMap((name) => Array.from({ length: 50 }, () => name)));
});

test('[law 1] a take-over has its own permission and proof, and stands in the log before the seat changes hands', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  const ana = world.operator('ana');
  const taking = { session: session.id, size: { cols: 100, rows: 30 }, profile, takeOver: true } as const;
  expect(await attachSession(world.call('ana', ana), { ...taking, takeOver: false })).toMatchObject({ ok: false });
  expect(await attachSession(world.call('ana', ana), taking)).toMatchObject({ problem: { code: 'step-up' } });
  await proves(world, 'ana', 'session.take-over', session.id);
  const driving = good(await attachSession(world.call('ana', ana), taking));
  expect(uma.closedWith(channel)).toMatchObject({ left: 'taken-over' });
  expect(eventsOf(world, session.id).slice(-3)).toEqual(['session.handed', 'session.left', 'session.joined']);
  ana.type(driving.channel, 0, 'hers');
  await until('it is typed', () => agent.program(session.id).keys.toString() === 'hers');
  // Her line breaks: she comes back to it, and meanwhile uma would.
  ana.hangUp();
  await until('nobody drives', () => world.hub.live(session.id)?.state === 'detached');
  const again = world.operator('ana');
  expect(await attachSession(world.call('ana', again), { session: session.id, size, profile })).toMatchObject({ ok: true });
  again.hangUp();
  await until('nobody drives', () => world.hub.live(session.id)?.state === 'detached');
  const back = world.operator('uma');
  expect(await attachSession(world.call('uma', back), { session: session.id, size, profile })).toMatchObject({ ok: true });
});

test('[S25] when who opened a session may no longer be here, it ends, whoever drives it', async () => {
  const { world, web } = await office();
  const uma = world.operator('uma');
  const { session } = await shell(world, web, uma);
  const ana = world.operator('ana');
  await proves(world, 'ana', 'session.take-over', session.id);
  const driving = good(await attachSession(world.call('ana', ana), { session: session.id, size, profile, takeOver: true }));
  await world.commit({
    actor: { kind: 'gateway' },
    outcome: 'ok',
    personal: {},
    type: 'person.suspended',
    data: { person: world.caller('uma').person.id, why: 'left' },
  });
  await until('it ends', () => ana.closedWith(driving.channel));
  expect(sessionIn(world, session.id)).toMatchObject({ ending: { reason: 'revoked' } });
});

test('[M12, T1] between giving and coming, a change of rights puts out nobody who may stay, and a cut line gives nobody away', async () => {
  const { world, web } = await office();
  const uma = world.operator('uma');
  const { session, channel, participant } = await shell(world, web, uma);
  const { omar, peer } = await joined(world, session.id);
  good(await askSession(world.call('omar', omar), { channel: peer.channel }));
  good(await giveSession(world.call('uma', uma), { channel }));
  await world.group('others', [], []);
  expect(uma.closedWith(channel)).toBe(undefined);
  expect(sessionIn(world, session.id).state).toBe('running');
  uma.hangUp();
  await until('nobody drives', () => world.hub.live(session.id)?.state === 'detached');
  const back = world.operator('uma');
  const again = { session: session.id, size, profile, resume: participant };
  expect(await attachSession(world.call('uma', back), again)).toMatchObject({ ok: true, value: { participant } });
});
