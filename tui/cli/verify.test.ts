// A copy of the log, as an auditor has it: segments, manifests, and what lies beside them.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Folder, manifestAt, SealedLog, segmentAt, textOf } from '../../fixtures/sealed-log.ts';
import type { NewEvent } from '../../gateway/protocol/events.ts';
import { verifyCopy } from './verify.ts';

const refusal: NewEvent = {
  type: 'stranger.refused',
  actor: { kind: 'gateway' },
  outcome: 'ok',
  data: { cause: 'nobody', count: 1 },
  personal: { address: '192.0.2.1' },
};
const sealedLog = (): SealedLog => new SealedLog().add(refusal, refusal, refusal).beginEpoch().add(refusal, refusal);

async function laidOut(folder: Folder, at = ''): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'sallyport-copy-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, at), { recursive: true });
  for (const [name, bytes] of folder) await writeFile(join(root, at, name), bytes);
  return root;
}
const told = async (...args: Parameters<typeof verifyCopy>) => {
  const result = await verifyCopy(...args);
  return result.ok ? result.value : result.problem;
};

test('a copied segment alone, a folder of them, and a whole data folder verify; where the key came from is said', async () => {
  const log = sealedLog();
  const file = join(await laidOut(log.folder()), segmentAt(0));
  expect(await told(file)).toMatchObject({ verdict: 'intact', records: 6, key: 'none', signed: 3 });
  expect(await told(file, { key: log.rootKey })).toMatchObject({ verdict: 'intact', key: 'given' });
  expect(await told(file, { key: new SealedLog().rootKey })).toMatchObject({ verdict: 'altered', seq: 0 });

  const data = await laidOut(log.folder([0, 2]), 'audit');
  await mkdir(join(data, 'keys'));
  await writeFile(join(data, 'keys', 'root.pub'), `${log.rootKey}\n`);
  await writeFile(join(data, 'head.json'), `${JSON.stringify(log.headAt(), undefined, 2)}\n`);
  for (const path of [data, join(data, 'audit')])
    expect(await told(path)).toMatchObject({ verdict: 'intact', records: 6, key: 'beside', heads: 1, outside: 0, signed: 6 });
  await writeFile(join(data, 'head.json'), 'x');
  expect(await told(data)).toMatchObject({ verdict: 'anchor' });
  expect(await told(join(data, 'keys'))).toMatchObject({ code: 'not-found' });
});

test('A27, A29: a copy is held against heads from outside; a segment that is missing is named, one that was purged is told', async () => {
  const log = sealedLog();
  const older = await laidOut(log.copy(5).folder());
  const kept = join(older, 'kept.jsonl');
  await writeFile(kept, `${JSON.stringify(log.headAt(2))}\n\n${JSON.stringify(log.headAt())}\n`);
  expect(await told(older, { key: log.rootKey, headFiles: [kept] })).toMatchObject({ verdict: 'anchor', seq: 5 });
  await writeFile(kept, `${JSON.stringify(log.headAt(2))}\n{"size":2}\n`);
  expect(await told(older, { headFiles: [kept] })).toMatchObject({ code: 'usage', detail: expect.stringContaining('line 2') });
  expect(await told(older, { headFiles: [join(older, 'none')] })).toMatchObject({ code: 'usage' });

  const manifest = log.manifestOf(0, 1);
  log.add(log.tombstone(manifest));
  const left = log.folder([0, 2]);
  left.delete(segmentAt(0));
  left.set(manifestAt(0), Buffer.from(JSON.stringify(manifest)));
  expect(await told(await laidOut(left), { key: log.rootKey })).toMatchObject({ verdict: 'purged', records: 7, purged: 2 });
  left.delete(manifestAt(0));
  expect(await told(await laidOut(left), { key: log.rootKey })).toMatchObject({ verdict: 'altered', seq: 0 });
  const cut = new Map([[segmentAt(0), textOf(log.lines).subarray(0, -9)]]);
  expect(await told(await laidOut(cut), { key: log.rootKey })).toMatchObject({ verdict: 'torn', seq: 6 });
});
