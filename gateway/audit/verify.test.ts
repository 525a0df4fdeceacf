import { generateKeyPairSync, sign } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryEvent } from '../../fixtures/events.ts';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import { secondOpinion } from '../../fixtures/second-verifier.ts';
import type { Head } from '../ports.ts';
import type { AuditLine, NewEvent } from '../protocol/events.ts';
import { mintId } from '../protocol/ids.ts';
import { canonical, genesis, lineText, recordHash, seal } from './chain.ts';
import { makeCheckpoint, snapshot, stateDigest } from './checkpoint-seal.ts';
import { fold } from './fold.ts';
import { headStatement } from './head.ts';
import { emptyState } from './state.ts';
import { unseal } from './unseal.ts';
import { type Expectations, type LogLine, verifyExitCode, verifyLines } from './verify.ts';

const chance = seededChance('verify');
const chain = mintId('chn', chance.bytes(26));
const boot = mintId('boo', chance.bytes(26));
const { privateKey, publicKey: publicObject } = generateKeyPairSync('ed25519');
const publicKey = publicObject.export({ format: 'jwk' }).x ?? '';

function chained(happened: readonly NewEvent[]): AuditLine[] {
  let prev = genesis(chain, publicKey);
  return happened.map((event, seq) => {
    const salt = Buffer.from(chance.bytes(16)).toString('base64url');
    const line = seal(prev, event, { seq, chain, ts: 1_764_000_000_000 + seq, mono: seq, boot, salt });
    prev = line.record.hash;
    return line;
  });
}
const textOf = (lines: readonly AuditLine[]): Buffer => Buffer.from(lines.map((line) => `${lineText(line)}\n`).join(''));

async function* batches(log: Buffer): AsyncGenerator<readonly LogLine[]> {
  const lines: LogLine[] = [];
  let start = 0;
  for (let end = log.indexOf(10); end !== -1; end = log.indexOf(10, start)) {
    lines.push({ bytes: log.subarray(start, end), complete: true });
    start = end + 1;
  }
  if (start < log.length) lines.push({ bytes: log.subarray(start), complete: false });
  yield lines;
}
async function verdictOn(log: Buffer, expected: Expectations = {}) {
  const { verdict, seq } = await verifyLines(batches(log), { publicKey, ...expected });
  // The second implementation sees the same, wherever both look.
  const second = secondOpinion(log, publicKey, expected.head);
  if (verdict === 'intact') expect(second).toBe('intact');
  else if (expected.checkpoint === undefined) expect(second).toBe(verdict === 'anchor' ? 'head' : seq);
  return { verdict, seq };
}
function headOf(lines: readonly AuditLine[], key = privateKey): Head {
  const last = lines.at(-1)?.record;
  const head = { chain, size: lines.length, hash: last?.hash ?? '', ts: 1 };
  return { ...head, signature: sign(null, Buffer.from(headStatement(head)), key).toString('base64url') };
}

const gateway = { actor: { kind: 'gateway' }, outcome: 'ok' } as const;
const refusal = (cause: string, address: string): NewEvent => ({
  ...gateway,
  type: 'stranger.refused',
  data: { cause, count: 1 },
  personal: { address },
});
const few = chained([
  refusal('bad token', '192.0.2.1'),
  refusal('한글 ✓', '192.0.2.2'),
  { ...gateway, type: 'gateway.stopped', data: { boot }, personal: {} },
  refusal('again', '2001:db8::1'),
]);

test('an honest log is intact', async () => {
  expect(await verdictOn(textOf(few), { head: headOf(few), chain })).toEqual({ verdict: 'intact', seq: undefined });
  expect(verifyExitCode('intact')).toBe(0);
  await fc.assert(
    fc.asyncProperty(fc.array(arbitraryEvent, { maxLength: 12 }), async (happened) => {
      const lines = chained(happened);
      expect((await verdictOn(textOf(lines), lines.length === 0 ? {} : { head: headOf(lines) })).verdict).toBe('intact');
    }),
    { numRuns: 100 },
  );
});

test('A20: one flipped bit anywhere, in space, salt, personal part or hash, names the record it is in', async () => {
  const log = textOf(few);
  let record = 0;
  for (let at = 0; at < log.length; at += 1) {
    for (const bit of [at % 8, (at + 3) % 8]) {
      const changed = Buffer.from(log);
      changed[at] = (changed[at] ?? 0) ^ (1 << bit);
      const { verdict, seq } = await verdictOn(changed);
      expect([at, bit, verdict === 'intact', seq]).toEqual([at, bit, false, record]);
      expect(verifyExitCode(verdict)).toBe(7);
    }
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

test('A20: one character changed in any field of a random record is found, and the record named', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(arbitraryEvent, { minLength: 3, maxLength: 5 }), fc.nat(), async (happened, pick) => {
      const lines = chained(happened);
      const at = pick % lines.length;
      const line = lines[at];
      for (const path of leaves(line)) {
        const changed = withChanged(line, path);
        const log = Buffer.from(lines.map((other, i) => `${i === at ? canonical(changed) : lineText(other)}\n`).join(''));
        expect([path, (await verdictOn(log)).seq]).toEqual([path, at]);
      }
    }),
    { numRuns: 30 },
  );
});

test('A21: a record deleted, doubled, swapped, inserted or hashed anew is found', async () => {
  const [a, b, c, d] = few;
  if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four records');
  expect(await verdictOn(textOf([a, c, d]))).toEqual({ verdict: 'altered', seq: 1 });
  expect(await verdictOn(textOf([a, b, b, c, d]))).toEqual({ verdict: 'altered', seq: 2 });
  expect(await verdictOn(textOf([a, c, b, d]))).toEqual({ verdict: 'altered', seq: 1 });
  expect(await verdictOn(textOf([a, few[3] ?? a, b, c, d]))).toEqual({ verdict: 'altered', seq: 1 });
  const record = { ...b.record, outcome: 'denied' as const };
  const again = { ...b, record: { ...record, hash: recordHash(record) } };
  expect(await verdictOn(textOf([a, again, c, d]))).toEqual({ verdict: 'altered', seq: 2 });
  expect(await verdictOn(textOf([b, c, d]))).toEqual({ verdict: 'altered', seq: 0 });
});

test('A22: a whole tail hashed anew without the key does not fit the signed head', async () => {
  const other = chained([refusal('bad token', '192.0.2.1'), refusal('nothing happened', '192.0.2.9')]);
  const forged = [few[0] ?? other[0], ...chainedFrom(few[0], other.slice(1)), ...chainedFrom(other[1], [])].filter(
    (line) => line !== undefined,
  );
  expect((await verdictOn(textOf(forged))).verdict).toBe('intact');
  expect(await verdictOn(textOf(forged), { head: headOf(few) })).toMatchObject({ verdict: 'anchor' });
  const { privateKey: theirs } = generateKeyPairSync('ed25519');
  expect(await verdictOn(textOf(forged), { head: headOf(forged, theirs) })).toMatchObject({ verdict: 'anchor' });
});
/** The same events, chained after another record. */
function chainedFrom(before: AuditLine | undefined, lines: readonly AuditLine[]): AuditLine[] {
  let prev = before?.record.hash ?? '';
  return lines.map(({ record, personal }) => {
    const moved = { ...record, prev };
    prev = recordHash(moved);
    return { record: { ...moved, hash: prev }, ...(personal === undefined ? {} : { personal }) };
  });
}

test('A23: a log cut by one to all of its records is shorter than its head; without a head nobody can know', async () => {
  for (let left = few.length - 1; left >= 0; left -= 1) {
    expect(await verdictOn(textOf(few.slice(0, left)), { head: headOf(few) })).toEqual({ verdict: 'anchor', seq: left });
    expect((await verdictOn(textOf(few.slice(0, left)))).verdict).toBe('intact');
  }
  const log = textOf(few);
  for (let cut = 1; cut < 40; cut += 1)
    expect(await verdictOn(log.subarray(0, log.length - cut))).toEqual({ verdict: 'torn', seq: few.length - 1 });
});

test('A26: text moved from one field to the next is found', async () => {
  const [line] = chained([
    { ...gateway, type: 'login.refused', data: { cause: 'ab' }, personal: { address: 'cd', subject: 'ef' } },
  ]);
  if (line === undefined) throw new Error('one record');
  for (const personal of [{ address: 'cde', subject: 'f' }, { address: 'c', subject: 'def' }, { address: 'cdef' }])
    expect(await verdictOn(textOf([{ ...line, personal: { salt: line.personal?.salt ?? '', data: personal } }]))).toEqual({
      verdict: 'altered',
      seq: 0,
    });
});

test('A27: an older state is one the log knows; a state of another history is not', async () => {
  const state = emptyState();
  const happened: NewEvent[] = [refusal('one', 'x'), refusal('two', 'y')];
  for (const line of chained(happened)) {
    const settled = unseal(line);
    if (settled.ok) fold(state, settled.value.event);
  }
  const digest = stateDigest(state);
  const lines = chained([...happened, { ...gateway, type: 'state.sealed', data: { seq: 1, digest }, personal: {} }]);
  // Salts are chance, so the hashes of this chain are its own.
  const at = { ...snapshot(state), hash: lines[1]?.record.hash ?? '' };
  const [, , sealing] = lines;
  if (sealing === undefined) throw new Error('three records');
  const sealed = chainedFrom(lines[1], [{ record: { ...sealing.record, data: { seq: 1, digest: stateDigest(at) } } }]);
  const log = textOf([...lines.slice(0, 2), ...sealed]);
  const good = makeCheckpoint(at, 1, stateDigest(at));
  expect((await verdictOn(log, { checkpoint: good })).verdict).toBe('intact');
  expect((await verdictOn(textOf(lines.slice(0, 2)), { checkpoint: good })).verdict).toBe('altered');
  expect((await verdictOn(textOf(lines.slice(0, 1)), { checkpoint: good })).verdict).toBe('altered');
  const edited = { ...at, accessVersion: 7 };
  expect((await verdictOn(log, { checkpoint: makeCheckpoint(edited, 1, good.digest) })).verdict).toBe('altered');
  expect((await verdictOn(log, { checkpoint: makeCheckpoint(edited, 1, stateDigest(edited)) })).verdict).toBe('altered');
});

test('A30: odd text is sealed and verified by both; numbers and names that have no one form are refused by both', async () => {
  const odd = ['\u2028\u2029', '\u0000\u001f\u007f', '"\\ud800"', '\\ud83d', '😀', '\ud800', 'a\udc00b', '__proto__', '\ufffd'];
  const lines = chained(odd.map((cause) => refusal(cause, cause)));
  expect((await verdictOn(textOf(lines), { head: headOf(lines) })).verdict).toBe('intact');
  expect(lines[5]?.record.data['cause']).toBe('\ufffd');
  const [line] = lines;
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
    expect([to, await verdictOn(Buffer.from(`${changed}\n`))]).toEqual([to, { verdict: 'altered', seq: 0 }]);
  }
});

test('an erased personal part leaves the chain whole, and is counted', async () => {
  const erased = few.map(({ record }) => ({ record }));
  expect(await verifyLines(batches(textOf(erased)), { publicKey, head: headOf(few) })).toMatchObject({
    verdict: 'intact',
    records: 4,
    erased: 3,
  });
});
