// How a request for access reads, and what stands before whoever approves it: everything its digest covers (M5).
import type { AccessTerms, RequestRow } from '../../gateway/protocol/access-nouns.ts';
import type { TerminalSize } from '../../gateway/protocol/nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { listCols } from '../model/layout.ts';
import { placeWords, selectorWords, spanWords, windowWords } from '../model/selector-words.ts';
import { modalWidth } from './box.ts';
import { fact, facts, heading } from './pane.ts';
import type { Now } from './servers.ts';
import { blank, type Line, span, strong, wrapWords } from './span.ts';
import type { Column } from './table.ts';
import { age, fullMoment } from './times.ts';
import { foreign, looks, requestStates, whose } from './words.ts';

const levelHue = (level: AccessTerms['level']) => (level === 'full' ? 'warn' : 'plain');

/** For and against, and when nobody can say any more. */
const votes = (row: RequestRow): string => `${row.approvals.length}/${row.needs}`;

export const requestColumns: readonly Column<RequestRow, Now>[] = [
  { title: 'STATE', min: 11, keep: 100, cell: (row) => looks(requestStates[row.state]) },
  {
    title: 'WHO',
    min: 8,
    share: 1,
    most: 16,
    keep: 99,
    cell: whose,
  },
  {
    title: 'WHAT',
    min: 19,
    share: 3,
    most: 36,
    keep: 98,
    cell: (row) => [span(row.terms.level, levelHue(row.terms.level)), span(' on ', 'dim'), foreign(placeWords(row))],
  },
  { title: 'FOR', min: 4, keep: 95, cell: (row) => [span(spanWords(row.terms.minutes))] },
  {
    title: 'YES',
    min: 3,
    keep: 90,
    cell: (row) => [span(votes(row), row.state === 'pending' && row.mayReview && !row.mine ? 'accent' : 'dim')],
  },
  { title: 'SINCE', min: 5, right: true, keep: 50, cell: (row, { now }) => [span(age(row.at, now), 'dim')] },
  {
    title: 'LEFT',
    min: 4,
    right: true,
    keep: 60,
    cell: (row, { now }) => [span(row.state === 'pending' ? age(now, row.expiresAt) : '', 'dim')],
  },
  {
    title: 'WHY',
    min: 15,
    share: 4,
    keep: 80,
    cell: (row) => [row.because === undefined ? foreign(row.why) : foreign(`${row.by ?? ''}: ${row.because}`, 'dim')],
  },
];

/** The members that a digest covers, in words; `width` cells. */
export function displayedLines(row: RequestRow, width: number): readonly Line[] {
  const { terms } = row;
  return [
    ...fact('who', safeText(row.personName), width),
    ...fact('level', terms.level, width),
    ...fact('for', spanWords(terms.minutes), width),
    ...fact('when', terms.window === undefined ? '' : safeText(windowWords(terms.window)), width),
    ...fact('as', terms.users === undefined ? '' : terms.users.map(safeText).join(', '), width),
    ...fact('chosen', safeText(selectorWords(terms.servers)), width),
    ...fact('servers', row.servers.length === 0 ? 'none any more' : row.servers.map(safeText).join(', '), width),
    ...fact('why', safeText(row.why), width),
    ...fact('prolongs', row.extends ?? '', width),
  ];
}

/** Lines of the box of an approval beside those that its digest covers, its frame included. */
export const reviewFrame = 7;
/** Rows a box may take of a screen. */
export const boxRows = (size: TerminalSize): number => size.rows - 4;

/** Whether everything that is approved has room on the screen: what is not displayed is not approved (M5). */
export const allDisplayed = (row: RequestRow, size: TerminalSize): boolean =>
  displayedLines(row, modalWidth(listCols(size)) - 4).length <= boxRows(size) - reviewFrame;

export function requestPane(row: RequestRow, now: number, width: number): readonly Line[] {
  const state = requestStates[row.state];
  return [
    [strong(safeText(row.personName), 'accent'), span(' asks')],
    [span(`${state.glyph} ${state.word}`, state.hue), span(`   ${votes(row)} approvals`, 'dim')],
    blank,
    ...heading('Asked for', width),
    ...displayedLines(row, width),
    ...facts(
      'So far',
      [
        ['asked', `${fullMoment(row.at)} (${age(row.at, now)} ago)`],
        ['until', row.state === 'pending' ? `${fullMoment(row.expiresAt)} (in ${age(now, row.expiresAt)})` : ''],
        ['yes', row.approvals.map(({ by, at }) => `${safeText(by)}, ${age(at, now)} ago`).join('; ')],
        ['by', safeText(row.by ?? '')],
        ['because', safeText(row.because ?? '')],
        ['first', row.asked === undefined ? '' : `${row.asked.level} for ${spanWords(row.asked.minutes)} was asked`],
        ['yours', row.mine ? 'you asked' : row.mayReview ? 'you may approve it' : 'not yours to approve'],
        ['id', row.id],
        ['digest', row.digest],
      ],
      width,
    ),
  ];
}

/** Words of a sentence in lines of one look. */
export const sentence = (text: string, width: number, hue: 'plain' | 'dim' | 'bad' | 'warn' = 'plain'): readonly Line[] =>
  wrapWords(safeText(text), Math.max(8, width)).map((part): Line => [span(part, hue)]);
