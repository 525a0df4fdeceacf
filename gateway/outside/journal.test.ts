import { expect, test } from 'vitest';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { genesis, lineText, seal } from '../audit/chain.ts';
import { JournalDamage } from '../audit/damage.ts';
import type { AuditLine } from '../protocol/events.ts';
import { mintId } from '../protocol/ids.ts';
import { openJournal } from './journal.ts';
import { listSegments } from './segments.ts';

const chance = seededChance('journal');
const chain = mintId('chn', chance.bytes(26));
const boot = mintId('boo', chance.bytes(26));
const day = 86_400_000;

function chained(count: number, tsOf: (seq: number) => number = () => 1_764_000_000_000): AuditLine[] {
  let prev = genesis(chain, 'k');
  return Array.from({ length: count }, (_, seq) => {
    const line = seal(
      prev,
      { type: 'gateway.stopped', actor: { kind: 'gateway' }, outcome: 'ok', data: { boot }, personal: {} },
      { seq, chain, ts: tsOf(seq), mono: 0, boot, salt: 'A'.repeat(22) },
    );
    prev = line.record.hash;
    return line;
  });
}
const at = { folder: '/a' };
async function seqs(from: number, journal: Awaited<ReturnType<typeof openJournal>>): Promise<number[]> {
  const found: number[] = [];
  for await (const { record } of journal.read(from)) found.push(record.seq);
  return found;
}
const counting = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

test('segments turn by size and by day; any record is found from any place', async () => {
  const disk = new PowerDisk();
  const lines = chained(900, (seq) => 1_764_000_000_000 + (seq > 600 ? day : 0));
  const journal = await openJournal({ disk, ...at, segmentBytes: 60_000 });
  for (let from = 0; from < 900; from += 90)
    expect(await journal.append(from, lines.slice(from, from + 90))).toEqual({ result: 'durable' });
  const segments = await listSegments(disk, '/a');
  expect(segments.length).toBeGreaterThan(5);
  expect(new Set(segments.map((segment) => segment.day)).size).toBe(2);
  for (const from of [0, 1, 89, 90, 333, 600, 601, 898, 899]) expect(await seqs(from, journal)).toEqual(counting(from, 900));
  expect(await seqs(900, journal)).toEqual([]);
  await journal.close();
  const again = await openJournal({ disk, ...at, segmentBytes: 60_000 });
  expect(await seqs(450, again)).toEqual(counting(450, 900));
  expect(again.recovered).toBeUndefined();
});

test('a record is found in a large segment by halving it', async () => {
  const disk = new PowerDisk();
  const journal = await openJournal({ disk, ...at });
  const lines = chained(4000);
  expect(await journal.append(0, lines)).toEqual({ result: 'durable' });
  expect(disk.content('/a/0000000000000000-2025-11-24.jsonl')?.length).toBeGreaterThan(1_000_000);
  for (const from of [0, 1, 1999, 2000, 3998, 3999]) expect(await seqs(from, journal)).toEqual(counting(from, 4000));
});

test('D9: a batch that does not follow is a conflict and writes nothing', async () => {
  const disk = new PowerDisk();
  const lines = chained(4);
  const one = await openJournal({ disk, ...at });
  const two = await openJournal({ disk, ...at });
  expect(await one.append(0, lines.slice(0, 2))).toEqual({ result: 'durable' });
  expect(await two.append(0, lines.slice(0, 1))).toEqual({ result: 'conflict' });
  expect(await seqs(0, two)).toEqual([0, 1]);
  expect(await two.append(2, lines.slice(2))).toEqual({ result: 'durable' });
  expect(await one.append(2, lines.slice(2))).toEqual({ result: 'conflict' });
  expect(await seqs(0, one)).toEqual([0, 1, 2, 3]);
});

test('A33: ENOSPC in the middle of a line fails the batch and all after it; the next start sets the torn bytes aside', async () => {
  const disk = new PowerDisk();
  const lines = chained(5);
  const [, , , torn3] = lines;
  if (torn3 === undefined) throw new Error('five lines');
  const journal = await openJournal({ disk, ...at });
  await journal.append(0, lines.slice(0, 3));
  disk.failAt({ call: 1, code: 'ENOSPC', forEver: false });
  expect(await journal.append(3, lines.slice(3, 4))).toMatchObject({
    result: 'failed',
    cause: expect.stringContaining('ENOSPC'),
  });
  expect(await journal.append(3, lines.slice(3, 4))).toMatchObject({ result: 'failed' });
  disk.failAt(undefined);
  const again = await openJournal({ disk, ...at });
  expect(again.recovered?.bytes).toBe((Buffer.byteLength(lineText(torn3)) + 1) >> 1);
  const torn = (await disk.list('/a')).filter((name) => name.endsWith('.bin'));
  expect(torn).toHaveLength(1);
  expect(disk.content(`/a/${torn[0]}`)?.length).toBe(again.recovered?.bytes);
  expect(await again.append(3, lines.slice(3))).toEqual({ result: 'durable' });
  expect(await seqs(0, again)).toEqual([0, 1, 2, 3, 4]);
});

test('damage that is no torn end is named, never mended', async () => {
  const disk = new PowerDisk();
  const journal = await openJournal({ disk, ...at, segmentBytes: 3000 });
  await journal.append(0, chained(30));
  await journal.close();
  const names = (await listSegments(disk, '/a')).map((segment) => segment.name);
  const path = `/a/${names[1]}`;
  const content = disk.content(path);
  if (content === undefined) throw new Error('a second segment');
  const first = Number(names[1]?.slice(0, 16));

  disk.plant(path, Buffer.from(content.toString().replace('"seq":', '"sea":')));
  await expect(seqs(0, await openJournal({ disk, ...at }))).rejects.toMatchObject({ seq: first, name: 'JournalDamage' });
  disk.plant(path, Buffer.from(content.toString().split('\n').slice(1).join('\n')));
  await expect(seqs(0, await openJournal({ disk, ...at }))).rejects.toBeInstanceOf(JournalDamage);
  disk.plant(path, content);
  await disk.remove(path);
  await expect(seqs(0, await openJournal({ disk, ...at }))).rejects.toMatchObject({ seq: first });
});

test('a journal is turned by hand between appends that are under way, and none is lost', async () => {
  const disk = new PowerDisk();
  const lines = chained(40);
  let closed = 0;
  const journal = await openJournal({ disk, ...at, onClosed: () => (closed += 1) });
  const appended = journal.append(0, lines.slice(0, 10));
  const turned = journal.rotate();
  const more = journal.append(10, lines.slice(10, 20));
  expect(await Promise.all([appended, turned, more])).toEqual([{ result: 'durable' }, 10, { result: 'durable' }]);
  expect((await listSegments(disk, '/a')).map(({ first }) => first)).toEqual([0, 10]);
  expect([await journal.rotate(), await journal.rotate(), closed]).toEqual([20, 20, 2]);
  await journal.close();
  const again = await openJournal({ disk, ...at });
  expect(await again.append(20, lines.slice(20))).toEqual({ result: 'durable' });
  expect(await seqs(0, again)).toEqual(counting(0, 40));
  expect((await listSegments(disk, '/a')).map(({ first }) => first)).toEqual([0, 10, 20]);
});

test('A29: a beginning that was purged is read from what is there; the same files missing without that are damage', async () => {
  const disk = new PowerDisk();
  const journal = await openJournal({ disk, ...at, segmentBytes: 3000 });
  await journal.append(0, chained(60));
  const segments = await listSegments(disk, '/a');
  const [, second, third, fourth] = segments;
  if (second === undefined || third === undefined || fourth === undefined) throw new Error('four segments');
  const reading = journal.read(0)[Symbol.asyncIterator]();
  await reading.next();
  await journal.purge(third.first - 1);
  expect((await listSegments(disk, '/a')).map(({ first }) => first)).toEqual(segments.slice(2).map(({ first }) => first));
  expect(await seqs(0, journal)).toEqual(counting(third.first, 60));
  expect(await seqs(second.first + 1, journal)).toEqual(counting(third.first, 60));
  expect(await seqs(third.first + 1, journal)).toEqual(counting(third.first + 1, 60));
  // Who was reading goes on where the log goes on.
  const rest: number[] = [];
  for (let step = await reading.next(); step.done !== true; step = await reading.next()) rest.push(step.value.record.seq);
  expect(rest).toEqual([...counting(1, second.first), ...counting(third.first, 60)]);
  await journal.close();

  const again = await openJournal({ disk, ...at, segmentBytes: 3000 });
  await expect(seqs(0, again)).rejects.toMatchObject({ seq: 0, name: 'JournalDamage' });
  await again.purge(third.first - 2);
  await expect(seqs(0, again)).rejects.toBeInstanceOf(JournalDamage);
  await again.purge(third.first - 1);
  expect(await seqs(0, again)).toEqual(counting(third.first, 60));
  // The newest segment always stays.
  await again.purge(1_000_000);
  expect(await listSegments(disk, '/a')).toHaveLength(1);
});

test('A33, R4: a write that finds no room is undone and made again when room is given; without it, or when the sync fails, nothing follows', async () => {
  const lines = chained(6);
  for (const [call, room, expected] of [
    [1, true, 'durable'],
    [1, false, 'failed'],
    [2, true, 'failed'],
  ] as const) {
    const disk = new PowerDisk();
    let asked = 0;
    const giveRoom = async (): Promise<boolean> => {
      asked += 1;
      return room;
    };
    const journal = await openJournal({ disk, ...at, giveRoom });
    await journal.append(0, lines.slice(0, 3));
    disk.failAt({ call, code: 'ENOSPC', forEver: false });
    expect([call, (await journal.append(3, lines.slice(3))).result]).toEqual([call, expected]);
    expect(asked).toBe(call === 1 ? 1 : 0);
    disk.failAt(undefined);
    const again = await openJournal({ disk, ...at });
    expect(again.recovered === undefined).toBe(expected === 'durable' || call === 2);
    expect((await seqs(0, again)).slice(0, 3)).toEqual([0, 1, 2]);
    if (expected === 'durable') expect(await seqs(0, again)).toEqual(counting(0, 6));
  }
});
