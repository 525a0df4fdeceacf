import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type MemoryTrail, openMemoryTrail } from '../../fixtures/memory-trail.ts';
import { aSelf } from '../../fixtures/shots/cast-of-people.ts';
import { startPeer } from '../../fixtures/shots/peer.ts';
import { workspaceScript } from '../../fixtures/shots/workspace.ts';
import { conflictProblem } from '../../gateway/audit/testimony.ts';
import { openLink } from './link.ts';
import { witnessLog } from './log-witness.ts';
import { readWitnesses, writeWitness } from './witness-file.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

let records = 0;
const grow = (trail: MemoryTrail, by: number): MemoryTrail => {
  for (let n = 0; n < by; n += 1) trail.append((records += 1).toString(16).padStart(64, '0'));
  return trail;
};

async function place() {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-witness-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const shown: { log: MemoryTrail | 'refused' } = { log: grow(openMemoryTrail(), 5) };
  const peer = await startPeer({ script: workspaceScript({ shown }) });
  ends.push(() => peer.close());
  const opened = await openLink({ url: peer.url, env: {} });
  if (!opened.ok) throw new Error(opened.problem.code);
  const link = opened.value;
  ends.push(() => link.close());
  link.adopt(undefined, aSelf());
  const path = join(folder, 'witness.json');
  const told = () => peer.asked.filter(({ type }) => type === 'audit.witness').map(({ body }) => body);
  const held = async () => {
    const known = await readWitnesses(path);
    if (!known.ok) throw new Error(known.problem.detail);
    return known.value[peer.key];
  };
  return { shown, peer, link, path, told, held, look: () => witnessLog(link, path) };
}

test('[W6] A11: the head of the log is kept beside the credentials, 0600, by the key of the gateway, before anything is said', async () => {
  const { shown, peer, path, told, held, look } = await place();
  const { log } = shown;
  expect(await look()).toEqual({ log: 'held', size: 5, kept: undefined });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await held()).toMatchObject({ url: peer.url, held: { size: 5 } });
  if (log === 'refused') throw new Error('no log');
  grow(log, 4).beginEpoch('e'.repeat(64));
  await log.sign();
  expect(await look()).toMatchObject({ log: 'held', size: 10 });
  expect(peer.asked.filter(({ type }) => type === 'audit.proof').map(({ body }) => body)).toEqual([
    { size: 0, epoch: 0 },
    { size: 5, epoch: 0 },
  ]);
  expect(told()).toMatchObject([
    { size: 5, conflict: false },
    { size: 10, conflict: false },
  ]);
});

test('[W6] A28: another log is a conflict: stored with both signed heads, told, and not undone by a better answer', async () => {
  const { shown, path, told, held, look, peer } = await place();
  const { log } = shown;
  await look();
  if (log === 'refused') throw new Error('no log');
  shown.log = grow(log.copy(3), 40);
  const seen = await look();
  if (seen.log !== 'conflict') throw new Error(seen.log);
  expect(conflictProblem(seen.witness)).toMatchObject({
    code: 'witness-conflict',
    detail: expect.stringContaining('5 records are remembered'),
  });
  expect(told().at(-1)).toEqual({ size: 5, root: log.head?.root, conflict: true });
  expect(await held()).toMatchObject({ held: log.head, conflict: { head: shown.log.head } });
  shown.log = log;
  expect(await look()).toMatchObject({ log: 'conflict' });
  expect((await writeWitness(path, peer.key, undefined)).ok).toBe(true);
  expect(await look()).toMatchObject({ log: 'held', size: 5 });
});

test('[W6] a log that is not shown is no log that is held; where nothing can be kept, nobody is a witness', async () => {
  const { shown, path, told, look } = await place();
  shown.log = 'refused';
  expect(await look()).toMatchObject({ log: 'unproven', problem: { code: 'bad-request' } });
  await expect(readFile(path)).rejects.toThrow('ENOENT');
  await writeFile(path, '{"version":1', { mode: 0o600 });
  expect(await look()).toMatchObject({ log: 'unproven', problem: { code: 'witness-file' } });
  expect(told()).toEqual([]);
});

test('[W6] a gateway of an older version is not asked: it would close', async () => {
  const { path } = await place();
  const old = await startPeer({ script: {}, speaks: 3 });
  ends.push(() => old.close());
  const opened = await openLink({ url: old.url, env: {} });
  if (!opened.ok) throw new Error(opened.problem.code);
  ends.push(() => opened.value.close());
  opened.value.adopt(undefined, aSelf());
  expect(await witnessLog(opened.value, path)).toMatchObject({ log: 'unproven', problem: { code: 'version' } });
  expect(old.asked).toEqual([]);
});

test('another program here that has stored a newer head meanwhile is gone on from, never back', async () => {
  const { shown, path, link, look, held, peer } = await place();
  await look();
  const { log } = shown;
  if (log === 'refused') throw new Error('no log');
  grow(log, 5);
  const older = await log.sign();
  let first = true;
  const slow = {
    ...link,
    request: async (type: Parameters<typeof link.request>[0], body: never) => {
      const answer = await link.request(type, body);
      if (type !== 'audit.proof' || !first) return answer;
      first = false;
      // Answered, not yet read: the other program is quicker, and sees more.
      grow(log, 5);
      await log.sign();
      await look();
      return answer;
    },
  };
  expect(await witnessLog(slow as typeof link, path)).toMatchObject({ log: 'held', size: 15 });
  expect(older.size).toBe(10);
  expect((await held())?.held.size).toBe(15);
  expect(peer.asked.filter(({ type }) => type === 'audit.proof').map(({ body }) => body)).toMatchObject([
    { size: 0 },
    { size: 5 },
    { size: 5 },
    { size: 15 },
  ]);
});

test('[W6] a gateway that has another epoch each time it is asked is not asked for ever', async () => {
  const { shown, look } = await place();
  const log = grow(openMemoryTrail(), 2);
  let asked = 0;
  shown.log = {
    ...log,
    get head() {
      asked += 1;
      if (asked > 1_000) throw new Error('asked for ever');
      for (let n = 0; n < 2; n += 1) log.beginEpoch((records += 1).toString(16).padStart(64, '0'));
      return undefined;
    },
    get certificates() {
      return log.certificates.slice(asked - 1, asked);
    },
  };
  expect(await look()).toMatchObject({ log: 'unproven', problem: { detail: expect.stringContaining('epochs') } });
});
