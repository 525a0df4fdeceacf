// The loop, with real trees and keys, real files as anchors, and time moved by hand. Real receivers and buckets: outside/anchor-*.test.ts; the
// whole of it, live: fixtures/stories/anchors.world.ts.
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HandClock, seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { openMemoryLog } from '../../fixtures/memory-log.ts';
import { type MemoryTrail, openMemoryTrail } from '../../fixtures/memory-trail.ts';
import type { Anchor } from '../audit/anchor.ts';
import { openTrailBoard } from '../audit/trail-board.ts';
import { openFileAnchor } from '../outside/anchor-file.ts';
import { openAnchorSpool } from '../outside/anchor-spool.ts';
import { openSyslogAnchor } from '../outside/anchor-syslog.ts';
import { refuse } from '../protocol/errors.ts';
import type { Head } from '../protocol/trail-nouns.ts';
import { openAnchoring } from './anchoring.ts';

const minute = 60_000;
const hour = 60 * minute;
const hash = (n: number): string => n.toString(16).padStart(64, '0');

/** Turns of the loop until it is so: real files answer between them. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setImmediate(resolve));
}

async function tmpFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'anchoring-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}
async function headsIn(file: string): Promise<readonly Head[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}
const orderly = (sizes: readonly number[]): boolean => sizes.every((size, at) => at === 0 || size > (sizes[at - 1] ?? 0));

type More = { readonly clock?: HandClock; readonly trail?: MemoryTrail; readonly disk?: PowerDisk };
async function start(anchors: (chain: string) => readonly Anchor[], more: More = {}) {
  const clock = more.clock ?? new HandClock();
  const trail = more.trail ?? openMemoryTrail({ now: () => clock.now() });
  const disk = more.disk ?? new PowerDisk();
  const log = openMemoryLog(clock);
  const board = openTrailBoard(trail);
  const troubles: string[] = [];
  const spool = await openAnchorSpool(disk, seededChance('spool'), '/d/anchors');
  const anchoring = openAnchoring({
    log,
    clock,
    chance: seededChance('anchoring'),
    trail,
    board,
    spool,
    anchors: anchors(trail.chain),
    everyMs: 50_000,
    lateMs: 5 * minute,
    staleMs: hour,
    trouble: (cause) => void troubles.push(cause),
  });
  let records = trail.size;
  const row = (name = 'vault') => board.status().anchors.find((one) => one.name === name);
  return {
    clock,
    trail,
    disk,
    log,
    board,
    spool,
    anchoring,
    troubles,
    row,
    state: (name?: string) => row(name)?.state,
    /** The anchor holds the newest head. */
    has: (name = 'vault') => (spool.taken[name]?.size ?? 0) >= (trail.head?.size ?? 0),
    types: () => log.events.map(({ type }) => type),
    /** A record, and the head that covers it. */
    async goOn(): Promise<Head> {
      trail.append(hash((records += 1)));
      return trail.sign();
    },
  };
}
type Started = Awaited<ReturnType<typeof start>>;
/** Time passes, a head a minute; what is tried meanwhile comes to an end. */
async function minutes(of: Started, count: number, done = (): boolean => true): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const { size } = await of.goOn();
    of.clock.pass(minute);
    await until(() => (of.spool.heads.at(-1)?.size ?? 0) >= size || of.spool.heads.length === 0);
    await until(() => of.board.status().anchors.every(({ name, cause }) => of.has(name) || cause !== undefined));
  }
  await until(done);
}

test('A10: the newest head is at the anchor within a minute of the record, whenever that was; on stop the very newest is', async () => {
  const file = path.join(await tmpFolder(), 'heads');
  await writeFile(file, '');
  const of = await start((chain) => [openFileAnchor('vault', file, chain)]);
  expect(of.state()).toBe('waiting');
  await of.goOn();
  of.clock.pass(0);
  await until(() => of.row()?.size === 1);
  expect(of.state()).toBe('ok');
  for (const wait of [1, 30_000, 49_999, 50_000, 300_000]) {
    of.clock.pass(wait);
    await until(() => of.has());
    const { size } = await of.goOn();
    // Signed within a second of the record: fifty more are left at most.
    of.clock.pass(50_000);
    await until(() => of.row()?.size === size);
  }
  const before = of.row()?.size ?? 0;
  of.trail.append(hash(99));
  await of.anchoring.close();
  const sizes = (await headsIn(file)).map(({ size }) => size);
  expect(sizes.at(-1)).toBe(before + 1);
  expect(orderly(sizes)).toBe(true);
  expect(of.log.events).toEqual([]);
  expect(of.troubles).toEqual([]);
});

test('A34: an anchor that is away for 24 hours gets every head, in order, when it is back; late and restored are said once each', async () => {
  const folder = await tmpFolder();
  const file = path.join(folder, 'heads');
  const of = await start((chain) => [openFileAnchor('vault', file, chain)]);
  await minutes(of, 24 * 60, () => of.row()?.behind === 1440);
  expect(of.row()).toMatchObject({ state: 'stale', behind: 1440, cause: expect.stringContaining('ENOENT') });

  await writeFile(file, '');
  await minutes(of, 2, () => of.types().length === 4);
  const sizes = (await headsIn(file)).map(({ size }) => size);
  expect(sizes).toEqual(Array.from({ length: 1442 }, (_, at) => at + 1));
  expect(of.types()).toEqual(['anchor.late', 'trail.stale', 'trail.restored', 'anchor.restored']);
  expect(of.state()).toBe('ok');
  expect(of.spool.heads).toEqual([]);
  await of.anchoring.close();
});

test('A34: what waits survives a stop, and a cut of the power; it is bounded, and keeps the oldest and the newest', async () => {
  const file = path.join(await tmpFolder(), 'heads');
  const anchors = (chain: string): readonly Anchor[] => [openFileAnchor('vault', file, chain)];
  const first = await start(anchors);
  await minutes(first, 3);
  await first.anchoring.close();
  const disk = first.disk.afterPowerCut(() => 0);
  await writeFile(file, '');
  const again = await start(anchors, { clock: first.clock, trail: first.trail, disk });
  await minutes(again, 1, () => again.has());
  expect((await headsIn(file)).map(({ size }) => size)).toEqual([1, 2, 3, 4]);
  await again.anchoring.close();

  const trail = openMemoryTrail();
  const spool = await openAnchorSpool(new PowerDisk(), seededChance('full'), '/d/anchors', 50);
  trail.append(hash(1));
  const head = trail.headAt(1);
  for (let size = 1; size <= 333; size += 1) void spool.add({ ...head, size });
  await spool.close();
  expect(spool.heads.length).toBeLessThanOrEqual(50);
  expect([spool.heads[0]?.size, spool.heads.at(-1)?.size]).toEqual([1, 333]);
  expect(orderly(spool.heads.map(({ size }) => size))).toBe(true);
});

test('A32: a power cut, or a disk that fails for ever, at each call that keeps what waits: what can be delivered is, in order, up to the newest', async () => {
  const folder = await tmpFolder();
  for (let call = 1; call <= 24; call += 1)
    for (const forEver of [true, false]) {
      const file = path.join(folder, `${call} ${forEver}`);
      const anchors = (chain: string): readonly Anchor[] => [openFileAnchor('vault', file, chain)];
      const disk = new PowerDisk();
      const of = await start(anchors, { disk });
      disk.failAt({ call, code: 'EIO', forEver });
      await minutes(of, 2);
      await writeFile(file, '');
      await minutes(of, 2, () => of.has());
      expect((await headsIn(file)).map(({ size }) => size)).toEqual([1, 2, 3, 4]);
      disk.failAt(undefined);
      const left = disk.afterPowerCut((below) => (call + (forEver ? 1 : 0)) % below);
      const again = await start(anchors, { clock: of.clock, trail: of.trail, disk: left });
      await minutes(again, 1, () => again.has());
      const sizes = (await headsIn(file)).map(({ size }) => size);
      // What was taken just before the cut may be there twice.
      expect(orderly([...new Set(sizes)])).toBe(true);
      expect([sizes.at(-1), again.types().filter((type) => type === 'anchor.conflict')]).toEqual([of.trail.size, []]);
      await again.anchoring.close();
    }
});

test('A10, R11: over five minutes behind is late, by no clock on a wall: said once, with the cause; over an hour, with every anchor, the trail is stale', async () => {
  const file = path.join(await tmpFolder(), 'heads');
  const of = await start((chain) => [openFileAnchor('vault', file, chain)]);
  await minutes(of, 4);
  expect([of.state(), of.types()]).toEqual(['waiting', []]);
  // Somebody sets it ten years ahead: four minutes behind is four minutes behind.
  of.clock.step(3653 * 24 * hour);
  expect([of.state(), of.types()]).toEqual(['waiting', []]);
  await minutes(of, 1, () => of.types().length > 0);
  expect(of.state()).toBe('late');
  expect(of.log.events[0]).toMatchObject({
    type: 'anchor.late',
    data: { anchor: 'vault', cause: expect.stringContaining('ENOENT') },
  });
  await minutes(of, 54);
  expect([of.state(), of.log.settled.staleSince]).toEqual(['late', undefined]);
  await minutes(of, 2, () => of.log.settled.staleSince !== undefined);
  expect([of.state(), of.types()]).toEqual(['stale', ['anchor.late', 'trail.stale']]);
  // The clock on the wall says nothing: a day back, and it is as stale as before.
  of.clock.step(-24 * hour);
  await minutes(of, 1);
  expect(of.state()).toBe('stale');

  await writeFile(file, '');
  await minutes(of, 2, () => of.types().length === 4);
  expect(of.types()).toEqual(['anchor.late', 'trail.stale', 'trail.restored', 'anchor.restored']);
  expect(of.log.settled.staleSince).toBeUndefined();
  await of.anchoring.close();
});

test('A10: a workspace without anchors is never stale, and is not when its last anchor was taken out of the config', async () => {
  const of = await start(() => []);
  await of.goOn();
  of.clock.pass(10 * hour);
  expect(of.types()).toEqual([]);
  await of.log.commit(() => ({
    events: [{ type: 'trail.stale', actor: { kind: 'gateway' }, outcome: 'failed', data: { anchors: ['vault'] }, personal: {} }],
    answer: undefined,
  }));
  await of.anchoring.close();
  const board = openTrailBoard(of.trail);
  const spool = await openAnchorSpool(of.disk, seededChance('none'), '/d/anchors');
  const { log, clock, trail } = of;
  const none = { log, clock, trail, board, spool, chance: seededChance('none'), anchors: [], everyMs: 1, lateMs: 1, staleMs: 1 };
  const without = openAnchoring({ ...none, trouble: () => undefined });
  await until(() => of.log.settled.staleSince === undefined);
  await without.close();
});

test('A35: an anchor that holds an older head than it took, nothing any more, or a head of another log, raises the alarm and gets no more', async () => {
  const folder = await tmpFolder();
  const spoil: Readonly<Record<string, (file: string, of: Started, other: MemoryTrail) => Promise<unknown>>> = {
    older: async (file) => writeFile(file, (await readFile(file, 'utf8')).split('\n').slice(0, 2).join('\n').concat('\n')),
    nothing: (file) => truncate(file),
    'the same size, another root': (file, { trail }, other) => appendFile(file, `${JSON.stringify(other.headAt(trail.size))}\n`),
    'more than the log': (file, { trail }, other) => appendFile(file, `${JSON.stringify(other.headAt(trail.size + 3))}\n`),
  };
  for (const [name, spoilt] of Object.entries(spoil)) {
    const file = path.join(folder, name);
    await writeFile(file, '');
    const of = await start((chain) => [openFileAnchor('vault', file, chain)]);
    await minutes(of, 3, () => of.has());
    // Another history: as of record 2 it is the same.
    const other = of.trail.copy(2);
    other.append(...Array.from({ length: 9 }, (_, at) => hash(900 + at)));
    await spoilt(file, of, other);
    const left = await readFile(file, 'utf8');
    await minutes(of, 1, () => of.types().length > 0);
    expect([name, of.types(), of.state()]).toEqual([name, ['anchor.conflict'], 'conflict']);
    expect(of.board.status().conflicts).toMatchObject([{ kind: 'anchor', name: 'vault' }]);
    // It vouches for nothing: an hour later the trail is stale. What it holds stays as it was.
    await minutes(of, 61, () => of.log.settled.staleSince !== undefined);
    expect(await readFile(file, 'utf8')).toBe(left);
    expect(of.types()).toEqual(['anchor.conflict', 'trail.stale']);
    await of.anchoring.close();
  }
});

test('A35: a restart vouches for nothing: what was stale stays so until an anchor has taken a head', async () => {
  const file = path.join(await tmpFolder(), 'heads');
  const of = await start((chain) => [openFileAnchor('vault', file, chain)]);
  await minutes(of, 62, () => of.log.settled.staleSince !== undefined);
  await of.anchoring.close();
  // Even with what waited gone.
  const board = openTrailBoard(of.trail);
  const spool = await openAnchorSpool(new PowerDisk(), seededChance('again'), '/d/anchors');
  const { log, clock, trail } = of;
  const again = openAnchoring({
    log,
    clock,
    trail,
    board,
    spool,
    chance: seededChance('again'),
    anchors: [openFileAnchor('vault', file, trail.chain)],
    everyMs: 50_000,
    lateMs: 5 * minute,
    staleMs: hour,
    trouble: () => undefined,
  });
  clock.pass(minute);
  await until(() => board.status().anchors[0]?.cause !== undefined);
  expect(log.settled.staleSince).toBeDefined();
  await writeFile(file, '');
  clock.pass(minute);
  await until(() => log.settled.staleSince === undefined);
  await again.close();
});

test('A35: a log that was cut and goes on is noticed on start, by an anchor that is read back and by one that is not', async () => {
  const folder = await tmpFolder();
  const file = path.join(folder, 'heads');
  await writeFile(file, '');
  const clock = new HandClock();
  /** Takes everything, tells nothing back. */
  const blind = (chain: string): Anchor => ({
    ...openFileAnchor('blind', path.join(folder, 'blind'), chain),
    newest: async () => ({ ok: true, value: { held: 'unknown' } }),
  });
  await writeFile(path.join(folder, 'blind'), '');
  const anchors = (chain: string): readonly Anchor[] => [openFileAnchor('vault', file, chain), blind(chain)];
  const of = await start(anchors, { clock });
  await minutes(of, 5, () => of.has() && of.has('blind'));
  await of.anchoring.close();
  const cut = of.trail.copy(2);
  cut.append(hash(901));
  await cut.sign();
  const after = await start(anchors, { clock, trail: cut, disk: of.disk });
  after.clock.pass(0);
  await until(() => after.types().length === 2);
  expect(after.log.events.map(({ type, data }) => [type, data])).toEqual(
    expect.arrayContaining([
      ['anchor.conflict', expect.objectContaining({ anchor: 'vault', size: 5 })],
      ['anchor.conflict', expect.objectContaining({ anchor: 'blind' })],
    ]),
  );
  await after.anchoring.close();
});

test('A35: a line that broke off in an anchor file, lines of others and what is no head are passed over', async () => {
  const file = path.join(await tmpFolder(), 'heads');
  const stranger = openMemoryTrail({ chain: `chn_${'b'.repeat(26)}` });
  stranger.append(...Array.from({ length: 50 }, (_, at) => hash(at)));
  await writeFile(file, 'who knows\n');
  const of = await start((chain) => [openFileAnchor('vault', file, chain)]);
  await minutes(of, 2, () => of.has());
  await appendFile(file, `${JSON.stringify(stranger.headAt(50))}\n${'x'.repeat(200_000)}\n{"chain":"${of.trail.chain}","size":9`);
  await minutes(of, 2, () => of.has());
  expect([of.state(), of.types()]).toEqual(['ok', []]);
  const last = (await readFile(file, 'utf8')).split('\n').at(-2) ?? '';
  expect(JSON.parse(last)).toEqual(of.trail.head);
  await of.anchoring.close();
});

test('A34: each anchor by itself: one that is away keeps nothing from the other, and as long as one vouches the trail is not stale', async () => {
  const folder = await tmpFolder();
  const near = path.join(folder, 'near');
  await writeFile(near, '');
  const of = await start((chain) => [
    openFileAnchor('vault', path.join(folder, 'away'), chain),
    openFileAnchor('near', near, chain),
  ]);
  await minutes(of, 61);
  expect([of.state(), of.state('near'), of.types()]).toEqual(['stale', 'ok', ['anchor.late']]);
  expect((await headsIn(near)).map(({ size }) => size)).toEqual(Array.from({ length: 61 }, (_, at) => at + 1));
  await of.anchoring.close();
});

test('A34: a receiver that refuses every connection costs nothing but tries that grow rare', async () => {
  const of = await start(() => [
    openSyslogAnchor('far', { host: '127.0.0.1', port: 1, caPem: undefined, plain: true, clock: new HandClock() }),
  ]);
  await of.goOn();
  of.clock.pass(0);
  await until(() => of.row('far')?.cause !== undefined);
  expect(of.row('far')).toMatchObject({ state: 'waiting', behind: 1, note: expect.stringContaining('acknowledges nothing') });
  await of.anchoring.close();
});

test('S75: that an anchor is late is said however much it has to say', async () => {
  const detail = `no route to ${'a'.repeat(500)}`;
  const wordy: Anchor = {
    name: 'vault',
    kind: 's3',
    readsEasily: false,
    note: undefined,
    take: async () => refuse('unreachable', detail),
    newest: async () => refuse('unreachable', detail),
    close: async () => undefined,
  };
  const of = await start(() => [wordy]);
  await minutes(of, 7);
  expect(of.log.events).toMatchObject([{ type: 'anchor.late', data: { anchor: 'vault', cause: detail.slice(0, 300) } }]);
  expect(of.row()?.cause).toBe(detail.slice(0, 300));
});
