// Pages of the audit log and exports of recordings, through the handlers, over the real log and recordings on a disk in memory.
import { expect, test } from 'vitest';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { openCastStore } from '../outside/cast-file.ts';
import type { CastFrame } from '../ports.ts';
import type { Gives } from '../protocol/operator.ts';
import { encodeSize } from '../session/cast.ts';
import { auditHead, auditPage } from './audit.ts';
import type { Call } from './call.ts';
import { exportRecording, listRecordings } from './recordings.ts';

type Page = Gives<'audit.page'>;

async function desk() {
  const workspace = await openWorkspace('trail');
  await workspace.person('ana', 'superuser');
  await workspace.person('uma', 'user');
  await workspace.person('rob', 'user');
  const server = await workspace.server('web-1');
  await workspace.group('web', ['uma'], [{ servers: {}, level: 'terminal', users: [] }]);
  const { recording } = await workspace.session(server, 'uma');
  const key = Buffer.alloc(32, 9);
  const casts = openCastStore(new PowerDisk(), seededChance('trail'), '/r');
  const vault = {
    put: () => Promise.resolve(),
    get: (name: string) => (name === `recording:${recording.id}` ? key : undefined),
    remove: () => Promise.resolve(),
    names: () => [`recording:${recording.id}`],
  };
  const made = await casts.create(recording.id, key);
  if (!made.ok) throw new Error('a recording');
  return {
    workspace,
    recording,
    writer: made.value,
    call: (name: string): Call => {
      const call = workspace.call(name);
      return { ...call, parts: { ...call.parts, casts, vault } };
    },
  };
}
async function page(call: Call, body: Parameters<typeof auditPage>[1]): Promise<Page> {
  const result = await auditPage(call, body);
  if (!result.ok) throw new Error(result.problem.code);
  return result.value;
}
const output = (seq: number, bytes: Uint8Array): CastFrame => ({ kind: 'output', seq, at: 1_764_000_000_000 + seq, bytes });

test('M8, A43: pages of the log follow each other without a gap, and who read is in it', async () => {
  const { workspace, call } = await desk();
  const ana = call('ana');
  const newest = await page(ana, { limit: 5 });
  const head = workspace.log.settled.seq;
  expect(newest.events.map((row) => row.seq)).toEqual([head - 4, head - 3, head - 2, head - 1, head]);
  expect(newest.events.at(-1)?.type).toBe('audit.read');
  const before = await page(ana, { limit: 5, before: head - 4 });
  expect(before.events.map((row) => row.seq)).toEqual([head - 9, head - 8, head - 7, head - 6, head - 5]);
  // Reading on is the same reading.
  expect(workspace.log.settled.seq).toBe(head);
  expect((await page(ana, { after: head - 2, limit: 50 })).events.map((row) => row.seq)).toEqual([head - 1, head]);
  const added = await page(ana, { query: 'type:person.added' });
  expect(added.events.map((row) => row.summary)).toEqual([
    'the gateway added ana as superuser',
    'the gateway added uma as user',
    'the gateway added rob as user',
  ]);
  expect((await page(ana, { query: 'type:person.added', limit: 1 })).events[0]?.summary).toContain('rob');
  expect((await page(ana, { query: 'type:person.added', after: 0, limit: 1 })).events[0]?.summary).toContain('ana');
  expect(await auditPage(ana, { query: 'no:field' })).toMatchObject({ ok: false, problem: { code: 'bad-request' } });
  expect(await auditHead(ana, {})).toMatchObject({
    ok: true,
    value: { seq: workspace.log.settled.seq, hash: workspace.log.settled.hash },
  });
  const rob = await auditPage(call('rob'), {});
  expect(rob.ok).toBe(false);
  expect((await auditHead(call('rob'), {})).ok).toBe(false);
});

test('a page is one message however large its rows are', async () => {
  const { workspace, call } = await desk();
  const access = Array.from({ length: 64 }, () => ({ servers: { name: 'x'.repeat(60) }, level: 'full' as const, users: [] }));
  for (let i = 0; i < 60; i += 1) await workspace.group(`g${i}`, [], access);
  const { events } = await page(call('ana'), { limit: 1000 });
  expect(JSON.stringify(events).length).toBeLessThan(200 * 1024);
  const seqs = events.map((row) => row.seq);
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => workspace.log.settled.seq - seqs.length + 1 + i));
});

test('R10, E32: a recording is exported in pieces that join to the whole, live or closed, and the export is in the log once', async () => {
  const { workspace, call, writer, recording } = await desk();
  const all = Buffer.from(Array.from({ length: 40_000 }, (_, i) => `line ${i} 한글😀\r\n`).join(''));
  writer.append({ kind: 'resize', seq: 0, at: 1_764_000_000_000, bytes: encodeSize({ cols: 90, rows: 20 }) });
  for (let seq = 0; seq < all.length; seq += 30_001) writer.append(output(seq, all.subarray(seq, seq + 30_001)));
  await writer.sync();

  const uma = call('uma');
  async function whole(format: 'v2' | 'v3' | 'txt' | 'raw', forget: boolean): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let at: number | undefined = 0; at !== undefined; ) {
      const other: Call = forget ? { ...uma, connection: { ...uma.connection } } : uma;
      const result = await exportRecording(other, { recording: recording.id, format, ...(at === 0 ? {} : { at }) });
      if (!result.ok) throw new Error(result.problem.code);
      const { piece, encoding, next }: Gives<'recording.export'> = result.value;
      expect(JSON.stringify(piece).length).toBeLessThan(256 * 1024);
      pieces.push(Buffer.from(piece, encoding));
      at = next;
    }
    return Buffer.concat(pieces);
  }
  expect((await whole('raw', false)).equals(all)).toBe(true);
  expect((await whole('txt', false)).toString()).toBe(all.toString().replaceAll('\r', ''));
  const v2 = await whole('v2', false);
  expect(v2.equals(await whole('v2', true))).toBe(true);
  expect(JSON.parse(v2.toString().split('\n')[0] ?? '')).toMatchObject({
    version: 2,
    width: 90,
    height: 20,
    title: 'uma on web-1',
  });
  const said = workspace.log.events.filter((event) => event.type === 'recording.exported');
  expect(said.map((event) => event.data)).toEqual(
    ['raw', 'txt', 'v2', 'v2'].map((format) => ({ recording: recording.id, format })),
  );

  const rob = await exportRecording(call('rob'), { recording: recording.id, format: 'raw' });
  expect(rob).toMatchObject({ ok: false, problem: { code: 'not-found' } });
  await writer.close();
  const after = await exportRecording(uma, { recording: recording.id, format: 'raw', at: all.length + 1 });
  expect(after).toMatchObject({ ok: false, problem: { code: 'bad-request' } });
});

test('everybody sees the recordings they may see, and their state', async () => {
  const { call } = await desk();
  expect(await listRecordings(call('uma'), {})).toMatchObject({
    ok: true,
    value: { recordings: [{ serverName: 'web-1', personName: 'uma', state: 'live' }] },
  });
  expect(await listRecordings(call('ana'), {})).toMatchObject({ ok: true, value: { recordings: [{}] } });
  expect(await listRecordings(call('rob'), {})).toEqual({ ok: true, value: { recordings: [] } });
});
