// What the keys of the audit tail do: model and effects, no terminal, no socket.
import { expect, test } from 'vitest';
import { aSelf } from '../../fixtures/shots/cast-of-people.ts';
import { run as all, line, open, press } from '../../fixtures/shots/happenings.ts';
import { sceneAt, sceneServers, sceneSessions } from '../../fixtures/shots/scenery.ts';
import { fine } from '../../gateway/protocol/errors.ts';
import type { SessionId } from '../../gateway/protocol/ids.ts';
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import type { Action } from './action.ts';
import { chosenEntries } from './audit-tail.ts';
import { beginModel, type Model } from './model.ts';

const servers = sceneServers();
const sessions = sceneSessions(servers);
const gone = 'ses_0000000000000000000000gone' as SessionId;
const row = (seq: number, change: Partial<AuditRow> = {}): AuditRow => ({
  seq,
  at: sceneAt - 60_000 + seq * 100,
  type: 'access.denied',
  code: 'D1001W',
  severity: 'warning',
  outcome: 'denied',
  actor: { kind: 'person', name: 'uma' },
  target: { id: 'srv_1', name: 'db-1' },
  address: '198.51.100.7',
  summary: 'uma was denied',
  hash: '',
  data: {},
  ...change,
});
/** The tail in front, with these records. */
function tail(rows: readonly AuditRow[], readonly = false): Model {
  const begun = beginModel({ now: sceneAt, size: { cols: 80, rows: 24 }, readonly, url: 'https://gate' });
  const head = rows.at(-1)?.seq ?? 0;
  return all(
    begun,
    line(open(aSelf())),
    { action: 'push', push: { type: 'sessions.changed', whole: true, rows: sessions, gone: [] }, now: sceneAt },
    ...press('3'),
    { action: 'audit-page', query: '', older: false, page: { events: [...rows], head } },
  ).model;
}
const seqs = (model: Model) => chosenEntries(model.audit).map((entry) => (entry.entry === 'row' ? entry.row.seq : entry.from));

test('S83: u, s and i narrow the tail to what the chosen record says, each a new tail; esc shows all', () => {
  const narrowed = all(tail([row(1), row(2, { summary: 'otherwise' })]), ...press('u', 's'));
  // Nothing is there any more to pivot on: the answer is on its way.
  expect(narrowed.model.audit.query).toBe('actor:uma');
  const answer: Action = { action: 'audit-page', query: 'actor:uma', older: false, page: { events: [row(1)], head: 2 } };
  const both = all(narrowed.model, answer, ...press('s'));
  expect(both.model.audit.query).toBe('actor:uma server:db-1');
  expect(both.effects).toMatchObject([
    { effect: 'follow-audit', after: undefined, query: 'actor:uma server:db-1', instead: true },
  ]);
  expect(all(both.model, ...press('esc')).model.audit.query).toBe('');
});

test('S83: a record without that fact says so, and stays', () => {
  const { model } = all(tail([row(1)]), ...press('S'));
  expect([model.audit.query, model.messages.at(-1)?.text]).toEqual(['', 'This record is of no session.']);
});

test('S83: enter opens the recording at that moment; of a live session the session, and says so; of a record without one all of it', () => {
  const over = row(2, { type: 'session.frozen', session: gone, severity: 'info', outcome: 'ok' });
  expect(all(tail([row(1), over]), ...press('enter')).effects).toEqual([
    { effect: 'ask', ask: { ask: 'replay', session: gone, name: 'db-1', at: over.at } },
  ]);
  const live = sessions.find(({ state }) => state === 'running');
  if (live === undefined) throw new Error('no scene');
  const watched = all(tail([row(2, { session: live.id })]), ...press('enter'));
  expect(watched.effects).toContainEqual({ effect: 'ask', ask: { ask: 'watch', session: live.id, name: live.serverName } });
  expect(watched.model.messages.at(-1)?.text).toContain('is live');
  expect(all(tail([row(1)]), ...press('enter')).model.overlay).toMatchObject({
    overlay: 'card',
    card: { card: 'record', row: { seq: 1 } },
  });
});

test('S83: what is seen is left to the tail as it was, and nothing is said of it', () => {
  const asked = all(tail([row(1), row(2, { session: gone }), row(3)]), ...press('up', 'enter'));
  const given = { session: gone, at: 0, first: { piece: '', encoding: 'utf8' as const } };
  const ask = { ask: 'replay' as const, session: gone, name: 'db-1', at: row(2).at };
  const away = all(asked.model, { action: 'answered', ask, result: fine({ ask: 'replay', given }), now: sceneAt });
  expect(away.effects).toEqual([{ effect: 'turn', turn: { turn: 'replay', given } }, { effect: 'leave-audit' }]);
  const back = all(away.model, { action: 'returned', outcome: { ending: 'left', sentence: '', tone: 'good' }, now: sceneAt });
  expect(back.effects).toMatchObject([{ effect: 'follow-audit', after: 3, query: '' }]);
  expect([back.model.messages, seqs(back.model)]).toEqual([asked.model.messages, [2]]);
});

test('E41: a group is moved over as one line; z lays it out and pauses, z again folds it', () => {
  const begun = tail([row(1, { actor: { kind: 'person', name: 'rob' } }), row(2), row(3), row(4)]);
  expect(seqs(begun)).toEqual([2, 3, 4]);
  expect(seqs(all(begun, ...press('up')).model)).toEqual([1]);
  const laidOut = all(begun, ...press('z')).model;
  expect([seqs(laidOut), laidOut.audit.lines.length, laidOut.audit.following]).toEqual([[4], 4, false]);
  expect(seqs(all(laidOut, ...press('up')).model)).toEqual([3]);
  expect(seqs(all(laidOut, ...press('up', 'z')).model)).toEqual([2, 3, 4]);
});

test('E41, M8: rows that come while a group is folded join it, laid out they follow it; a gap stands between', () => {
  const begun = tail([row(1), row(2)]);
  const push = (from: number, seq: number): Action => ({
    action: 'push',
    push: { type: 'audit.appended', from, head: seq, rows: [row(seq)] },
    now: sceneAt,
  });
  expect(seqs(all(begun, push(2, 3)).model)).toEqual([1, 2, 3]);
  expect(all(begun, ...press('z'), push(2, 3)).model.audit.lines.length).toBe(3);
  const torn = all(begun, push(4, 5)).model;
  expect([torn.audit.lines.length, seqs(all(torn, ...press('up')).model)]).toEqual([3, [3]]);
});

test('S83: what was looked for in vain so far goes on from where it stopped', () => {
  const begun = all(tail([]), ...press('/', ...'x', 'enter'), {
    action: 'audit-page',
    query: 'x',
    older: false,
    page: { events: [], head: 900, looked: { from: 500, to: 900 }, partly: true },
  });
  const further = all(begun.model, ...press('page-up'));
  expect(further.effects).toEqual([{ effect: 'older-audit', before: 500, query: 'x' }]);
  const lost = all(further.model, { action: 'older-lost', query: 'x' });
  expect(all(lost.model, ...press('page-up')).effects).toEqual(further.effects);
});

test('E43: the card of a session’s end reads its records; an answer about another card is nobody’s', () => {
  const ended = row(2, { type: 'session.ended', session: gone });
  const shown = all(tail([ended]), ...press('d'));
  expect(shown.effects).toEqual([{ effect: 'session-records', session: gone }]);
  const told = { action: 'session-records', session: gone, result: fine([ended]) } as const;
  expect(all(shown.model, told).model.overlay).toMatchObject({ card: { records: { ok: true } } });
  expect(all(shown.model, ...press('esc'), told).model.overlay).toBeUndefined();
});
