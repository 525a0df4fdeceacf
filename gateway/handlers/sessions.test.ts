import { afterEach, expect, test } from 'vitest';
import { closeOffices, office, profile, size } from '../../fixtures/live-office.ts';
import { until } from '../../fixtures/live-world.ts';
import { AuditUnavailable, type Log } from '../audit/commit.ts';
import type { Call } from './call.ts';
import { openSession } from './sessions.ts';

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
