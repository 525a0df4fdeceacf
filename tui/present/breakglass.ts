// How an entrance past the identity provider reads, and the banner while one lasts (S53).
import type { BreakGlassRow } from '../../gateway/protocol/access-nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { facts } from './pane.ts';
import type { Now } from './servers.ts';
import { type Line, span, strong } from './span.ts';
import type { Column } from './table.ts';
import { age, clock, fullMoment } from './times.ts';
import { entranceStates, foreign, looks } from './words.ts';

/** What is still to be done about it. */
function due(row: BreakGlassRow): Line {
  if (row.state === 'waiting') return [span(row.mayApprove ? '▸ you may let them in' : 'waits for a second person', 'warn')];
  if (row.reviewed !== undefined) return [span('✓ reviewed by ', 'good'), foreign(row.reviewed.by, 'good')];
  if (row.state === 'refused') return [];
  return [span(row.mayReview ? '▸ to be reviewed by you' : 'to be reviewed', 'warn')];
}

export const breakGlassColumns: readonly Column<BreakGlassRow, Now>[] = [
  { title: 'STATE', min: 9, keep: 100, cell: (row) => looks(entranceStates[row.state]) },
  { title: 'WHO', min: 9, share: 1, most: 16, keep: 99, cell: (row) => [foreign(row.personName)] },
  { title: 'SINCE', min: 5, right: true, keep: 80, cell: (row, { now }) => [span(age(row.at, now), 'dim')] },
  {
    title: 'LEFT',
    min: 4,
    right: true,
    keep: 85,
    cell: (row, { now }) => [span(row.until === undefined || row.state !== 'open' ? '' : age(now, row.until), 'bad')],
  },
  { title: 'NOW', min: 23, share: 1, most: 30, keep: 95, cell: due },
  { title: 'WHY', min: 18, share: 4, keep: 90, cell: (row) => [foreign(row.why)] },
];

export function breakGlassPane(row: BreakGlassRow, now: number, width: number): readonly Line[] {
  const state = entranceStates[row.state];
  return [
    [strong(safeText(row.personName), 'accent'), span(' past the provider')],
    [span(`${state.glyph} ${state.word}`, state.hue)],
    due(row),
    ...facts(
      'Break-glass',
      [
        ['why', safeText(row.why)],
        ['machine', safeText(row.machine)],
        ['asked', `${fullMoment(row.at)} (${age(row.at, now)} ago)`],
        ['how', row.how === undefined ? '' : row.how === 'sealed' ? 'with a sealed code' : 'let in by a second person'],
        ['by', safeText(row.by ?? '')],
        ['until', row.until === undefined ? '' : fullMoment(row.until)],
        ['id', row.id],
      ],
      width,
    ),
    ...(row.reviewed === undefined
      ? []
      : facts(
          'Review',
          [
            ['by', safeText(row.reviewed.by)],
            ['at', fullMoment(row.reviewed.at)],
            ['finding', safeText(row.reviewed.finding)],
          ],
          width,
        )),
  ];
}

/** Loud without colour, too: inverse, and in capitals. */
export function glassBanner(broken: readonly { readonly who: string; readonly until: number }[]): Line {
  const [first, ...more] = broken;
  if (first === undefined) return [];
  const others = more.length === 0 ? '' : ` +${more.length}`;
  return [
    {
      text: ` ◆ BREAK-GLASS ${safeText(first.who)}${others} until ${clock(first.until)} `,
      hue: 'bad',
      bold: true,
      inverse: true,
    },
  ];
}
