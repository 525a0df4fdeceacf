// Each command on the auditor's page does what the page says.
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pageBlocks, type Ran, runBlock, strangersFolder } from '../fixtures/auditor-page.ts';
import { sessionEvidence } from '../fixtures/evidence.ts';

let folder: string;
let blocks: readonly string[];
let rootKey: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sallyport-auditor-'));
  const { log, text } = await sessionEvidence();
  rootKey = log.rootKey;
  await strangersFolder(folder, text);
  await writeFile(path.join(folder, 'heads.jsonl'), `${JSON.stringify(log.headAt(3))}\n`);
  await mkdir(path.join(folder, 'data/audit'), { recursive: true });
  for (const [name, bytes] of log.folder([0, 2])) await writeFile(path.join(folder, 'data/audit', name), bytes);
  blocks = await pageBlocks();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ran = async (at: number): Promise<Ran> => {
  const done = await runBlock(folder, blocks[at] ?? '', rootKey);
  expect(done).toMatchObject({ code: 0 });
  return done;
};

test('A8: each second verifier is one file of at most 150 lines that needs nothing but Node', async () => {
  for (const name of ['auditor.js', 'log-auditor.js']) {
    const source = await readFile(path.join(folder, name), 'utf8');
    expect(source.trimEnd().split('\n').length, name).toBeLessThanOrEqual(150);
    for (const [, from] of source.matchAll(/from '([^']*)'/g)) expect(from).toMatch(/^node:(crypto|fs|path)$/);
    expect(source).not.toMatch(/\bimport\(|\brequire\(/);
  }
});

test('M10: three commands on the auditor’s page check a file: its digest, the second verifier, the recording', async () => {
  expect(blocks).toHaveLength(5);
  expect(blocks[0]?.trim().split('\n')).toHaveLength(3);
  const { out } = await ran(0);
  expect(out).toMatch(/^[0-9a-f]{64} {2}evidence\.jsonl\nintact\none\ntwo\nthree\n$/);
});

test('M10: the records are printed as they stand in the log; our own verifier says what its verdict does not prove', async () => {
  const { out } = await ran(1);
  const records = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).record.type);
  expect(records).toEqual(['stranger.refused', 'recording.started', 'recording.closed']);
  const verified = await ran(2);
  expect(verified.out.match(/^intact: 3 records/gm)).toHaveLength(2);
  expect(verified.err).toContain('Kept outside and of this log: 1 head.');
});

test('A8: the hash of a record made by hand, as the page says, is the one in the record', async () => {
  const { out } = await ran(3);
  const [made, said] = out.trimEnd().split('\n');
  expect(said).toBe(`"hash":"${made?.slice(0, 64)}"`);
});

test('A8: a whole log is checked by the other second verifier, with the heads that others kept', async () => {
  expect((await ran(4)).out).toBe('intact\nintact\n');
  const [first = ''] = (await readdir(path.join(folder, 'data/audit'))).sort();
  await rm(path.join(folder, 'data/audit', first));
  const gone = await runBlock(folder, 'node log-auditor.js data/audit "$ROOTKEY"', rootKey);
  expect(gone).toMatchObject({ code: 7 });
  expect(gone.out).toMatch(/^altered at record 0: /);
});

test('M10: a file that was changed ends with 7, on its page as with ours', async () => {
  const { text } = await sessionEvidence();
  await writeFile(path.join(folder, 'other.jsonl'), text);
  expect(await runBlock(folder, 'node auditor.js other.jsonl "$ROOTKEY"', rootKey)).toMatchObject({
    code: 7,
    out: 'altered at line 1: it is of a log with another root key\n',
  });
  expect(await runBlock(folder, 'node auditor.js other.jsonl', rootKey)).toMatchObject({ code: 0, out: 'intact\n' });
});

test('X1: a hostile file drives no terminal through a second verifier, and does not keep it busy', async () => {
  const hostile = '\u001b]0;owned\u0007\u009b31m\u202e{';
  await mkdir(path.join(folder, 'bad/audit'), { recursive: true });
  await writeFile(path.join(folder, 'bad.jsonl'), `${hostile}\n`);
  await writeFile(path.join(folder, 'bad/audit/0000000000000000-2026-01-01.jsonl'), `${hostile}\n`);
  await writeFile(path.join(folder, 'bad-heads.jsonl'), `${hostile}\n`);
  for (const command of [
    'node auditor.js bad.jsonl "$ROOTKEY" 2>&1',
    'node log-auditor.js bad/audit "$ROOTKEY" 2>&1',
    'node log-auditor.js data/audit "$ROOTKEY" bad-heads.jsonl 2>&1',
  ]) {
    const { code, out } = await runBlock(folder, command, rootKey);
    expect(code).not.toBe(0);
    expect(out).toMatch(/^[\n -~]+$/);
  }
  await writeFile(path.join(folder, 'endless.jsonl'), '');
  await truncate(path.join(folder, 'endless.jsonl'), 4 * 1024 ** 3);
  expect(await runBlock(folder, 'node auditor.js endless.jsonl', rootKey)).toMatchObject({
    code: 7,
    out: 'torn at line 1: it has no end\n',
  });
});
