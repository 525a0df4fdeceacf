// Two gateways: one posts its heads over a real port of the other, which is a witness to it. Trees, keys and files are real; the histories that
// should not exist are made by fixtures/memory-trail.ts.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { expect, onTestFinished, test } from 'vitest';
import { failingDisk } from '../../fixtures/faults/failing-disk.ts';
import { HandClock } from '../../fixtures/faults/hand-clock.ts';
import { openMemoryLog } from '../../fixtures/memory-log.ts';
import { type MemoryTrail, openMemoryTrail } from '../../fixtures/memory-trail.ts';
import { code, good, problem } from '../../fixtures/outcome.ts';
import { openGatewayAnchor } from '../outside/anchor-gateway.ts';
import { openAnchoredFile } from '../outside/anchored-file.ts';
import { type AnchorAnswer, anchorAnswer, anchorMost } from '../protocol/anchor.ts';
import { openServer } from '../wire/server.ts';
import { openAnchored } from './anchored.ts';

const hash = (n: number): string => n.toString(16).padStart(64, '0');
const grow = (trail: MemoryTrail, count: number, first = trail.size): void =>
  trail.append(...Array.from({ length: count }, (_, at) => hash(first + at + 1)));

async function witness(trail: MemoryTrail, folder?: string) {
  const kept = folder ?? (await mkdtemp(path.join(tmpdir(), 'anchored-')));
  if (folder === undefined) onTestFinished(() => rm(kept, { recursive: true }));
  const clock = new HandClock();
  const log = openMemoryLog(clock);
  const disk = failingDisk();
  const file = await openAnchoredFile(disk, kept, 'harbour');
  const chain = { name: 'harbour', chain: trail.chain, rootKey: trail.rootKey, file: file.ok ? file.value : undefined };
  const { handle } = openAnchored({ log, clock }, [chain], 60);
  const bugs: unknown[] = [];
  const server = good(
    await openServer({
      clock,
      host: '127.0.0.1',
      port: 0,
      tls: undefined,
      caPem: undefined,
      trustedProxies: [],
      ready: () => true,
      operator: () => undefined,
      agent: () => undefined,
      enrol: async () => undefined,
      anchor: handle,
      stranger: () => undefined,
      bug: (error) => void bugs.push(error),
    }),
  );
  const url = `http://127.0.0.1:${server.port}`;
  const close = async (): Promise<void> => {
    await server.close();
    if (file.ok) await file.value.close();
  };
  onTestFinished(close);
  return {
    url,
    clock,
    log,
    disk,
    folder: kept,
    opened: code(file),
    close,
    anchor: (of: MemoryTrail = trail) => openGatewayAnchor('far', url, undefined, of),
    sizes: async (): Promise<readonly number[]> =>
      (await readFile(path.join(kept, 'harbour.jsonl'), 'utf8'))
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).size),
    async post(body: unknown): Promise<{ readonly status: number; readonly told: AnchorAnswer }> {
      const response = await fetch(`${url}/anchor`, { method: 'POST', body: JSON.stringify(body) });
      return { status: response.status, told: v.parse(anchorAnswer, await response.json()) };
    },
  };
}
/** A sender whose newest head is that of all it has. */
async function heads(trail: MemoryTrail, ...sizes: readonly number[]) {
  await trail.sign();
  return sizes.map((size) => trail.headAt(size));
}

test('[N1, N3] S75: another gateway keeps heads in order over epochs, stores them before it answers, and goes on after a restart of either side', async () => {
  const trail = openMemoryTrail();
  grow(trail, 3);
  const far = await witness(trail);
  const anchor = far.anchor();
  const first = await heads(trail, 1, 3);
  expect(good(await anchor.newest())).toEqual({ held: 'nothing' });
  good(await anchor.take(first));
  expect(await far.sizes()).toEqual([1, 3]);
  for (let epoch = 1; epoch <= 3; epoch += 1) {
    trail.beginEpoch(hash(700 + epoch));
    grow(trail, 2);
    good(await anchor.take(await heads(trail, trail.size - 1, trail.size)));
  }
  // Again what it has: nothing new.
  good(await anchor.take(await heads(trail, trail.size)));
  expect(await far.sizes()).toEqual([1, 3, 5, 6, 8, 9, 11, 12]);
  await far.close();

  const again = await witness(trail, far.folder);
  trail.beginEpoch(hash(800));
  grow(trail, 200);
  await trail.sign();
  const fresh = again.anchor();
  expect(good(await fresh.newest())).toEqual({ held: 'head', size: 12, root: trail.headAt(12).root });
  const many = Array.from({ length: anchorMost + 10 }, (_, at) => trail.headAt(100 + at));
  good(await fresh.take(many));
  expect((await again.sizes()).at(-1)).toBe(100 + anchorMost + 9);
  expect(again.log.events).toEqual([]);
});

const eventsOf = ({ log }: Awaited<ReturnType<typeof witness>>): readonly unknown[] =>
  log.events.map(({ type, data }) => [type, data]);

test('[N4] A35, A28: a fork, a log that was cut and signed on, and keys signed twice are refused with the newest head, and raise an alarm there, with the proof', async () => {
  const clock = new HandClock();
  const trail = openMemoryTrail({ now: () => clock.now() });
  grow(trail, 8);
  trail.beginEpoch(hash(700));
  const far = await witness(trail);
  good(await far.anchor().take(await heads(trail, 5, 9)));
  const held = trail.headAt(9);
  const before = { ...held };
  clock.pass(60_000);

  // The same size, another end; and a larger one, in the epoch that was there.
  const fork = trail.copy(8);
  fork.append(hash(901));
  const [same] = await heads(fork, 9);
  expect(problem(await far.anchor(fork).newest())).toBeUndefined();
  expect(eventsOf(far)).toEqual([['anchored.conflict', { name: 'harbour', held: 9, head: same }]]);
  grow(fork, 4, 950);
  const [larger] = await heads(fork, 13);
  const proof = await fork.consistency(9, 13);
  const posted = await far.post({ chain: trail.chain, by: larger, certificates: [], from: 9, heads: [{ head: larger, proof }] });
  expect([posted.status, posted.told.problem?.code, posted.told.head]).toEqual([409, 'verification', before]);
  // Whoever only asks shows it too: it is alarmed of once.
  const anchor = far.anchor(fork);
  fork.append(hash(999));
  await fork.sign();
  expect(good(await anchor.newest())).toMatchObject({ held: 'head', size: 9, root: held.root });
  expect(eventsOf(far)).toHaveLength(3);
  expect(good(await anchor.newest())).toMatchObject({ held: 'head', size: 9, root: held.root });
  expect(code(await anchor.take([fork.headAt(13)]))).toBe('verification');

  // Shorter, and signed later: the log was cut, and goes on. An old head that somebody kept says nothing.
  const cut = trail.copy(7);
  expect((await far.post({ chain: trail.chain, by: cut.headAt(7), certificates: [], from: 0, heads: [] })).status).toBe(409);
  clock.step(-3_600_000);
  expect((await far.post({ chain: trail.chain, by: trail.headAt(7), certificates: [], from: 0, heads: [] })).status).toBe(200);
  clock.step(3_600_000);

  // Another key for an epoch that has one: whoever certified both is not believed, however long the log.
  const twice = trail.copy(8);
  twice.beginEpoch(hash(702));
  grow(twice, 9);
  const [signed] = await heads(twice, 18);
  const { certificates } = twice;
  expect((await far.post({ chain: trail.chain, by: signed, certificates, from: 0, heads: [] })).status).toBe(409);
  expect(eventsOf(far)).toHaveLength(5);
  expect(await far.sizes()).toEqual([5, 9]);

  // What goes on from there is taken as before.
  grow(trail, 5);
  good(await far.anchor().take(await heads(trail, 14)));
  expect(await far.sizes()).toEqual([5, 9, 14]);
});

test('[N4] S75: a gateway that signs one fork after the other is told of so often an hour, however many it shows', async () => {
  const trail = openMemoryTrail();
  grow(trail, 8);
  const far = await witness(trail);
  good(await far.anchor().take(await heads(trail, 8)));
  const show = async (many: number, first: number): Promise<void> => {
    for (let n = first; n < first + many; n += 1) {
      const fork = trail.copy(7);
      fork.append(hash(1000 + n));
      const [by] = await heads(fork, 8);
      expect((await far.post({ chain: trail.chain, by, certificates: [], from: 0, heads: [] })).status).toBe(409);
    }
  };
  await show(20, 0);
  expect(eventsOf(far)).toHaveLength(12);
  far.clock.pass(3_600_000);
  await show(1, 20);
  expect(eventsOf(far)).toHaveLength(13);
});

test('[N2] S75: strangers learn nothing: another chain, another key, a changed head, no head; whoever guesses on waits', async () => {
  const trail = openMemoryTrail();
  grow(trail, 4);
  const far = await witness(trail);
  const [head] = await heads(trail, 4);
  good(await far.anchor().take([trail.headAt(4)]));
  const stranger = openMemoryTrail();
  grow(stranger, 4);
  const [foreign] = await heads(stranger, 4);
  const ask = { chain: trail.chain, by: head, certificates: [], from: 4, heads: [] };
  expect((await far.post(ask)).told.head?.size).toBe(4);
  const refused = [
    { ...ask, by: foreign },
    { ...ask, by: { ...head, size: 5 } },
    { ...ask, by: { ...head, chain: 'chn_other' }, chain: 'chn_other' },
    { ...ask, chain: 'chn_other' },
    { ...ask, by: { ...head, epoch: 3 } },
  ];
  for (const one of refused) {
    const { status, told } = await far.post(one);
    expect([status, told]).toEqual([403, { problem: { code: 'denied' } }]);
  }
  for (const one of [undefined, [], { ...ask, heads: [{ head }] }, { ...ask, more: 1 }, { ...ask, by: undefined }]) {
    const { status, told } = await far.post(one);
    expect([[200, 400].includes(status), told.head, told.problem?.code]).toEqual([
      true,
      undefined,
      expect.stringMatching(/bad-/),
    ]);
  }
  expect(
    await fetch(`${far.url}/anchor`, { method: 'POST', body: 'x'.repeat(2_000_000) }).then(
      ({ status }) => status,
      () => 413,
    ),
  ).toBe(413);
  for (let n = 0; n < 20; n += 1) await far.post(refused[0]);
  expect((await far.post(ask)).status).toBe(429);
  far.clock.pass(60_000);
  expect((await far.post(ask)).status).toBe(200);
  for (let n = 0; n < 60; n += 1) await far.post(ask);
  expect((await far.post(ask)).status).toBe(429);
  expect(await far.sizes()).toEqual([4]);
});

test('[N3] S75: what was not durable there was not taken; a file that is not what it should be takes nothing', async () => {
  const trail = openMemoryTrail();
  grow(trail, 9);
  const far = await witness(trail);
  const anchor = far.anchor();
  good(await anchor.take(await heads(trail, 3)));
  far.disk.failure = 'ENOSPC';
  expect(code(await anchor.take(await heads(trail, 6)))).toBe('unreachable');
  far.disk.failure = undefined;
  good(await far.anchor().take(await heads(trail, 9)));
  expect(await far.sizes()).toEqual([3, 9]);
  await far.close();
  const file = path.join(far.folder, 'harbour.jsonl');
  const text = await readFile(file, 'utf8');
  // Torn in the last line: never answered for. Damaged in the middle: nothing can be said of it any more.
  await writeFile(file, `${text}{"chain":"half`);
  const torn = await witness(trail, far.folder);
  expect([torn.opened, good(await torn.anchor().newest())]).toEqual(['ok', expect.objectContaining({ size: 9 })]);
  await torn.close();
  await writeFile(file, text.replace('"epoch"', '"epoc"'));
  const damaged = await witness(trail, far.folder);
  expect(damaged.opened).toBe('verification');
  expect(problem(await damaged.anchor().newest())?.detail).toMatch(/503/);
});
