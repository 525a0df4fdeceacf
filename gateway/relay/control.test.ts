// What is done to a session from outside its keyboard: frozen, written to, prolonged, shared, locked; and how it ends by itself (M14).
import { afterEach, expect, test } from 'vitest';
import { closeOffices, office, profile, proves, sessionIn, shell, size } from '../../fixtures/live-office.ts';
import { until } from '../../fixtures/live-world.ts';
import type { TestOperator } from '../../fixtures/operator-line.ts';
import { good } from '../../fixtures/outcome.ts';
import { extendSession, freezeSession, markSession, messageSession, putOutSession } from '../handlers/control.ts';
import { openExpiry } from '../handlers/expiry.ts';
import { joinSession, shareSession, unshareSession, watchSession } from '../handlers/joining.ts';
import { addLockHandler, listLocks, removeLockHandler } from '../handlers/locks.ts';
import { attachSession, openSession } from '../handlers/sessions.ts';

afterEach(closeOffices);

const said = (operator: TestOperator, channel: number, notice: string): string | undefined => {
  const push = operator.pushes.findLast(
    (one) => one.type === 'session.notice' && one.channel === channel && one.notice === notice,
  );
  return push?.type === 'session.notice' ? push.text : undefined;
};

test('[S3, S62] frozen by somebody, with a reason: keys wait, output goes on, a restart changes nothing, and only they end it', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  const omar = world.operator('omar');
  const why = 'wait for the backup';
  good(await freezeSession(world.call('omar', omar), { session: session.id, freeze: true, why }));
  await until('uma reads why', () => said(uma, channel, 'frozen')?.includes('Frozen by omar: wait for the backup') === true);
  uma.type(channel, 0, 'lost');
  agent.print(session.id, 'still printing');
  await until('output goes on', () => uma.text(channel).includes('still printing'));
  expect(sessionIn(world, session.id)).toMatchObject({ freezes: [{ cause: 'held', why }] });
  await world.down();
  await world.up();
  await agent.connect();
  expect(world.hub.live(session.id)?.state).toBe('frozen');
  const back = world.operator('uma');
  const seat = good(await attachSession(world.call('uma', back), { session: session.id, size, profile }));
  back.type(seat.channel, 0, 'lost too');
  await until('uma reads why', () => said(back, seat.channel, 'frozen')?.includes(why) === true);
  good(await freezeSession(world.call('omar', omar), { session: session.id, freeze: false, why: '' }));
  await until('it goes on', () => said(back, seat.channel, 'resumed')?.includes('omar let the session go on') === true);
  back.type(seat.channel, 0, 'now');
  await until('keys pass', () => agent.program(session.id).keys.toString() === 'now');
});

test('[S62] a message reaches everybody in the session, its words can be erased, and a mark names a place in the recording', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  const omar = world.operator('omar');
  const watching = good(await watchSession(world.call('omar', omar), { session: session.id, size }));
  good(await messageSession(world.call('omar', omar), { session: session.id, text: 'mind the disk' }));
  await until('uma reads it', () => said(uma, channel, 'message') === 'omar: mind the disk');
  expect(said(omar, watching.channel, 'message')).toBe('omar: mind the disk');
  expect(world.log.events.findLast(({ type }) => type === 'session.messaged')?.data).not.toHaveProperty('text');
  agent.print(session.id, '0123456789');
  await until('it came', () => world.hub.live(session.id)?.bytes === 10);
  expect(good(await markSession(world.call('omar', omar), { session: session.id, label: 'here' }))).toEqual({ position: 10 });
});

test('[S8, M14] the end of its life is announced, put off by one step with a reason, and comes then', async () => {
  const { world, web } = await office({
    limits: { sessionMs: { normal: 1500, important: 1500, critical: 1500 }, extendMs: 1000 },
  });
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  await until('it is announced', () => said(uma, channel, 'ending-soon')?.includes('its longest life is over') === true);
  expect(world.hub.live(session.id)?.ends.reason).toBe('expired');
  const asked = { session: session.id, why: 'the build needs it' };
  await proves(world, 'uma', 'session.extend', session.id);
  const untils: number[] = [];
  for (let step = 0; step < 2; step += 1) untils.push(good(await extendSession(world.call('uma', uma), asked)).until);
  const begun = sessionIn(world, session.id).startedAt;
  expect(untils.map((at) => at - begun)).toEqual([2500, 3000]);
  expect(await extendSession(world.call('uma', uma), asked)).toMatchObject({ problem: { code: 'limit' } });
  await until('it ends', () => uma.closedWith(channel));
  expect(uma.closedWith(channel)).toMatchObject({ ended: { reason: 'expired' } });
  expect(Date.now() - begun).toBeGreaterThan(2900);
});

test('[M14] a session in which nothing happens says so before it ends as idle; a key or a byte of output keeps it', async () => {
  const { world, web, agent } = await office({ limits: { idleMs: { normal: 1200, important: 1200, critical: 1200 } } });
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  await until('it is announced', () => said(uma, channel, 'ending-soon')?.includes('nothing was typed or printed') === true);
  for (let i = 0; i < 4; i += 1) {
    agent.print(session.id, '.');
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  expect(sessionIn(world, session.id).state).toBe('running');
  await until('it ends', () => uma.closedWith(channel));
  expect(sessionIn(world, session.id)).toMatchObject({ ending: { reason: 'idle' } });
});

test('[S7, S61] one person is invited, by a code that is nothing to anybody else, and is out when it is taken back or runs out', async () => {
  const { world, web } = await office();
  await world.person('rob');
  const uma = world.operator('uma');
  const { session } = await shell(world, web, uma);
  const rob = world.operator('rob');
  expect(await joinSession(world.call('rob', rob), { session: session.id, size })).toMatchObject({
    problem: { code: 'not-found' },
  });
  const asked = { session: session.id, person: 'rob', role: 'observer', minutes: 5 } as const;
  const { invite, code } = good(await shareSession(world.call('uma', uma), asked));
  expect(code).toMatch(/^[a-z2-9]{4}-[a-z2-9]{4}$/);
  expect(JSON.stringify(world.log.events)).not.toContain(code);
  const stranger = world.operator('omar');
  expect(await joinSession(world.call('omar', stranger), { session: code, size })).toMatchObject({
    problem: { code: 'not-found' },
  });
  const seat = good(await joinSession(world.call('rob', rob), { session: code, size }));
  expect(seat.role).toBe('observer');
  good(await unshareSession(world.call('uma', uma), { invite: invite.id }));
  await until('rob is out', () => rob.closedWith(seat.channel));
  expect(rob.closedWith(seat.channel)).toMatchObject({ left: 'uninvited' });
  expect(await joinSession(world.call('rob', rob), { session: code, size })).toMatchObject({ problem: { code: 'not-found' } });
  expect(await shareSession(world.call('uma', uma), { ...asked, person: 'nobody' })).toMatchObject({
    problem: { code: 'not-found' },
  });
});

test('[S27] a guest is sent away with a reason, and everybody else stays; who drives is no guest', async () => {
  const { world, web } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  const omar = world.operator('omar');
  const ana = world.operator('ana');
  const omars = good(await watchSession(world.call('omar', omar), { session: session.id, size }));
  const anas = good(await watchSession(world.call('ana', ana), { session: session.id, size }));
  const asked = { session: session.id, person: 'omar', why: 'a secret comes up' };
  expect(await putOutSession(world.call('omar', omar), { ...asked, person: 'ana' })).toMatchObject({
    problem: { code: 'denied' },
  });
  good(await putOutSession(world.call('uma', uma), asked));
  await until('omar is out', () => omar.closedWith(omars.channel));
  expect(omar.closedWith(omars.channel)).toMatchObject({ left: 'put-out' });
  expect(ana.closedWith(anas.channel)).toBe(undefined);
  expect(await putOutSession(world.call('uma', uma), asked)).toMatchObject({ problem: { code: 'not-found' } });
  expect(await putOutSession(world.call('ana', ana), { ...asked, person: 'uma' })).toMatchObject({
    problem: { code: 'not-found' },
  });
  expect(uma.closedWith(channel)).toBe(undefined);
  expect(sessionIn(world, session.id).participants.filter(({ left }) => left === undefined)).toHaveLength(2);
});

test('[S9, S55] a lock ends the sessions of a person with its reason, shuts the door, and goes off by itself', async () => {
  const { world, web, agent } = await office();
  const stop = openExpiry(world.call('ana', world.operator('ana')).parts);
  try {
    const uma = world.operator('uma');
    const { session, channel } = await shell(world, web, uma);
    const ana = world.operator('ana');
    const asked = { kind: 'person', target: 'uma', why: 'lost laptop' } as const;
    expect(await addLockHandler(world.call('ana', ana), asked)).toMatchObject({ problem: { code: 'step-up' } });
    await proves(world, 'ana', 'lock.manage');
    expect(await addLockHandler(world.call('ana', ana), { ...asked, target: 'ana' })).toMatchObject({
      problem: { code: 'bad-request' },
    });
    const everybody = { kind: 'role', target: 'superuser', why: 'x' } as const;
    expect(await addLockHandler(world.call('ana', ana), everybody)).toMatchObject({ problem: { code: 'last-superuser' } });
    const { lock, sessions } = good(await addLockHandler(world.call('ana', ana), asked));
    expect(sessions).toBe(1);
    await until('uma is told', () => uma.closedWith(channel));
    expect(uma.closedWith(channel)).toMatchObject({ ended: { reason: 'locked', by: 'ana', why: 'lost laptop' } });
    expect(sessionIn(world, session.id)).toMatchObject({ ending: { reason: 'locked', why: 'lost laptop' } });
    expect(agent.program(session.id).killed).toBe('locked');
    const opening = { server: 'web-1', size, profile };
    expect(await openSession(world.call('uma', uma), opening)).toMatchObject({
      problem: { code: 'access-locked', detail: 'lost laptop' },
    });
    expect(good(await listLocks(world.call('ana', ana), {})).locks).toMatchObject([
      { targetName: 'uma', by: 'ana', why: 'lost laptop' },
    ]);
    good(await removeLockHandler(world.call('ana', ana), { lock: lock.id, why: 'found it' }));
    expect(await openSession(world.call('uma', uma), opening)).toMatchObject({ ok: true });

    const server = { kind: 'server', target: 'web-1', why: 'broken into', minutes: 1 } as const;
    good(await addLockHandler(world.call('ana', ana), server));
    expect(await openSession(world.call('uma', uma), opening)).toMatchObject({
      problem: { code: 'access-locked', detail: 'broken into' },
    });
  } finally {
    stop();
  }
});
