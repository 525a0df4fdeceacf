import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import { groupAround, lineAt, linesOf } from './audit-groups.ts';
import type { AuditEntry } from './audit-tail.ts';

const row = (seq: number, actor = 'uma', at = seq * 1000): AuditRow => ({
  seq,
  at,
  type: 'access.denied',
  code: 'D1001W',
  severity: 'warning',
  outcome: 'denied',
  actor: { kind: 'person', name: actor },
  summary: `${actor} was denied`,
  hash: '',
  data: {},
});
const entry = (one: AuditRow): AuditEntry => ({ entry: 'row', row: one });
const shut: ReadonlySet<number> = new Set();
const told = (entries: readonly AuditEntry[], unfolded = shut) =>
  linesOf(entries, unfolded).map(({ from, to, times }) => `${from}-${to}×${times}`);

test('E41: neighbours of one type, actor, target and outcome are one line; another actor, a pause or a gap begins another', () => {
  const gap: AuditEntry = { entry: 'gap', from: 5, to: 9 };
  const entries = [row(1), row(2), row(3, 'omar'), row(4)].map(entry);
  expect(told([...entries, gap, entry(row(10)), entry(row(11)), entry(row(12, 'uma', 11_000 + 300_001))])).toEqual([
    '0-1×2',
    '2-2×1',
    '3-3×1',
    '4-4×1',
    '5-6×2',
    '7-7×1',
  ]);
});

test('E41: an unfolded group has a line for every record, and knows how many it is', () => {
  const entries = [row(1), row(2), row(3), row(4, 'omar')].map(entry);
  expect(told(entries, new Set([2]))).toEqual(['0-0×3', '1-1×3', '2-2×3', '3-3×1']);
  expect(groupAround(entries, 1)).toEqual([1, 2, 3]);
  expect(groupAround(entries, 3)).toEqual([4]);
});

const anyEntries = fc
  .array(fc.tuple(fc.constantFrom('row', 'row', 'row', 'gap'), fc.constantFrom('uma', 'omar'), fc.constantFrom(1, 1, 400_000)), {
    maxLength: 40,
  })
  .map((steps) => {
    let [seq, at] = [0, 0];
    return steps.map(([kind, actor, ms]): AuditEntry => {
      seq += 1;
      at += ms;
      if (kind === 'row') return entry(row(seq, actor, at));
      seq += 2;
      return { entry: 'gap', from: seq - 2, to: seq };
    });
  });

test('E41, M8: the lines laid out are exactly the entries, in order; a gap is never in a group; a cut anywhere changes only the groups it cuts', () => {
  fc.assert(
    fc.property(anyEntries, fc.uniqueArray(fc.nat(60), { maxLength: 4 }), fc.nat(40), (entries, open, where) => {
      const lines = linesOf(entries, new Set(open));
      expect(lines.flatMap(({ from, to }) => entries.slice(from, to + 1))).toEqual(entries);
      for (const [at, { from, to }] of lines.entries()) {
        if (to > from) expect(entries.slice(from, to + 1).every((one) => one.entry === 'row')).toBe(true);
        for (let index = from; index <= to; index += 1) expect(lineAt(lines, index)).toBe(at);
      }
      // What is there does not depend on what came before it or comes after it: borders between lines are the same in any part.
      const cut = Math.min(where, entries.length);
      const borders = (part: readonly AuditEntry[], by: number) => linesOf(part, shut).map(({ from }) => from + by);
      const apart = [...borders(entries.slice(0, cut), 0), ...borders(entries.slice(cut), cut)];
      expect(new Set(apart.filter((border) => border !== cut))).toEqual(
        new Set(borders(entries, 0).filter((border) => border !== cut)),
      );
    }),
  );
});
