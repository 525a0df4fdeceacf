// How a right under review reads (S81).
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { ReviewRow } from '../model/lists.ts';
import { facts } from './pane.ts';
import type { Now } from './servers.ts';
import { type Line, span, strong } from './span.ts';
import type { Column } from './table.ts';
import { age, fullMoment } from './times.ts';
import { foreign } from './words.ts';

function answer(row: ReviewRow): Line {
  if (row.answer === 'keep') return [span('✓ kept', 'good')];
  if (row.answer === 'revoke') return [span('✗ taken away', 'bad')];
  return [
    span(row.campaign.state === 'closed' ? '–' : row.mayAnswer ? '▸ yours to say' : '… waits', row.mayAnswer ? 'warn' : 'dim'),
  ];
}

export const reviewColumns: readonly Column<ReviewRow, Now>[] = [
  { title: 'ANSWER', min: 14, keep: 100, cell: answer },
  { title: 'WHO', min: 9, share: 1, most: 16, keep: 99, cell: (row) => [foreign(row.personName)] },
  { title: 'WHAT', min: 24, share: 4, most: 60, keep: 98, cell: (row) => [foreign(row.what)] },
  {
    title: 'USED',
    min: 5,
    right: true,
    keep: 90,
    cell: (row, { now }) => [row.lastUsedAt === undefined ? span('never', 'warn') : span(age(row.lastUsedAt, now), 'dim')],
  },
  {
    title: 'LEFT',
    min: 4,
    right: true,
    keep: 80,
    cell: (row, { now }) => [span(row.campaign.state === 'closed' ? '' : age(now, row.campaign.deadline), 'dim')],
  },
  { title: 'REVIEW', min: 12, share: 1, most: 24, keep: 60, cell: (row) => [foreign(row.campaign.name, 'dim')] },
];

export function reviewPane(row: ReviewRow, now: number, width: number): readonly Line[] {
  const { campaign } = row;
  return [
    [strong(safeText(row.personName), 'accent'), span(row.kind === 'grant' ? ' holds a grant' : ' is a member')],
    answer(row),
    ...facts(
      'Right',
      [
        ['what', safeText(row.what)],
        ['used', row.lastUsedAt === undefined ? 'never' : `${fullMoment(row.lastUsedAt)} (${age(row.lastUsedAt, now)} ago)`],
        ['by', safeText(row.by ?? '')],
        ['why', safeText(row.why ?? '')],
      ],
      width,
    ),
    ...facts(
      'Review',
      [
        ['name', safeText(campaign.name)],
        ['by', safeText(campaign.by)],
        ['since', fullMoment(campaign.at)],
        ['until', `${fullMoment(campaign.deadline)}: what has no answer then is taken away`],
        ['state', campaign.state],
        ['signed', safeText(campaign.signature ?? '')],
        ['id', row.id],
      ],
      width,
    ),
  ];
}
