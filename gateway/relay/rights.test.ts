import { afterEach, expect, test } from 'vitest';
import { openAgentPeer } from '../../fixtures/agent-peer.ts';
import { closeOffices, office, profile, sessionIn, shell, size } from '../../fixtures/live-office.ts';
import { type LiveWorld, until } from '../../fixtures/live-world.ts';
import { good } from '../../fixtures/outcome.ts';
import { watchSession } from '../handlers/joining.ts';
import { attachSession, openSession } from '../handlers/sessions.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { SessionId } from '../protocol/ids.ts';

afterEach(closeOffices);

const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const endingOf = (world: LiveWorld, id: SessionId): string | undefined => {
  const row = sessionIn(world, id);
  return row.state === 'ended' ? row.ending.reason : undefined;
};

/** uma drives, omar watches; then something changes. Gives how long the end took, ms. */
async function whatHappens(change: (world: LiveWorld) => readonly NewEvent[] | Promise<readonly NewEvent[]>) {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const omar = world.operator('omar');
  const { session, channel } = await shell(world, web, uma);
  const watching = good(await watchSession(world.call('omar', omar), { session: session.id, size }));
  const events = await change(world);
  const from = performance.now();
  await world.commit(...events);
  return { world, web, agent, uma, omar, channel, watching, session, from };
}

const umaId = (world: LiveWorld) => world.caller('uma').person.id;
const webGroup = (world: LiveWorld) => {
  const group = Object.values(world.log.settled.groups)[0];
  if (group === undefined) throw new Error('no group');
  return group;
};

test('[T1, S25] whoever drives and is suspended loses the session at once, with the reason, and the program is hung up', async () => {
  const { world, agent, uma, channel, omar, watching, session, from } = await whatHappens((world) => [
    { ...quiet, type: 'person.suspended', data: { person: umaId(world), why: 'left' } },
  ]);
  await until('the end is told', () => uma.closedWith(channel));
  expect(performance.now() - from).toBeLessThan(2_000);
  expect(uma.closedWith(channel)).toMatchObject({ ended: { reason: 'revoked' } });
  expect(omar.closedWith(watching.channel)).toMatchObject({ ended: { reason: 'revoked' } });
  expect(agent.program(session.id).killed).toBe('revoked');
  expect(endingOf(world, session.id)).toBe('revoked');
});

test('[T1] a program that does not end when it is hung up keeps nobody in', async () => {
  const { world } = await office();
  const stubborn = await openAgentPeer((await world.server('web-7')).identity, { onKill: () => undefined });
  await stubborn.connect();
  const uma = world.operator('uma');
  const opened = good(await openSession(world.call('uma', uma), { server: 'web-7', size, profile }));
  const from = performance.now();
  await world.commit({ ...quiet, type: 'person.removed', data: { person: umaId(world), why: 'left' } });
  await until('the end is told', () => uma.closedWith(opened.channel));
  expect(performance.now() - from).toBeLessThan(2_500);
  expect(endingOf(world, opened.session.id)).toBe('revoked');
  stubborn.print(opened.session.id, 'x'.repeat(600_000));
  stubborn.exit(opened.session.id);
  await until('it is let go in the end', () => stubborn.program(opened.session.id).released);
  expect(stubborn.connected).toBe(true);
});

test('[T1] a group that no longer gives the server, or less than the shell was opened with, ends it: access-changed', async () => {
  const gone = await whatHappens((world) => [
    {
      ...quiet,
      type: 'group.members-set',
      data: { group: webGroup(world).id, before: [...webGroup(world).members], after: [] },
    },
  ]);
  await until('the end is told', () => gone.uma.closedWith(gone.channel));
  expect(gone.uma.closedWith(gone.channel)).toMatchObject({ ended: { reason: 'access-changed' } });
  const less = await whatHappens((world) => [
    {
      ...quiet,
      type: 'group.access-set',
      data: {
        group: webGroup(world).id,
        before: [...webGroup(world).access],
        after: [{ servers: { name: 'web-*' }, level: 'terminal', users: ['nobody'] }],
      },
    },
  ]);
  await until('the end is told', () => less.uma.closedWith(less.channel));
  expect(endingOf(less.world, less.session.id)).toBe('access-changed');
});

test('[T1, T28] an observer who may no longer watch is put out; the driver goes on', async () => {
  const { world, uma, channel, omar, watching, session, agent } = await whatHappens((world) => [
    {
      ...quiet,
      type: 'person.role-set',
      data: { person: world.caller('omar').person.id, before: 'staff', after: 'user', why: 'moved' },
    },
  ]);
  await until('the watcher is out', () => omar.closedWith(watching.channel));
  expect(omar.closedWith(watching.channel)).toMatchObject({ left: 'revoked' });
  expect(uma.closedWith(channel)).toBe(undefined);
  agent.print(session.id, 'still here');
  await until('it goes on', () => uma.text(channel).includes('still here'));
  expect(sessionIn(world, session.id).participants.find(({ role }) => role === 'observer')?.left).toMatchObject({
    cause: 'revoked',
  });
});

test('[TRUST §0, T7] signing out detaches and the program lives on; a login taken away ends it', async () => {
  const out = await whatHappens((world) => {
    const { login, person } = world.caller('uma');
    return [{ ...quiet, type: 'login.ended', data: { login: login.id, person: person.id, cause: 'idle' } }];
  });
  await until('the driver is out', () => out.uma.closedWith(out.channel));
  expect(out.uma.closedWith(out.channel)).toMatchObject({ left: 'logged-out' });
  expect(out.world.hub.live(out.session.id)).toMatchObject({ state: 'detached' });
  // Nobody is signed in: what still holds is asked about the person, and the program lives on.
  await out.world.commit({ ...quiet, type: 'group.added', data: { group: `grp_${'n'.repeat(26)}` as never, name: 'new' } });
  await out.world.signIn('uma');
  const again = out.world.operator('uma');
  good(await attachSession(out.world.call('uma', again), { session: out.session.id, size, profile }));
  expect(out.world.hub.live(out.session.id)).toMatchObject({ state: 'running' });

  const taken = await whatHappens((world) => {
    const { login, person } = world.caller('uma');
    return [{ ...quiet, type: 'login.ended', data: { login: login.id, person: person.id, cause: 'revoked' } }];
  });
  await until('the end is told', () => taken.uma.closedWith(taken.channel));
  expect(endingOf(taken.world, taken.session.id)).toBe('revoked');
});

test('[T18] a second factor that grew old asks nothing of who is in already, and is asked of who comes anew', async () => {
  const { world } = await office();
  const important = await world.server('web-8', { tier: 'important' });
  const agent = await openAgentPeer(important.identity);
  await agent.connect();
  const uma = world.operator('uma');
  const ask = () => openSession(world.call('uma', uma), { server: 'web-8', size, profile });
  expect(await ask()).toMatchObject({ problem: { code: 'step-up' } });
  const { person, login } = world.caller('uma');
  const now = world.log.events.length;
  expect(now).toBeGreaterThan(0);
  await world.commit({
    ...quiet,
    type: 'factor.enrolled',
    data: { person: person.id, login: login.id, step: 1, recoveryDigests: [] },
  });
  await world.commit({
    ...quiet,
    type: 'factor.proven',
    data: {
      person: person.id,
      login: login.id,
      method: 'totp',
      step: 2,
      action: 'shell.open',
      target: important.server.id,
      until: Date.now() + 400,
    },
    personal: { address: '192.0.2.7' },
  });
  const opened = good(await ask());
  await until('the proof is old', () => (world.log.settled.logins[login.id]?.proofs[0]?.until ?? 0) < Date.now());
  await world.commit({ ...quiet, type: 'group.added', data: { group: `grp_${'n'.repeat(26)}` as never, name: 'new' } });
  agent.print(opened.session.id, 'still here');
  await until('it goes on', () => uma.text(opened.channel).includes('still here'));
  const again = world.operator('uma');
  expect(await attachSession(world.call('uma', again), { session: opened.session.id, size, profile })).toMatchObject({
    problem: { code: 'step-up' },
  });
});

test('[G6] a server that is removed: its agent is hung up, its sessions end and say why', async () => {
  const { world, uma, channel, agent, web } = await whatHappens((world) => {
    const server = Object.values(world.log.settled.servers)[0];
    return server === undefined ? [] : [{ ...quiet, type: 'server.removed', data: { server: server.id, why: 'gone' } }];
  });
  await until('the end is told', () => uma.closedWith(channel));
  expect(uma.closedWith(channel)).toMatchObject({ ended: { reason: 'server-removed' } });
  await until('its agent is out', () => !agent.connected);
  expect(await agent.connect()).toMatchObject({ code: 'agent-key' });
  expect(world.hub.presence(web.server.id).online).toBe(false);
});

test('[T28] strangers to a session neither watch nor drive it, and learn nothing of it', async () => {
  const { world, web } = await office();
  const uma = world.operator('uma');
  const { session } = await shell(world, web, uma);
  await world.person('rob');
  const rob = world.operator('rob');
  const asked = { session: session.id, size };
  expect(await watchSession(world.call('rob', rob), asked)).toMatchObject({ problem: { code: 'not-found' } });
  expect(await attachSession(world.call('rob', rob), { ...asked, profile })).toMatchObject({ problem: { code: 'not-found' } });
  const ana = world.operator('ana');
  expect(await attachSession(world.call('ana', ana), { ...asked, profile })).toMatchObject({ problem: { code: 'denied' } });
});

test('[S60, law 9] a session whose longest life is over ends as expired', async () => {
  const lives = { normal: 1_000, important: 1_000, critical: 1_000 };
  const { world, web, agent } = await office({ limits: { sessionMs: lives } });
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  await until('the end is told', () => uma.closedWith(channel));
  expect(uma.closedWith(channel)).toMatchObject({ ended: { reason: 'expired' } });
  expect(agent.program(session.id).killed).toBe('expired');
});

test('[G11] an agent that stayed away longer than the tier allows has hung up, and the end says so', async () => {
  const limits = { normal: 1_000, important: 1_000, critical: 1_000 };
  const { world, web, agent } = await office({ limits: { awayMs: limits } });
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  expect(agent.program(session.id).order.hangUpAfterMs).toBe(1_000);
  agent.cut();
  await until('it is away', () => uma.notices(channel).includes('agent-away'));
  const from = performance.now();
  await until('too long', () => performance.now() - from > 1_050);
  agent.exit(session.id, 129);
  await agent.connect();
  await until('the end is told', () => uma.closedWith(channel));
  expect(uma.closedWith(channel)).toMatchObject({ ended: { reason: 'gateway-gone' } });
});
