// The log over a disk in memory that fails and loses power, and over real files in a temporary folder.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HandClock } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import {
  add,
  addGroup,
  inMemory,
  type LogBench,
  lifeWithFaults,
  lifeWithPowerCuts,
  logBench,
  namesOf,
  openBench,
  opened,
  workspace,
} from '../../fixtures/log-life.ts';
import { realChance } from '../outside/chance.ts';
import { openCheckpoint } from '../outside/checkpoint.ts';
import { realClock } from '../outside/clock.ts';
import { realDisk } from '../outside/disk.ts';
import type { NewEvent } from '../protocol/events.ts';
import { stateDigest } from './checkpoint-seal.ts';
import { AuditUnavailable } from './commit.ts';

async function onFiles(): Promise<LogBench> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-log-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return logBench(realDisk, folder, realClock, realChance);
}

test('T10: of 100 commits that spend one thing at once, one finds it unspent', async () => {
  const b = await inMemory('spend');
  const log = await workspace(b);
  const answers = await Promise.all(
    Array.from({ length: 100 }, () =>
      log.commit((state) =>
        namesOf(state).includes('once')
          ? { events: [], answer: 'spent' }
          : { events: [addGroup('once', b.chance)], answer: 'mine' },
      ),
    ),
  );
  expect(answers.filter((answer) => answer === 'mine')).toHaveLength(1);
  expect(namesOf(log.settled)).toEqual(['once']);
  await log.close();
});

test('A36: 10,000 events from 64 writers stand gap-free in one chain, and come back the same after a restart', async () => {
  const b = await onFiles();
  const log = await workspace(b);
  const seen: number[] = [];
  log.onSettled((group) => seen.push(...group.map(({ record }) => record.seq)));
  let left = 10_000;
  await Promise.all(
    Array.from({ length: 64 }, async (_, writer) => {
      while (left > 0) {
        left -= 1;
        await add(log, `w${writer}`, b.chance);
      }
    }),
  );
  expect(seen).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1));
  expect(Object.keys(log.settled.groups)).toHaveLength(10_000);
  await log.close();
  const again = await opened(b);
  expect(Object.keys(again.settled.groups)).toHaveLength(10_000);
  const read: number[] = [];
  for await (const { record } of again.read(4000)) read.push(record.seq);
  expect(read).toEqual(Array.from({ length: again.settled.seq - 4000 }, (_, i) => 4001 + i));
  await again.close();
});

test('law 1: an answer comes only once its events are durable', async () => {
  const b = await inMemory('law1');
  const log = await workspace(b);
  await add(log, 'kept', b.chance);
  if (!(b.disk instanceof PowerDisk)) throw new Error('in memory');
  b.disk.failAt({ call: 1, code: 'EIO', forEver: true });
  const answers = await Promise.allSettled([add(log, 'lost', b.chance), add(log, 'lost too', b.chance)]);
  expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'rejected']);
  await expect(add(log, 'later', b.chance)).rejects.toBeInstanceOf(AuditUnavailable);
  expect(b.fatal).toHaveLength(1);
  expect(namesOf(log.settled)).toEqual(['kept']);
  await log.close();
});

test('a transition that throws changes nothing and hurts nobody else', async () => {
  const b = await inMemory('throws');
  const log = await workspace(b);
  const both = await Promise.allSettled([
    log.commit(() => {
      throw new Error('bug');
    }),
    log.commit(() => ({ events: [{ ...addGroup('x', b.chance), data: { group: 'none' } } as unknown as NewEvent], answer: 1 })),
    add(log, 'fine', b.chance),
  ]);
  expect(both.map((one) => one.status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  expect(namesOf(log.settled)).toEqual(['fine']);
  await log.close();
});

test('D9: when somebody else wrote first, transitions run again on what is true now', async () => {
  const b = await onFiles();
  const one = await workspace(b);
  const two = await opened(b);
  await add(two, 'theirs', b.chance);
  const saw = await one.commit((state) => ({ events: [addGroup('ours', b.chance)], answer: namesOf(state) }));
  expect(saw).toEqual(['theirs']);
  expect(namesOf(one.settled)).toEqual(['theirs', 'ours']);
  expect(b.fatal).toEqual([]);
  await one.close();
});

test('A37, R11: a clock set back keeps the order of records, and the step is one of them', async () => {
  const b = await inMemory('steps');
  const log = await workspace(b);
  if (!(b.clock instanceof HandClock)) throw new Error('by hand');
  await add(log, 'before', b.chance);
  b.clock.step(-3_600_000);
  await add(log, 'after', b.chance);
  const types: string[] = [];
  for await (const { event } of log.read(1)) types.push(event.type === 'clock.stepped' ? `${event.data.byMs}` : event.type);
  expect(types).toEqual(['-3600000', 'group.added']);
  await log.close();
});

test('A41: a disk that does not answer for 5 s refuses who waits, once somebody does, and the log goes on when it answers', async () => {
  const b = await inMemory('blocked');
  if (!(b.disk instanceof PowerDisk) || !(b.clock instanceof HandClock)) throw new Error('in memory, by hand');
  const log = await workspace(b);
  const stall = (): (() => void) => {
    let letGo = (): void => undefined;
    const stalled = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    if (b.disk instanceof PowerDisk) b.disk.stall = stalled;
    return letGo;
  };
  const settles = async (name: string): Promise<void> => {
    while (!namesOf(log.settled).includes(name)) await new Promise((resolve) => setImmediate(resolve));
  };
  // While it starts nobody waits yet.
  const begun = stall();
  const patient = add(log, 'begun', b.chance);
  await new Promise((resolve) => setImmediate(resolve));
  b.clock.pass(29_000);
  b.disk.stall = undefined;
  begun();
  await patient;
  log.hurry();

  const letGo = stall();
  const waits = add(log, 'late', b.chance);
  waits.catch(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  b.clock.pass(5000);
  await expect(waits).rejects.toBeInstanceOf(AuditUnavailable);
  await expect(add(log, 'refused', b.chance)).rejects.toBeInstanceOf(AuditUnavailable);
  b.disk.stall = undefined;
  letGo();
  await settles('late');
  await add(log, 'again', b.chance);
  expect(namesOf(log.settled)).toEqual(['begun', 'late', 'again']);
  await log.close();
});

test('R7: a hand-edited state.json is refused with a sentence; a deleted one is rebuilt to the same state', async () => {
  const b = await onFiles();
  const log = await workspace(b);
  for (const name of ['a', 'b', 'c']) await add(log, name, b.chance);
  await log.close();
  const digest = stateDigest(log.settled);
  const path = `${b.folder}/state.json`;
  const good = await readFile(path, 'utf8');

  await writeFile(path, good.replace('"name":"b"', '"name":"x"'));
  expect(await openBench(b)).toMatchObject({ ok: false, problem: { code: 'state-altered' } });
  // Even with a digest made to fit: the log does not carry it.
  const file = JSON.parse(good);
  file.state.groups[Object.keys(file.state.groups)[0] ?? ''].name = 'x';
  await openCheckpoint(realDisk, realChance, path).write({ ...file, digest: stateDigest(file.state), generation: 99 });
  expect(await openBench(b)).toMatchObject({
    ok: false,
    problem: { code: 'state-altered', detail: expect.stringContaining('digest') },
  });

  await rm(path);
  expect(await openBench(b)).toMatchObject({ ok: false, problem: { code: 'state-missing' } });
  const again = await opened(b, true);
  expect(namesOf(again.settled)).toEqual(['a', 'b', 'c']);
  await again.close();
  // The three events of opening and closing change no table.
  expect({ ...again.settled, seq: 0, hash: '' }).toEqual({ ...log.settled, seq: 0, hash: '' });
  expect(digest).toBe(stateDigest(log.settled));
  await writeFile(path, good);
  const old = await opened(b);
  expect(namesOf(old.settled)).toEqual(['a', 'b', 'c']);
  await old.close();
});

test('A23, A27: a log shorter than its signed head, or than its state, does not start', async () => {
  const b = await onFiles();
  const log = await workspace(b);
  await add(log, 'a', b.chance);
  await log.close();
  const [name = ''] = (await realDisk.list(`${b.folder}/audit`)).filter((file) => file.endsWith('.jsonl'));
  const path = `${b.folder}/audit/${name}`;
  const whole = await readFile(path, 'utf8');
  const lines = whole.trimEnd().split('\n');
  await writeFile(path, `${lines.slice(0, -1).join('\n')}\n`);
  expect(await openBench(b)).toMatchObject({ ok: false, problem: { code: 'state-altered' } });
  await writeFile(path, `${lines.slice(0, 1).join('\n')}\n`);
  expect(await openBench(b)).toMatchObject({ ok: false, problem: { code: 'state-altered' } });
  expect(await openBench(b, true)).toMatchObject({ ok: false, problem: { code: 'verification' } });
  await writeFile(path, whole);
  await (await opened(b)).close();
});

test('A23: a log whose signed head is gone or cannot be read starts, and says so where it cannot be overlooked; the next start has a head', async () => {
  const b = await onFiles();
  const log = await workspace(b);
  await add(log, 'a', b.chance);
  await log.close();
  const path = `${b.folder}/head.json`;
  for (const [spoil, head] of [
    [() => rm(path), 'missing'],
    [() => writeFile(path, '{"chain":'), 'unreadable'],
    [() => Promise.resolve(), undefined],
  ] as const) {
    await spoil();
    const again = await opened(b);
    const said: unknown[] = [];
    for await (const { event } of again.read(log.settled.seq)) if (event.type === 'gateway.started') said.push(event.data.head);
    expect(said.at(-1)).toBe(head);
    await again.close();
  }
});

test('A33: a line cut by a full disk is quarantined at the next start and recorded', async () => {
  const b = await onFiles();
  const log = await workspace(b);
  await add(log, 'a', b.chance);
  await log.close();
  const [name = ''] = (await realDisk.list(`${b.folder}/audit`)).filter((file) => file.endsWith('.jsonl'));
  await writeFile(`${b.folder}/audit/${name}`, '{"record":{"acto', { flag: 'a' });
  const again = await opened(b);
  const types: string[] = [];
  for await (const { event } of again.read(log.settled.seq)) types.push(event.type);
  expect(types).toEqual(['audit.recovered', 'gateway.started']);
  const kept = (await realDisk.list(`${b.folder}/audit`)).filter((file) => file.endsWith('.bin'));
  expect(kept).toHaveLength(1);
  await again.close();
});

// A few of the places; all of them: log.world.ts.
test('R3, A32: whatever call to the disk fails, once or for ever, nothing is acknowledged that is not there afterwards', async () => {
  expect(await lifeWithFaults(17)).toBeGreaterThan(100);
});

test('R2, A32: after a power cut state, head and key are old or new, never mixed, and no acknowledged event is lost', async () => {
  expect(await lifeWithPowerCuts(13, 2)).toBeGreaterThan(15);
});
