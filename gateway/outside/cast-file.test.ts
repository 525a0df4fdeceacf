import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import type { CastFrame, CastStore, CastWriter } from '../ports.ts';
import { mintId } from '../protocol/ids.ts';
import { openCastStore } from './cast-file.ts';
import { realChance } from './chance.ts';
import { type Disk, realDisk } from './disk.ts';

const key = Buffer.alloc(32, 7);
const recording = mintId('rec', Buffer.alloc(26, 1));
const path = `/r/${recording}.cast`;

async function fileStore(): Promise<{ store: CastStore; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cast-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return { store: openCastStore(realDisk, realChance, folder), folder };
}
const memoryStore = (disk: Disk, seed = 'cast') => openCastStore(disk, seededChance(seed), '/r');

async function made(result: ReturnType<CastStore['create']>): Promise<CastWriter> {
  const writer = await result;
  if (!writer.ok) throw new Error(`${writer.problem.code}: ${writer.problem.detail}`);
  return writer.value;
}
async function framesOf(store: CastStore, from?: number): Promise<CastFrame[]> {
  const frames: CastFrame[] = [];
  for await (const frame of store.read(recording, key, from)) frames.push(frame);
  return frames;
}
const outputOf = (frames: readonly CastFrame[]): Buffer =>
  Buffer.concat(frames.filter((frame) => frame.kind === 'output').map((frame) => frame.bytes));
const output = (seq: number, bytes: Uint8Array, at = 1000): CastFrame => ({ kind: 'output', seq, at, bytes });
const keyframe = (seq: number): CastFrame => ({ kind: 'keyframe', seq, at: 1000, bytes: Buffer.from(`screen ${seq}`) });

test('R10: bytes come back as they were, frame by frame, whatever they are', async () => {
  const { store } = await fileStore();
  const writer = await made(store.create(recording, key));
  const all = randomBytes(300_000);
  const pieces = [0, 1, 70_000, 70_001, 200_000, 300_000];
  for (const [i, from] of pieces.slice(0, -1).entries()) {
    writer.append(output(from, all.subarray(from, pieces[i + 1])));
    if (i % 2 === 0) expect(await writer.sync()).toEqual({ ok: true, value: { durable: pieces[i + 1] } });
  }
  const done = await writer.close();
  expect(done).toMatchObject({ ok: true, value: { bytes: 300_000 } });
  const frames = await framesOf(store);
  expect(frames.map((frame) => frame.seq)).toEqual(pieces.slice(0, -1));
  expect(outputOf(frames).equals(all)).toBe(true);
  const summary = await store.summary(recording, key);
  expect(summary).toMatchObject({ ok: true, value: { bytes: 300_000, closed: true, damaged: undefined } });
  if (summary.ok && done.ok) expect(summary.value.root).toBe(done.value.root);
  expect(await store.resume(recording, key)).toMatchObject({ ok: false, problem: { code: 'recording-failed' } });
  expect(await store.create(recording, key)).toMatchObject({ ok: false });
});

test('D13: what was said in a session does not stand readable in the file', async () => {
  const { store, folder } = await fileStore();
  const writer = await made(store.create(recording, key));
  writer.append(output(0, Buffer.from('canary-4711')));
  await writer.close();
  expect((await readFile(join(folder, `${recording}.cast`))).includes('canary')).toBe(false);
});

test('a reader enters at the newest keyframe before a position, with the index and without it', async () => {
  const { store, folder } = await fileStore();
  const writer = await made(store.create(recording, key));
  for (let seq = 0; seq < 1000; seq += 100) {
    writer.append(keyframe(seq));
    writer.append(output(seq, Buffer.alloc(100, seq / 100)));
    if (seq % 300 === 0) await writer.sync();
  }
  await writer.sync();
  const enters = async (from: number) => (await framesOf(store, from))[0]?.seq;
  expect(await enters(250)).toBe(200);
  expect(await enters(999)).toBe(900);
  await writeFile(join(folder, `${recording}.cast.index`), randomBytes(64));
  expect(await enters(250)).toBe(200);
  await rm(join(folder, `${recording}.cast.index`));
  expect(await enters(450)).toBe(400);
  await writer.close();
});

test('D6: after a crash a recording goes on behind its last good chunk, wherever it was cut', async () => {
  const { store, folder } = await fileStore();
  const writer = await made(store.create(recording, key));
  const file = join(folder, `${recording}.cast`);
  const ends = [8];
  for (let seq = 0; seq < 60; seq += 10) {
    if (seq === 20) writer.append(keyframe(seq));
    writer.append(output(seq, Buffer.alloc(10, seq)));
    await writer.sync();
    ends.push((await readFile(file)).length);
  }
  await writer.leave?.();
  const whole = await readFile(file);
  for (let cut = whole.length; cut >= 8; cut -= 7) {
    await writeFile(file, whole);
    await truncate(file, cut);
    const again = await made(store.resume(recording, key));
    const sound = ends.filter((end) => end <= cut).length - 1;
    expect(again.written).toBe(sound * 10);
    again.append(output(again.written, Buffer.from('more')));
    expect((await again.sync()).ok).toBe(true);
    const frames = await framesOf(store);
    expect(outputOf(frames).toString('latin1')).toBe(
      Buffer.concat([...Array.from({ length: sound }, (_, i) => Buffer.alloc(10, i * 10)), Buffer.from('more')]).toString(
        'latin1',
      ),
    );
    expect((await again.close()).ok).toBe(true);
    expect(await store.summary(recording, key)).toMatchObject({ ok: true, value: { closed: true, damaged: undefined } });
    await realDisk.remove(`${file}.torn-${ends[sound]}`).catch(() => undefined);
  }
});

test('D6: a recording let go of is taken up again where it was', async () => {
  const { store } = await fileStore();
  const writer = await made(store.create(recording, key));
  writer.append(output(0, Buffer.from('one')));
  await writer.sync();
  await writer.leave?.();
  expect(await writer.sync()).toMatchObject({ ok: false, problem: { code: 'recording-failed' } });
  expect((await writer.close()).ok).toBe(false);
  const again = await made(store.resume(recording, key));
  expect(again.written).toBe(3);
  await again.close();
});

test('a flipped bit anywhere ends the reading before it and is told by the summary', async () => {
  const { store, folder } = await fileStore();
  const writer = await made(store.create(recording, key));
  for (let seq = 0; seq < 30; seq += 10) {
    writer.append(output(seq, Buffer.alloc(10, seq)));
    await writer.sync();
  }
  await writer.close();
  const file = join(folder, `${recording}.cast`);
  const whole = await readFile(file);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 9), fc.nat(7), async (at, bit) => {
      const changed = Buffer.from(whole);
      changed[8 + at] = (changed[8 + at] ?? 0) ^ (1 << bit);
      await writeFile(file, changed);
      const summary = await store.summary(recording, key);
      expect(summary.ok && (summary.value.damaged !== undefined || !summary.value.closed)).toBe(true);
      const good = outputOf(await framesOf(store));
      expect(
        good.equals(Buffer.concat([Buffer.alloc(10, 0), Buffer.alloc(10, 10), Buffer.alloc(10, 20)]).subarray(0, good.length)),
      ).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('A1: a failed write or sync is a value; when the disk is back everything is there, once and in order', async () => {
  for (let call = 1; call <= 12; call += 1) {
    const disk = new PowerDisk();
    const store = memoryStore(disk);
    const writer = await made(store.create(recording, key));
    disk.failAt({ call, code: 'ENOSPC', forEver: true });
    let failed = false;
    for (let seq = 0; seq < 40; seq += 10) {
      writer.append(output(seq, Buffer.alloc(10, seq)));
      const done = await writer.sync();
      if (!done.ok) {
        expect(done.problem.code).toBe('recording-failed');
        failed = true;
      }
    }
    expect(failed).toBe(disk.calls >= call);
    disk.failAt(undefined);
    expect(await writer.sync()).toEqual({ ok: true, value: { durable: 40 } });
    expect(outputOf(await framesOf(store)).equals(Buffer.concat([0, 10, 20, 30].map((byte) => Buffer.alloc(10, byte))))).toBe(
      true,
    );
    expect((await writer.close()).ok).toBe(true);
    expect(await store.summary(recording, key)).toMatchObject({ ok: true, value: { closed: true, damaged: undefined } });
  }
});

test('R2: what sync called durable survives a power cut, and nothing after it comes back changed', async () => {
  for (let run = 0; run < 150; run += 1) {
    const disk = new PowerDisk();
    const store = memoryStore(disk, `before ${run}`);
    const writer = await made(store.create(recording, key));
    disk.failAt({ call: 1 + (run % 15), code: 'EIO', forEver: true });
    for (let seq = 0; seq < 50; seq += 10) {
      if (seq === 30) writer.append(keyframe(seq));
      writer.append(output(seq, Buffer.alloc(10, seq)));
      await writer.sync();
    }
    disk.failAt(undefined);
    const dice = seededChance(`cast ${run}`);
    const left = disk.afterPowerCut((below) => Buffer.from(dice.bytes(4)).readUInt32LE() % below);
    const after = memoryStore(left, `after ${run}`);
    const again = await made(after.resume(recording, key));
    expect(again.written).toBeGreaterThanOrEqual(writer.durable);
    for (let seq = again.written; seq < 50; seq += 10) again.append(output(seq, Buffer.alloc(10, seq)));
    expect((await again.close()).ok).toBe(true);
    expect(outputOf(await framesOf(after)).equals(Buffer.concat([0, 10, 20, 30, 40].map((byte) => Buffer.alloc(10, byte))))).toBe(
      true,
    );
  }
});

test('syncs asked for together are made together, each recording its own', async () => {
  const disk = new PowerDisk();
  const store = memoryStore(disk);
  const ids = Array.from({ length: 20 }, (_, i) => mintId('rec', Buffer.alloc(26, i)));
  const writers = await Promise.all(ids.map((id) => made(store.create(id, key))));
  disk.failAt(undefined);
  for (const writer of writers) writer.append(output(0, Buffer.from('x')));
  await Promise.all(writers.flatMap((writer) => [writer.sync(), writer.sync(), writer.sync()]));
  // One write and one sync a recording, not three.
  expect(disk.calls).toBe(40);
  expect(writers.map((writer) => writer.durable)).toEqual(writers.map(() => 1));
});

test('a recording that is not there, or not ours, is a refusal', async () => {
  const disk = new PowerDisk();
  const store = memoryStore(disk);
  expect(await store.resume(recording, key)).toMatchObject({ ok: false, problem: { code: 'recording-failed' } });
  expect(await store.summary(recording, key)).toMatchObject({ ok: false });
  disk.plant(path, Buffer.from('something else entirely'));
  expect(await store.resume(recording, key)).toMatchObject({ ok: false, problem: { detail: 'this is no recording' } });
});
