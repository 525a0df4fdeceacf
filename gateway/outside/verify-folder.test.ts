import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openKeptLog } from '../../fixtures/kept-log.ts';
import { realChance } from './chance.ts';
import { realClock } from './clock.ts';
import { dataFolder } from './data-folder.ts';
import { realDisk } from './disk.ts';
import { listSegments } from './segments.ts';
import { verifyFolder } from './verify-folder.ts';

/** A data folder with a closed log of a few segments. */
async function closedFolder() {
  const root = await mkdtemp(join(tmpdir(), 'sallyport-folder-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const folder = dataFolder(root);
  const log = await openKeptLog({
    disk: realDisk,
    root,
    clock: realClock,
    chance: realChance,
    segmentBytes: 4000,
    epochBytes: 6000,
  });
  if (!log.ok) throw new Error(log.problem.code);
  for (let i = 0; i < 30; i += 1)
    await log.value.commit(() => ({
      events: [
        {
          type: 'stranger.refused',
          actor: { kind: 'stranger' },
          outcome: 'denied',
          data: { cause: `n${i}`, count: 1 },
          personal: { address: '192.0.2.1' },
        },
      ],
      answer: undefined,
    }));
  await log.value.close();
  const segments = (await listSegments(realDisk, folder.audit)).map((segment) => ({
    first: segment.first,
    path: `${folder.audit}/${segment.name}`,
  }));
  expect(segments.length).toBeGreaterThan(3);
  return { root, folder, segments, publicKey: log.value.trail.rootKey, records: log.value.settled.seq + 1 };
}

test('a closed log is intact, with its key or with the public half alone', async () => {
  const { root, folder, publicKey, records } = await closedFolder();
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'intact', records });
  await rm(folder.keys, { recursive: true });
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'unreadable' });
  expect(await verifyFolder(root, { key: publicKey })).toMatchObject({ verdict: 'intact', records });
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
  await writeFile(folder.state, state.replace('"accessVersion":0', '"accessVersion":1'));
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'altered', reason: expect.stringContaining('saved state') });
  await writeFile(folder.state, state);
  const head = await readFile(folder.head, 'utf8');
  await writeFile(folder.head, head.replace('"size":3', '"size":2'));
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'anchor' });
  await writeFile(folder.head, 'x');
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'anchor' });
  await rm(folder.head);
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'anchor', reason: expect.stringContaining('no signed head') });
});
