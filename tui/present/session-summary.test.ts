import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import { lasting, summaryFacts, summaryOf } from './session-summary.ts';

const at = Date.UTC(2026, 10, 22, 3, 0, 0);
const session = 'ses_00000000000000000000000001' as NonNullable<AuditRow['session']>;
const people = { uma: 'usr_1', ana: 'usr_2', rob: 'usr_3' } as const;
const row = (seq: number, type: string, who: keyof typeof people, data: AuditRow['data'] = {}): AuditRow => ({
  seq,
  at: at + seq * 10_000,
  type,
  code: 'T5000I',
  severity: 'info',
  outcome: 'ok',
  actor: { kind: 'person', id: people[who], name: who },
  target: { id: 'srv_1', name: 'db-1' },
  session,
  summary: '',
  hash: '',
  data,
});
const told: readonly AuditRow[] = [
  { ...row(0, 'session.started', 'uma', { user: 'deploy', level: 'full' }), address: '198.51.100.7' },
  row(1, 'session.joined', 'uma', { participant: 'par_1', person: people.uma, role: 'driver' }),
  row(2, 'session.joined', 'ana', { participant: 'par_2', person: people.ana, role: 'observer' }),
  row(3, 'session.frozen', 'ana', { cause: 'held', by: people.ana, why: 'wait' }),
  row(4, 'session.unfrozen', 'ana', { cause: 'held', by: people.ana }),
  row(5, 'session.handed', 'ana', { to: people.ana, by: people.uma, how: 'given' }),
  row(6, 'session.marked', 'ana', { by: people.ana, label: 'here it broke', position: 3 }),
  row(7, 'session.messaged', 'ana', { by: people.ana }),
  row(8, 'command.advised', 'uma', { answer: 'dropped', by: people.uma }),
  row(9, 'command.advised', 'uma', { answer: 'went-on', by: people.uma }),
  row(10, 'session.shared', 'uma', { person: people.rob, role: 'peer', by: people.uma }),
  row(11, 'session.left', 'ana', { participant: 'par_2', cause: 'left' }),
  row(12, 'session.ended', 'uma', { reason: 'exited', code: 0, bytes: 12_345, lostBytes: 0 }),
];

test('E43: the summary says who, where, how long, who else and what was done, from the records of the session alone', () => {
  const summary = summaryOf(told);
  if (summary === undefined) throw new Error('none');
  expect(summary).toMatchObject({
    openedBy: 'uma',
    on: 'db-1',
    as: 'deploy',
    from: '198.51.100.7',
    bytes: 12_345,
    exit: 0,
    reason: 'exited',
    others: [{ name: 'ana', role: 'observer', at: at + 20_000, until: at + 110_000, cause: 'left' }],
    handOvers: [{ to: 'ana', by: 'uma', how: 'given' }],
    freezes: [{ cause: 'held', by: 'ana', why: 'wait', until: at + 40_000 }],
    marks: [{ label: 'here it broke', by: 'ana' }],
    // Nobody in these records is called usr_3: then it is what is said.
    invitations: [{ person: 'usr_3', role: 'peer', by: 'uma' }],
    messages: 1,
    advised: { wentOn: 1, dropped: 1 },
  });
  const facts = new Map(summaryFacts(summary));
  expect(facts.get('ended')).toContain('after 2:00 min, exited');
  expect(facts.get('advised')).toBe('against 2 lines: 1 went on, 1 dropped');
  expect(facts.get('frozen')).toContain('held by ana: wait');
  expect([facts.get('put off'), facts.get('lost')]).toEqual(['', '']);
});

test('E43: without its beginning there is no summary; without its end it is said to live', () => {
  expect(summaryOf(told.slice(1))).toBeUndefined();
  const living = summaryOf(told.slice(0, 5));
  expect(living?.endedAt).toBeUndefined();
  expect(new Map(summaryFacts(living ?? fail())).get('ended')).toContain('not yet');
  expect([lasting(4_400), lasting(187_000), lasting(7_505_000)]).toEqual(['4 s', '3:07 min', '2:05:05 h']);
});
const fail = (): never => {
  throw new Error('none');
};

test('E43: records of a shape nobody knows change nothing but their number, and what is malformed is left out', () => {
  const odd = fc.record({
    type: fc.oneof(fc.constantFrom('session.next', 'audit.read'), fc.string({ maxLength: 12 })),
    data: fc.dictionary(fc.constantFrom('by', 'role', 'cause', 'participant', 'answer'), fc.anything({ maxDepth: 1 })),
  });
  const known = new Set(['factor.proven', ...told.map(({ type }) => type)]);
  fc.assert(
    fc.property(fc.array(odd, { maxLength: 4 }), (more) => {
      const others = more.filter(({ type }) => !known.has(type)).map(({ type, data }, nth) => row(20 + nth, type, 'uma', data));
      expect({ ...summaryOf([...told, ...others]), records: 0 }).toEqual({ ...summaryOf(told), records: 0 });
      // Of a known type, with anything in it: it holds.
      const broken = more.map(({ data }, nth) => row(30 + nth, told[nth]?.type ?? 'session.left', 'uma', data));
      expect(summaryFacts(summaryOf([...told, ...broken]) ?? fail()).every(([, words]) => typeof words === 'string')).toBe(true);
    }),
  );
});
