import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { failingDisk } from '../../fixtures/faults/failing-disk.ts';
import { HandClock } from '../../fixtures/faults/hand-clock.ts';
import { closeOffices, office, profile, sessionIn, shell, size } from '../../fixtures/live-office.ts';
import { until } from '../../fixtures/live-world.ts';
import { good } from '../../fixtures/outcome.ts';
import { openSession } from '../handlers/sessions.ts';
import { openCastStore } from '../outside/cast-file.ts';
import { realChance } from '../outside/chance.ts';
import { realClock } from '../outside/clock.ts';
import { mintId } from '../protocol/ids.ts';
import { diskLookMs } from './open-hub.ts';
import { openRecorder } from './recorder.ts';

afterEach(closeOffices);

async function desk() {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'sallyport-recorder-'));
  const disk = failingDisk();
  const clock = new HandClock();
  const casts = openCastStore(disk, realChance, folder);
  const writer = good(await casts.create(mintId('rec', realChance.bytes(26)), realChance.bytes(32)));
  const told: string[] = [];
  const recorder = openRecorder(writer, clock, {
    durable: (position) => void told.push(`durable ${position}`),
    failed: (cause) => void told.push(`failed ${cause}`),
    mended: () => void told.push('mended'),
    gaveUp: () => void told.push('gave up'),
  });
  return { disk, clock, recorder, told, close: () => fs.rm(folder, { recursive: true }) };
}

test('[D6, M9] output is made durable in company, and the light says when it is not', async () => {
  const { clock, recorder, told, close } = await desk();
  recorder.output(0, new Uint8Array(10));
  recorder.output(10, new Uint8Array(5));
  expect(recorder.light).toBe('on');
  expect(told).toEqual([]);
  clock.pass(25);
  await until('it is on disk', () => recorder.durable === 15);
  expect(told).toEqual(['durable 15']);
  expect(recorder.written).toBe(15);
  const done = good(await recorder.close(15));
  expect(done).toMatchObject({ bytes: 15 });
  expect(recorder.light).toBe('closed');
  await close();
});

test('[A1] a recorder that cannot write says so at once, tries again, goes on without a gap, or gives up after a minute', async () => {
  const { disk, clock, recorder, told, close } = await desk();
  disk.failure = 'ENOSPC';
  recorder.output(0, new Uint8Array(10));
  clock.pass(25);
  await until('it failed', () => told.length > 0);
  expect(told).toEqual(['failed ENOSPC']);
  expect(recorder.light).toBe('failed');
  disk.failure = undefined;
  clock.pass(1_000);
  await until('it is mended', () => told.includes('mended'));
  expect(recorder.durable).toBe(10);
  disk.failure = 'EIO';
  recorder.output(10, new Uint8Array(1));
  for (let i = 0; i < 62; i += 1) {
    clock.pass(1_000);
    await recorder.settle();
  }
  expect(told.slice(3)).toEqual(['failed EIO', 'gave up']);
  expect(recorder.durable).toBe(10);
  await close();
});

test('[A1, R4] while it cannot be recorded nothing is shown, nothing typed; then all of it, without a gap', async () => {
  const disk = failingDisk();
  const { world, web, agent } = await office({ disk });
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  agent.print(session.id, 'before ');
  await until('it shows', () => uma.text(channel).includes('before'));
  await until('it is on disk', () => agent.program(session.id).durable === 7);
  disk.failure = 'ENOSPC';
  agent.print(session.id, 'x');
  await until('the driver is told', () => uma.notices(channel).includes('frozen'));
  expect(world.hub.live(session.id)).toMatchObject({ state: 'frozen', rec: 'failed' });
  await until('the log has it', () => {
    const row = sessionIn(world, session.id);
    return row.state === 'running' && row.freezes?.[0]?.cause === 'recording';
  });
  agent.print(session.id, 'hidden '.repeat(20_000));
  uma.type(channel, 0, 'keys');
  const { shown } = uma.channel(channel);
  disk.failure = undefined;
  await until('it goes on', () => uma.notices(channel).includes('resumed'));
  expect(shown).toBeLessThanOrEqual(8);
  const { output, input } = agent.program(session.id);
  expect(input.size).toBe(0);
  await until('all of it shows', () => uma.channel(channel).shown === output.length);
  await until('all of it is on disk', () => agent.program(session.id).durable === output.length);
  expect(await world.recordedOutput(session.id)).toEqual(output);
  uma.type(channel, 0, 'keys');
  await until('keys go again', () => uma.channel(channel).typed === 4);
});

test('[A2, R4] what cannot be recorded from its first byte is not opened; below the floor nothing new begins', async () => {
  const disk = failingDisk();
  const { world, agent } = await office({ disk, limits: { diskFloorBytes: 1000 } });
  const uma = world.operator('uma');
  const ask = () => openSession(world.call('uma', uma), { server: 'web-1', size, profile });
  disk.freeNow = 999;
  expect(await ask()).toMatchObject({ problem: { code: 'disk-low' } });
  expect(Object.keys(world.log.settled.sessions)).toEqual([]);
  disk.freeNow = 10_000;
  disk.failure = 'EIO';
  expect(await ask()).toMatchObject({ problem: { code: 'recording-failed' } });
  expect(agent.programs.size).toBe(0);
  expect(Object.values(world.log.settled.sessions)[0]).toMatchObject({ state: 'ended', ending: { reason: 'recording-failed' } });
  disk.failure = undefined;
});

test('[R4] below the hard floor live sessions end, and say why, while there is still room to', async () => {
  const disk = failingDisk();
  // The look at the disk comes sooner than in earnest; everything else takes its time.
  const clock = { ...realClock, after: (ms: number, call: () => void) => realClock.after(ms === diskLookMs ? 50 : ms, call) };
  const { world, web, agent } = await office({ disk, clock, limits: { diskHardFloorBytes: 1000 } });
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  disk.freeNow = 999;
  await until('the end is told', () => uma.closedWith(channel));
  expect(uma.closedWith(channel)).toMatchObject({ ended: { reason: 'recording-failed', why: 'no room left on the gateway' } });
  expect(agent.program(session.id).killed).toBe('recording-failed');
  expect(sessionIn(world, session.id).state).toBe('ended');
});

test('[R5] where the setting says so, live sessions go on below the hard floor for as long as they can be recorded', async () => {
  const disk = failingDisk();
  let looks = 0;
  const clock = {
    ...realClock,
    after: (ms: number, call: () => void) => {
      if (ms === diskLookMs) looks += 1;
      return realClock.after(ms === diskLookMs ? 10 : ms, call);
    },
  };
  const limits = { diskHardFloorBytes: 1000, diskFull: 'until-it-fails' } as const;
  const { world, web, agent } = await office({ disk, clock, limits });
  const uma = world.operator('uma');
  const { session } = await shell(world, web, uma);
  disk.freeNow = 999;
  const before = looks;
  await until('the disk was looked at again', () => looks > before + 2);
  expect(agent.program(session.id).killed).toBeUndefined();
  expect(sessionIn(world, session.id).state).toBe('running');
});

test('[R3] a recording whose end cannot be written is let go of: its file does not stay open', async () => {
  const { disk, recorder, close } = await desk();
  recorder.output(0, new Uint8Array(10));
  disk.failure = 'EIO';
  expect(await recorder.close(10)).toMatchObject({ problem: { code: 'recording-failed' } });
  expect(disk.openFiles).toBe(0);
  await close();
});

test('[R3, A1] a session whose recording cannot begin leaves no file open, at its opening or at its end after a restart', async () => {
  const disk = failingDisk();
  const { world } = await office({ disk });
  const uma = world.operator('uma');
  const casts = world.call('uma', uma).parts.casts;
  const { create } = casts;
  // The file is there; what fails is the first thing written to it.
  Object.assign(casts, {
    create: async (...named: Parameters<typeof create>) => {
      const made = await create.apply(casts, named);
      disk.failure = 'EIO';
      return made;
    },
  });
  const refused = await openSession(world.call('uma', uma), { server: 'web-1', size, profile });
  expect(refused).toMatchObject({ problem: { code: 'recording-failed' } });
  expect(disk.openFiles).toBe(0);
  await world.down('killed');
  disk.failure = undefined;
  await world.up();
  expect(disk.openFiles).toBe(0);
});

test('[R3] a file that cannot be begun is closed', async () => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'sallyport-recorder-'));
  const disk = failingDisk();
  disk.failure = 'EIO';
  const casts = openCastStore(disk, realChance, folder);
  expect(await casts.create(mintId('rec', realChance.bytes(26)), realChance.bytes(32))).toMatchObject({ ok: false });
  expect(disk.openFiles).toBe(0);
  await fs.rm(folder, { recursive: true });
});
