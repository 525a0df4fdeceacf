import { afterEach, expect, test } from 'vitest';
import { closeOffices, office, profile, sessionIn, shell, size } from '../../fixtures/live-office.ts';
import { until } from '../../fixtures/live-world.ts';
import { good } from '../../fixtures/outcome.ts';
import { AuditUnavailable, type Log } from '../audit/commit.ts';
import type { Call } from './call.ts';
import { attachSession, killSession, openSession } from './sessions.ts';

afterEach(closeOffices);

/** A log that refuses whoever waits, and writes what they said down all the same: a disk that was too slow (A41). */
function tooSlow(log: Log): Log {
  return {
    ...log,
    settled: log.settled,
    commit: async (transition) => {
      const late = log.commit(transition);
      await Promise.resolve();
      late.catch(() => undefined);
      throw new AuditUnavailable('the disk has not answered for 5 s');
    },
  };
}

test('[A41, law 1] a session that the log took too long to begin runs nothing, and does not stand in the way of the next', async () => {
  const { world, agent } = await office({ limits: { sessionsPerPerson: 1 } });
  const uma = world.operator('uma');
  const call = world.call('uma', uma);
  const slow: Call = { ...call, parts: { ...call.parts, log: tooSlow(call.parts.log) } };
  await expect(openSession(slow, { server: 'web-1', size, profile })).rejects.toThrow(AuditUnavailable);
  const [late] = await until('it stands in the log', () => {
    const rows = Object.values(world.log.settled.sessions);
    return rows.length > 0 && rows;
  });
  await until('it is over there too', () => late && world.log.settled.sessions[late.id]?.state === 'ended');
  expect(agent.programs.size).toBe(0);
  expect(await openSession(world.call('uma', uma), { server: 'web-1', size, profile })).toMatchObject({ ok: true });
});

test('[A41] who joined, as the log took too long to say, sits in no seat and does not stay in the list', async () => {
  const { world, web } = await office();
  const uma = world.operator('uma');
  const { session } = await shell(world, web, uma);
  const sound = { ...world.log };
  const present = () => sessionIn(world, session.id).participants.filter(({ left }) => left === undefined);
  Object.assign(world.log, { commit: tooSlow(sound).commit });
  const second = world.operator('uma');
  const asked = { session: session.id, size, profile };
  await expect(attachSession(world.call('uma', second), asked)).rejects.toThrow(AuditUnavailable);
  Object.assign(world.log, { commit: sound.commit });
  await until('the join stands in the log', () => world.log.events.filter(({ type }) => type === 'session.joined').length === 2);
  await until('nobody is there', () => present().length === 0);
  const { participant } = good(await attachSession(world.call('uma', second), asked));
  expect(present().map(({ id }) => id)).toEqual([participant]);
});

test('[law 1, A2] a kill is in the log before anything is killed; where it cannot be written, nothing is', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session } = await shell(world, web, uma);
  const call = world.call('uma', uma);
  const refusing: Log = {
    ...call.parts.log,
    settled: call.parts.log.settled,
    commit: () => Promise.reject(new AuditUnavailable('the disk is gone')),
  };
  const asked = { session: session.id, why: 'enough' };
  await expect(killSession({ ...call, parts: { ...call.parts, log: refusing } }, asked)).rejects.toThrow(AuditUnavailable);
  expect(agent.program(session.id).killed).toBe(undefined);

  // Who was suspended while the kill waited for its turn kills nothing.
  const { person } = world.caller('uma');
  const late: Log = {
    ...refusing,
    commit: async (transition) => {
      await world.commit({
        type: 'person.suspended',
        actor: { kind: 'gateway' },
        outcome: 'ok',
        personal: {},
        data: { person: world.caller('ana').person.id, why: 'left' },
      });
      return call.parts.log.commit(transition);
    },
  };
  const ana = world.operator('ana');
  const byAna = world.call('ana', ana);
  const { person: anaRow, login } = byAna.caller;
  await world.commit({
    type: 'factor.enrolled',
    actor: { kind: 'gateway' },
    outcome: 'ok',
    personal: {},
    data: { person: anaRow.id, login: login.id, step: 0, recoveryDigests: [] },
  });
  await world.commit({
    type: 'factor.proven',
    actor: { kind: 'gateway' },
    outcome: 'ok',
    personal: { address: '192.0.2.7' },
    data: {
      person: anaRow.id,
      login: login.id,
      method: 'totp',
      step: 1,
      action: 'session.kill',
      target: session.id,
      until: Date.now() + 60_000,
    },
  });
  const denied = await killSession({ ...world.call('ana', ana), parts: { ...call.parts, log: late } }, asked);
  expect(denied).toMatchObject({ problem: { code: 'login-revoked' } });
  expect(agent.program(session.id).killed).toBe(undefined);

  expect(await killSession(world.call('uma', uma), asked)).toMatchObject({ ok: true });
  const said = world.log.events.filter((event) => event.session === session.id).map(({ type }) => type);
  expect(said.slice(said.indexOf('session.kill-ordered'))).toEqual(['session.kill-ordered', 'session.ended', 'recording.closed']);
  expect(world.log.events.find(({ type }) => type === 'session.kill-ordered')).toMatchObject({
    actor: { kind: 'person', id: person.id },
    data: { session: session.id, why: 'enough' },
  });
});

test('[E44] live sessions are limited by person, and by person and tier', async () => {
  const { world } = await office({ limits: { sessionsPerPersonOnTier: { normal: 1, important: 1, critical: 1 } } });
  const uma = world.operator('uma');
  const opening = { server: 'web-1', size, profile };
  const { session } = good(await openSession(world.call('uma', uma), opening));
  expect(await openSession(world.call('uma', uma), opening)).toMatchObject({
    problem: { code: 'limit', detail: '1 live sessions on normal servers' },
  });
  good(await killSession(world.call('uma', uma), { session: session.id, why: 'done' }));
  expect(await openSession(world.call('uma', uma), opening)).toMatchObject({ ok: true });
});
