// The index against the plain scan: random logs, random queries, everything that can befall an index.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryEvent } from '../../fixtures/events.ts';
import { HandClock, seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { randomOf } from '../../fixtures/world/random.ts';
import { genesis, lineText, seal } from '../audit/chain.ts';
import type { Settled } from '../audit/commit.ts';
import { fold } from '../audit/fold.ts';
import { parseQuery } from '../audit/query.ts';
import type { QueryNode } from '../audit/query-fields.ts';
import { emptyState } from '../audit/state.ts';
import { auditRow } from '../audit/tell.ts';
import { unseal } from '../audit/unseal.ts';
import { search } from '../handlers/audit-search.ts';
import type { Actor, NewEvent } from '../protocol/events.ts';
import { mintId, type PersonId } from '../protocol/ids.ts';
import type { AuditRow } from '../protocol/nouns.ts';
import { openAuditIndex } from './audit-index.ts';
import { realClock } from './clock.ts';
import { openJournal } from './journal.ts';

const chance = seededChance('audit-index');
const chain = mintId('chn', chance.bytes(26));
const boot = mintId('boo', chance.bytes(26));
const salt = 'A'.repeat(22);
const folder = '/data/audit';

/** A log in segments of a few records, folded and told of as the real one is. */
async function openSmallLog(segmentBytes = 12_000) {
  const disk = new PowerDisk();
  const journal = await openJournal({ disk, folder, segmentBytes });
  const settled = emptyState();
  const listeners = new Set<(group: readonly Settled[]) => void>();
  const begun = new Set<string>();
  const add = async (news: readonly { readonly event: NewEvent; readonly ts: number }[]): Promise<void> => {
    let { seq, hash } = settled;
    // The id of a session is given once.
    const fresh = news.filter(
      ({ event }) => event.type !== 'session.started' || (!begun.has(event.data.session) && begun.add(event.data.session)),
    );
    const lines = fresh.map(({ event, ts }) => {
      const prev = seq === -1 ? genesis(chain, 'k') : hash;
      seq += 1;
      const line = seal(prev, event, { seq, chain, ts, mono: 0, boot, salt });
      hash = line.record.hash;
      return line;
    });
    expect(await journal.append(settled.seq + 1, lines)).toEqual({ result: 'durable' });
    const group = lines.map((line) => {
      const made = unseal(line);
      if (!made.ok) throw new Error(made.problem.detail);
      return made.value;
    });
    for (const { event } of group) fold(settled, event);
    for (const listener of listeners) listener(group);
  };
  const log = {
    settled,
    onSettled: (listener: (group: readonly Settled[]) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async *read(after: number): AsyncGenerator<Settled> {
      const end = settled.seq;
      for await (const line of journal.read(after + 1)) {
        if (line.record.seq > end) return;
        const made = unseal(line);
        if (!made.ok) throw new Error(made.problem.detail);
        yield made.value;
      }
    },
  };
  const index = () =>
    openAuditIndex({
      disk,
      chance,
      clock: realClock,
      folder,
      log,
      onTrouble: (cause) => {
        throw new Error(cause);
      },
    });
  const parts = { log, clock: new HandClock() };
  const rows = async (): Promise<AuditRow[]> => {
    const all: AuditRow[] = [];
    for await (const one of log.read(-1)) all.push(auditRow(one, settled));
    return all;
  };
  const indexes = async (): Promise<readonly string[]> => (await disk.list(folder)).filter((name) => name.endsWith('.idx'));
  const segments = async (): Promise<readonly string[]> => (await disk.list(folder)).filter((name) => name.endsWith('.jsonl'));
  return { disk, log, add, index, parts, rows, indexes, segments };
}
type SmallLog = Awaited<ReturnType<typeof openSmallLog>>;

const id = (prefix: string) => fc.constantFrom(...['a', 'b', 'c'].map((letter) => `${prefix}_${letter.repeat(26)}`));
const someone: fc.Arbitrary<Actor> = fc.oneof(
  id('usr').map((one) => ({ kind: 'person', id: one }) as Actor),
  id('srv').map((one) => ({ kind: 'server', id: one }) as Actor),
  fc.constant<Actor>({ kind: 'gateway' }),
  fc.constant<Actor>({ kind: 'stranger' }),
);
const happened = fc
  .record({
    // What is purged is tried below, with the files that belong to it.
    event: arbitraryEvent.filter(({ type }) => type !== 'segment.purged'),
    actor: someone,
    outcome: fc.constantFrom('ok', 'denied', 'failed'),
    target: fc.option(fc.oneof(id('usr'), id('srv'), id('ses'), id('grp'), fc.constantFrom('?', 'x')), { nil: undefined }),
    session: fc.option(id('ses'), { nil: undefined }),
    // Mostly forward; clocks step.
    ts: fc.integer({ min: 1_764_000_000_000, max: 1_764_000_000_000 + 3 * 86_400_000 }),
  })
  .map(({ event, ts, actor, outcome, target, session }) => {
    const around = { actor, outcome, ...(target === undefined ? {} : { target }), ...(session === undefined ? {} : { session }) };
    // Of its type by construction; what stands around the data is the same for all.
    return { event: { ...event, ...around } as NewEvent, ts };
  });
const aLog = fc.array(fc.array(happened, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 });

/** A query about what is in the log, or about nothing in it. */
function aQuery(rows: readonly AuditRow[], random: () => number): string {
  const pick = <T>(of: readonly T[]): T | undefined => of[Math.floor(random() * of.length)];
  const quoted = (text: string | undefined): string => `"${(text ?? 'nothing').replaceAll('"', '').slice(0, 40).trim() || 'x'}"`;
  const globbed = (text: string | undefined): string => {
    const cut = Math.floor(random() * (text?.length ?? 0));
    return pick([quoted(text), quoted(`${text?.slice(0, cut)}*`), quoted(`*${text?.slice(cut)}`)]) ?? '*';
  };
  const term = (): string => {
    const row = pick(rows);
    const other = pick(rows);
    const data = (key: string): string => String(row?.data[key] ?? 'nothing');
    return (
      pick([
        () => `actor:${globbed(row?.actor.name)}`,
        () => `actor:${globbed(row?.actor.id)},${globbed(other?.actor.name)}`,
        () => `server:${globbed(row?.target?.name)}`,
        () => `server:${globbed(data('server'))}`,
        () => `target:${globbed(row?.target?.name)}`,
        () => `target:${globbed(row?.target?.id)}`,
        () => `person:${globbed(row?.target?.name)},${globbed(data('person'))}`,
        () => `group:${globbed(row?.target?.name)}`,
        () => `session:${globbed(row?.session ?? data('session'))}`,
        () => `type:${globbed(row?.type)},${(other?.type ?? 'x').split('.')[0]}`,
        () => `action:${globbed(data('action'))},${globbed(row?.type)}`,
        () => `code:${globbed(row?.code)}`,
        () => `outcome:${row?.outcome ?? 'ok'}`,
        () => `severity:>=${row?.severity ?? 'alert'}`,
        () => `address:${globbed(row?.address)}`,
        () => `since:${new Date(row?.at ?? 0).toISOString().slice(0, 16)}`,
        () => `until:${new Date(row?.at ?? 0).toISOString().slice(0, 10)}`,
        () => `seq:${row?.seq ?? 0}..${other?.seq ?? 9}`,
        () => quoted(row?.summary.slice(3, 9)),
      ])?.() ?? ''
    );
  };
  const many = 1 + Math.floor(random() * 3);
  const terms = Array.from({ length: many }, () => `${random() < 0.3 ? '-' : ''}${term()}`);
  return random() < 0.2 ? `(${terms.join(' OR ')}) ${term()}` : terms.join(random() < 0.3 ? ' OR ' : ' ');
}

const now = 1_764_000_000_000 + 4 * 86_400_000;
function parsed(query: string) {
  const read = parseQuery(query, now);
  if (!read.ok) throw new Error(`${query}: ${read.problem.detail}`);
  return read.value;
}

/** All that fits, in turns that are over at once, from both ends. */
async function found(
  small: SmallLog,
  index: ReturnType<SmallLog['index']> | undefined,
  query: string,
  newestFirst: boolean,
): Promise<readonly number[]> {
  const { log } = small;
  const fits = parsed(query);
  const seqs: number[] = [];
  let range = { from: 0, to: log.settled.seq };
  for (let turns = 0; turns < 10_000; turns += 1) {
    const { rows, looked } = await search({ ...small.parts, ...(index === undefined ? {} : { index }) }, fits, range, {
      newestFirst,
      limit: 3,
      turnMs: 0,
    });
    for (const row of rows) seqs.push(row.seq);
    range = newestFirst ? { from: 0, to: looked.from - 1 } : { from: looked.to + 1, to: log.settled.seq };
    if (range.from > range.to) return newestFirst ? seqs.toReversed() : seqs;
  }
  throw new Error('it never ends');
}

test('M8, §4d: whatever the log and the query, the index finds what a scan finds, from either end, while records come', async () => {
  await fc.assert(
    fc.asyncProperty(aLog, aLog, fc.nat(), async (first, then, seed) => {
      const small = await openSmallLog();
      for (const group of first) await small.add(group);
      const index = small.index();
      for (const group of then) await small.add(group);
      await index.ready();
      const random = randomOf(seed);
      for (let i = 0; i < 12; i += 1) {
        const rows = await small.rows();
        const query = aQuery(rows, random);
        const fits = parsed(query);
        const fitting = rows.filter((row) => fits(row)).map((row) => row.seq);
        expect({ query, seqs: await found(small, index, query, i % 2 === 0) }).toEqual({ query, seqs: fitting });
        // Rows go on coming, into the index in memory.
        if (i % 4 === 3) for (const group of first) await small.add(group);
      }
      await index.close();
    }),
    { numRuns: Number(process.env['RUNS'] ?? 8) },
  );
});

const denial = (i: number): { event: NewEvent; ts: number } => ({
  ts: 1_764_000_000_000 + i * 1000,
  event: {
    type: 'access.denied',
    actor: { kind: 'person', id: mintId('usr', new Uint8Array(26).fill(i % 7)) },
    outcome: 'denied',
    data: { action: 'shell.open', policies: [], missing: [] },
    personal: { address: `10.0.0.${i % 50}` },
  },
});
const denials = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => denial(from + i));

/** How many lines an index hands out for a query. */
async function handedOut(
  small: SmallLog,
  index: ReturnType<SmallLog['index']>,
  node: QueryNode,
): Promise<{ readonly lines: number; readonly unread: number }> {
  let lines = 0;
  let unread = 0;
  for await (const part of index.find(node, { from: 0, to: small.log.settled.seq }, true))
    if ('lines' in part) lines += part.lines.length;
    else unread += part.to - part.from + 1;
  return { lines, unread };
}

async function denied(count: number) {
  const small = await openSmallLog(20_000);
  for (let from = 0; from < count; from += 50) await small.add(denials(from, Math.min(count, from + 50)));
  const index = small.index();
  await index.ready();
  return { small, index };
}

test('§4d: an index reads the lines that fit, and no others', async () => {
  const { small, index } = await denied(600);
  expect((await small.indexes()).length).toBe((await small.segments()).length - 1);
  const { node } = parsed('address:10.0.0.7');
  expect(await handedOut(small, index, node)).toEqual({ lines: 12, unread: 0 });
  expect(await handedOut(small, index, parsed('address:10.0.0.7 -outcome:denied').node)).toEqual({ lines: 0, unread: 0 });
  // What was closed is found by another process without reading the log again.
  await small.add(denials(600, 650));
  await index.close();
  const again = small.index();
  await again.ready();
  expect(await handedOut(small, again, node)).toEqual({ lines: 13, unread: 0 });
  await again.close();
});

test('an index that is damaged, cut, of another segment, or older than its segment is made anew, never believed', async () => {
  const { small, index } = await denied(600);
  await index.close();
  const { disk } = small;
  const [name = '', other = ''] = await small.indexes();
  const path = `${folder}/${name}`;
  const sound = Buffer.from(disk.content(path) ?? '');
  const { node } = parsed('address:10.0.0.7');
  const spoilt: readonly Buffer[] = [
    Buffer.alloc(0),
    sound.subarray(0, sound.length / 2),
    Buffer.from(disk.content(`${folder}/${other}`) ?? ''),
    Buffer.concat([Buffer.from('x'), sound.subarray(1)]),
    ...Array.from({ length: 40 }, (_, i) => {
      const changed = Buffer.from(sound);
      const at = Math.floor((i / 40) * changed.length);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      return changed;
    }),
  ];
  for (const bytes of spoilt) {
    disk.plant(path, bytes);
    const opened = small.index();
    // Before it is made anew and after.
    expect(await found(small, opened, 'address:10.0.0.7', true)).toHaveLength(12);
    await opened.ready();
    expect(await handedOut(small, opened, node)).toEqual({ lines: 12, unread: 0 });
    await opened.close();
  }
  expect(disk.content(path)?.equals(sound)).toBe(true);
});

test('D2: a segment that was rewritten without somebody has another index; a segment that was purged has none', async () => {
  const { small, index } = await denied(600);
  const { disk } = small;
  const [name = ''] = await small.segments();
  const lines = (disk.content(`${folder}/${name}`) ?? Buffer.alloc(0)).toString().trimEnd().split('\n');
  const erased = lines.map((line) => {
    const { record } = JSON.parse(line) as { record: never };
    return `${lineText({ record })}\n`;
  });
  disk.plant(`${folder}/${name}`, Buffer.from(erased.join('')));
  const before = await found(small, index, 'address:10.0.0.7', false);
  await index.ready();
  expect(await found(small, index, 'address:10.0.0.7', false)).toEqual(before);
  expect(before.every((seq) => seq >= lines.length)).toBe(true);
  expect((await handedOut(small, index, parsed('outcome:denied').node)).lines).toBe(600);
  const idx = disk.content(`${folder}/${name.replace('.jsonl', '.idx')}`)?.toString() ?? '';
  expect(idx).not.toContain('10.0.0.');

  // Purged: its segment is gone, and its number is known to be.
  await disk.remove(`${folder}/${name}`);
  small.log.settled.purged = lines.length - 1;
  expect(await found(small, index, 'outcome:denied', true)).toHaveLength(600 - lines.length);
  await index.ready();
  expect(await small.indexes()).not.toContain(name.replace('.jsonl', '.idx'));
  await index.close();
});

test('D2, A43: whoever was removed is found by their name, until they are erased', async () => {
  const small = await openSmallLog(4_000);
  const [uma, ana] = ['u', 'a'].map((letter) => `usr_${letter.repeat(26)}` as PersonId);
  if (uma === undefined || ana === undefined) throw new Error('two people');
  const at = 1_764_000_000_000;
  const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
  const denial = { actor: { kind: 'person', id: uma }, type: 'access.denied', outcome: 'denied' } as const;
  const told = async (...events: readonly NewEvent[]) => small.add(events.map((event) => ({ event, ts: at })));
  await told({
    ...quiet,
    type: 'person.added',
    data: { person: uma, role: 'user' },
    personal: { name: 'uma', claim: { kind: 'sub', value: 'u' } },
  });
  for (let i = 0; i < 30; i += 1)
    await told({ ...denial, data: { action: 'shell.open', policies: [], missing: [] }, personal: { address: '10.0.0.1' } });
  const index = small.index();
  await index.ready();
  const before = await found(small, index, 'actor:uma', true);
  expect(before).toHaveLength(30);
  await told({ ...quiet, type: 'person.removed', data: { person: uma, why: 'left' }, personal: { name: 'uma' } });
  for (const newestFirst of [true, false]) {
    expect((await found(small, index, 'actor:uma', newestFirst)).toSorted()).toEqual(before.toSorted());
    expect((await found(small, undefined, 'actor:uma', newestFirst)).toSorted()).toEqual(before.toSorted());
  }
  expect(await handedOut(small, index, parsed('actor:uma').node)).toEqual({ lines: 30, unread: 0 });
  await told({ ...quiet, type: 'person.erased', data: { person: uma, by: ana, why: 'asked', records: 30 } });
  expect(await found(small, index, 'actor:uma', true)).toEqual([]);
  expect(await found(small, index, `actor:${uma}`, true)).toEqual(before);
  await index.close();
});
