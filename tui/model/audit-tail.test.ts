import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sceneAudit } from '../../fixtures/shots/scenery.ts';
import { type AuditTail, appendTail, beginTail, emptyTail, firstSeq, followTail, moveTail, prependTail } from './audit-tail.ts';

const begun = (head: number, count: number) => beginTail(emptyTail(''), { events: sceneAudit(head, count), head }, 5);
/** Numbers covered, a gap as `from-to`. */
const told = (tail: AuditTail) =>
  tail.entries.map((e) => (e.entry === 'row' ? String(e.row.seq) : `${e.from}-${e.to}`)).join(' ');

test('[M8] what is missing between two messages stands there as a gap', () => {
  const tail = appendTail(begun(10, 2), { from: 12, head: 14, rows: sceneAudit(14, 2) }, 5);
  expect(told(tail)).toBe('9 10 11-12 13 14');
});

test('rows that come twice are shown once', () => {
  const tail = appendTail(begun(10, 2), { from: 8, head: 11, rows: sceneAudit(11, 3) }, 5);
  expect(told(tail)).toBe('9 10 11');
  expect(appendTail(tail, { from: 9, head: 11, rows: sceneAudit(11, 2) }, 5)).toBe(tail);
});

test('a query may leave numbers out without that being a gap', () => {
  const [, second] = sceneAudit(12, 2);
  const tail = appendTail(begun(10, 1), { from: 10, head: 12, rows: second === undefined ? [] : [second] }, 5);
  expect(told(tail)).toBe('10 12');
});

test('moving up pauses, new rows are counted, the end follows again', () => {
  const paused = moveTail(begun(10, 8), -2, 5);
  const more = appendTail(paused, { from: 10, head: 11, rows: sceneAudit(11, 1) }, 5);
  expect([more.following, more.unseen, more.at]).toEqual([false, 1, 5]);
  const live = moveTail(more, Number.POSITIVE_INFINITY, 5);
  expect([live.following, live.unseen, live.at]).toEqual([true, 0, 8]);
  expect(followTail(more, true, 5).at).toBe(8);
});

test('older rows come before, and what one looks at stays where it is', () => {
  const tail = moveTail(begun(10, 3), Number.NEGATIVE_INFINITY, 5);
  const older = prependTail(tail, { events: sceneAudit(7, 4), head: 10 }, 5);
  expect([told(older), older.at, firstSeq(older)]).toEqual(['4 5 6 7 8 9 10', 4, 4]);
});

test('[M8] every number from the first to the head is a row or in a gap, exactly once, whatever arrives', () => {
  const message = fc.record({ from: fc.integer({ min: 0, max: 40 }), count: fc.integer({ min: 0, max: 6 }) });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
      let tail = begun(5, 5);
      for (const { from, count } of messages)
        tail = appendTail(tail, { from, head: from + count, rows: sceneAudit(from + count, count) }, 5);
      const numbers = tail.entries.flatMap((e) =>
        e.entry === 'row' ? [e.row.seq] : Array.from({ length: e.to - e.from + 1 }, (_, i) => e.from + i),
      );
      expect(numbers).toEqual(Array.from({ length: tail.through ?? 0 }, (_, i) => i + 1));
    }),
  );
});
