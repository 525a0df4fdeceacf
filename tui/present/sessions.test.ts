import { expect, test } from 'vitest';
import { sceneAt, sceneServers, sceneSessions } from '../../fixtures/shots/scenery.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import { companyLine, noteOf, sessionColumns, sessionPane } from './sessions.ts';
import type { Line } from './span.ts';
import { placeColumns, rowLine } from './table.ts';

const minute = 60_000;
const rows = sceneSessions(sceneServers());
const [plain] = rows;
if (plain === undefined) throw new Error('no scene');
const view = { now: sceneAt, wanted: new Map<string, string>() };
const text = (line: Line) => line.map((piece) => piece.text).join('');
const quiet: SessionRow = { ...plain, rec: 'on', freezes: [], participants: [], title: '' };
const note = (more: Partial<SessionRow>) => text(noteOf({ ...quiet, ...more }, view));

test('[E2, M14] a row says what is out of the ordinary: who is missing, who froze it and why, when it ends, since when nobody is there', () => {
  expect(note({})).toBe('');
  expect(note({ state: 'pending', moderation: { needs: 1, present: 0, eligible: ['ana', 'lena'] } })).toBe('needs ana or lena');
  expect(note({ moderation: { needs: 2, present: 0, eligible: ['ana', 'lena', 'jo'] } })).toBe('needs 2 of ana, lena, jo');
  expect(note({ moderation: { needs: 1, present: 0, eligible: [] } })).toBe('needs a moderator; nobody may be one');
  expect(note({ moderation: { needs: 1, present: 1, eligible: ['ana'] } })).toBe('');
  expect(note({ freezes: [{ cause: 'held', by: 'lena', why: 'hands off' }] })).toBe('by lena: hands off');
  expect(note({ freezes: [{ cause: 'held', by: 'lena', why: 'x' }, { cause: 'recording' }] })).toBe('cannot be recorded');
  expect(note({ ends: { at: sceneAt + 9 * minute, reason: 'idle' } })).toBe('ends in 9m: idle');
  expect(note({ ends: { at: sceneAt + 90 * minute, reason: 'idle' } })).toBe('');
  expect(note({ detachedAt: sceneAt - 12 * minute })).toBe('left 12m ago');
  expect(note({ awayAt: sceneAt - 3 * minute, detachedAt: sceneAt - 3 * minute })).toBe('server away 3m');
  expect(note({ rec: 'failed' })).toBe('recording failed');
});

test('[E31] who is in it: who drives, how many more, and as what; each in the colour of their number', () => {
  const [first, second, third] = plain.participants;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three are in the scene');
  expect(text(companyLine(plain))).toBe('▸ +2 ▹lena ◦jo');
  expect(text(companyLine({ ...plain, participants: [] }))).toBe('–');
  // Somebody else has the keyboard of uma's session: then they are named.
  expect(text(companyLine({ ...plain, participants: [{ ...second, role: 'driver' }, third] }))).toBe('▸lena +1 ◦jo');
  const hues = companyLine(plain).flatMap(({ hue, text: word }) => (word === 'lena' || word === 'jo' ? [hue] : []));
  expect(new Set(hues).size).toBe(2);
});

test('[E47] at 80 columns state, light, whose, where, who is in it and what is the matter all have room', () => {
  const placed = placeColumns(sessionColumns, 78);
  expect(placed.map(({ column }) => column.title)).toEqual(['STATE', 'REC', 'WHOSE', 'SERVER', 'IN IT', 'WHAT']);
  const shown = rows.map((row) => text(rowLine(placed, row, view)));
  for (const wanted of [
    '◔ pending',
    '◼ frozen',
    '◐ detached',
    'needs ana or lena',
    'ends in 9m: idle',
    'left 12m ago',
    'by lena: ',
  ])
    expect(shown.join('\n')).toContain(wanted);
});

test('the pane has it all in words', () => {
  const of = (server: string, person: string) => {
    const row = rows.find((one) => one.serverName === server && one.personName === person);
    return row === undefined ? '' : sessionPane(row, view, 60).map(text).join('\n');
  };
  expect(of('monitor-1', 'uma')).toMatch(/frozen by lena: the disk fills up, do not restart it/);
  expect(of('monitor-1', 'uma')).toMatch(/◆lena moderates/);
  expect(of('vault-1', 'jo')).toMatch(/needs ana or lena to be in it/);
  expect(of('vault-1', 'jo')).toMatch(/moderators 0 of 1/);
  expect(of('db-prod-1', 'ana')).toMatch(/left {4}12m ago, goes on/);
  expect(of('build-arm-1', 'omar')).toMatch(/ends {4}in 9m: idle/);
});
