// What the log proves about itself: heads, epochs, proofs, and that it goes on. Over a disk in memory that fails and loses power.
import { createPrivateKey, sign } from 'node:crypto';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { HandClock, seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { type KeptLog, makeKeys, openKeptLog } from '../../fixtures/kept-log.ts';
import { initialised } from '../../fixtures/log-life.ts';
import { good } from '../../fixtures/outcome.ts';
import { dataFolder } from '../outside/data-folder.ts';
import { readHead } from '../outside/heads.ts';
import { loadSigner } from '../outside/signer.ts';
import { verifyFolder } from '../outside/verify-folder.ts';
import type { NewEvent } from '../protocol/events.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { type Head, head as headShape } from '../protocol/trail-nouns.ts';
import { epochOf, keyOf, verifiedKey } from './epoch.ts';
import { headIsSigned, headStatement } from './head.ts';
import type { OpenedLog } from './log.ts';
import { consistencyHolds, inclusionHolds, rootOf } from './tree.ts';

const day = 24 * 3_600_000;
const paths = dataFolder('/d');
const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;

type Bench = KeptLog & { readonly disk: PowerDisk; readonly clock: HandClock; readonly trouble: string[] };
async function bench(seed: string, more: Partial<Omit<KeptLog, 'disk' | 'clock'>> = {}): Promise<Bench> {
  const trouble: string[] = [];
  const b = {
    root: '/d',
    disk: new PowerDisk(),
    clock: new HandClock(),
    chance: seededChance(seed),
    onTrouble: (cause: string) => void trouble.push(cause),
    trouble,
    ...more,
  };
  await makeKeys(b);
  return b;
}
const open = async (b: Bench): Promise<OpenedLog> => good(await openKeptLog(b));
async function workspace(b: Bench): Promise<OpenedLog> {
  const log = await open(b);
  await say(log, initialised(log));
  return log;
}
const say = (log: OpenedLog, ...events: readonly NewEvent[]): Promise<void> => log.commit(() => ({ events, answer: undefined }));
const groups = (b: Bench, count: number): NewEvent[] =>
  Array.from({ length: count }, (_, i) => ({
    ...quiet,
    type: 'group.added',
    data: { group: mintId('grp', b.chance.bytes(idRandomBytes)), name: `g${i}` },
  }));
const add = (log: OpenedLog, b: Bench, count = 1): Promise<void> => say(log, ...groups(b, count));

async function typesAfter(log: OpenedLog, seq: number): Promise<string[]> {
  const types: string[] = [];
  for await (const { event } of log.read(seq)) types.push(event.type);
  return types;
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Lets time pass, and whatever it set off come to rest. */
async function pass({ clock }: Bench, ms: number): Promise<void> {
  clock.pass(ms);
  for (let turns = 0; turns < 100; turns += 1) await turn();
}
/** Until something is so, and whoever waited for it has gone on. */
async function until(so: () => boolean): Promise<void> {
  for (let turns = 0; !so(); turns += 1) {
    if (turns > 10_000) throw new Error('it never came');
    await turn();
  }
  await turn();
}
const headOf = async (b: Bench): Promise<Head> => v.parse(headShape, await readHead(b.disk, paths.head));
const keysOn = (disk: PowerDisk): string[] =>
  [paths.epochKey, paths.nextEpochKey].filter((path) => disk.content(path)?.includes('PRIVATE KEY') === true);

test('heads come each second with traffic, at once after 256 records, and at close; each is signed, and goes on from the one before', async () => {
  const b = await bench('heads');
  const log = await workspace(b);
  const heads: Head[] = [];
  log.trail.onHead((head) => heads.push(head));
  await until(() => heads.length === 1);
  await add(log, b);
  await add(log, b);
  b.clock.pass(999);
  await turn();
  expect(heads.map(({ size }) => size)).toEqual([1]);
  b.clock.pass(1);
  await until(() => heads.length === 2);
  expect(log.trail.head).toEqual(heads[1]);
  await add(log, b, 256);
  b.clock.pass(50);
  await until(() => heads.length === 3);
  await add(log, b, 300);
  // Not oftener than each 50 ms.
  b.clock.pass(49);
  await turn();
  expect(heads.map(({ size }) => size)).toEqual([1, 3, 259]);
  b.clock.pass(1);
  await until(() => heads.length === 4);
  const asked = await log.trail.sign();
  expect(asked).toEqual(heads[3]);
  await add(log, b);
  expect((await log.trail.sign()).size).toBe(560);

  const { trail } = log;
  for (const [i, head] of heads.entries()) {
    expect(headIsSigned(head, trail.rootKey)).toBe(true);
    expect(Buffer.from(rootOf(await trail.peaks(head.size))).toString('hex')).toBe(head.root);
    for (const later of heads.slice(i))
      expect(consistencyHolds(head, later, await trail.consistency(head.size, later.size))).toBe(true);
    for await (const { record } of log.read(-1))
      if (record.seq < head.size && record.seq % 50 === 0)
        expect(inclusionHolds(record.hash, record.seq, head.size, head.root, await trail.inclusion(record.seq, head.size))).toBe(
          true,
        );
  }
  await expect(trail.inclusion(3, 3)).rejects.toThrow('not among');
  // What is on its way to the disk is waited for.
  const said = add(log, b);
  expect(await trail.peaks(561)).toMatchObject({ size: 561 });
  await said;
  await expect(trail.peaks(10_000)).rejects.toThrow('not 10000');
  await log.close();
  expect(await headOf(b)).toMatchObject({ size: log.settled.seq + 1, hash: log.settled.hash, epoch: 0 });
  expect(b.trouble).toEqual([]);
});

test('A12: a log in which nothing happens says each minute that it goes on, signs that, and writes no state for it', async () => {
  const b = await bench('heartbeat', { heartbeatMs: 60_000 });
  const log = await workspace(b);
  b.clock.pass(59_000);
  await turn();
  await add(log, b);
  // The state of the start is saved; what followed is quiet, but for a record a second ago.
  b.clock.pass(1000);
  await until(() => log.sealedSeq === 1);
  const { seq } = log.settled;
  b.clock.pass(59_999);
  await turn();
  expect(log.settled.seq).toBe(seq);
  for (let minute = 1; minute <= 5; minute += 1) {
    b.clock.pass(1);
    await until(() => log.settled.seq === seq + minute);
    b.clock.pass(1000);
    await until(() => log.trail.head?.size === seq + minute + 1);
    b.clock.pass(58_999);
    await turn();
  }
  expect(await typesAfter(log, seq)).toEqual(Array.from({ length: 5 }, () => 'audit.heartbeat'));
  // Nobody is told that it goes on while it visibly does.
  for (let second = 0; second < 120; second += 1) {
    await add(log, b);
    b.clock.pass(1000);
    await turn();
  }
  expect((await typesAfter(log, seq + 5)).filter((type) => type === 'audit.heartbeat')).toEqual([]);
  await log.close();
  expect(b.trouble).toEqual([]);
});

test('A12: without a disk the log goes on saying so, and beats again when there is one', async () => {
  const b = await bench('beats on', { heartbeatMs: 60_000, onFatal: () => undefined });
  const log = await workspace(b);
  log.hurry();
  let letGo = (): void => undefined;
  b.disk.stall = new Promise((resolve) => {
    letGo = resolve;
  });
  b.clock.pass(60_000);
  await turn();
  b.clock.pass(5000);
  await until(() => b.trouble.length > 1);
  expect(b.trouble.join()).toContain('has not answered');
  b.disk.stall = undefined;
  letGo();
  await until(() => log.settled.seq >= 1);
  const { seq } = log.settled;
  b.clock.pass(60_000);
  await until(() => log.settled.seq > seq);
  await log.close();
  expect(await typesAfter(log, 0)).toContain('audit.heartbeat');
});

test('forward security: an epoch ends after a day by either clock, or after so many bytes, or at a start that finds it over; each key is certified by the one before', async () => {
  const b = await bench('epochs', { epochBytes: 20_000 });
  const log = await workspace(b);
  const turns = async (epochs: number): Promise<void> => {
    await pass(b, 1000);
    await until(() => log.trail.certificates.length === epochs && log.trail.head?.epoch === epochs);
    await until(() => keysOn(b.disk).length === 1 && b.disk.content(paths.nextEpochKey) === undefined);
  };
  await pass(b, day - 1);
  await add(log, b);
  await pass(b, 2000);
  await add(log, b);
  await turns(1);
  // By the wall clock alone: it was set. The step is told after the epoch has begun, and does not undo its certificate.
  b.clock.step(day);
  await add(log, b);
  await turns(2);
  // By the other alone.
  await pass(b, day / 2);
  b.clock.step(-day);
  await add(log, b);
  await pass(b, day / 2);
  await add(log, b);
  await turns(3);
  await add(log, b, 60);
  await turns(4);
  await log.close();
  await pass(b, 2 * day);
  const again = await open(b);
  expect(again.trail.certificates).toHaveLength(5);
  expect(keysOn(b.disk)).toEqual([paths.epochKey]);
  await again.close();
  // R11: a clock that was set back by years does not keep an epoch for as long.
  b.clock.step(-3650 * day);
  const late = await open(b);
  expect(late.trail.certificates).toHaveLength(6);

  const { certificates, rootKey } = late.trail;
  expect(verifiedKey(rootKey, late.chain, certificates)).toMatchObject({ epoch: 6 });
  for await (const { record } of late.read(-1)) {
    expect(record.epoch).toBe(epochOf(record.seq, certificates));
    if (record.type === 'epoch.began') expect(record.data).toMatchObject({ size: record.seq, hash: record.prev });
  }
  await late.close();
  expect(await verifyFolder('/d', { disk: b.disk })).toMatchObject({ verdict: 'intact', records: late.settled.seq + 1 });
  expect(b.trouble).toEqual([]);
});

test('forward security: the certificate of an epoch stands even when the clock was set at that very moment', async () => {
  const b = await bench('step', { epochMs: day });
  const log = await workspace(b);
  await log.close();
  b.clock.step(3 * day);
  const again = await open(b);
  // The start is first told, with its clock as it is; then the epoch begins, and is not the one to tell of the step.
  expect(await typesAfter(again, log.settled.seq)).toEqual(['gateway.started', 'epoch.began']);
  b.clock.step(-day);
  await pass(b, day);
  expect((await typesAfter(again, log.settled.seq + 2)).slice(0, 2)).toEqual(['epoch.began', 'clock.stepped']);
  await again.close();
  expect(await verifyFolder('/d', { disk: b.disk })).toMatchObject({ verdict: 'intact' });
});

test('A13: a head signed with the key of another epoch, or edited, or of another log, keeps the gateway from starting', async () => {
  const b = await bench('a13', { epochBytes: 4000 });
  const log = await workspace(b);
  for (let epoch = 1; epoch <= 2; epoch += 1) {
    await add(log, b, 12);
    b.clock.pass(1000);
    await until(() => log.trail.head?.epoch === epoch);
    await until(() => keysOn(b.disk).length === 1 && b.disk.content(paths.nextEpochKey) === undefined);
  }
  await log.close();
  const good = await headOf(b);
  expect(good.epoch).toBe(2);
  const key = createPrivateKey(b.disk.content(paths.epochKey) ?? '');
  const signedAs = (said: Omit<Head, 'signature'>): Head => ({
    ...said,
    signature: sign(null, Buffer.from(headStatement(said)), key).toString('base64url'),
  });
  const { signature: _, ...said } = good;
  const { size: began, hash } = log.trail.certificates[1] ?? { size: 0, hash: '' };
  const rootThen = Buffer.from(rootOf(await log.trail.peaks(began)).slice()).toString('hex');
  const refused = async (head: object, why: string): Promise<void> => {
    b.disk.plant(paths.head, Buffer.from(JSON.stringify(head)));
    expect(await openKeptLog(b)).toMatchObject({
      ok: false,
      problem: { code: 'verification', detail: expect.stringContaining(why) },
    });
  };
  // The key of today under a record of yesterday, as of yesterday and as of today (CVE-2023-31439).
  await refused(signedAs({ ...said, size: began, hash, root: rootThen, epoch: 1 }), 'not signed');
  await refused(signedAs({ ...said, size: began, hash, root: rootThen, epoch: 2 }), 'of epoch 2, its last record of epoch 1');
  await refused(signedAs({ ...said, epoch: 3 }), 'of epoch 3');
  await refused({ ...good, ts: good.ts + 1 }, 'not signed');
  await refused({ ...good, size: good.size + 1 }, 'missing at its end');
  await refused(signedAs({ ...said, hash: '0'.repeat(64) }), 'not the one');
  await refused(signedAs({ ...said, root: '0'.repeat(64) }), 'root');
  await refused(signedAs({ ...said, chain: `chn_${'b'.repeat(26)}` }), 'another chain');
  await refused({}, 'cannot be read');
  // The same log, an earlier head: nothing speaks against it but those who saw a later one.
  b.disk.plant(paths.head, Buffer.from(JSON.stringify(good)));
  await (await open(b)).close();
});

test('A25: records hashed anew under an epoch that is over do not start, nor does an epoch certified by itself', async () => {
  const b = await bench('a25', { epochBytes: 4000 });
  const log = await workspace(b);
  await add(log, b, 12);
  b.clock.pass(1000);
  await until(() => log.trail.head?.epoch === 1);
  await log.close();
  const [name = ''] = (await b.disk.list(paths.audit)).filter((file) => file.endsWith('.jsonl'));
  const path = `${paths.audit}/${name}`;
  const whole = b.disk.content(path) ?? Buffer.of();
  const { publicKey } = log.trail.certificates[0] ?? { publicKey: '' };
  b.disk.plant(path, Buffer.from(whole.toString().replace(`"publicKey":"${publicKey}"`, `"publicKey":"${'B'.repeat(43)}"`)));
  expect(await openKeptLog({ ...b, rebuild: true })).toMatchObject({ ok: false, problem: { code: 'verification' } });
  b.disk.plant(path, whole);
  // Another root key: the first record is not bound to it.
  const root = b.disk.content(paths.rootKey) ?? Buffer.of();
  b.disk.plant(paths.rootKey, Buffer.from('C'.repeat(43)));
  expect(await openKeptLog(b)).toMatchObject({ ok: false, problem: { code: 'verification' } });
  b.disk.plant(paths.rootKey, Buffer.from('no key'));
  expect(await openKeptLog(b)).toMatchObject({ ok: false, problem: { code: 'epoch-key' } });
  b.disk.plant(paths.rootKey, root);
  // Without the key of the epoch in force nothing can be signed.
  const key = b.disk.content(paths.epochKey) ?? Buffer.of();
  await b.disk.remove(paths.epochKey);
  expect(await openKeptLog(b)).toMatchObject({ ok: false, problem: { code: 'epoch-key' } });
  b.disk.plant(paths.epochKey, key);
  await (await open(b)).close();
});

test('a workspace of 0.1.0 opens with its old head; its first epoch is certified by the key of the gateway', async () => {
  const b = await bench('old', { old: true });
  const log = await workspace(b);
  await add(log, b, 3);
  await log.close();
  const signer = good(await loadSigner(b.disk, paths.signerKey));
  expect(log.trail.rootKey).toBe(signer.publicKey);
  const newest = await headOf(b);
  const said = { chain: newest.chain, size: newest.size, hash: newest.hash, ts: newest.ts };
  const old = { ...said, signature: signer.sign(headStatement(said)) };
  await b.disk.remove(paths.tree);
  b.disk.plant(paths.head, Buffer.from(JSON.stringify({ ...old, ts: old.ts + 1 })));
  expect(await openKeptLog(b)).toMatchObject({
    ok: false,
    problem: { code: 'verification', detail: expect.stringContaining('not signed') },
  });
  b.disk.plant(paths.head, Buffer.from(JSON.stringify(old)));
  b.clock.pass(2 * day);
  const again = await open(b);
  const { certificates, rootKey } = again.trail;
  expect(certificates).toHaveLength(1);
  expect(verifiedKey(rootKey, again.chain, certificates)).toMatchObject({ epoch: 1 });
  const head = await again.trail.sign();
  expect(headIsSigned(head, keyOf(1, rootKey, certificates) ?? '')).toBe(true);
  await again.close();
  expect(await verifyFolder('/d', { disk: b.disk })).toMatchObject({ verdict: 'intact' });
  // An old head cannot speak for records of a later epoch.
  const late = { chain: head.chain, size: head.size, hash: head.hash, ts: head.ts };
  b.disk.plant(paths.head, Buffer.from(JSON.stringify({ ...late, signature: signer.sign(headStatement(late)) })));
  expect(await openKeptLog(b)).toMatchObject({
    ok: false,
    problem: { code: 'verification', detail: expect.stringContaining('epoch') },
  });
});

test('the tree is made again when it is missing, cut, longer than the log, or another; what is spoilt below its peaks is found and made again by the first proof', async () => {
  const b = await bench('tree');
  const log = await workspace(b);
  await add(log, b, 700);
  await log.close();
  const nodes = b.disk.content(paths.tree) ?? Buffer.of();
  const sound = async (): Promise<void> => {
    const again = await open(b);
    const head = await again.trail.sign();
    for (const seq of [0, 1, 300, 699, head.size - 1]) {
      const [record] = await firstAfter(again, seq - 1);
      expect(inclusionHolds(record ?? '', seq, head.size, head.root, await again.trail.inclusion(seq, head.size))).toBe(true);
    }
    await again.close();
  };
  const spoilt = Buffer.from(nodes);
  spoilt.fill(7, 31 * 32, 40 * 32);
  for (const content of [
    undefined,
    Buffer.of(),
    nodes.subarray(0, 1000),
    Buffer.concat([nodes, nodes]),
    nodes.map((byte) => byte ^ 1),
  ]) {
    if (content === undefined) await b.disk.remove(paths.tree);
    else b.disk.plant(paths.tree, Buffer.from(content));
    await sound();
  }
  const whole = b.disk.content(paths.tree) ?? Buffer.of();
  expect(whole.subarray(0, nodes.length).equals(nodes)).toBe(true);
  // The peaks are sound: no start can see what is below them.
  b.disk.plant(paths.tree, Buffer.concat([spoilt, whole.subarray(nodes.length)]));
  const again = await open(b);
  const { root } = await again.trail.sign();
  expect(root).toHaveLength(64);
  // Whoever asks for a proof gets one: what is spoilt is made again from the records, also while more of them come.
  const more = add(again, b, 20);
  const [record] = await firstAfter(again, 16);
  const peaks = await again.trail.peaks(700);
  const rootThen = Buffer.from(rootOf(peaks)).toString('hex');
  expect(inclusionHolds(record ?? '', 17, 700, rootThen, await again.trail.inclusion(17, 700))).toBe(true);
  const head = await again.trail.sign();
  expect(consistencyHolds({ size: 700, root: rootThen }, head, await again.trail.consistency(700, head.size))).toBe(true);
  await more;
  await again.close();
  await sound();
});

async function firstAfter(log: OpenedLog, seq: number): Promise<string[]> {
  for await (const { record } of log.read(seq)) return [record.hash];
  return [];
}

test('S73: a log whose beginning was purged is read from what is there, and goes on with its tree, also when that is lost', async () => {
  const b = await bench('purged', { segmentBytes: 4000 });
  const log = await workspace(b);
  await add(log, b, 8);
  await add(log, b, 8);
  await add(log, b, 8);
  const segments = (await b.disk.list(paths.audit)).filter((file) => file.endsWith('.jsonl'));
  const last = Number(segments[2]?.slice(0, 16)) - 1;
  const peaks = await log.trail.peaks(last + 1);
  const digest = '0'.repeat(64);
  const by = mintId('usr', b.chance.bytes(idRandomBytes));
  const reading = log.read(-1)[Symbol.asyncIterator]();
  expect((await reading.next()).value?.record.seq).toBe(0);
  await say(log, {
    ...quiet,
    type: 'segment.purged',
    data: { first: 0, last, root: digest, manifest: digest, days: 400, by, why: '' },
  });
  for (const name of segments.slice(0, 2)) await b.disk.remove(`${paths.audit}/${name}`);
  log.forget();
  const [first] = await firstSeqs(log);
  expect(first).toBe(last + 1);
  await log.close();

  const proves = async (again: OpenedLog): Promise<void> => {
    const head = await again.trail.sign();
    const early = { size: last + 1, root: Buffer.from(rootOf(peaks)).toString('hex') };
    expect(consistencyHolds(early, head, await again.trail.consistency(early.size, head.size))).toBe(true);
    expect((await firstSeqs(again))[0]).toBe(last + 1);
    await again.close();
  };
  await proves(await open(b));
  await b.disk.remove(paths.tree);
  // Nobody knows what was there: nothing can be signed.
  expect(await openKeptLog(b)).toMatchObject({ ok: false, problem: { code: 'verification' } });
  await proves(good(await openKeptLog({ ...b, purgedPeaks: async (size) => (size === last + 1 ? peaks : undefined) })));
});

async function firstSeqs(log: OpenedLog): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { record } of log.read(-1)) seqs.push(record.seq);
  return seqs;
}

test('an erasure is seen once the records held in memory are let go', async () => {
  const b = await bench('forget');
  const log = await workspace(b);
  await say(log, { ...quiet, type: 'stranger.refused', data: { cause: 'c', count: 1 }, personal: { address: '192.0.2.1' } });
  const [name = ''] = (await b.disk.list(paths.audit)).filter((file) => file.endsWith('.jsonl'));
  const content = b.disk.content(`${paths.audit}/${name}`)?.toString() ?? '';
  const personal = async (): Promise<unknown> => {
    for await (const settled of log.read(0)) return settled.personal;
    return 'nothing';
  };
  expect(await personal()).toEqual({ address: '192.0.2.1' });
  b.disk.plant(`${paths.audit}/${name}`, Buffer.from(content.replace(/\{"personal":\{[^}]*\}[^}]*\},/, '{')));
  expect(await personal()).toEqual({ address: '192.0.2.1' });
  log.forget();
  expect(await personal()).toBeUndefined();
});

test('A32, R3: whatever call of a turn of the epoch fails, or is the last before a kill or a power cut, the next start has one key and a log that verifies', async () => {
  const calls = await callsOfATurn('calls');
  expect(calls).toBeGreaterThan(15);
  for (let call = 1; call <= calls; call += 1)
    for (const forEver of [true, false]) {
      const seed = `turn ${call} ${forEver}`;
      const b = await overdue(seed);
      b.disk.failAt({ call, code: 'EIO', forEver });
      const log = await openKeptLog({ ...b, onFatal: () => undefined }).catch(() => undefined);
      b.disk.failAt(undefined);
      if (log?.ok === true && !forEver) await log.value.close();
      const dice = seededChance(seed);
      const cut = b.disk.afterPowerCut((below) => Buffer.from(dice.bytes(4)).readUInt32LE() % below);
      for (const disk of [b.disk, cut]) {
        const again = await open({ ...b, disk, clock: new HandClock(b.clock.now()) });
        expect(again.trail.certificates).toHaveLength(1);
        const head = await again.trail.sign();
        expect(headIsSigned(head, again.trail.certificates[0]?.publicKey ?? '')).toBe(true);
        await again.close();
        expect(keysOn(disk)).toEqual([paths.epochKey]);
        expect(await disk.list(paths.keys)).toEqual(['epoch.key', 'gateway.key', 'root.pub']);
        expect(await verifyFolder('/d', { disk })).toMatchObject({ verdict: 'intact' });
      }
    }
});

test('R3: a turn of the epoch that fails while the gateway runs is told, and tried again each second until it is done', async () => {
  for (let call = 1; call <= 40; call += 1) {
    const b = await bench(`running ${call}`, { onFatal: () => undefined });
    const log = await workspace(b);
    await pass(b, 2 * day);
    b.disk.failAt({ call, code: 'ENOSPC', forEver: false });
    await add(log, b).catch(() => undefined);
    for (let second = 0; second < 4; second += 1) await pass(b, 1000);
    const { calls } = b.disk;
    b.disk.failAt(undefined);
    // Unless it was the log itself that failed: then the next start does it.
    const written = await add(log, b).then(
      () => true,
      () => false,
    );
    if (written) {
      expect([call, log.trail.certificates.length, keysOn(b.disk)]).toEqual([call, 1, [paths.epochKey]]);
      expect(b.disk.content(paths.nextEpochKey)).toBeUndefined();
      expect(log.trail.head?.epoch).toBe(1);
    }
    await log.close();
    const again = await open(b);
    expect(again.trail.certificates).toHaveLength(1);
    await again.close();
    expect(keysOn(b.disk)).toEqual([paths.epochKey]);
    expect(await verifyFolder('/d', { disk: b.disk })).toMatchObject({ verdict: 'intact' });
    if (calls < call) return;
  }
  throw new Error('a turn makes more calls than were failed');
});

/** A closed log whose epoch is over. */
async function overdue(seed: string): Promise<Bench> {
  const b = await bench(seed);
  await (await workspace(b)).close();
  b.clock.pass(2 * day);
  return b;
}
async function callsOfATurn(seed: string): Promise<number> {
  const b = await overdue(seed);
  b.disk.failAt(undefined);
  const log = await open(b);
  const { calls } = b.disk;
  expect(log.trail.certificates).toHaveLength(1);
  return calls;
}
