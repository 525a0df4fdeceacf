// The files beside the log, each under a disk that fails and a power cut at every call: one table. The log itself, its tree and the keys of its epochs:
// audit/{log,log-trail}.test.ts; segments and manifests: handlers/keeping.test.ts.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { openMemoryTrail } from '../../fixtures/memory-trail.ts';
import { good } from '../../fixtures/outcome.ts';
import { type Head, head } from '../protocol/trail-nouns.ts';
import { openAlertMemory } from './alert-memory-file.ts';
import { openAnchorSpool, readSpool } from './anchor-spool.ts';
import { openAnchoredFile } from './anchored-file.ts';
import type { Disk } from './disk.ts';
import { readWhole } from './durable-file.ts';
import { openHeads } from './heads.ts';
import { openSinkCursor } from './sink-cursor.ts';
import { openSinkFile } from './sink-file.ts';
import { openTreeFile } from './tree-file.ts';

const hash = (n: number): string => n.toString(16).padStart(64, '0');
const trail = openMemoryTrail({ now: () => 1_764_000_000_000 });
trail.append(...Array.from({ length: 12 }, (_, n) => hash(n)));
const heads: readonly Head[] = Array.from({ length: 12 }, (_, n) => trail.headAt(n + 1));
const headOf = (n: number): Head => heads[n - 1] ?? trail.headAt(n);

/** `write(n)`, n = 1, 2, … in order: resolves = it is durable. */
type Writer = { readonly write: (n: number) => Promise<void>; readonly close?: () => Promise<void> };
type SmallFile = {
  readonly open: (disk: Disk, life: string) => Promise<Writer>;
  /** Which n stand there, oldest first: the last alone, or all. @throws when it is a mixture. */
  readonly read: (disk: Disk) => Promise<readonly number[]>;
  readonly keeps: 'last' | 'all';
  /** It is made again from the log where it does not fit: nothing rests on it after a power cut. */
  readonly cache?: true;
};

const small: Readonly<Record<string, SmallFile>> = {
  'head.json': {
    keeps: 'last',
    open: async (disk, life) => ({
      write: (n) => openHeads(disk, seededChance(`${life} ${n}`), '/d/head.json').write(headOf(n)),
    }),
    read: async (disk) => {
      const held = await openHeads(disk, seededChance('read'), '/d/head.json').read();
      if (held === 'unreadable') throw new Error('a mixture');
      expect(held === undefined || held.signature === headOf(held.size).signature).toBe(true);
      return held === undefined ? [] : [held.size];
    },
  },
  'the place of a sink': {
    keeps: 'last',
    open: async (disk, life) => ({
      write: (n) =>
        openSinkCursor(disk, seededChance(`${life} ${n}`), '/d/sinks/a.json').write({ seq: n, hash: hash(n), late: n % 2 === 0 }),
    }),
    read: async (disk) => {
      const held = await openSinkCursor(disk, seededChance('read'), '/d/sinks/a.json').read();
      const there = await readWhole(disk, '/d/sinks/a.json');
      // What cannot be read counts as none: it must not come to that.
      expect(held === undefined).toBe(there === undefined);
      expect(held?.hash).toBe(held === undefined ? undefined : hash(held.seq));
      return held === undefined ? [] : [held.seq];
    },
  },
  'what alerts remember': {
    keeps: 'last',
    open: async (disk, life) => ({
      write: (n) =>
        openAlertMemory(disk, seededChance(`${life} ${n}`), '/d/alerts.json').write({
          version: 1,
          seq: n,
          hash: hash(n),
          at: n,
          offset: 0,
          tallies: [],
          people: [],
        }),
    }),
    read: async (disk) => {
      const held = await openAlertMemory(disk, seededChance('read'), '/d/alerts.json').read();
      const there = await readWhole(disk, '/d/alerts.json');
      expect(held === undefined).toBe(there === undefined);
      return held === undefined ? [] : [held.seq];
    },
  },
  'heads that wait for an anchor': {
    keeps: 'all',
    open: async (disk, life) => {
      const spool = await openAnchorSpool(disk, seededChance(life), '/d/anchors');
      return { write: (n) => spool.add(headOf(n)), close: () => spool.close() };
    },
    read: async (disk) => (await readSpool(disk, '/d/anchors')).heads.map(({ size }) => size),
  },
  'what an anchor took': {
    keeps: 'last',
    open: async (disk, life) => {
      const spool = await openAnchorSpool(disk, seededChance(life), '/d/anchors');
      return {
        write: (n) => spool.note('vault', { size: n, root: hash(n), at: n }, ['vault', 'other']),
        close: () => spool.close(),
      };
    },
    read: async (disk) => {
      const { taken } = await readSpool(disk, '/d/anchors');
      expect(taken['vault'] === undefined).toBe((await readWhole(disk, '/d/anchors/taken.json')) === undefined);
      return taken['vault'] === undefined ? [] : [taken['vault'].size];
    },
  },
  'heads kept for another gateway': {
    keeps: 'all',
    open: async (disk) => {
      const file = good(await openAnchoredFile(disk, '/d/anchored', 'other'));
      return { write: (n) => file.keep([], [headOf(n)]), close: () => file.close() };
    },
    read: async (disk) => {
      // Looked at without opening it, for that would mend it.
      const text = Buffer.from((await readWhole(disk, '/d/anchored/other.jsonl')) ?? []).toString();
      return text
        .split('\n')
        .slice(0, -1)
        .flatMap((line) => (line.includes('\0') ? [] : [v.parse(head, JSON.parse(line)).size]));
    },
  },
  'a sink that is a file': {
    keeps: 'all',
    open: async (disk) => {
      const sink = openSinkFile(disk, '/d/events.jsonl');
      return {
        write: async (n) => {
          const done = await sink.deliver([
            { seq: n, at: n, severity: 'info', type: 'group.added', hash: hash(n), text: `{"n":${n}}` },
          ]);
          if (!done.taken) throw new Error(done.cause);
        },
        close: () => sink.close(),
      };
    },
    // Half a line and zeros are none: its event follows whole.
    read: async (disk) =>
      Buffer.from((await readWhole(disk, '/d/events.jsonl')) ?? [])
        .toString()
        .split('\n')
        .flatMap((line) => /^\{"n":(\d+)\}$/.exec(line)?.slice(1).map(Number) ?? []),
  },
  'the tree': {
    keeps: 'last',
    cache: true,
    open: async (disk) => {
      const file = await openTreeFile(disk, '/d/audit/tree');
      return {
        write: async (n) => {
          while (file.count < n) file.push(Buffer.alloc(32, file.count + 1));
          await file.flush();
        },
        close: () => file.close(),
      };
    },
    read: async (disk) => {
      const file = await openTreeFile(disk, '/d/audit/tree');
      const nodes = await file.read(Array.from({ length: file.count }, (_, n) => n));
      expect(nodes.map((node, n) => node.every((byte) => byte === n + 1))).toEqual(nodes.map(() => true));
      return file.count === 0 ? [] : [file.count];
    },
  },
};

const codes = ['ENOSPC', 'EIO', 'EROFS', 'EMFILE', 'EACCES'] as const;
const tried = 5;
/** Writes 1 to 5, whatever fails; gives the newest that was acknowledged, and the writer, unless it never opened. */
async function life({ open }: SmallFile, disk: PowerDisk, name: string) {
  let writer: Writer | undefined;
  const told: number[] = [];
  for (let n = 1; n <= tried; n += 1)
    try {
      writer ??= await open(disk, name);
      await writer.write(n);
      told.push(n);
    } catch {
      // Not acknowledged: that is all there is to say of it.
    }
  return { writer, told };
}
/** What stands there is what was acknowledged, and nothing that was never written. */
function sound({ keeps }: SmallFile, held: readonly number[], told: readonly number[], newest: number): void {
  expect(held.every((n) => n >= 1 && n <= newest)).toBe(true);
  if (keeps === 'last') expect(held.at(-1) ?? 0).toBeGreaterThanOrEqual(told.at(-1) ?? 0);
  else {
    expect(told.filter((n) => !held.includes(n))).toEqual([]);
    // In order; what was refused may have come to stand there, and what is sent again stands there again.
    expect([...new Set(held)]).toEqual([...new Set(held)].toSorted((a, b) => a - b));
  }
}

test.each(Object.entries(small))(
  'R3: %s: each call fails, once and for ever: nothing is acknowledged that is not there, and it goes on afterwards',
  async (_, file) => {
    let calls = 0;
    for (let call = 1, reached = true; reached; call += 1)
      for (const forEver of [false, true]) {
        const disk = new PowerDisk();
        const code = codes[(2 * call + Number(forEver)) % codes.length] ?? 'EIO';
        disk.failAt({ call, code, forEver });
        const { writer, told } = await life(file, disk, `r3 ${call} ${forEver}`);
        reached = disk.calls >= call;
        calls = Math.max(calls, call);
        disk.failAt(undefined);
        sound(file, await file.read(disk), told, tried);
        // The same process, once the disk is well again; then another.
        const healed = writer ?? (await file.open(disk, `healed ${call} ${forEver}`));
        await healed.write(tried + 1);
        sound(file, await file.read(disk), [...told, tried + 1], tried + 1);
        await healed.close?.();
        const next = await file.open(disk, `next ${call} ${forEver}`);
        await next.write(tried + 2);
        sound(file, await file.read(disk), [...told, tried + 1, tried + 2], tried + 2);
        await next.close?.();
      }
    // Each of the five writes takes a call at least.
    expect(calls).toBeGreaterThan(tried);
  },
);

test('R2: over 600 power cuts, each of these files is as it was before a write or after it, and what was acknowledged is there', async () => {
  let cuts = 0;
  for (const [name, file] of Object.entries(small)) {
    if (file.cache === true) continue;
    for (let call = 1, reached = true; reached; call += 1)
      for (let state = 0; state < 5; state += 1) {
        const seed = `${name} ${call} ${state}`;
        const disk = new PowerDisk();
        disk.failAt({ call, code: 'EIO', forEver: true });
        const { told } = await life(file, disk, seed);
        reached = disk.calls >= call;
        const dice = seededChance(seed);
        const left = disk.afterPowerCut((below) => Buffer.from(dice.bytes(4)).readUInt32LE() % below);
        cuts += 1;
        sound(file, await file.read(left), told, tried);
        const next = await file.open(left, `after ${seed}`);
        await next.write(tried + 1);
        sound(file, await file.read(left), [...told, tried + 1], tried + 1);
        await next.close?.();
      }
  }
  expect(cuts).toBeGreaterThan(600);
});
