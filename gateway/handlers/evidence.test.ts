// Who is given evidence, in which turns, and what is in the log of it before the first line. That it verifies is proven in audit/evidence.test.ts and, of the
// whole system, in fixtures/stories/evidence.world.ts.
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { audit } from '../../fixtures/auditor.ts';
import { HandClock, seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { type Office, openOffice } from '../../fixtures/kept-office.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { AuditUnavailable } from '../audit/commit.ts';
import { verifyEvidence } from '../audit/evidence.ts';
import { linesOf } from '../audit/log-files.ts';
import { openTrailBoard } from '../audit/trail-board.ts';
import { openCastStore } from '../outside/cast-file.ts';
import { maxJsonLength } from '../protocol/json.ts';
import type { Takes } from '../protocol/operator.ts';
import type { Connection } from '../relay/connection.ts';
import type { Call } from './call.ts';
import { exportEvidence } from './evidence.ts';
import { pruneAudit } from './keeping.ts';

const day = 86_400_000;

type Line = Connection & { readonly close: () => void };
function lineTo(call: Call): Line {
  const closing = new Set<() => void>();
  return {
    ...call.connection,
    onClose: (listener) => {
      closing.add(listener);
      return () => closing.delete(listener);
    },
    close: () => closing.forEach((listener) => void listener()),
  };
}

async function office(records = 0) {
  const workspace = await openWorkspace('evidence');
  await workspace.person('sam', 'staff');
  await workspace.person('uma', 'user');
  for (let i = 0; i < records; i += 1)
    await workspace.commit({
      type: 'stranger.refused',
      actor: { kind: 'gateway' },
      outcome: 'denied',
      data: { cause: 'not-signed-in', count: i },
      personal: { address: `192.0.2.${i % 250}` },
    });
  const call = (name: string, connection?: Connection): Call => {
    const made = workspace.call(name);
    return { ...made, connection: connection ?? lineTo(made) };
  };
  return { ...workspace, call };
}
type Asked = Takes<'audit.export'>;

/** All turns, joined. */
async function whole(call: Call, asked: Asked): Promise<{ readonly text: string; readonly turns: number }> {
  let text = '';
  let turns = 0;
  for (let next: string | undefined; ; ) {
    const turn = await exportEvidence(call, { ...asked, ...(next === undefined ? {} : { next }) });
    if (!turn.ok) throw new Error(turn.problem.code);
    expect(JSON.stringify(turn).length).toBeLessThan(maxJsonLength);
    text += turn.value.lines.join('');
    turns += 1;
    ({ next } = turn.value);
    if (next === undefined) return { text, turns };
  }
}

test('A43: whoever may not export is refused, with a record; who may takes a factor, and leaves one record of what and how much', async () => {
  const { call, log, prove } = await office();
  const before = log.events.length;
  expect(await exportEvidence(call('uma'), { query: '' })).toMatchObject({ ok: false, problem: { code: 'denied' } });
  expect(await exportEvidence(call('sam'), { query: '' })).toMatchObject({ ok: false, problem: { code: 'step-up' } });
  expect(log.events.slice(before).map(({ type }) => type)).toEqual(['access.denied', 'access.challenged']);

  await prove('sam', 'audit.export');
  const asked = log.events.length;
  const { text } = await whole(call('sam'), { query: 'type:person.added' });
  expect(log.events.slice(asked)).toMatchObject([
    { type: 'audit.exported', outcome: 'ok', data: { query: 'type:person.added', records: 2, size: asked } },
  ]);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ kind }) => kind)).toEqual(['evidence', 'record', 'record', 'end']);
  expect(lines[0].head.size).toBe(asked + 1);
});

test('A2: where the export cannot be recorded, no line leaves', async () => {
  const { call, prove } = await office();
  await prove('sam', 'audit.export');
  const made = call('sam');
  const log = { ...made.parts.log, commit: () => Promise.reject(new AuditUnavailable('the disk is full')) };
  const parts = { ...made.parts, log };
  await expect(exportEvidence({ ...made, parts }, { query: '' })).rejects.toThrow('the disk is full');
});

test('M10: much is given in turns that each fit a message; a turn is given once, on the connection that began it', async () => {
  const { call, prove } = await office(1500);
  await prove('sam', 'audit.export');
  const { text, turns } = await whole(call('sam'), { query: 'type:stranger.*' });
  expect(turns).toBeGreaterThan(5);
  const lines = text.trimEnd().split('\n');
  expect(lines).toHaveLength(1502);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ kind: 'end', lines: 1501 });

  const first = call('sam');
  const begun = await exportEvidence(first, { query: 'type:stranger.*' });
  const next = begun.ok ? begun.value.next : undefined;
  if (next === undefined) throw new Error('it was all in one turn');
  const refused = { ok: false, problem: { code: 'bad-request' } };
  expect(await exportEvidence(call('sam'), { query: 'type:stranger.*', next })).toMatchObject(refused);
  expect(await exportEvidence(first, { query: '', next })).toMatchObject(refused);
  const [second, again] = await Promise.all([
    exportEvidence(first, { query: 'type:stranger.*', next }),
    exportEvidence(first, { query: 'type:stranger.*', next }),
  ]);
  expect([second.ok, again.ok].toSorted()).toEqual([false, true]);
});

test('M10: a connection that closes takes its export with it', async () => {
  const { call, prove } = await office(1500);
  await prove('sam', 'audit.export');
  const line = lineTo(call('sam'));
  const begun = await exportEvidence(call('sam', line), { query: '' });
  const next = begun.ok ? begun.value.next : undefined;
  if (next === undefined) throw new Error('it was all in one turn');
  line.close();
  expect(await exportEvidence(call('sam', line), { query: '', next })).toMatchObject({ problem: { code: 'bad-request' } });
});

test('M10: either of a session or of a query; a session that one may not see is not found', async () => {
  const { call, prove } = await office();
  await prove('sam', 'audit.export');
  expect(await exportEvidence(call('sam'), {})).toMatchObject({ problem: { code: 'bad-request' } });
  expect(await exportEvidence(call('sam'), { query: '', session: 'x' })).toMatchObject({ problem: { code: 'bad-request' } });
  expect(await exportEvidence(call('sam'), { query: 'colour:red' })).toMatchObject({ problem: { code: 'bad-request' } });
  expect(await exportEvidence(call('sam'), { session: `ses_${'z'.repeat(26)}` })).toMatchObject({
    problem: { code: 'not-found' },
  });
});

test('M10: whose recording one may not export, of that session one is given nothing; a recording that is gone is left out', async () => {
  const { call, prove, log, server, session } = await office();
  const { session: of, recording } = await session(await server('web-1'), 'uma');
  await prove('sam', 'audit.export');
  // The recording of somebody else takes a factor of its own.
  const refused = await exportEvidence(call('sam'), { session: of.id });
  expect(refused).toMatchObject({ problem: { code: 'step-up', decision: { action: 'recording.export', target: recording.id } } });
  expect(log.events.at(-1)).toMatchObject({ type: 'access.challenged', data: { action: 'recording.export' } });

  await prove('sam', 'recording.export', recording.id);
  const key = Buffer.alloc(32, 7);
  const casts = openCastStore(new PowerDisk(), seededChance('evidence'), '/r');
  const vault = { put: async () => undefined, get: () => key, remove: async () => undefined, names: () => [] };
  const given = async () => {
    const made = call('sam');
    const { text } = await whole({ ...made, parts: { ...made.parts, casts, vault } }, { session: of.id });
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  const without = await given();
  expect(without[0]).toMatchObject({ asked: { session: of.id, live: true } });
  expect(without.map(({ kind }) => kind)).not.toContain('recording');
  expect(without.filter(({ kind }) => kind === 'record').map(({ line }) => line.record.type)).toContain('session.started');

  const writer = await casts.create(recording.id, key);
  if (!writer.ok) throw new Error(writer.problem.code);
  writer.value.append({ kind: 'output', seq: 0, at: 1_764_000_000_000, bytes: Buffer.alloc(400_000, 'a') });
  await writer.value.sync();
  const complete = await given();
  expect(complete.find(({ kind }) => kind === 'recording')).toMatchObject({ recording: recording.id, session: of.id });
  expect(complete.filter(({ kind }) => kind === 'chunk')).toHaveLength(1);
  await writer.value.leave?.();
});

test('M10, S73: what is left after a purge is given with proofs that hold, before and after a restart of the log', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-evidence-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [disk, clock] = [new PowerDisk(), new HandClock()];
  const open = (life: number): Promise<Office> => openOffice({ disk, clock, root: '/d', life });
  let office = await open(0);
  await office.person('ana', 'superuser');
  for (const name of ['uma', 'omar', 'rob', 'kim']) {
    clock.pass(day);
    await office.person(name, 'user');
  }
  clock.pass(500 * day);
  await office.person('zoe', 'superuser');
  await office.opened.writeCheckpoint();

  const verified = async (query: string) => {
    await office.prove('zoe', 'audit.export');
    const made = office.call('zoe');
    const { trail } = office.opened;
    const parts = { ...made.parts, trail, board: openTrailBoard(trail) };
    const { text } = await whole({ ...made, parts, connection: lineTo(made) }, { query });
    const file = path.join(folder, 'evidence.jsonl');
    await writeFile(file, text);
    const { rootKey } = trail;
    expect(audit(file, rootKey)).toEqual({ verdict: 'intact' });
    const found = await verifyEvidence(linesOf(createReadStream(file)), { rootKey });
    expect(found).toMatchObject({ verdict: 'intact' });
    return text
      .trimEnd()
      .split('\n')
      .flatMap((line) => JSON.parse(line).line?.record.seq ?? []);
  };
  const all = await verified('');
  expect(all[0]).toBe(0);
  clock.pass(1000);
  await office.prove('zoe', 'audit.prune');
  expect(await pruneAudit(office.call('zoe'), { why: 'old' })).toMatchObject({ ok: true });
  const purged = office.log.settled.purged ?? 0;
  expect(purged).toBeGreaterThan(3);
  const left = await verified('');
  expect(left[0]).toBe(purged + 1);
  expect(await verified('zoe')).not.toEqual([]);
  await office.close();

  office = await open(1);
  expect((await verified(''))[0]).toBe(purged + 1);
  await office.close();
});
