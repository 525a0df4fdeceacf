import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryEvent } from '../../fixtures/events.ts';
import { chainedAfter, type Folder, manifestAt, SealedLog, segmentAt, textOf } from '../../fixtures/sealed-log.ts';
import { asReadTwice, disagreement, secondOpinion } from '../../fixtures/second-opinion.ts';
import type { CheckpointFile } from '../ports.ts';
import type { AuditLine, NewEvent } from '../protocol/events.ts';
import type { StoredHead } from '../protocol/trail-nouns.ts';
import { canonical, lineText, recordHash } from './chain.ts';
import { makeCheckpoint, snapshot, stateDigest } from './checkpoint-seal.ts';
import { fold } from './fold.ts';
import { HeadFile } from './heads-met.ts';
import { type LogFiles, piecesOf } from './log-files.ts';
import { manifestStatement } from './manifest.ts';
import { emptyState } from './state.ts';
import { unseal } from './unseal.ts';
import { type Verification, verifyExitCode, verifyLines } from './verify.ts';

const filesOf = (folder: Folder): LogFiles => ({
  names: async () => [...folder.keys()],
  text: async (name) => folder.get(name)?.toString(),
  bytes: async (name) => {
    const bytes = folder.get(name);
    return bytes && onePiece(bytes);
  },
});
async function* onePiece(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

type Given = { readonly heads?: readonly StoredHead[]; readonly key?: string; readonly checkpoint?: CheckpointFile };

function ours(log: SealedLog, folder: Folder, { heads = [], key = log.rootKey, checkpoint }: Given = {}): Promise<Verification> {
  return verifyLines(piecesOf(filesOf(folder)), {
    publicKey: key,
    heads: [new HeadFile('an anchor', true, heads)],
    ...(checkpoint === undefined ? {} : { checkpoint }),
  });
}
/** Our verdict; the second verifier, which looks at everything but the saved state, must agree. */
async function verify(log: SealedLog, folder: Folder, given: Given = {}): Promise<Verification> {
  const found = await ours(log, folder, given);
  expect(verifyExitCode(found.verdict)).toBe(found.verdict === 'intact' || found.verdict === 'purged' ? 0 : 7);
  if (given.checkpoint === undefined) await agrees(log, folder, given, found);
  return found;
}
async function agrees(log: SealedLog, folder: Folder, given: Given, found: Verification): Promise<void> {
  const read = asReadTwice(folder);
  const first = read.size === folder.size ? found : await ours(log, read, given);
  const second = secondOpinion(folder, given.key ?? log.rootKey, given.heads ?? []);
  expect(disagreement(folder, first, second)).toBeUndefined();
}
async function verdictOn(...args: Parameters<typeof verify>) {
  const { verdict, seq } = await verify(...args);
  return { verdict, seq };
}
const one = (lines: readonly AuditLine[]): Folder => new Map([[segmentAt(0), textOf(lines)]]);
const intact = { verdict: 'intact', seq: undefined };

/** Whatever the catalogue allows, but for the beginning of an epoch: that is signed. */
const anyEvent = arbitraryEvent.filter(({ type }) => type !== 'epoch.began');
const gateway = { actor: { kind: 'gateway' }, outcome: 'ok' } as const;
const refusal = (cause: string, address = '192.0.2.1'): NewEvent => ({
  ...gateway,
  type: 'stranger.refused',
  data: { cause, count: 1 },
  personal: { address },
});
const heartbeat: NewEvent = { ...gateway, type: 'audit.heartbeat', data: {}, personal: {} };
const fewLog = (): SealedLog =>
  new SealedLog().add(refusal('bad token'), refusal('한글 ✓'), heartbeat, refusal('again', '2001:db8::1'));
const few = fewLog();

/** Three segments, 0–3, 4–8 and 9 on, and an epoch in each: 0 up to 2, 1 up to 6, 2 up to 10, then 3. */
const threeSegments = [0, 4, 9] as const;
function longLog(): SealedLog {
  const log = new SealedLog().add(refusal('a'), refusal('b'), refusal('c')).beginEpoch();
  log.add(refusal('d'), refusal('e'), refusal('f')).beginEpoch();
  return log.add(refusal('g'), refusal('h'), refusal('i')).beginEpoch().add(refusal('j'), refusal('k'));
}
const sizes = (log: SealedLog): number[] => log.lines.map((_, i) => i + 1);

test('an honest log is intact: in one segment or several, over epochs, with every head it ever signed', async () => {
  expect(await verdictOn(few, one(few.lines))).toEqual(intact);
  expect(await verdictOn(few, one(few.lines), { heads: [few.oldHeadAt(), few.oldHeadAt(2), few.headAt(3)] })).toEqual(intact);
  const log = longLog();
  const heads = sizes(log).map((size) => log.headAt(size));
  const found = await verify(log, log.folder(threeSegments), { heads: heads.toReversed() });
  expect(found).toMatchObject({ verdict: 'intact', records: 14, epochs: 4, signed: 14, heads: 14, outside: 14, unproven: 0 });
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { maxLength: 12 }), async (happened) => {
      const made = new SealedLog().add(...happened);
      expect(await verdictOn(made, one(made.lines), made.size === 0 ? {} : { heads: [made.headAt()] })).toEqual(intact);
    }),
    { numRuns: 50 },
  );
});

test('A20: one flipped bit anywhere, in space, salt, personal part or hash, names the record it is in', async () => {
  const log = textOf(few.lines);
  let record = 0;
  for (let at = 0; at < log.length; at += 1) {
    const changed = Buffer.from(log);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    const folder = new Map([[segmentAt(0), changed]]);
    const found = await ours(few, folder);
    expect([at, found.verdict === 'intact', found.seq, verifyExitCode(found.verdict)]).toEqual([at, false, record, 7]);
    if (at % 29 === 0) await agrees(few, folder, {}, found);
    if (log[at] === 10) record += 1;
  }
});

const leaves = (value: unknown, path: readonly string[] = []): string[][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]))
    : [[...path]];
function withChanged(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key !== undefined && Array.isArray(value))
    return value.map((member: unknown, i) => (String(i) === key ? withChanged(member, rest) : member));
  if (key !== undefined && typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, name === key ? withChanged(member, rest) : member]),
    );
  if (typeof value === 'string') return `${[...value].slice(0, -1).join('')}${value.endsWith('0') ? '1' : '0'}`;
  return typeof value === 'number' ? value + (value > 0 ? -1 : 1) : value !== true;
}

test('A20: one character changed in any field of 100 random records is found, and the record named', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { minLength: 3, maxLength: 3 }), fc.nat(), async (happened, pick) => {
      const log = new SealedLog().add(...happened);
      const at = pick % log.size;
      const fields = leaves(log.lines[at]);
      for (const [i, path] of fields.entries()) {
        const changed = withChanged(log.lines[at], path);
        const text = log.lines.map((other, j) => `${j === at ? canonical(changed) : lineText(other)}\n`).join('');
        const folder = new Map([[segmentAt(0), Buffer.from(text)]]);
        const found = await ours(log, folder);
        expect([path, found.verdict, found.seq]).toEqual([path, 'altered', at]);
        if (i === pick % (3 * fields.length)) await agrees(log, folder, {}, found);
      }
    }),
    { numRuns: 100 },
  );
});

test('A21: a record deleted, doubled, swapped, inserted or hashed anew is found', async () => {
  const [a, b, c, d] = few.lines;
  if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four records');
  expect(await verdictOn(few, one([a, c, d]))).toEqual({ verdict: 'altered', seq: 1 });
  expect(await verdictOn(few, one([a, b, b, c, d]))).toEqual({ verdict: 'altered', seq: 2 });
  expect(await verdictOn(few, one([a, c, b, d]))).toEqual({ verdict: 'altered', seq: 1 });
  expect(await verdictOn(few, one([a, d, b, c, d]))).toEqual({ verdict: 'altered', seq: 1 });
  const record = { ...b.record, outcome: 'denied' as const };
  const again = { ...b, record: { ...record, hash: recordHash(record) } };
  expect(await verdictOn(few, one([a, again, c, d]))).toEqual({ verdict: 'altered', seq: 2 });
  expect(await verdictOn(few, one([b, c, d]))).toEqual({ verdict: 'altered', seq: 0 });
});

/** The log with another story from a record on, every hash made anew, as anyone can who may write the file. */
function retold(log: SealedLog, from: number): SealedLog {
  const story = log.lines.map(({ record, personal }, seq) => ({
    record: seq === from ? { ...record, outcome: 'failed' as const } : record,
    ...(personal === undefined ? {} : { personal }),
  }));
  const lines = [...story.slice(0, from), ...chainedAfter(story[from]?.record.prev ?? '', story.slice(from))];
  return new SealedLog({ chain: log.chain, keys: log.keys, lines });
}

test('A22: a whole tail hashed anew without the key does not fit the signed head, nor the certificate after it', async () => {
  const forged = retold(few, 1);
  expect(await verdictOn(few, one(forged.lines))).toEqual(intact);
  expect(await verdictOn(few, one(forged.lines), { heads: [few.headAt()] })).toEqual({ verdict: 'anchor', seq: 3 });
  // The smallest head behind the change is the one that is named.
  expect(await verdictOn(few, one(forged.lines), { heads: [few.headAt(), few.headAt(1), few.headAt(2)] })).toEqual({
    verdict: 'anchor',
    seq: 1,
  });
  const log = longLog();
  // Record 3 is the certificate that closes epoch 0: it cannot be made anew.
  expect(await verdictOn(log, one(retold(log, 1).lines))).toEqual({ verdict: 'altered', seq: 3 });
  // Another key is no key.
  const theirs = new SealedLog({ chain: few.chain, keys: new SealedLog().keys, lines: forged.lines });
  expect(await verdictOn(few, one(forged.lines), { heads: [theirs.headAt()] })).toMatchObject({ verdict: 'anchor' });
});

test('A23: a log cut by one to all of its records is shorter than its head; without a head nobody can know, and the verdict says so', async () => {
  for (let left = few.size - 1; left >= 0; left -= 1) {
    const cut = one(few.lines.slice(0, left));
    expect(await verdictOn(few, cut, { heads: [few.headAt()] })).toEqual({ verdict: 'anchor', seq: left });
    expect(await verify(few, cut)).toMatchObject({ verdict: 'intact', signed: 0, outside: 0 });
  }
  const log = textOf(few.lines);
  for (let cut = 1; cut < 40; cut += 1) {
    const torn = new Map([[segmentAt(0), log.subarray(0, log.length - cut)]]);
    // A line that a head names was acknowledged: it is not torn, it is missing.
    expect(await verdictOn(few, torn, { heads: [few.headAt(3)] })).toEqual({ verdict: 'torn', seq: 3 });
    expect(await verdictOn(few, torn, { heads: [few.headAt()] })).toEqual({ verdict: 'anchor', seq: 3 });
  }
});

test('A33: a line cut by a full disk, or the zeros of a power cut, are torn at the end of the log and altered anywhere else', async () => {
  const whole = textOf(few.lines);
  const inFile = (...parts: readonly Buffer[]): Folder => new Map([[segmentAt(0), Buffer.concat(parts)]]);
  const zeros = Buffer.alloc(300);
  expect(await verdictOn(few, inFile(whole, Buffer.from('{"record":{"ac')))).toEqual({ verdict: 'torn', seq: 4 });
  expect(await verdictOn(few, inFile(whole, zeros))).toEqual({ verdict: 'torn', seq: 4 });
  const next = few.copy().add(refusal('e'));
  const last = textOf(next.lines.slice(4));
  expect(await verdictOn(few, inFile(whole, zeros, Buffer.from('\n'), last))).toEqual({ verdict: 'altered', seq: 4 });
  const log = longLog();
  const folder = log.folder(threeSegments);
  const second = folder.get(segmentAt(4)) ?? Buffer.alloc(0);
  folder.set(segmentAt(4), second.subarray(0, -20));
  expect(await verdictOn(log, folder)).toEqual({ verdict: 'altered', seq: 8 });
});

test('A12, A24: cut, and let the gateway append and sign more: whole in itself, caught by the head that was anchored before', async () => {
  const log = longLog();
  const before = log.headAt();
  // The attacker cuts within the last epoch, whose key lives; the gateway goes on and signs.
  const onward = log.copy(12).add(heartbeat, heartbeat, refusal('all quiet'), heartbeat);
  const folder = onward.folder(threeSegments);
  expect(await verify(log, folder, { heads: [onward.headAt()] })).toMatchObject({ verdict: 'intact', records: 16 });
  expect(await verdictOn(log, folder, { heads: [onward.headAt(), before] })).toEqual({ verdict: 'anchor', seq: 13 });
  // Cut behind the certificate of an epoch that is over, the next one cannot be certified any more.
  const [, , , alive] = log.keys;
  if (alive === undefined) throw new Error('four keys');
  const deeper = log.copy(9);
  deeper.beginEpoch(alive).add(refusal('all quiet'));
  expect(await verdictOn(log, deeper.folder([0, 4]))).toEqual({ verdict: 'altered', seq: 9 });
  // And an epoch that nobody certified is none.
  const bare = log.copy(9);
  bare.keys.push(alive);
  expect(await verdictOn(log, bare.add(refusal('all quiet')).folder([0, 4]))).toEqual({ verdict: 'altered', seq: 9 });
});

test('A13, A25: old records sealed again with the key in force are found: an epoch is closed by its certificate, a head is signed in the epoch of its record', async () => {
  const log = longLog();
  const forged = retold(log, 4);
  // Hashed anew, the certificate at record 7 closes other records.
  expect(await verdictOn(log, forged.folder(threeSegments))).toMatchObject({ verdict: 'altered', seq: 7 });
  // With a certificate made anew: the key of epoch 1 is gone, that of epoch 3 signs in its place.
  const again = log.copy(4).add(refusal('nothing happened'), refusal('e'), refusal('f'));
  again.beginEpoch(log.keys[3]).add(refusal('g'));
  expect(await verdictOn(log, again.folder([0, 4]))).toEqual({ verdict: 'altered', seq: 7 });
  // The records called records of epoch 3.
  const moved = log.copy(4);
  const [root, first, , alive] = log.keys;
  if (root === undefined || first === undefined || alive === undefined) throw new Error('four keys');
  const called = new SealedLog({ chain: log.chain, keys: [root, first, first, alive], lines: moved.lines }).add(refusal('x'));
  expect(await verdictOn(log, one(called.lines))).toEqual({ verdict: 'altered', seq: 4 });
  // A head of old records signed with the key in force, under its own number or that of the old epoch.
  const right = log.headAt(6);
  const signedNow = { ...log.headAt(6, 3) };
  expect(await verdictOn(log, log.folder(threeSegments), { heads: [right] })).toEqual(intact);
  expect(await verdictOn(log, log.folder(threeSegments), { heads: [signedNow] })).toEqual({ verdict: 'anchor', seq: 5 });
  expect(await verdictOn(log, log.folder(threeSegments), { heads: [{ ...signedNow, epoch: 1 }] })).toEqual({
    verdict: 'anchor',
    seq: 5,
  });
  // A head of 0.1.0 is signed with the first key, for records of the first epoch only.
  expect(await verdictOn(log, log.folder(threeSegments), { heads: [log.oldHeadAt(3)] })).toEqual(intact);
  expect(await verdictOn(log, log.folder(threeSegments), { heads: [log.oldHeadAt(6)] })).toEqual({ verdict: 'anchor', seq: 5 });
});

test('A26: text moved from one field to the next is found', async () => {
  const log = new SealedLog().add({
    ...gateway,
    type: 'login.refused',
    data: { cause: 'ab' },
    personal: { address: 'cd', subject: 'ef' },
  });
  const [line] = log.lines;
  if (line === undefined) throw new Error('one record');
  for (const personal of [{ address: 'cde', subject: 'f' }, { address: 'c', subject: 'def' }, { address: 'cdef' }])
    expect(await verdictOn(log, one([{ ...line, personal: { salt: line.personal?.salt ?? '', data: personal } }]))).toEqual({
      verdict: 'altered',
      seq: 0,
    });
  for (const record of [
    { ...line.record, type: 'login.refuse', outcome: 'dok' },
    { ...line.record, seq: 10, ts: Math.floor(line.record.ts / 10) },
  ])
    expect(await verdictOn(log, new Map([[segmentAt(0), Buffer.from(`${canonical({ ...line, record })}\n`)]]))).toEqual({
      verdict: 'altered',
      seq: 0,
    });
});

test('A27: an older state is one the log knows; a state of another history is not', async () => {
  const log = new SealedLog().add(refusal('one'), refusal('two'));
  const state = emptyState();
  for (const line of log.lines) {
    const settled = unseal(line);
    if (settled.ok) fold(state, settled.value.event);
  }
  const digest = stateDigest(state);
  const sealed = log.copy().add({ ...gateway, type: 'state.sealed', data: { seq: 1, digest }, personal: {} });
  const good = makeCheckpoint(snapshot(state), 1, digest);
  expect(await verdictOn(log, one(sealed.lines), { checkpoint: good })).toEqual(intact);
  expect((await verdictOn(log, one(log.lines), { checkpoint: good })).verdict).toBe('altered');
  expect((await verdictOn(log, one(log.lines.slice(0, 1)), { checkpoint: good })).verdict).toBe('altered');
  const edited = { ...snapshot(state), accessVersion: 7 };
  expect((await verdictOn(log, one(sealed.lines), { checkpoint: makeCheckpoint(edited, 1, digest) })).verdict).toBe('altered');
  expect((await verdictOn(log, one(sealed.lines), { checkpoint: makeCheckpoint(edited, 1, stateDigest(edited)) })).verdict).toBe(
    'altered',
  );
});

test('A27: an older copy of the log, state and all, is whole in itself and older than the head an anchor or a witness holds', async () => {
  const log = longLog();
  const older = log.copy(11);
  expect(await verdictOn(log, older.folder(threeSegments), { heads: [older.headAt()] })).toEqual(intact);
  expect(await verdictOn(log, older.folder(threeSegments), { heads: [older.headAt(), log.headAt()] })).toEqual({
    verdict: 'anchor',
    seq: 11,
  });
});

test('A28: of two heads of equal size the log fits one', async () => {
  const log = longLog();
  const fork = log.copy(12).add(refusal('here'), refusal('otherwise'));
  const [ours, theirs] = [log.headAt(14), fork.headAt(14)];
  expect(ours.size).toBe(theirs.size);
  expect(await verdictOn(log, log.folder(threeSegments), { heads: [ours] })).toEqual(intact);
  expect(await verdictOn(log, fork.folder(threeSegments), { heads: [theirs] })).toEqual(intact);
  for (const heads of [
    [ours, theirs],
    [theirs, ours],
    [log.headAt(13), theirs],
  ])
    expect(await verdictOn(log, log.folder(threeSegments), { heads })).toEqual({ verdict: 'anchor', seq: 13 });
});

/** The log whose segments before record 9 were purged, with their tombstones. */
function purgedLog() {
  const log = longLog();
  const manifests = [log.manifestOf(0, 3), log.manifestOf(4, 8)];
  for (const manifest of manifests) log.add(log.tombstone(manifest));
  const folder = log.folder(threeSegments);
  for (const [i, first] of [0, 4].entries()) folder.set(manifestAt(first), Buffer.from(JSON.stringify(manifests[i])));
  const whole = new Map(folder);
  folder.delete(segmentAt(0));
  folder.delete(segmentAt(4));
  return { log, whole, folder };
}

test('purged segments: the log goes on from what their manifests say, keys and tree, and every head behind them is proven', async () => {
  const { log, whole, folder } = purgedLog();
  const heads = sizes(log).map((size) => log.headAt(size));
  expect(await verify(log, folder, { heads })).toMatchObject({
    verdict: 'purged',
    records: 16,
    purged: 9,
    epochs: 4,
    heads: 16,
    unproven: 7,
  });
  // Killed between tombstone and removal, after one or none of the files.
  expect(await verdictOn(log, whole, { heads })).toEqual(intact);
  const half = new Map(whole);
  half.delete(segmentAt(0));
  expect(await verify(log, half, { heads })).toMatchObject({ verdict: 'purged', purged: 4 });
  // Hashed anew behind them, it does not fit the head; with another key in a manifest, it does not fit its signature.
  const retoldFolder = new Map(folder);
  retoldFolder.set(segmentAt(9), textOf(retold(log, 12).lines.slice(9)));
  expect(await verdictOn(log, retoldFolder, { heads })).toEqual({ verdict: 'anchor', seq: 12 });
});

test('A25, A29: what is gone in the middle is no purge: with the key of today a forger could write anew what is before it', async () => {
  const { log, whole } = purgedLog();
  const head = log.headAt();
  const forged = new Map(whole);
  forged.delete(segmentAt(4));
  expect(await verdictOn(log, forged, { heads: [head] })).toEqual({ verdict: 'altered', seq: 4 });
  // The last record before it is of an epoch that is over; a manifest that follows the new one, and has the tree and the end of the old.
  const lines = log.lines.slice(0, 4);
  const { record } = lines[3] ?? {};
  if (record === undefined) throw new Error('no record');
  const other = { ...record, ts: record.ts + 1 };
  const hash = recordHash(other);
  forged.set(segmentAt(0), textOf(lines.with(3, { record: { ...other, hash } })));
  forged.delete(manifestAt(0));
  const { signature: _, ...said } = { ...log.manifestOf(4, 8), prev: hash };
  const manifest = { ...said, signature: log.sign(manifestStatement(said)) };
  const liar = log.copy().add(log.tombstone(manifest));
  forged.set(segmentAt(9), textOf(liar.lines.slice(9)));
  forged.set(manifestAt(4), Buffer.from(JSON.stringify(manifest)));
  expect(await verdictOn(liar, forged, { heads: [head, liar.headAt()] })).toEqual({ verdict: 'altered', seq: 4 });
});

test('A29: a segment that is missing without a tombstone, or with a forged one, or whose manifest is forged, is named by its first record', async () => {
  const log = longLog();
  const whole = log.folder(threeSegments);
  const without = (folder: Folder, ...names: readonly string[]): Map<string, Buffer> =>
    new Map([...folder].filter(([name]) => !names.includes(name)));
  const head = { heads: [log.headAt()] };
  expect(await verdictOn(log, without(whole, segmentAt(4)), head)).toEqual({ verdict: 'altered', seq: 4 });
  expect(await verdictOn(log, without(whole, segmentAt(0)), head)).toEqual({ verdict: 'altered', seq: 0 });
  expect(await verdictOn(log, without(whole, segmentAt(4), manifestAt(4)), head)).toEqual({ verdict: 'altered', seq: 4 });
  expect(await verdictOn(log, without(whole, segmentAt(9)), head)).toEqual({ verdict: 'anchor', seq: 9 });

  const purged = purgedLog();
  // A tombstone whose manifest is gone.
  expect(await verdictOn(purged.log, without(purged.folder, manifestAt(4)))).toEqual({ verdict: 'altered', seq: 4 });
  // A forged manifest, signed with the key in force: the tombstone names another.
  const said = purged.log.manifestOf(4, 8);
  const forged = new Map(purged.folder).set(
    manifestAt(4),
    Buffer.from(JSON.stringify({ ...purged.log.manifestOf(4, 8), ts: 7 })),
  );
  expect(await verdictOn(purged.log, forged)).toEqual({ verdict: 'altered', seq: 4 });
  const liar = new SealedLog({ chain: purged.log.chain, keys: purged.log.keys, lines: retold(purged.log, 5).lines });
  forged.set(manifestAt(4), Buffer.from(JSON.stringify({ ...liar.manifestOf(4, 8), hash: said.hash })));
  expect(await verdictOn(purged.log, forged)).toEqual({ verdict: 'altered', seq: 4 });
  // A forged tombstone: it names a manifest that was never made, or it was never sealed.
  const stone = log.copy();
  const lie = { ...stone.manifestOf(4, 8), sha256: '0'.repeat(64) };
  stone.add(stone.tombstone(lie));
  const gone = without(stone.folder(threeSegments), segmentAt(4));
  expect(await verdictOn(stone, gone)).toEqual({ verdict: 'altered', seq: 4 });
  const unsealed = log.copy();
  const [last] = log
    .copy()
    .add(log.tombstone(log.manifestOf(4, 8)))
    .lines.slice(-1);
  if (last === undefined) throw new Error('a tombstone');
  unsealed.lines.push({ record: { ...last.record, hash: '0'.repeat(64) } });
  expect(await verdictOn(unsealed, without(unsealed.folder(threeSegments), segmentAt(4)))).toMatchObject({ verdict: 'altered' });
  // Signed with the key of an epoch that was over before the segment was, or of one that never began.
  for (const [epoch, seq] of [
    [0, 4],
    // A log that ends before that epoch is cut there.
    [4, 14],
  ] as const) {
    const keys = [...log.keys, ...new SealedLog().keys];
    const late = new SealedLog({ chain: log.chain, keys, lines: log.lines });
    const folder = new Map(whole).set(manifestAt(4), Buffer.from(JSON.stringify(late.manifestOf(4, 8, epoch))));
    expect(await verdictOn(log, folder)).toEqual({ verdict: 'altered', seq });
  }
});

test('A30: odd text is sealed and verified by both; numbers and names that have no one form are refused by both', async () => {
  const odd = ['\u2028\u2029', '\u0000\u001f\u007f', '"\\ud800"', '\\ud83d', '😀', '\ud800', 'a\udc00b', '__proto__', '\ufffd'];
  const log = new SealedLog().add(...odd.map((cause) => refusal(cause, cause)));
  expect(await verdictOn(log, one(log.lines), { heads: [log.headAt()] })).toEqual(intact);
  expect(log.lines[5]?.record.data['cause']).toBe('\ufffd');
  const [line] = log.lines;
  if (line === undefined) throw new Error('a record');
  const plain = lineText(line);
  for (const [from, to] of [
    ['"count":1', '"count":1e21'],
    ['"count":1', '"count":-0'],
    ['"count":1', '"count":9007199254740992'],
    ['"count":1', '"count":1.0'],
    ['"count":1', '"count":1,"count":1'],
    ['"count":1', '"count":1,"__proto__":{}'],
    ['"count":1', '"count": 1'],
    ['"v":1', '"v":1,"w":"\\ud800"'],
    ['{"personal"', '{"p":1,"personal"'],
  ] as const) {
    const changed = plain.replace(from, to);
    expect(changed).not.toBe(plain);
    const folder = new Map([[segmentAt(0), Buffer.from(`${changed}\n`)]]);
    expect([to, await verdictOn(log, folder)]).toEqual([to, { verdict: 'altered', seq: 0 }]);
  }
});

test('an erased personal part leaves the chain whole, manifests and heads true, and is counted', async () => {
  const log = longLog();
  const folder = log.folder(threeSegments);
  for (const [i, first] of threeSegments.entries()) {
    const lines = log.lines.slice(first, threeSegments[i + 1]).map(({ record }) => ({ record }));
    folder.set(segmentAt(first), textOf(lines));
  }
  expect(await verify(log, folder, { heads: [log.headAt()] })).toMatchObject({ verdict: 'intact', records: 14, erased: 11 });
});

test('a log without its key is checked against itself, and what is missing is counted', async () => {
  const log = longLog();
  const found = await verifyLines(piecesOf(filesOf(log.folder(threeSegments))), {});
  expect(found).toMatchObject({ verdict: 'intact', records: 14, signed: 11, heads: 0, outside: 0 });
  // The certificates after the first are still checked by the keys they name.
  const again = log.copy(4).add(refusal('nothing happened')).beginEpoch(log.keys[3]);
  expect(await verifyLines(piecesOf(filesOf(one(again.lines))), {})).toMatchObject({ verdict: 'altered', seq: 5 });
  expect(await verifyLines(piecesOf(filesOf(log.folder(threeSegments))), { publicKey: new SealedLog().rootKey })).toMatchObject({
    verdict: 'altered',
    seq: 0,
  });
});

/** One thing done to the bytes of a folder. */
type Deed = {
  readonly kind: 'flip' | 'cut' | 'drop' | 'double' | 'insert' | 'swap' | 'remove';
  readonly file: number;
  readonly at: number;
  readonly to: number;
};
const deed: fc.Arbitrary<Deed> = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'drop', 'double', 'insert', 'swap', 'remove'),
  file: fc.nat(),
  at: fc.nat(),
  to: fc.nat(),
});
function done(folder: Map<string, Buffer>, { kind, file, at, to }: Deed): void {
  const name = [...folder.keys()][file % folder.size] ?? '';
  const bytes = folder.get(name) ?? Buffer.alloc(0);
  const [low = 0, high = 0] = [at % (bytes.length + 1), to % (bytes.length + 1)].toSorted((a, b) => a - b);
  const lines = bytes.toString('latin1').split('\n');
  switch (kind) {
    case 'flip': {
      const changed = Buffer.from(bytes);
      const where = at % Math.max(1, bytes.length);
      changed[where] = (changed[where] ?? 0) ^ (1 << (to % 8));
      return void folder.set(name, changed);
    }
    case 'cut':
      return void folder.set(name, bytes.subarray(0, low));
    case 'drop':
      return void folder.set(name, Buffer.concat([bytes.subarray(0, low), bytes.subarray(high)]));
    case 'double':
      return void folder.set(name, Buffer.concat([bytes.subarray(0, high), bytes.subarray(low)]));
    case 'insert':
      return void folder.set(name, Buffer.concat([bytes.subarray(0, low), Buffer.from(String(to)), bytes.subarray(low)]));
    case 'swap': {
      const [i, j] = [at % lines.length, to % lines.length];
      const swapped = lines.map((line, k) => (k === i ? lines[j] : k === j ? lines[i] : line));
      return void folder.set(name, Buffer.from(swapped.join('\n'), 'latin1'));
    }
    case 'remove':
      return void folder.delete(name);
    default:
      return kind satisfies never;
  }
}
/** What is signed in a folder: its records, their personal parts as far as they are there, its manifests. */
function signedIn(folder: Folder) {
  const text = [...folder]
    .filter(([name]) => name.endsWith('.jsonl'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, bytes]) => bytes.toString())
    .join('');
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditLine);
  const manifests = [...folder]
    .filter(([name]) => !name.endsWith('.jsonl'))
    .map(([name, bytes]) => [name, JSON.parse(bytes.toString())] as const);
  return {
    records: lines.map(({ record }) => record),
    personal: lines.map(({ personal }) => personal),
    manifests: new Map(manifests),
  };
}

test('A20–A29: whatever bytes are changed, moved, cut, doubled, inserted or removed, it is found, or it changes nothing that is signed', async () => {
  const log = longLog();
  const heads = [log.headAt()];
  const whole = log.folder(threeSegments);
  const was = signedIn(whole);
  let found = 0;
  let nothing = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 3 }), async (deeds) => {
      const folder = new Map(whole);
      for (const each of deeds) if (folder.size > 0) done(folder, each);
      const told = await verify(log, folder, { heads });
      if (told.verdict !== 'intact') {
        found += 1;
        return;
      }
      nothing += 1;
      const is = signedIn(folder);
      expect(is.records).toEqual(was.records);
      expect(is.personal.filter((personal, seq) => personal === undefined && was.personal[seq] !== undefined)).toHaveLength(
        told.erased,
      );
      is.personal.forEach((personal, seq) => void (personal === undefined || expect(personal).toEqual(was.personal[seq])));
      for (const [name, manifest] of is.manifests) expect(manifest).toEqual(was.manifests.get(name));
    }),
    { numRuns: 100 },
  );
  // The check can fail both ways: most deeds are found, and some (a manifest beside its segment taken away) change nothing.
  expect(found).toBeGreaterThan(nothing);
  expect(nothing).toBeGreaterThan(0);
});
