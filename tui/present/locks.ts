// How a lock reads: on what, why, by whom, and until when.
import type { LockRow } from '../../gateway/protocol/nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { facts } from './pane.ts';
import type { Now } from './servers.ts';
import { type Line, span, strong } from './span.ts';
import type { Column } from './table.ts';
import { age, fullMoment } from './times.ts';
import { foreign } from './words.ts';

export const lockColumns: readonly Column<LockRow, Now>[] = [
  {
    title: 'ON',
    min: 18,
    share: 2,
    most: 36,
    keep: 100,
    cell: (row) => [span(`${row.kind} `, 'dim'), foreign(row.targetName)],
  },
  { title: 'BY', min: 11, share: 1, most: 16, keep: 80, cell: (row) => [span('by ', 'dim'), foreign(row.by)] },
  { title: 'SINCE', min: 5, right: true, keep: 70, cell: (row, { now }) => [span(age(row.at, now), 'dim')] },
  {
    title: 'LEFT',
    min: 8,
    right: true,
    keep: 90,
    cell: (row, { now }) => [span(row.until === undefined ? 'for good' : age(now, row.until), 'dim')],
  },
  { title: 'WHY', min: 20, share: 5, keep: 95, cell: (row) => [foreign(row.why)] },
];

export function lockPane(row: LockRow, now: number, width: number): readonly Line[] {
  return [
    [strong('◼ ', 'bad'), span(`${row.kind} `), strong(safeText(row.targetName), 'accent')],
    ...facts(
      'Lock',
      [
        ['why', safeText(row.why)],
        ['by', safeText(row.by)],
        ['since', `${fullMoment(row.at)} (${age(row.at, now)})`],
        ['until', row.until === undefined ? 'it is taken off' : `${fullMoment(row.until)} (in ${age(now, row.until)})`],
        ['on', safeText(row.target)],
        ['id', row.id],
      ],
      width,
    ),
  ];
}
