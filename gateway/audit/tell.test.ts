import * as fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { arbitraryEvent, arbitraryEventOf } from '../../fixtures/events.ts';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import { eventTypes, type NewEvent } from '../protocol/events.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { auditRow as auditRowSchema } from '../protocol/nouns.ts';
import { genesis, seal } from './chain.ts';
import type { Settled } from './commit.ts';
import { fold } from './fold.ts';
import { globFits } from './glob.ts';
import { parseQuery } from './query.ts';
import { emptyState, type State } from './state.ts';
import { auditRow } from './tell.ts';
import { unseal } from './unseal.ts';

const chance = seededChance('tell');
const id = <P extends Parameters<typeof mintId>[0]>(prefix: P) => mintId(prefix, chance.bytes(idRandomBytes));
const chain = id('chn');
const boot = id('boo');
const now = 1_764_000_000_000;

/** What happened, folded, and the rows as they read when it had. */
function told(happened: readonly NewEvent[], tsOf = (seq: number) => now + seq): { state: State; settled: Settled[] } {
  const state = emptyState();
  let prev = genesis(chain, 'k');
  const settled = happened.map((event, seq) => {
    const line = seal(prev, event, { seq, chain, ts: tsOf(seq), mono: 0, boot, salt: 'A'.repeat(22) });
    prev = line.record.hash;
    const made = unseal(line);
    if (!made.ok) throw new Error(made.problem.detail);
    fold(state, made.value.event);
    return made.value;
  });
  return { state, settled };
}

test('every type of event has its sentence, and every row fits the protocol, whatever the event holds', () => {
  for (const type of eventTypes) {
    fc.assert(
      fc.property(fc.array(arbitraryEvent, { maxLength: 5 }), arbitraryEventOf(type), (before, event) => {
        const { state, settled } = told([...before, event]);
        for (const one of settled) {
          const row = auditRow(one, state);
          expect(v.safeParse(auditRowSchema, row).success).toBe(true);
          expect(row.summary.length).toBeGreaterThan(3);
          expect(row.summary).not.toContain('undefined');
        }
      }),
      { numRuns: 15 },
    );
  }
});

const ana = id('usr');
const omar = id('usr');
const db = id('srv');
const session = id('ses');
const login = id('lgn');
const gateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const digest = '0'.repeat(64);
const story: readonly NewEvent[] = [
  {
    ...gateway,
    type: 'person.added',
    data: { person: ana, role: 'superuser' },
    personal: { name: 'ana', claim: { kind: 'sub', value: 'a' } },
  },
  {
    ...gateway,
    type: 'person.added',
    data: { person: omar, role: 'staff' },
    personal: { name: 'omar', claim: { kind: 'sub', value: 'o' } },
  },
  {
    ...gateway,
    type: 'enrolment.created',
    data: { enrolment: id('enr'), server: db, name: 'db-1', labels: {}, tokenDigest: digest, expiresAt: now },
  },
  {
    type: 'session.started',
    actor: { kind: 'person', id: ana, login },
    outcome: 'ok',
    target: db,
    session,
    data: {
      session,
      server: db,
      person: ana,
      login,
      user: 'postgres',
      level: 'full',
      tier: 'normal',
      size: { cols: 80, rows: 24 },
      recording: id('rec'),
      policies: [],
      policyDigest: digest,
    },
    personal: { address: '10.1.2.3' },
  },
  {
    ...gateway,
    type: 'session.ended',
    session,
    data: { session, reason: 'killed', by: omar, why: 'too late', bytes: 1, lostBytes: 2048, survivors: 0 },
  },
  {
    type: 'access.denied',
    actor: { kind: 'person', id: omar },
    outcome: 'denied',
    target: db,
    data: { action: 'shell.open', target: db, policies: [], missing: ['a grant'] },
    personal: { address: '10.1.2.4' },
  },
  {
    ...gateway,
    type: 'person.removed',
    actor: { kind: 'person', id: ana },
    data: { person: omar, why: 'left' },
    personal: { name: 'omar' },
  },
];

test('rows say who did what to what, by name, also of whoever was removed', () => {
  const { state, settled } = told(story);
  const rows = settled.map((one) => auditRow(one, state));
  expect(rows.map((row) => row.summary).slice(3)).toEqual([
    'ana opened a shell on db-1 as postgres',
    'the shell of ana on db-1 ended: it was stopped by omar: too late; 2 KiB of its output was lost',
    'omar was denied shell.open on db-1: a grant',
    'ana removed omar: left',
  ]);
  expect(rows[3]).toMatchObject({ actor: { name: 'ana' }, target: { name: 'db-1' }, address: '10.1.2.3', code: 'T5000I' });
});

test('S72: a query narrows by who, what, where, when and how it ended', () => {
  const { state, settled } = told(story, (seq) => now - (10 - seq) * 60_000);
  const rows = settled.map((one) => auditRow(one, state));
  const found = (query: string): number[] => {
    const fits = parseQuery(query, now);
    if (!fits.ok) throw new Error(fits.problem.detail);
    return rows.filter(fits.value).map((row) => row.seq);
  };
  expect(found('')).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(found('actor:ana')).toEqual([3, 6]);
  expect(found('type:session.*')).toEqual([3, 4]);
  expect(found('server:db-*')).toEqual([2, 3, 4, 5]);
  expect(found('outcome:denied')).toEqual([5]);
  expect(found('severity:warning -outcome:denied')).toEqual([6]);
  expect(found('since:7m')).toEqual([3, 4, 5, 6]);
  expect(found('until:7m')).toEqual([0, 1, 2, 3]);
  expect(found('postgres')).toEqual([3]);
  expect(found('"as postgres"')).toEqual([3]);
  expect(found(`session:${session} code:t5006i`)).toEqual([4]);
  expect(found('address:10.1.2.*')).toEqual([3, 5]);
  expect(found('seq:2')).toEqual([2]);
  for (const bad of ['nothing:here', 'since:soon', 'outcome:maybe', 'actor:', 'severity:x', Array(40).fill('a').join(' ')])
    expect(parseQuery(bad, now)).toMatchObject({ ok: false, problem: { code: 'bad-request' } });
});

test('B2: a glob of a hundred stars against a long text is answered at once, and as a slow matcher would', () => {
  expect(globFits(`${'*a'.repeat(100)}b`, 'a'.repeat(10_000))).toBe(false);
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 });
  fc.assert(
    fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 }), (pattern, text) => {
      expect(globFits(pattern, text)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text));
    }),
    { numRuns: 2000 },
  );
});
