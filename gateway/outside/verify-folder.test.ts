import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, onTestFinished, test } from 'vitest';
import { auditLog } from '../../fixtures/auditor.ts';
import { mortalDisk } from '../../fixtures/faults/mortal.ts';
import { openKeptLog } from '../../fixtures/kept-log.ts';
import { type KeptTrail, openKeptTrail } from '../../fixtures/kept-trail.ts';
import { writeLongLog } from '../../fixtures/long-log.ts';
import { verifiedWhileWritten } from '../../fixtures/verified-while-written.ts';
import { headStatement } from '../audit/head.ts';
import { isWhole, verifyExitCode } from '../audit/verify.ts';
import { type StoredHead, storedHead } from '../protocol/trail-nouns.ts';
import { realChance } from './chance.ts';
import { realClock } from './clock.ts';
import { dataFolder } from './data-folder.ts';
import { type Disk, type DiskFile, realDisk } from './disk.ts';
import { listSegments } from './segments.ts';
import { loadSigner } from './signer.ts';
import { verifyFolder } from './verify-folder.ts';

async function freshFolder(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'sallyport-folder-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  return join(parent, 'data');
}
const headIn = async (root: string): Promise<StoredHead> =>
  v.parse(storedHead, JSON.parse(await readFile(dataFolder(root).head, 'utf8')));

/** Both verifiers, with these heads from outside: the verdict, its exit code and the record it names. */
async function verified(root: string, heads: readonly StoredHead[] = []) {
  const kept = join(root, '..', 'kept-heads.jsonl');
  await writeFile(kept, heads.map((head) => `${JSON.stringify(head)}\n`).join(''));
  const found = await verifyFolder(root, { headFiles: [kept] });
  const rootKey = (await readFile(dataFolder(root).rootKey, 'utf8')).trim();
  const second = auditLog(dataFolder(root).audit, rootKey, [await headIn(root), ...heads]);
  expect([second.verdict, second.at]).toEqual([found.verdict, found.seq]);
  return { verdict: found.verdict, exit: verifyExitCode(found.verdict), seq: found.seq };
}

/** A data folder with a closed log of a few segments and epochs. */
async function closedFolder(more?: (trail: KeptTrail) => Promise<unknown>) {
  const root = await freshFolder();
  const folder = dataFolder(root);
  const trail = await openKeptTrail(root);
  await trail.say(30);
  await trail.turn(2);
  await more?.(trail);
  await trail.close();
  const segments = (await listSegments(realDisk, folder.audit)).map((segment) => ({
    first: segment.first,
    path: `${folder.audit}/${segment.name}`,
  }));
  expect(segments.length).toBeGreaterThan(3);
  const { settled } = trail.log;
  expect(settled.epochs?.length).toBeGreaterThan(1);
  return { root, folder, segments, publicKey: trail.log.trail.rootKey, records: settled.seq + 1 };
}

test('a closed log is intact, with its key or with the public half alone', async () => {
  const { root, folder, publicKey, records } = await closedFolder();
  expect(await verifyFolder(root)).toMatchObject({
    verdict: 'intact',
    records,
    key: 'beside',
    outside: 0,
    notes: [/same machine/, /anchor or a witness/].map((part) => expect.stringMatching(part)),
  });
  await writeFile(folder.rootKey, 'no key\n');
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'unreadable', reason: expect.stringContaining(folder.rootKey) });
  await rm(folder.keys, { recursive: true });
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'unreadable' });
  expect(await verifyFolder(root, { key: publicKey })).toMatchObject({ verdict: 'intact', records, key: 'given' });
  expect(await verifyFolder(join(root, 'nowhere'), { key: publicKey })).toMatchObject({ verdict: 'unreadable' });
});

test('A20, A29: a flipped byte or a missing segment is named by record; a deleted last line by the head', async () => {
  const { root, segments, records } = await closedFolder();
  const [, second, third] = segments;
  const last = segments.at(-1);
  if (second === undefined || third === undefined || last === undefined) throw new Error('segments');

  const content = await readFile(second.path);
  const changed = Buffer.from(content);
  changed[40] = (changed[40] ?? 0) ^ 1;
  await writeFile(second.path, changed);
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'altered', seq: second.first });
  await rm(second.path);
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'altered', seq: second.first });
  await writeFile(second.path, content);

  const end = await readFile(last.path, 'utf8');
  await writeFile(last.path, end.slice(0, end.trimEnd().lastIndexOf('\n') + 1));
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'anchor', seq: records - 1 });
  await writeFile(last.path, end.trimEnd());
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'anchor', seq: records - 1 });
  await writeFile(last.path, end);
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'intact' });
});

test('an edited state or head does not pass', async () => {
  const { root, folder } = await closedFolder();
  const state = await readFile(folder.state, 'utf8');
  await writeFile(folder.state, state.replace(/"accessVersion":\d+/, '"accessVersion":77'));
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'altered', reason: expect.stringContaining('saved state') });
  await writeFile(folder.state, state);
  const head = await readFile(folder.head, 'utf8');
  await writeFile(
    folder.head,
    head.replace(/"size":(\d+)/, (_, size: string) => `"size":${Number(size) - 1}`),
  );
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'anchor' });
  await writeFile(folder.head, 'x');
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'anchor' });
  await rm(folder.head);
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'anchor', reason: expect.stringContaining('no signed head') });
});

test('A24, A27, A28: rolled back, and let the gateway go on and sign more: whole in itself, found by a head that an anchor or a witness holds', async () => {
  const root = await freshFolder();
  const first = await openKeptTrail(root);
  await first.say(20);
  await first.close();
  const copy = join(root, '..', 'older');
  await cp(root, copy, { recursive: true });
  const older = await headIn(root);

  const second = await openKeptTrail(root);
  await second.say(3);
  await second.close();
  const newer = await headIn(root);
  expect(await verified(root, [older, newer])).toEqual({ verdict: 'intact', exit: 0, seq: undefined });

  // The older copy in its place, state, head and keys with it.
  await rm(root, { recursive: true });
  await cp(copy, root, { recursive: true });
  expect(await verified(root, [older])).toEqual({ verdict: 'intact', exit: 0, seq: undefined });
  expect(await verified(root, [older, newer])).toEqual({ verdict: 'anchor', exit: 7, seq: older.size });

  // Gone on from there, past the size that is known outside.
  const forked = await openKeptTrail(root);
  await forked.say(5, 'all quiet');
  await forked.close();
  expect((await headIn(root)).size).toBeGreaterThan(newer.size);
  expect(await verified(root)).toEqual({ verdict: 'intact', exit: 0, seq: undefined });
  expect(await verified(root, [older, newer])).toEqual({ verdict: 'anchor', exit: 7, seq: newer.size - 1 });

  // Two heads of one size: each log fits its own.
  const twin = join(root, '..', 'twin');
  await cp(copy, twin, { recursive: true });
  const other = await openKeptTrail(twin);
  await other.say(3, 'otherwise');
  await other.close();
  const twins = await headIn(twin);
  expect(twins.size).toBe(newer.size);
  expect(await verified(twin, [twins])).toEqual({ verdict: 'intact', exit: 0, seq: undefined });
  expect(await verified(twin, [twins, newer])).toEqual({ verdict: 'anchor', exit: 7, seq: newer.size - 1 });
});

test('A24: a log cut behind an epoch that is over cannot go on: its key is gone', async () => {
  const root = await freshFolder();
  const first = await openKeptTrail(root);
  await first.say(6);
  await first.close();
  const copy = join(root, '..', 'older');
  await cp(root, copy, { recursive: true });
  const again = await openKeptTrail(root);
  await again.turn((again.log.settled.epochs?.length ?? 0) + 2);
  await again.close();
  // Everything but the keys is put back as it was.
  await rm(join(copy, 'keys'), { recursive: true });
  await cp(join(root, 'keys'), join(copy, 'keys'), { recursive: true });
  await expect(openKeptTrail(copy)).rejects.toThrow('epoch-key');
});

test('D2: a workspace of 0.1.0 verifies with the key and the head it has, and after the epochs that a newer gateway begins in it', async () => {
  const root = await freshFolder();
  const folder = dataFolder(root);
  const old = await openKeptLog({ disk: realDisk, root, clock: realClock, chance: realChance, old: true });
  if (!old.ok) throw new Error(old.problem.code);
  await old.value.commit(() => ({
    events: [{ type: 'audit.heartbeat', actor: { kind: 'gateway' }, outcome: 'ok', data: {}, personal: {} }],
    answer: undefined,
  }));
  await old.value.close();
  const signer = await loadSigner(realDisk, folder.signerKey);
  if (!signer.ok) throw new Error(signer.problem.code);
  const { chain, size, hash, ts } = await headIn(root);
  const signature = signer.value.sign(headStatement({ chain, size, hash, ts }));
  await writeFile(folder.head, `${JSON.stringify({ chain, size, hash, ts, signature })}\n`);
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'intact', records: size, heads: 1, epochs: 1, signed: size });
  const oldHead = await headIn(root);
  const { publicKey } = signer.value;

  const trail = await openKeptTrail(root);
  await trail.turn(2);
  await trail.close();
  const kept = join(root, '..', 'old-head.json');
  await writeFile(kept, JSON.stringify(oldHead));
  expect(await verifyFolder(root, { key: publicKey, headFiles: [kept] })).toMatchObject({
    verdict: 'intact',
    epochs: 3,
    outside: 1,
    key: 'given',
  });
  await writeFile(kept, JSON.stringify({ ...oldHead, size: size + 1 }));
  expect(await verifyFolder(root, { headFiles: [kept] })).toMatchObject({ verdict: 'anchor', seq: size });
});

test('A29: purged segments verify as purged, with every head that was ever signed; one that is missing otherwise is named', async () => {
  const heads: StoredHead[] = [];
  const { root, folder } = await closedFolder(async (trail) => {
    trail.log.trail.onHead((head) => heads.push(head));
    await trail.say(30);
    heads.push(await trail.log.trail.sign());
    expect(await trail.purge()).toBeGreaterThan(3);
    await trail.say(10);
  });
  expect(await verified(root, heads)).toEqual({ verdict: 'purged', exit: 0, seq: undefined });
  const again = await openKeptTrail(root);
  await again.say(20);
  await again.purge();
  await again.close();
  expect(await verified(root, heads)).toEqual({ verdict: 'purged', exit: 0, seq: undefined });

  const [oldest] = await listSegments(realDisk, folder.audit);
  const names = await readdir(folder.audit);
  const manifests = names.filter((name) => name.endsWith('.manifest.json')).sort();
  const [, , third = ''] = manifests;
  const first = Number(third.slice(0, 16));
  const content = await readFile(join(folder.audit, third), 'utf8');
  await rm(join(folder.audit, third));
  expect(await verified(root)).toEqual({ verdict: 'altered', exit: 7, seq: first });
  await writeFile(join(folder.audit, third), content.replace(/"ts":\d/, '"ts":9'));
  expect(await verified(root)).toEqual({ verdict: 'altered', exit: 7, seq: first });
  await writeFile(join(folder.audit, third), content);
  // Gone like the others, but no record says so.
  await rm(join(folder.audit, oldest?.name ?? ''));
  expect(await verified(root)).toEqual({ verdict: 'altered', exit: 7, seq: oldest?.first });
});

test('R11: a clock that is set back and forth in the middle of segments leaves manifests that fit them', async () => {
  const root = await freshFolder();
  let steps = 0;
  const now = (): number => realClock.now() + ([0, -3_600_000, 7_200_000][Math.floor(steps++ / 7) % 3] ?? 0);
  const trail = await openKeptTrail(root, { now });
  await trail.say(60);
  await trail.close();
  const times = (await trail.kept.segments()).map(({ from, to }) => to - from);
  expect(times.length).toBeGreaterThan(3);
  expect(Math.max(...times)).toBeGreaterThan(3_000_000);
  expect(await verified(root)).toEqual({ verdict: 'intact', exit: 0, seq: undefined });
});

/** A disk that dies at its n-th call that changes something: half of what was to be written is there, nobody is told. */
function dyingDisk(calls: number) {
  const life = { alive: true };
  const dead = Promise.withResolvers<void>();
  const mortal = mortalDisk(realDisk, life);
  let left = calls;
  const dies = (): boolean => {
    left -= 1;
    if (left === 0) {
      life.alive = false;
      dead.resolve();
    }
    return left === 0;
  };
  const counted = (file: DiskFile, real: () => Promise<DiskFile>): DiskFile => ({
    ...file,
    write: async (bytes) => {
      if (dies()) {
        const torn = await real();
        await torn.write(bytes.subarray(0, bytes.length / 2));
        await torn.close();
      }
      return file.write(bytes);
    },
    datasync: () => (dies(), file.datasync()),
    truncate: (length) => (dies(), file.truncate(length)),
  });
  const disk: Disk = {
    ...mortal,
    open: async (path, how) => {
      if (how === 'new') dies();
      return counted(await mortal.open(path, how), () => realDisk.open(path, 'append'));
    },
    rename: (from, to) => (dies(), mortal.rename(from, to)),
    remove: (path) => (dies(), mortal.remove(path)),
    syncFolder: (path) => (dies(), mortal.syncFolder(path)),
  };
  return { disk, dead: dead.promise };
}

test('A32: killed at any call to the disk, in a write, a sync, a rotation, a turn of epochs, a manifest or a purge, the log verifies, and what was told is there', async () => {
  const start = await freshFolder();
  const before = await openKeptTrail(start);
  await before.say(25);
  await before.close();
  for (let calls = 1; calls < 200; calls += 23) {
    const root = join(start, '..', `killed-${calls}`);
    await cp(start, root, { recursive: true });
    const { disk, dead } = dyingDisk(calls);
    let told = before.log.settled.seq + 1;
    const work = async (): Promise<void> => {
      const trail = await openKeptTrail(root, { disk });
      for (let round = 0; ; round += 1) {
        await trail.say(4);
        told = trail.log.settled.seq + 1;
        if (round % 3 === 2) await trail.purge();
      }
    };
    await Promise.race([dead, work()]);
    const found = await verifyFolder(root);
    expect([calls, found.verdict, found.reason]).toEqual([
      calls,
      expect.stringMatching(/^(intact|purged|torn)$/),
      expect.any(String),
    ]);
    expect(found.records).toBeGreaterThanOrEqual(told);
    // And the gateway goes on from there.
    const next = await openKeptTrail(root);
    await next.say(1);
    await next.close();
    expect(isWhole((await verifyFolder(root)).verdict)).toBe(true);
  }
});

test('A33: a disk that is full in the middle of a line leaves it torn; the next start sets it aside', async () => {
  const { root, records } = await closedFolder();
  let full = false;
  const disk: Disk = {
    ...realDisk,
    open: async (path, how) => {
      const file = await realDisk.open(path, how);
      const write = async (bytes: Uint8Array): Promise<void> => {
        if (!full || !path.endsWith('.jsonl')) return file.write(bytes);
        await file.write(bytes.subarray(0, bytes.length / 2));
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      };
      return { ...fileOf(file), write };
    },
  };
  const fatal: string[] = [];
  const trail = await openKeptTrail(root, { disk, onFatal: (cause) => fatal.push(cause) });
  await trail.say(1);
  const told = trail.log.settled.seq + 1;
  expect(told).toBeGreaterThan(records);
  full = true;
  await expect(trail.say(1)).rejects.toThrow('ENOSPC');
  expect(fatal).not.toEqual([]);
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'torn', seq: told, records: told });
  const again = await openKeptTrail(root);
  await again.close();
  expect(await verified(root)).toEqual({ verdict: 'intact', exit: 0, seq: undefined });
});
const fileOf = (file: DiskFile): DiskFile => ({
  write: (bytes) => file.write(bytes),
  read: (position, length) => file.read(position, length),
  size: () => file.size(),
  truncate: (length) => file.truncate(length),
  datasync: () => file.datasync(),
  close: () => file.close(),
});

test('A40: verified while it is written, rotated, purged and its epochs turn, with heads known outside, the log is whole each time', async () => {
  const { found, purged, trail } = await verifiedWhileWritten(await freshFolder(), 25);
  for (const [time, { verdict, reason }] of found.entries())
    expect([time, isWhole(verdict), reason]).toEqual([time, true, reason]);
  expect(new Set(found.map(({ records }) => records)).size).toBeGreaterThan(12);
  expect(found.every(({ outside }) => outside === 1)).toBe(true);
  expect(purged).toBeGreaterThan(3);
  expect(trail.log.settled.epochs?.length).toBeGreaterThan(1);
});

test('A39, R13: a log of ten epochs and segments verifies as it streams, with every head that was kept outside', async () => {
  const root = await freshFolder();
  const { rootKey, heads } = await writeLongLog(root, 10_000);
  const began = process.cpuUsage();
  const found = await verifyFolder(root, { key: rootKey, headFiles: [heads] });
  const { user, system } = process.cpuUsage(began);
  expect(found).toMatchObject({
    verdict: 'intact',
    records: 10_000,
    epochs: 10,
    signed: 10_000,
    heads: 11,
    outside: 10,
    key: 'given',
    notes: [],
  });
  // Cold and beside others; the soak measures the million.
  expect(10_000 / ((user + system) / 1e6)).toBeGreaterThan(15_000);
});
