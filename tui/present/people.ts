// How people and groups read.
import type { GroupRow, PersonRow } from '../../gateway/protocol/nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { selectorWords } from '../model/selector-words.ts';
import { fact, facts, heading } from './pane.ts';
import type { Now } from './servers.ts';
import { blank, type Line, span, strong } from './span.ts';
import type { Column } from './table.ts';
import { age, fullMoment } from './times.ts';
import { foreign, looks, personStates } from './words.ts';

const factorWords = (row: PersonRow): string => (row.factor === 'none' ? 'none' : 'yes');

export const personColumns: readonly Column<PersonRow, Now>[] = [
  { title: 'NAME', min: 10, share: 2, most: 24, keep: 100, cell: (row) => [foreign(row.name)] },
  { title: 'STATUS', min: 11, keep: 95, cell: (row) => looks(personStates[row.status]) },
  { title: 'ROLE', min: 9, keep: 99, cell: (row) => [span(row.role, row.role === 'superuser' ? 'warn' : 'plain')] },
  { title: 'CODE', min: 4, keep: 80, cell: (row) => [span(factorWords(row), row.factor === 'none' ? 'warn' : 'dim')] },
  {
    title: 'SES',
    min: 3,
    right: true,
    keep: 70,
    cell: (row) => [span(row.liveSessions === 0 ? '' : String(row.liveSessions))],
  },
  {
    title: 'SEEN',
    min: 4,
    right: true,
    keep: 60,
    cell: (row, { now }) => [span(row.lastLoginAt === undefined ? '–' : age(row.lastLoginAt, now), 'dim')],
  },
  {
    title: 'UNTIL',
    min: 5,
    right: true,
    keep: 50,
    cell: (row, { now }) => [span(row.inviteUntil === undefined ? '' : age(now, row.inviteUntil), 'warn')],
  },
  { title: 'GROUPS', min: 12, share: 3, keep: 65, cell: (row) => [foreign(row.groups.join(' '), 'dim')] },
];

export function personPane(row: PersonRow, now: number, width: number): readonly Line[] {
  const state = personStates[row.status];
  return [
    [strong(safeText(row.name), 'accent')],
    [span(`${state.glyph} ${state.word}`, state.hue), span(`   ${row.role}`, row.role === 'superuser' ? 'warn' : 'plain')],
    ...facts(
      'Person',
      [
        ['e-mail', safeText(row.email ?? '')],
        ['groups', row.groups.map(safeText).join(', ')],
        ['code', row.factor === 'none' ? 'no authenticator is set up' : 'an authenticator is set up'],
        ['live', row.liveSessions === 0 ? 'no session' : `${row.liveSessions} sessions`],
        [
          'signed in',
          row.lastLoginAt === undefined ? 'never' : `${fullMoment(row.lastLoginAt)} (${age(row.lastLoginAt, now)} ago)`,
        ],
        [
          'invited',
          row.inviteUntil === undefined ? '' : `until ${fullMoment(row.inviteUntil)} (${age(now, row.inviteUntil)} left)`,
        ],
        ['id', row.id],
      ],
      width,
    ),
  ];
}

const rules = (row: GroupRow): string =>
  row.access.map(({ servers, level }) => `${level} on ${selectorWords(servers)}`).join('; ');

export const groupColumns: readonly Column<GroupRow, Now>[] = [
  { title: 'NAME', min: 14, share: 2, most: 28, keep: 100, cell: (row) => [foreign(row.name)] },
  { title: 'MEMBERS', min: 7, right: true, keep: 90, cell: (row) => [span(String(row.members.length))] },
  {
    title: 'GIVES',
    min: 26,
    share: 4,
    keep: 95,
    cell: (row) => [foreign(rules(row), row.access.length === 0 ? 'dim' : 'plain')],
  },
  { title: 'WHO', min: 14, share: 3, keep: 50, cell: (row) => [foreign(row.members.join(' '), 'dim')] },
];

export function groupPane(row: GroupRow, _now: number, width: number): readonly Line[] {
  return [
    [strong(safeText(row.name), 'accent')],
    [span(`${row.members.length} ${row.members.length === 1 ? 'member' : 'members'}`, 'dim')],
    blank,
    ...heading('Gives', width),
    ...(row.access.length === 0 ? [[span('nothing by itself: policies may speak of it', 'dim')]] : []),
    ...row.access.flatMap(({ servers, level, users }) =>
      fact(level, safeText(`${selectorWords(servers)}${users.length === 0 ? '' : ` as ${users.join(', ')}`}`), width),
    ),
    ...facts('Members', [['who', row.members.map(safeText).join(', ')]], width),
    ...fact('id', row.id, width),
  ];
}
