import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseQuery } from '../../gateway/audit/query.ts';
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import { pivoted, pivots } from './pivot.ts';

const row = (change: Partial<AuditRow> = {}): AuditRow => ({
  seq: 1,
  at: 0,
  type: 'access.denied',
  code: 'D1001W',
  severity: 'warning',
  outcome: 'denied',
  actor: { kind: 'person', id: 'usr_1', name: 'uma' },
  target: { id: 'srv_1', name: 'db-1' },
  address: '198.51.100.7',
  summary: 'uma was denied',
  hash: 'h',
  data: {},
  ...change,
});
const asked = (query: string, of: AuditRow, ...by: (typeof pivots)[number][]): string =>
  by.reduce((before, pivot) => {
    const next = pivoted(before, of, pivot);
    return 'query' in next ? next.query : next.lacks;
  }, query);

test('S83: each fact of the row becomes a term; the same fact of another row takes its place', () => {
  expect(asked('', row(), 'actor', 'server', 'address')).toBe('actor:uma server:db-1 address:198.51.100.7');
  expect(asked('outcome:denied who:uma on:db-*', row({ actor: { kind: 'person', name: 'omar' } }), 'actor', 'server')).toBe(
    'outcome:denied actor:omar server:db-1',
  );
  expect(asked('-actor:omar NOT server:web-1', row(), 'actor', 'server')).toBe(
    '-actor:omar NOT server:web-1 actor:uma server:db-1',
  );
  expect(asked('a OR b', row(), 'actor', 'actor')).toBe('(a OR b) actor:uma');
  expect(asked('"two words', row(), 'actor')).toBe('"two words" actor:uma');
});

test('S83: a row that says nothing of it says so', () => {
  const bare = row({ actor: { kind: 'gateway', name: 'gateway' }, target: undefined, address: undefined });
  expect(pivots.map((pivot) => pivoted('', bare, pivot))).toEqual([
    { query: 'actor:gateway' },
    { lacks: 'This record is of no server.' },
    { lacks: 'This record says no address.' },
    { lacks: 'This record is of no session.' },
  ]);
  expect(pivoted('x'.repeat(510), row(), 'actor')).toEqual({ lacks: 'The filter is too long for more: esc clears it.' });
});

const name = fc.oneof(
  fc.string({ maxLength: 24 }),
  fc.string({ unit: 'binary', maxLength: 24 }),
  fc.stringMatching(/^[ "(),*a:\\-]{0,12}$/),
  fc.constantFrom('person', 'gateway', 'OR', 'NOT', '-uma', '(uma)', 'uma k.', 'İstanbul', 'a, b'),
);
const anyRow = fc
  .record({
    actor: name,
    server: name,
    address: fc.oneof(fc.ipV4(), fc.ipV6()),
    kind: fc.constantFrom('person', 'server', 'stranger'),
  })
  .map(({ actor, server, address, kind }) =>
    row({
      actor: { kind: kind === 'server' ? 'server' : kind === 'stranger' ? 'stranger' : 'person', id: 'usr_9', name: actor },
      target: { id: 'srv_9', name: server },
      address,
      data: { session: 'ses_123' },
    }),
  );
const word = fc.constantFrom(
  'uma',
  '"two words"',
  '-x',
  '(',
  ')',
  'OR',
  '|',
  'NOT',
  'AND',
  'actor:a,b',
  '-(',
  'by:"k l"',
  'server:*',
  '"',
  'k)',
  '(on:q',
);
const query = fc.array(word, { maxLength: 8 }).map((words) => words.join(' '));

test('S83: whatever names hold and whatever was asked before, the new query is read by the gateway, asks no less, and the row fits its term', () => {
  fc.assert(
    fc.property(query, anyRow, anyRow, fc.constantFrom(...pivots), (before, one, other, pivot) => {
      const base = parseQuery(before, 0);
      fc.pre(base.ok);
      const next = pivoted(before, one, pivot);
      if ('lacks' in next) return;
      const read = parseQuery(next.query, 0);
      if (!read.ok) throw new Error(`${JSON.stringify(next.query)}: ${read.problem.detail ?? ''}`);
      const alone = pivoted('', one, pivot);
      const term = parseQuery('query' in alone ? alone.query : '', 0);
      expect(term.ok && term.value(one)).toBe(true);
      // What fitted before fits still; what fits now fits the term.
      if (base.ok && base.value(one)) expect(read.value(one)).toBe(true);
      if (read.value(other)) expect(term.ok && term.value(other)).toBe(true);
      expect(pivoted(next.query, one, pivot)).toEqual(next);
    }),
    { numRuns: 150 },
  );
});
