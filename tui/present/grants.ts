// How a grant reads: who has what, where, and how long still.
import type { GrantRow } from '../../gateway/protocol/access-nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { placeWords, selectorWords, spanWords, windowWords } from '../model/selector-words.ts';
import { fact, facts, heading } from './pane.ts';
import type { Now } from './servers.ts';
import { blank, type Line, span, strong } from './span.ts';
import type { Column } from './table.ts';
import { age, countdown, fullMoment } from './times.ts';
import { foreign, grantStates, looks, whose } from './words.ts';

const endings: Readonly<Record<NonNullable<GrantRow['ended']>['cause'], string>> = {
  expired: 'its time is over',
  revoked: 'revoked',
  review: 'taken away in a review',
  removed: 'its person is gone',
};

/** From here on one's own are told by the second, as in the status bar. */
const secondsFromMs = 15 * 60_000;

const left = (row: GrantRow, now: number): string => {
  if (row.state === 'ended') return '';
  return row.mine && row.until - now <= secondsFromMs ? countdown(row.until, now) : age(now, row.until);
};

export const grantColumns: readonly Column<GrantRow, Now>[] = [
  { title: 'STATE', min: 7, keep: 100, cell: (row) => looks(grantStates[row.state]) },
  {
    title: 'WHO',
    min: 9,
    share: 1,
    most: 16,
    keep: 99,
    cell: whose,
  },
  {
    title: 'WHAT',
    min: 20,
    share: 3,
    most: 36,
    keep: 98,
    cell: (row) => [
      span(row.terms.level, row.terms.level === 'full' ? 'warn' : 'plain'),
      span(' on ', 'dim'),
      foreign(placeWords(row)),
    ],
  },
  {
    title: 'LEFT',
    min: 5,
    right: true,
    keep: 97,
    cell: (row, { now }) => [span(left(row, now), row.until - now <= secondsFromMs ? 'warn' : 'plain')],
  },
  { title: 'BY', min: 9, share: 1, most: 20, keep: 70, cell: (row) => [foreign(row.by.join(', '), 'dim')] },
  {
    title: 'WHY',
    min: 14,
    share: 4,
    keep: 80,
    cell: (row) => [row.ended === undefined ? foreign(row.why) : span(endings[row.ended.cause], 'dim')],
  },
];

export function grantPane(row: GrantRow, now: number, width: number): readonly Line[] {
  const state = grantStates[row.state];
  const { terms, ended } = row;
  return [
    [strong(safeText(row.personName), 'accent'), span(` has ${terms.level}`)],
    [span(`${state.glyph} ${state.word}`, state.hue), span(row.state === 'ended' ? '' : `   ${left(row, now)} left`, 'dim')],
    blank,
    ...heading('Gives', width),
    ...fact('level', terms.level, width),
    ...fact('chosen', safeText(selectorWords(terms.servers)), width),
    ...fact('servers', row.servers.length === 0 ? 'none any more' : row.servers.map(safeText).join(', '), width),
    ...fact('as', terms.users === undefined ? '' : terms.users.map(safeText).join(', '), width),
    ...fact('when', terms.window === undefined ? '' : safeText(windowWords(terms.window)), width),
    ...facts(
      'How long',
      [
        ['since', `${fullMoment(row.at)} (${age(row.at, now)})`],
        ['until', fullMoment(row.until)],
        ['for', spanWords(terms.minutes)],
        ['turns', row.turnsAt === undefined ? '' : `${row.state === 'open' ? 'shuts' : 'opens'} ${fullMoment(row.turnsAt)}`],
      ],
      width,
    ),
    ...facts(
      'Why',
      [
        ['why', safeText(row.why)],
        ['by', row.by.map(safeText).join(', ')],
        ['request', row.request ?? ''],
        ['id', row.id],
      ],
      width,
    ),
    ...(ended === undefined
      ? []
      : facts(
          'Over',
          [
            ['cause', endings[ended.cause]],
            ['by', safeText(ended.by ?? '')],
            ['why', safeText(ended.why ?? '')],
            ['at', fullMoment(ended.at)],
          ],
          width,
        )),
  ];
}
