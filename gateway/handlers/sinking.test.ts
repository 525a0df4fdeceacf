// Sinks fed from a log: real files, a real HTTPS receiver, real cursors. The log keeps its events in memory; time runs a hundred times faster.
import { createSecretKey } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { until } from '../../fixtures/live-world.ts';
import { type MemoryLog, openMemoryLog } from '../../fixtures/memory-log.ts';
import { openMemoryTrail } from '../../fixtures/memory-trail.ts';
import { good } from '../../fixtures/outcome.ts';
import { openWebhookReceiver, type WebhookReceiver } from '../../fixtures/webhook-receiver.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { parseQuery } from '../audit/query.ts';
import type { Receiver, SinkCursor, SinkPlace } from '../audit/sink.ts';
import { openTrailBoard } from '../audit/trail-board.ts';
import { realChance } from '../outside/chance.ts';
import { realClock } from '../outside/clock.ts';
import { realDisk } from '../outside/disk.ts';
import { openSinkCursor } from '../outside/sink-cursor.ts';
import { openSinkFile } from '../outside/sink-file.ts';
import { openSinkWebhook } from '../outside/sink-webhook.ts';
import type { EventType, NewEvent } from '../protocol/events.ts';
import { listAlerts, listSinks, testSink } from './signals.ts';
import { openSinks, type SinkParts } from './sinking.ts';

/** A hundred times faster; only the end is waited for as in life (2 s). */
const hasty = { ...realClock, after: (ms: number, call: () => void) => realClock.after(ms === 2000 ? ms : ms / 100, call) };
const gateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const beat: NewEvent = { ...gateway, type: 'audit.heartbeat', data: {} };
const digest = 'd'.repeat(64);

let far: WebhookReceiver;
beforeAll(async () => {
  far = await openWebhookReceiver();
});
beforeEach(() => {
  far.deliveries.length = 0;
  far.answers(() => 204);
});
afterAll(() => far.close());

async function desk(log: MemoryLog = openMemoryLog(hasty)) {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-sinks-'));
  // A sink that is killed may still be at its last write.
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  const board = openTrailBoard(openMemoryTrail());
  const needs = { log, clock: hasty, chance: realChance, board };
  const named = (name: string, kind: 'file' | 'webhook', query: string, format: 'row' | 'ocsf') => ({
    config: { name, kind, query, format },
    fits: good(parseQuery(query, 0)),
    cursor: openSinkCursor(realDisk, realChance, join(folder, `${name}.json`)),
  });
  return {
    log,
    needs,
    board,
    folder,
    commit: (...events: readonly NewEvent[]) => log.commit(() => ({ events, answer: undefined })),
    file: (name: string, query = '', format: 'row' | 'ocsf' = 'row'): SinkParts => ({
      ...named(name, 'file', query, format),
      receiver: openSinkFile(realDisk, join(folder, `${name}.jsonl`)),
    }),
    hook: (query = ''): SinkParts => ({
      ...named('hook', 'webhook', query, 'row'),
      receiver: openSinkWebhook({
        url: far.url,
        secret: createSecretKey(Buffer.from(far.secret)),
        caPem: far.caPem,
        clock: realClock,
      }),
    }),
    open(...sinks: readonly SinkParts[]) {
      const opened = openSinks(needs, sinks);
      onTestFinished(() => opened.close());
      return opened;
    },
    lines: async (name: string): Promise<readonly Readonly<Record<string, unknown>>[]> =>
      (await readFile(join(folder, `${name}.jsonl`), 'utf8').catch(() => ''))
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    place: async (name: string): Promise<SinkPlace | undefined> =>
      openSinkCursor(realDisk, realChance, join(folder, `${name}.json`)).read(),
    said: (type: EventType) => log.events.filter((event) => event.type === type).length,
  };
}
const seqs = (lines: readonly Readonly<Record<string, unknown>>[]): readonly unknown[] => lines.map(({ seq }) => seq);
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

test('S77: each sink has every event that fits, in order, once, from the first record on; a start goes on where it was', async () => {
  const { log, commit, file, open, lines, place } = await desk();
  await commit(...Array.from({ length: 1200 }, () => beat));
  const first = open(file('all'), file('some', 'type:group.added'), file('ocsf', '', 'ocsf'));
  await commit({ ...gateway, type: 'group.added', data: { group: `grp_${'a'.repeat(26)}` as never, name: 'ops' } });
  const done = () => first.rows().every(({ behind }) => behind === 0);
  await until('all is delivered', done);
  await first.close();
  const second = open(file('all'), file('some', 'type:group.added'), file('ocsf', '', 'ocsf'));
  await commit(beat, beat);
  await until('the rest is delivered', () => second.rows().every(({ behind }) => behind === 0));
  await second.close();
  expect(seqs(await lines('all'))).toEqual(upTo(log.events.length));
  expect(await lines('some')).toMatchObject([{ seq: 1200, type: 'group.added', hash: expect.any(String) }]);
  const ocsf = await lines('ocsf');
  expect(ocsf.map(({ metadata }) => Object(metadata).sequence)).toEqual(upTo(log.events.length));
  expect(ocsf[1200]).toMatchObject({ class_uid: 3006, unmapped: { hash: expect.any(String) } });
  expect(await place('all')).toMatchObject({ seq: log.events.length - 1, late: false });
});

test('S77: a receiver that is down holds up neither the log nor another sink; that it is late is said once, that it caught up once', async () => {
  const { log, board, commit, file, hook, open, lines, said } = await desk();
  far.answers((_, nth) => (nth < 6 ? 503 : 204));
  const sinks = open(hook(), file('file'));
  await commit(...Array.from({ length: 30 }, () => beat));
  await until('it is late', () => said('sink.late') === 1);
  expect(board.status().sinks.find(({ name }) => name === 'hook')).toMatchObject({ state: 'late', cause: 'it answered 503' });
  await commit(beat);
  await until('it caught up', () => said('sink.restored') === 1 && sinks.rows().every(({ behind }) => behind === 0));
  expect(seqs(far.taken())).toEqual(upTo(log.events.length));
  expect(seqs(await lines('file'))).toEqual(upTo(log.events.length));
  expect([said('sink.late'), said('sink.restored')]).toEqual([1, 1]);
  expect(sinks.rows()).toMatchObject([{ name: 'hook', state: 'ok', cursor: log.events.length - 1 }, { name: 'file' }]);
  expect(sinks.rows()[0]).not.toHaveProperty('cause');
});

test('S77: that a sink is late is said however much its receiver has to say', async () => {
  const { commit, file, log, open, said } = await desk();
  const cause = `no route to ${'a'.repeat(500)}`;
  const wordy: Receiver = { deliver: async () => ({ taken: false, cause, final: true }), close: async () => undefined };
  const sinks = open({ ...file('wordy'), receiver: wordy });
  await commit(beat);
  await until('it is late', () => said('sink.late') === 1);
  expect(log.events.at(-1)).toMatchObject({ data: { sink: 'wordy', cause: cause.slice(0, 300) } });
  expect(sinks.rows()[0]?.cause).toBe(cause.slice(0, 300));
});

test('S77: what cannot be mended by trying again is late at once; that it is, is remembered over a start, and not said twice', async () => {
  const { log, commit, hook, open, said, place } = await desk();
  far.answers(() => 401);
  const first = open(hook());
  await commit(beat);
  await until('it is late', () => said('sink.late') === 1);
  expect(far.deliveries).toHaveLength(1);
  await first.close();
  expect(await place('hook')).toEqual({ seq: -1, hash: '', late: true });
  await commit(beat);
  far.answers((_, nth) => (nth < 4 ? 401 : 200));
  const second = open(hook());
  await until('it caught up', () => said('sink.restored') === 1 && second.rows().every(({ behind }) => behind === 0));
  expect(said('sink.late')).toBe(1);
  expect(seqs(far.taken())).toEqual(upTo(log.events.length));
});

test('S77: a sink is not fed for ever with what feeding it makes', async () => {
  const { log, commit, hook, open, said } = await desk();
  // It takes everything but what is said of sinks.
  far.answers(({ body }) => (body.includes('"sink.') ? 503 : 204));
  const sinks = open(hook());
  await commit(beat);
  await until('the first is taken', () => far.taken().length === 1);
  await commit({ ...gateway, type: 'sink.tested', data: { sink: 'hook', delivered: true } });
  await until('it was tried again and again', () => far.deliveries.length > 8);
  expect([log.events.length, said('sink.late')]).toEqual([2, 0]);
  expect(sinks.rows()).toMatchObject([{ state: 'ok', cause: 'it answered 503' }]);
});

test('S77: a receiver to which a delivery is too large gets smaller ones; one line that is too large is late', async () => {
  const { log, commit, hook, open, said } = await desk();
  far.answers(({ lines }) => (lines.length > 7 ? 413 : 204));
  const sinks = open(hook());
  await commit(...Array.from({ length: 100 }, () => beat));
  await until('all is taken', () => sinks.rows()[0]?.behind === 0);
  expect(seqs(far.taken())).toEqual(upTo(log.events.length));
  expect(said('sink.late')).toBe(0);
  far.answers(() => 413);
  await commit(beat);
  await until('it is late', () => said('sink.late') === 1);
});

test('S77, R1: killed anywhere between a delivery and its place on disk, a sink loses nothing; what comes twice has the same number and hash', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ writes: fc.nat(3), events: fc.integer({ min: 1, max: 700 }), before: fc.boolean() }), {
        minLength: 1,
        maxLength: 4,
      }),
      async (lives) => {
        const { log, needs, commit, file, open, folder } = await desk();
        for (const { writes, events, before } of lives) {
          const parts = file('f');
          let left = writes;
          let killed = false;
          let rememberDeath = (): void => undefined;
          const death = new Promise<void>((resolve) => {
            rememberDeath = resolve;
          });
          const never = new Promise<never>(() => undefined);
          // Dies at its n-th writing of the place, before it or after: the process does nothing any more.
          const cursor: SinkCursor = {
            read: () => parts.cursor.read(),
            async write(place) {
              if (killed) return never;
              left -= 1;
              if (left >= 0) return parts.cursor.write(place);
              killed = true;
              if (!before) await parts.cursor.write(place);
              rememberDeath();
              return never;
            },
          };
          const receiver: Receiver = {
            deliver: (some) => (killed ? never : parts.receiver.deliver(some)),
            close: () => parts.receiver.close(),
          };
          const dying = openSinks(needs, [{ ...parts, cursor, receiver }]);
          await commit(...Array.from({ length: events }, () => beat));
          await Promise.race([death, until('all is delivered', () => killed || dying.rows()[0]?.behind === 0)]);
          killed = true;
        }
        // A line may be torn as well.
        await appendFile(join(folder, 'f.jsonl'), '{"seq":');
        const last = open(file('f'));
        await commit(beat);
        await until('all is delivered', () => last.rows()[0]?.behind === 0);
        const text = await readFile(join(folder, 'f.jsonl'), 'utf8');
        const whole = text.split('\n').flatMap((line) => (line === '' || line === '{"seq":' ? [] : [JSON.parse(line)]));
        const first = new Map<number, string>();
        let next = 0;
        for (const line of whole) {
          const had = first.get(line.seq);
          // In order, but for what is said again.
          if (had === undefined) {
            expect(line.seq).toBe(next);
            next += 1;
          } else expect(JSON.stringify(line)).toBe(had);
          first.set(line.seq, JSON.stringify(line));
        }
        expect(next).toBe(log.events.length);
        await last.close();
      },
    ),
    { numRuns: 6 },
  );
});

test('S77: a place of another history, or in a file that cannot be read, counts for nothing: all is sent again', async () => {
  const { commit, file, open, lines, folder } = await desk();
  await commit(beat, beat, beat);
  for (const held of [{ seq: 1, hash: digest }, { seq: 99, hash: '0'.repeat(64) }, 'torn']) {
    await rm(join(folder, 'f.jsonl'), { force: true });
    const text = typeof held === 'string' ? '{"seq' : JSON.stringify({ version: 1, ...held, late: false });
    await rm(join(folder, 'f.json'), { force: true });
    await appendFile(join(folder, 'f.json'), text);
    const sinks = open(file('f'));
    await until('all is delivered', () => sinks.rows()[0]?.behind === 0);
    await sinks.close();
    expect(seqs(await lines('f'))).toEqual([0, 1, 2]);
  }
});

test('S77: a receiver that never answers does not keep the gateway from ending', async () => {
  const { commit, hook, open, place } = await desk();
  far.answers(() => 'silent');
  const sinks = open(hook());
  await commit(beat);
  await far.until(() => far.deliveries.length === 1);
  const began = performance.now();
  await sinks.close();
  expect(performance.now() - began).toBeLessThan(5000);
  expect(await place('hook')).toBe(undefined);
});

test('E40: a test is sent now, says that it is one, and is in the log; what is not there is not found, and who may not test learns nothing', async () => {
  const workspace = await openWorkspace('sinks');
  for (const [name, role] of [
    ['ana', 'superuser'],
    ['omar', 'staff'],
    ['uma', 'user'],
  ] as const)
    await workspace.person(name, role);
  const { hook, open } = await desk(workspace.log);
  const sinks = open(hook('type:nothing'));
  const as = (name: string) => {
    const call = workspace.call(name);
    return { ...call, parts: { ...call.parts, signals: { sinks, rules: [] } } };
  };
  expect(await testSink(as('omar'), { sink: 'hook' })).toEqual({ ok: true, value: { delivered: true } });
  expect(far.taken()).toMatchObject([{ test: true, sink: 'hook', summary: 'test of sink hook: nothing happened' }]);
  far.answers(() => 500);
  expect(await testSink(as('ana'), { sink: 'hook' })).toEqual({
    ok: true,
    value: { delivered: false, cause: 'it answered 500' },
  });
  const tested = workspace.log.events.filter(({ type }) => type === 'sink.tested');
  expect(tested.map(({ outcome, data }) => [outcome, Object(data).delivered])).toEqual([
    ['ok', true],
    ['failed', false],
  ]);
  expect(await testSink(as('ana'), { sink: 'nowhere' })).toMatchObject({ problem: { code: 'not-found' } });
  expect(await testSink(as('uma'), { sink: 'hook' })).toMatchObject({ problem: { code: 'denied' } });
  expect(await listSinks(as('uma'), {})).toMatchObject({ problem: { code: 'denied' } });
  expect(await listAlerts(as('uma'), {})).toMatchObject({ problem: { code: 'denied' } });
  expect(await listSinks(as('omar'), {})).toMatchObject({ value: { sinks: [{ name: 'hook', kind: 'webhook', format: 'row' }] } });
});
