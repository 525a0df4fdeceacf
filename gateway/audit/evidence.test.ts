import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { audit } from '../../fixtures/auditor.ts';
import { evidenceOf, refusal, sessionEvidence, someone } from '../../fixtures/evidence.ts';
import { SealedLog } from '../../fixtures/sealed-log.ts';
import { type EvidenceExpectations, isEvidence, verifyEvidence } from './evidence.ts';
import { linesOf } from './log-files.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-evidence-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, 'evidence.jsonl');

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
/** Our verdict; the second verifier must have the same, of the same line. */
async function verified(bytes: Buffer | string, expected: EvidenceExpectations = {}) {
  const found = await verifyEvidence(linesOf(onePiece(Buffer.from(bytes))), expected);
  writeFileSync(file, bytes);
  const second = audit(file, expected.rootKey);
  expect({ second, found }).toMatchObject({
    second: { verdict: found.verdict, ...(found.line === undefined ? {} : { at: found.line }) },
  });
  return found;
}

test('M10: evidence of a session verifies against the root key alone: records, keys of epochs, what an anchor holds, the recording', async () => {
  const { log, text } = await sessionEvidence();
  expect(isEvidence(text.slice(0, text.indexOf('\n')))).toBe(true);
  const found = await verified(text, { rootKey: log.rootKey });
  expect(found).toMatchObject({
    verdict: 'intact',
    records: 3,
    chunks: 5,
    recording: { whole: true, bytes: 17 },
    about: { rootKey: log.rootKey, by: { id: someone, name: 'ana' }, anchors: [{ name: 'vault', size: 3 }] },
  });
});

test('M10: of a live session there is what was recorded so far, and it says so', async () => {
  const { log, text } = await sessionEvidence({ closed: false });
  expect(await verified(text, { rootKey: log.rootKey })).toMatchObject({
    verdict: 'intact',
    chunks: 4,
    recording: { whole: false },
  });
});

test('A8: another root key, or a log that somebody re-hashed with a key of their own, is refused at the first line', async () => {
  const { text } = await sessionEvidence();
  const other = await sessionEvidence();
  expect(await verified(text, { rootKey: other.log.rootKey })).toMatchObject({ verdict: 'altered', line: 1 });
});

test('M10: any byte changed anywhere: both verifiers refuse, and name the same line', async () => {
  const { log, text } = await sessionEvidence();
  const whole = Buffer.from(text);
  const lineAt = (at: number): number => whole.subarray(0, at).filter((byte) => byte === 10).length + 1;
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ change;
      const found = await verified(bytes, { rootKey: log.rootKey });
      expect(found.verdict).not.toBe('intact');
      expect(found.line).toBe(lineAt(at));
    }),
    { numRuns: 60 },
  );
});

test('M10: a flipped bit in each kind of line names the record or the chunk', async () => {
  const { log, text } = await sessionEvidence();
  const lines = text.split('\n');
  const flipped = (line: number, find: RegExp) => {
    const given = lines[line - 1] ?? '';
    const at = given.search(find);
    expect(at).toBeGreaterThan(0);
    const changed = given.slice(0, at) + String.fromCharCode(given.charCodeAt(at) ^ 1) + given.slice(at + 1);
    return verified(lines.with(line - 1, changed).join('\n'), { rootKey: log.rootKey });
  };
  expect(await flipped(1, /(?<="name":")a/)).toMatchObject({ line: 1 });
  expect(await flipped(1, /(?<="size":)3/)).toMatchObject({ line: 1 });
  expect(await flipped(2, /(?<="address":"19)2/)).toMatchObject({ line: 2, seq: 1, records: 0 });
  expect(await flipped(3, /(?<="keyDigest":"[0-9a-f]*)[0-9](?=[0-9a-f]*")/)).toMatchObject({ line: 3, seq: 2, records: 1 });
  expect(await flipped(5, /(?<="key":")./)).toMatchObject({ line: 5, records: 3, chunks: 0 });
  expect(await flipped(8, /(?<="chunk":".{150}).?/)).toMatchObject({ line: 8, chunk: 2, chunks: 2 });
  expect(await flipped(11, /(?<="sha256":")./)).toMatchObject({ line: 11, records: 3, chunks: 5 });
});

test('M10: a line left out, doubled, moved or added is noticed; a file cut short is torn', async () => {
  const { log, text } = await sessionEvidence();
  const lines = text.trimEnd().split('\n');
  const told = (changed: readonly string[]) => verified(`${changed.join('\n')}\n`, { rootKey: log.rootKey });
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    expect((await told(lines.toSpliced(i, 1))).verdict).not.toBe('intact');
    expect((await told(lines.toSpliced(i, 0, line))).verdict).toBe('altered');
    if (i > 0) expect((await told(lines.toSpliced(i - 1, 2, line, lines[i - 1] ?? ''))).verdict).toBe('altered');
    const cut = await verified(Buffer.from(text).subarray(0, text.indexOf(line) + 10), { rootKey: log.rootKey });
    expect(cut).toMatchObject({ verdict: 'torn', line: i + 1 });
  }
});

test('D2: a record whose personal part was erased verifies, and is counted', async () => {
  const log = new SealedLog().add(refusal('192.0.2.1'), refusal('192.0.2.2'));
  const lines = log.lines.map(({ record, personal }, i) =>
    i === 0 || personal === undefined ? { record } : { record, personal },
  );
  expect(await verified(await evidenceOf(log, { lines }), { rootKey: log.rootKey })).toMatchObject({
    verdict: 'intact',
    erased: 1,
  });
});

test('A10: what an anchor is said to hold must be the beginning of the log that the evidence is of', async () => {
  const log = new SealedLog().add(refusal('192.0.2.1'), refusal('192.0.2.2'));
  const other = log.copy(1).add(refusal('192.0.2.8'));
  const forked = await evidenceOf(log, { anchor: { size: 2, root: other.headAt().root } });
  expect(await verified(forked, { rootKey: log.rootKey })).toMatchObject({ verdict: 'altered', line: 1 });
});

test('A13: a record under a proof of another head, or said to be of another epoch, is refused', async () => {
  const { log, text } = await sessionEvidence();
  const later = await evidenceOf(log.copy().add(refusal('192.0.2.9')), { lines: log.lines.slice(0, 2) });
  const ours = text.split('\n');
  const mixed = ours.with(1, later.split('\n')[2] ?? '').join('\n');
  expect(await verified(mixed, { rootKey: log.rootKey })).toMatchObject({ verdict: 'altered', line: 2, seq: 1 });
});
