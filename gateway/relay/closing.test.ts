// A recording that fails while its session ends (A1: at close), and the looks at the disk (R4).
import { afterEach, expect, test } from 'vitest';
import { failingDisk } from '../../fixtures/faults/failing-disk.ts';
import { closeOffices, office, profile, sessionIn, shell, size } from '../../fixtures/live-office.ts';
import { until } from '../../fixtures/live-world.ts';
import { openSession } from '../handlers/sessions.ts';

afterEach(closeOffices);

test('[A1] a program that ended has not ended in the log until its last words are on disk', async () => {
  const disk = failingDisk();
  const { world, web, agent } = await office({ disk });
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  disk.failure = 'ENOSPC';
  agent.print(session.id, 'last words');
  agent.exit(session.id, 0);
  await until('it is frozen', () => uma.notices(channel).includes('frozen'));
  expect(sessionIn(world, session.id).state).toBe('running');
  expect(agent.program(session.id).released).toBe(false);
  disk.failure = undefined;
  await until('the end is told', () => uma.closedWith(channel));
  expect(sessionIn(world, session.id)).toMatchObject({ ending: { reason: 'exited', bytes: 10, lostBytes: 0 } });
  expect((await world.recordedOutput(session.id)).toString()).toBe('last words');
});

test('[A1, law 12] who is put out while the disk fails ends at once, and the log says how much was never recorded', async () => {
  const disk = failingDisk();
  const { world, web, agent } = await office({ disk });
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  agent.print(session.id, 'kept');
  await until('it is on disk', () => agent.program(session.id).durable === 4);
  disk.failure = 'EIO';
  agent.print(session.id, 'never kept');
  await until('it is frozen', () => uma.notices(channel).includes('frozen'));
  await world.hub.kill(session.id, 'killed', world.caller('ana').person.id, 'enough');
  disk.failure = undefined;
  expect(sessionIn(world, session.id)).toMatchObject({
    state: 'ended',
    ending: { reason: 'killed', bytes: 4, lostBytes: 10 },
  });
});

test('[R3, R4] a disk that does not say how full it is opens nothing new, and ends neither sessions nor the process', async () => {
  const disk = failingDisk();
  const freeBytes = disk.freeBytes;
  const { world, web } = await office({ disk });
  const uma = world.operator('uma');
  await shell(world, web, uma);
  Object.assign(disk, { freeBytes: () => Promise.reject(new Error('EIO')) });
  expect(await openSession(world.call('uma', uma), { server: 'web-1', size, profile })).toMatchObject({
    problem: { code: 'disk-low' },
  });
  Object.assign(disk, { freeBytes });
});
