import { expect, test } from 'vitest';
import { wordBytes } from '../../fixtures/shots/cast-of-people.ts';
import { cellWidth } from '../../gateway/protocol/cell-width.ts';
import { mintId } from '../../gateway/protocol/ids.ts';
import type { ParticipantRole, SessionRow } from '../../gateway/protocol/nouns.ts';
import { joinableRoles } from '../../gateway/protocol/nouns.ts';
import { escapeHeading, escapeHelp, openEscapeReader } from './escapes.ts';
import { guestCommand, guestHelp } from './guest-keys.ts';
import { type GuestView, guestRow } from './guest-line.ts';
import { helpPage } from './help-page.ts';
import { wordsText } from './strip.ts';

const someone = (name: string, role: ParticipantRole, ordinal: number) => ({
  id: mintId('par', wordBytes(name)),
  person: mintId('usr', wordBytes(name)),
  name,
  role,
  joinedAt: 0,
  ordinal,
});
const people = [
  someone('uma', 'driver', 1),
  someone('omar', 'peer', 2),
  someone('ana', 'observer', 3),
  someone('rob', 'moderator', 4),
];
const session: SessionRow = {
  id: mintId('ses', wordBytes('one')),
  server: mintId('srv', wordBytes('db')),
  serverName: 'db-prod',
  tier: 'critical',
  person: mintId('usr', wordBytes('uma')),
  personName: 'uma',
  level: 'full',
  state: 'running',
  startedAt: 0,
  size: { cols: 120, rows: 40 },
  participants: people,
  title: '',
  bytes: 0,
  recording: mintId('rec', wordBytes('one')),
  rec: 'on',
  mine: false,
  needs: 'nothing',
  freezes: [],
};
const view = (more: Partial<GuestView> = {}): GuestView => ({
  session,
  company: { participants: people, asking: [] },
  me: mintId('par', wordBytes('omar')),
  role: 'peer',
  size: session.size,
  window: { cols: 80, rows: 23 },
  corner: { left: 0, top: 0 },
  wants: 'nothing',
  online: true,
  ...more,
});
const row = (cols: number, more?: Partial<GuestView>): string => wordsText(guestRow(view(more), cols)).replace(/ {3,}/, '   ');

test('[T28] the row names who drives, what one is, what is recorded, the keys that work, who else is here: as much as there is room for', () => {
  expect(row(120)).toBe(
    '  uma drives · you are a peer on db-prod · ● REC · with ana  rob  · 120×40   a asks · T takes over · q leaves · ? keys ',
  );
  expect(row(80)).toBe('  uma drives · you are a peer on db-prod · ● REC   a asks · q leaves · ? keys ');
  expect(row(60)).toBe('  uma drives · peer on db-prod · ● REC   q leaves · ? keys ');
  expect(row(40)).toBe('  uma drives · peer   q leaves · ? keys ');
});

test('[E47] in every state, role and width nothing is cut, who drives is named, and a word tells what colour tells', () => {
  const states: Partial<GuestView>[] = [
    {},
    { online: false },
    { wants: 'asked' },
    { wants: 'coming' },
    { corner: { left: 8, top: 4 } },
    { session: { ...session, rec: 'failed' } },
    { session: { ...session, freezes: [{ cause: 'held' }] } },
    { session: { ...session, state: 'pending' } },
    { company: { participants: people.slice(1), asking: [] } },
  ];
  for (const role of joinableRoles)
    for (const cols of [120, 80, 60, 40])
      for (const state of states) {
        const said = row(cols, { role, ...state });
        expect(cellWidth(said)).toBeLessThanOrEqual(cols);
        expect(said.replace(/(keyboard|it)…/, '').includes('…')).toBe(false);
        expect(said).toMatch(state.company === undefined ? /^ {2}uma / : /^ nobody drives/);
        expect(said).toMatch(/\? keys/);
      }
  expect(row(40, { online: false })).toContain('link lost');
  expect(row(40, { session: { ...session, freezes: [{ cause: 'held' }] } })).toContain('FROZEN');
  expect(row(60, { session: { ...session, rec: 'failed' } })).toContain('NOT RECORDED');
});

test('the help of a role is the keys of that role, and every one of them does something', () => {
  for (const role of joinableRoles) {
    const help = guestHelp(role);
    for (const [keys] of help)
      for (const key of keys.split(' ')) {
        const press = { '←': 'left', '↓': 'down', '↑': 'up', '→': 'right' }[key] ?? key.replace('^', 'ctrl+');
        expect([role, key, guestCommand(press, role)]).not.toContain(undefined);
      }
    expect(helpPage('x', help, 78).length).toBeLessThanOrEqual(12);
  }
  expect(guestCommand('a', 'observer')).toBeUndefined();
  expect(guestCommand('t', 'peer')).toBeUndefined();
  expect(guestCommand('t', 'moderator')).toBe('terminate');
});

test('[E32] the help of ~? is true: each escape on it is one, and the page fits half of 80×24', () => {
  for (const [keys] of escapeHelp) {
    const read = openEscapeReader().feed(Buffer.from(keys));
    expect(read).toHaveLength(1);
    expect(read[0]?.kind).toBe(keys === '~~' ? 'keys' : 'escape');
  }
  const page = helpPage(escapeHeading, escapeHelp, 78);
  expect(page.length).toBeLessThanOrEqual(12);
  expect(page.every((line) => cellWidth(wordsText(line)) <= 78)).toBe(true);
  expect(helpPage(escapeHeading, escapeHelp, 38).every((line) => cellWidth(wordsText(line)) <= 38)).toBe(true);
});
