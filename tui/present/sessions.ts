// How a session reads: as a row and in the pane beside the list.

import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { facts } from './pane.ts';
import type { Now } from './servers.ts';
import { blank, type Line, span, strong } from './span.ts';
import type { Column } from './table.ts';
import { age, bytes, fullMoment } from './times.ts';
import { dot, foreign, looks, recLights, sessionStates, tiers } from './words.ts';

const others = (row: SessionRow): string => {
  const watching = row.participants.filter((p) => p.role !== 'driver').map((p) => p.name);
  return watching.length === 0 ? '' : `+${watching.length} ${watching.join(' ')}`;
};

export const sessionColumns: readonly Column<SessionRow, Now>[] = [
  { title: 'STATE', min: 10, keep: 100, cell: (row) => looks(sessionStates[row.state]) },
  { title: 'REC', min: 6, keep: 80, cell: (row) => looks(recLights[row.rec]) },
  {
    title: 'WHO',
    min: 10,
    share: 1,
    most: 16,
    keep: 99,
    cell: (row) => [foreign(row.personName, row.mine ? 'accent' : 'plain'), span(row.mine ? ' (you)' : '', 'dim')],
  },
  {
    title: 'SERVER',
    min: 10,
    share: 2,
    most: 24,
    keep: 98,
    cell: (row) => [foreign(row.serverName, row.tier === 'critical' ? 'bad' : 'plain')],
  },
  { title: 'LEVEL', min: 9, keep: 30, cell: (row) => [span(row.level, 'dim')] },
  { title: 'AGE', min: 4, right: true, keep: 70, cell: (row, { now }) => [span(age(row.startedAt, now))] },
  { title: 'SIZE', min: 7, right: true, keep: 40, cell: (row) => [span(`${row.size.cols}×${row.size.rows}`, 'dim')] },
  { title: 'BYTES', min: 5, right: true, keep: 20, cell: (row) => [span(bytes(row.bytes), 'dim')] },
  { title: 'WITH', min: 6, share: 1, most: 20, keep: 60, cell: (row) => [foreign(others(row))] },
  { title: 'TITLE', min: 16, share: 3, keep: 65, cell: (row) => [foreign(row.title, 'dim')] },
];

export function sessionPane(row: SessionRow, now: number, width: number): readonly Line[] {
  const state = sessionStates[row.state];
  const rec = recLights[row.rec];
  return [
    [
      strong(safeText(row.personName), 'accent'),
      span(' on '),
      strong(safeText(row.serverName), tiers[row.tier].hue === 'bad' ? 'bad' : 'plain'),
    ],
    [span(`${state.glyph} ${state.word}`, state.hue), span('   '), span(`${rec.glyph} ${rec.word}`, rec.hue)],
    ...(row.title === '' ? [] : [blank, [foreign(row.title, 'dim')]]),
    ...facts(
      'Session',
      [
        ['since', `${fullMoment(row.startedAt)} (${age(row.startedAt, now)})`],
        ['user', safeText(row.osUser ?? '')],
        ['level', row.level],
        ['tier', row.tier],
        ['size', `${row.size.cols}×${row.size.rows}`],
        ['output', bytes(row.bytes)],
        ['record', recWords[row.rec]],
        ['id', row.id],
      ],
      width,
    ),
    blank,
    [strong(`Here ${row.participants.length}`)],
    ...row.participants.map(
      (p): Line => [
        ...dot(p.role === 'driver' ? { glyph: '▸', word: '', hue: 'accent' } : { glyph: '◦', word: '', hue: 'dim' }),
        span(' '),
        foreign(p.name),
        span(` ${p.role}, ${age(p.joinedAt, now)}`, 'dim'),
      ],
    ),
  ];
}

const recWords: Readonly<Record<SessionRow['rec'], string>> = {
  on: 'on, durable on disk',
  behind: 'written, not yet durable',
  failed: 'FAILED: the session is frozen',
  closed: 'closed',
};
