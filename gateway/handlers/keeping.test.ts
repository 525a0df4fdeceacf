// Keeping the log, over real segments on a disk in memory: manifests, holds, purges, erasures, and some of them killed.
import { expect, test } from 'vitest';
import { openOffice } from '../../fixtures/kept-office.ts';
import {
  asZoe,
  audit,
  closedOffice,
  day,
  erasureCut,
  filesOf,
  oldOffice,
  openAgain,
  purgeCut,
  root,
  rotationCut,
  segmentsOf,
  stillNamed,
  umaLeft,
  why,
} from '../../fixtures/old-office.ts';
import { code, good, problem } from '../../fixtures/outcome.ts';
import { listSegments } from '../outside/segments.ts';
import { verifyFolder } from '../outside/verify-folder.ts';
import { recordingKeyName } from '../relay/open-hub.ts';
import { erasePerson } from './erasing.ts';
import { listHolds, placeHold, releaseHold } from './holds.ts';
import { pruneAudit } from './keeping.ts';
import { exportRecording } from './recordings.ts';

test('S73: what is old is purged only with a fresh factor, behind a tombstone; its manifest stays and the log verifies as purged', async () => {
  const { office, disk, clock } = await oldOffice();
  const before = await segmentsOf(disk);
  expect(before).toHaveLength(5);
  expect(code(await pruneAudit(office.call('zoe'), { why }))).toBe('step-up');
  expect(problem(await pruneAudit(await asZoe(office, 'audit.prune'), { days: 30, why }))).toMatchObject({
    code: 'bad-request',
    detail: expect.stringContaining('400 days'),
  });
  const looked = good(await pruneAudit(office.call('zoe'), { look: true, why }));
  expect(looked).toMatchObject({ purged: 0, segments: before.slice(0, 4).map((first) => ({ first })) });
  expect(await segmentsOf(disk)).toEqual(before);

  const done = good(await pruneAudit(await asZoe(office, 'audit.prune'), { why }));
  expect(done).toEqual({ ...looked, purged: 4 });
  expect(await segmentsOf(disk)).toEqual(before.slice(4));
  expect((await filesOf(disk)).filter((name) => name.endsWith('.manifest.json'))).toHaveLength(4);
  expect(office.log.settled.purged).toBe((before[4] ?? 0) - 1);
  const read: number[] = [];
  for await (const { record } of office.log.read(-1)) read.push(record.seq);
  expect(read[0]).toBe(before[4]);
  await office.close();
  expect(await verifyFolder(root, { disk })).toMatchObject({ verdict: 'purged', purged: before[4] });

  const again = await openAgain({ disk, clock }, 1);
  expect(Object.values(again.log.settled.people).map(({ name }) => name)).toContain('uma');
  expect(good(await pruneAudit(again.call('zoe'), { look: true, why }))).toEqual({ segments: [], purged: 0 });
  await again.close();
  expect(again.troubles).toEqual([]);
});

test('S73, TRUST §5: a hold that fits any record of a segment keeps it, and what is newer; it is named, and gone when it is released', async () => {
  const { office } = await oldOffice();
  const place = async (name: string, query: string) =>
    placeHold(await asZoe(office, 'hold.manage'), { name, query, why: 'a court asked' });
  expect(code(await placeHold(office.call('zoe'), { name: 'case', query: 'actor:uma', why }))).toBe('step-up');
  expect(problem(await place('odd', 'colour:red'))).toMatchObject({ code: 'bad-request' });
  good(await place('case', 'uma'));
  expect(code(await place('case', 'rob'))).toBe('exists');
  const held = good(await pruneAudit(await asZoe(office, 'audit.prune'), { why }));
  expect(held.purged).toBe(1);
  expect(held.segments.map(({ heldBy }) => heldBy)).toEqual([undefined, 'case', 'case', 'case']);

  // Whoever is removed is held by the name they had.
  const uma = Object.values(office.log.settled.people).find(({ name }) => name === 'uma');
  if (uma === undefined) throw new Error('uma');
  await office.commit({
    type: 'person.removed',
    actor: { kind: 'gateway' },
    outcome: 'ok',
    data: { person: uma.id, why },
    personal: { name: 'uma' },
  });
  const still = good(await pruneAudit(office.call('zoe'), { look: true, why }));
  expect(still.segments.map(({ heldBy }) => heldBy)).toEqual(['case', 'case', 'case']);

  good(await place('all', ''));
  expect(good(await listHolds(office.call('zoe'), {})).holds).toMatchObject([
    { name: 'all', query: '', by: 'zoe' },
    { name: 'case', query: 'uma' },
  ]);
  good(await releaseHold(await asZoe(office, 'hold.manage'), { hold: 'case', why }));
  expect(good(await pruneAudit(office.call('zoe'), { look: true, why })).segments.map(({ heldBy }) => heldBy)).toEqual(
    Array.from({ length: 3 }, () => 'all'),
  );
  good(await releaseHold(await asZoe(office, 'hold.manage'), { hold: 'all', why }));
  expect(good(await pruneAudit(await asZoe(office, 'audit.prune'), { why })).purged).toBe(3);
  await office.close();
});

test('D2: whoever was removed is erased from every file; the chain, the manifests and the heads verify as before, and what they did stays', async () => {
  const { office, disk, clock } = await oldOffice();
  await office.kept.segments();
  const { id } = office.caller('uma').person;
  expect(problem(await erasePerson(await asZoe(office, 'person.erase', id), { person: 'uma', why }))).toMatchObject({
    code: 'bad-request',
    detail: expect.stringContaining('users rm uma'),
  });
  await umaLeft(office);
  disk.plant(`${audit}/torn-0000000000000000-1-0123456789abcdef.bin`, Buffer.from('{"personal":{"data":{"name":"uma"'));
  // What was made from the segment that she was added in.
  const [, umas] = await listSegments(disk, audit);
  disk.plant(`${audit}/${umas?.name.replace('.jsonl', '.idx-words')}`, Buffer.from('uma'));
  const records = office.log.settled.seq;
  expect(await stillNamed(disk)).not.toEqual([]);
  expect(code(await erasePerson(office.call('zoe'), { person: 'uma', why }))).toBe('step-up');
  expect(code(await erasePerson(await asZoe(office, 'person.erase'), { person: 'nobody', why }))).toBe('not-found');

  good(await placeHold(await asZoe(office, 'hold.manage'), { name: 'case', query: 'type:session.joined', why }));
  expect(problem(await erasePerson(await asZoe(office, 'person.erase'), { person: 'uma', why }))).toMatchObject({
    code: 'bad-request',
    detail: expect.stringContaining('case'),
  });
  good(await releaseHold(await asZoe(office, 'hold.manage'), { hold: 'case', why }));

  const { records: count } = good(await erasePerson(await asZoe(office, 'person.erase'), { person: 'uma', why }));
  expect(count).toBeGreaterThan(8);
  expect(await stillNamed(disk)).toEqual([]);
  const rows: string[] = [];
  for await (const settled of office.log.read(-1)) rows.push(`${settled.event.type} ${JSON.stringify(settled.personal ?? {})}`);
  expect(rows.filter((row) => /\buma\b/.test(row))).toEqual([]);
  expect(rows.filter((row) => row.includes('umami'))).toHaveLength(1);
  expect(rows.filter((row) => row.includes('"omar"'))).not.toEqual([]);
  expect(rows.length).toBeGreaterThan(records);
  expect(JSON.stringify(office.log.settled)).not.toContain('198.51.100.');
  expect(code(await erasePerson(await asZoe(office, 'person.erase'), { person: 'uma', why }))).toBe('not-found');
  await office.close();
  expect(await verifyFolder(root, { disk })).toMatchObject({ verdict: 'intact', erased: count });

  // The same state, folded from what is left.
  const folded = await openOffice({ disk, clock, root, life: 1, rebuild: true });
  expect(folded.log.settled.people).toEqual(office.log.settled.people);
  expect(folded.log.settled.sessions).toEqual(office.log.settled.sessions);
  expect(folded.log.settled.departed).toEqual(office.log.settled.departed);
  await folded.close();
});

// Some of the places; all of them: keeping.world.ts.
test('S73, A32: killed in a purge, what the log tells of is finished at the next start, and nothing else is gone', async () => {
  expect((await purgeCut({ step: 9, states: 1 })).cuts).toBeGreaterThan(3);
});

test('D2, A32: killed in an erasure, it is finished at the next start or was never told of, and can be asked for again', async () => {
  expect((await erasureCut({ step: 11, states: 1 })).cuts).toBeGreaterThan(3);
});

test('A32: killed in a rotation or the manifest after it, the log goes on and each closed segment has its manifest', async () => {
  expect((await rotationCut({ step: 5, states: 1 })).cuts).toBeGreaterThan(2);
});

test('D2, R7: on a purged log a missing state is refused in plain words, and rebuilt only from a saved one that the log vouches for', async () => {
  const { office, disk, clock } = await oldOffice();
  good(await pruneAudit(await asZoe(office, 'audit.prune'), { why }));
  await office.person('kim', 'user');
  await office.close();
  const { people } = office.log.settled;
  const start = (rebuild: boolean) => openOffice({ disk, clock, root, life: 3, rebuild });
  const state = disk.content(`${root}/state.json`);
  if (state === undefined) throw new Error('state.json');

  await disk.remove(`${root}/state.json`);
  await expect(start(false)).rejects.toThrow('state-missing');
  const previous = await start(true);
  expect(previous.log.settled.people).toEqual(people);
  await previous.close();

  for (const name of ['state.json', 'state.json.previous']) disk.plant(`${root}/${name}`, Buffer.from('{}'));
  await expect(start(true)).rejects.toThrow('state-purged');
  await disk.remove(`${root}/state.json`);
  await disk.remove(`${root}/state.json.previous`);
  await expect(start(true)).rejects.toThrow('state-purged');
  disk.plant(`${root}/state.json`, state);
  const rebuilt = await start(true);
  expect(rebuilt.log.settled.people).toEqual(people);
  await rebuilt.close();
});

test('S73: a manifest that is gone or was never made is made again; one that was tampered with stops a purge', async () => {
  const { office, disk } = await oldOffice();
  const [oldest] = await office.kept.segments();
  const [name] = (await filesOf(disk)).filter((file) => file.endsWith('.manifest.json'));
  await disk.remove(`${audit}/${name}`);
  expect((await office.kept.segments())[0]).toMatchObject({
    ...oldest,
    epoch: expect.any(Number),
    ts: expect.any(Number),
    signature: expect.any(String),
  });
  const whole = disk.content(`${audit}/${name}`);
  if (whole === undefined) throw new Error('a manifest');
  const forged = { ...JSON.parse(whole.toString()), sha256: '0'.repeat(64) };
  disk.plant(`${audit}/${name}`, Buffer.from(JSON.stringify(forged)));
  expect(code(await pruneAudit(await asZoe(office, 'audit.prune'), { why }))).toBe('verification');
  disk.plant(`${audit}/${name}`, Buffer.from(JSON.stringify({ ...JSON.parse(whole.toString()), signature: 'A'.repeat(86) })));
  expect(code(await pruneAudit(await asZoe(office, 'audit.prune'), { why }))).toBe('verification');
  disk.plant(`${audit}/${name}`, Buffer.from('{}'));
  expect(code(await pruneAudit(await asZoe(office, 'audit.prune'), { why }))).toBe('verification');
  expect(office.log.settled.purged).toBeUndefined();
  await office.close();
});

test('S73: recordings have a clock of their own: each goes behind a record with its root and size, with its key, unless a hold fits its session', async () => {
  const { office, disk, clock } = await oldOffice();
  const { casts, vault, commit } = office;
  const gateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
  const roots: string[] = [];
  for (const [server, driver] of [
    ['web-1', 'uma'],
    ['db-1', 'omar'],
    ['web-2', 'uma'],
  ] as const) {
    const { session, recording } = await office.session(await office.server(server), driver);
    await vault.put(recordingKeyName(recording.id), Buffer.alloc(32, 1));
    const writer = good(await casts.create(recording.id, Buffer.alloc(32, 1)));
    writer.append({ kind: 'output', seq: 0, at: clock.now(), bytes: Buffer.from('hello') });
    const { bytes, chunks, root: end, durationMs } = good(await writer.close());
    roots.push(end);
    const ended = { reason: 'exited', bytes, lostBytes: 0, survivors: 0 } as const;
    await commit(
      {
        ...gateway,
        type: 'recording.closed',
        data: { recording: recording.id, session: session.id, bytes, chunks, root: end, durationMs, incomplete: false },
      },
      ...(server === 'web-2' ? [] : [{ ...gateway, type: 'session.ended', data: { session: session.id, ...ended } } as const]),
    );
  }
  clock.pass(401 * day);
  await office.person('kim', 'superuser');
  const call = async () => {
    clock.pass(1000);
    await office.prove('kim', 'audit.prune');
    return office.call('kim');
  };
  await office.prove('kim', 'hold.manage');
  good(await placeHold(office.call('kim'), { name: 'case', query: 'server:db-*', why }));
  const files = () => disk.list(`${root}/recordings`);
  const looked = good(await pruneAudit(office.call('kim'), { look: true, recordings: true, why }));
  expect(looked).toMatchObject({ segments: [], purged: 0, recordings: [{ bytes: 5 }, { bytes: 5, heldBy: 'case' }] });
  expect(looked.recordings).toHaveLength(2);
  expect(code(await pruneAudit(office.call('kim'), { recordings: true, why }))).toBe('step-up');
  expect(code(await pruneAudit(await call(), { recordings: true, days: 20, why }))).toBe('bad-request');
  expect(await files()).toHaveLength(3);

  expect(good(await pruneAudit(await call(), { recordings: true, why }))).toEqual({ ...looked, purged: 1 });
  expect(await files()).toHaveLength(2);
  expect(vault.names()).toHaveLength(2);
  const told: unknown[] = [];
  for await (const { event } of office.log.read(-1)) if (event.type === 'recording.purged') told.push(event.data);
  expect(told).toMatchObject([{ root: roots[0], bytes: 5, days: 400, why }]);
  expect(good(await pruneAudit(await call(), { recordings: true, why }))).toMatchObject({
    purged: 0,
    recordings: [{ heldBy: 'case' }],
  });
  const [gone] = Object.values(office.log.settled.recordings);
  expect(gone?.purged).toBeGreaterThan(0);
  await office.prove('kim', 'recording.export', gone?.id);
  expect(problem(await exportRecording(await call(), { recording: gone?.id ?? '', format: 'txt' }))).toMatchObject({
    detail: expect.stringMatching(/purged on 2028/),
  });
  await office.close();
});

test('A29: a segment that is gone without a tombstone is told at the start, and nothing is purged over the gap', async () => {
  const bench = await closedOffice();
  const [oldest] = await listSegments(bench.disk, audit);
  await bench.disk.remove(`${audit}/${oldest?.name}`);
  const office = await openAgain(bench, 5);
  expect(office.troubles).toEqual([expect.stringContaining('are gone, and no record says that they were purged')]);
  bench.clock.pass(1000);
  await office.prove('zoe', 'audit.prune');
  expect(code(await pruneAudit(office.call('zoe'), { why }))).toBe('changed-meanwhile');
  expect(office.log.settled.purged).toBeUndefined();
  await office.close();
  expect(await verifyFolder(root, { disk: bench.disk })).toMatchObject({ verdict: 'altered', seq: 0 });
});
