// What is seen of a history: its lines, the row that says which they are, and a row for keys, a search or what went wrong. Below and over them stand only
// words of ours; of the session there are cells, and no cursor of it, so that nothing here looks like its prompt (B1, law 7). Pure.
import type { Crop } from '../../gateway/screen/crop.ts';
import type { Finder } from '../../gateway/screen/find.ts';
import { blankRow, CELL_WORDS, type Row, WIDTH_SHIFT, widthAt } from '../../gateway/screen/row.ts';
import { blankScreen, MAX_COLS, type Screen } from '../../gateway/screen/screen.ts';
import { INVERSE } from '../../gateway/screen/style.ts';
import { stripRow, withBanner } from '../attach/banner.ts';
import { fitRow, type Saying, type Strip } from '../attach/strip.ts';
import { withMatches } from './line-rows.ts';

export type HistoryView = {
  readonly serverName: string;
  readonly top: number;
  readonly left: number;
  readonly total: number;
  readonly line: (line: number) => Row | undefined;
  readonly finder: { readonly find: Finder; readonly length: number } | undefined;
  /** The row at the bottom. */
  readonly status: Strip;
  /** Rows of ours over the lines: what the session has to say meanwhile. */
  readonly over: readonly Row[];
};

/** Rows that are not lines. */
export const frameRows = 2;
export const heightOf = (rows: number): number => Math.max(1, rows - frameRows);

export function historyPage(view: HistoryView, cols: number, rows: number, crop: Crop): Screen {
  const frame = blankScreen(cols, rows);
  const height = heightOf(frame.rows);
  const wide = blankScreen(MAX_COLS, height);
  const lines = Array.from({ length: height }, (_, y) => view.line(view.top + y));
  const found = lines.map((row) =>
    row === undefined || view.finder === undefined ? row : withMatches(row, view.finder.find, view.finder.length),
  );
  const whole: Screen = {
    ...wide,
    grid: found.map((row) => row ?? blankRow(MAX_COLS)),
    cursor: { ...wide.cursor, visible: false },
  };
  const part = crop(whole, frame.cols, height, view.left, 0);
  const body = part.grid.map((row, y) => (goesOn(lines[y], view.left + frame.cols) ? cutRow(row) : row));
  const shown: Screen = { ...part, grid: body, cursor: { ...part.cursor, visible: false, y: 0 } };
  const covered = view.over.length === 0 || height < 2 ? shown : withBanner(shown, view.over);
  const bar = stripRow(fitRow(sayings(view, height), frame.cols), frame.cols, 'bad');
  const status = stripRow(view.status, frame.cols);
  const grid = [...covered.grid, bar, status].slice(-frame.rows);
  return { ...frame, grid, cursor: { ...frame.cursor, x: 0, y: frame.rows - 1, visible: false } };
}

export const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

function sayings({ serverName, top, left, total, line }: HistoryView, height: number): readonly Saying[] {
  const last = Math.min(top + height, total);
  const loading = Array.from({ length: Math.max(0, last - top) }, (_, y) => line(top + y)).includes(undefined);
  const which = `${grouped(Math.min(top + 1, total))}–${grouped(last)} of ${grouped(total)}`;
  const where = last >= total ? 'to the newest' : top === 0 ? 'from the first' : `${Math.floor((100 * last) / total)} %`;
  return [
    { rank: 0, ways: [`HISTORY of ${serverName}`, 'HISTORY'] },
    { rank: 1, ways: [`lines ${which}`, which] },
    ...(left > 0 ? [{ rank: 6, ways: [`from column ${left + 1}`] }] : []),
    ...(loading ? [{ rank: 2, ways: ['on its way…', '…'] }] : []),
    { rank: 7, ways: [where], side: 'right' },
  ];
}

/** Whether something stands right of a column. */
function goesOn(row: Row | undefined, from: number): boolean {
  if (row === undefined || row === blankRow(MAX_COLS)) return false;
  const blank = blankRow(MAX_COLS).cells;
  for (let at = from * CELL_WORDS; at < row.cells.length; at += 1) if (row.cells[at] !== blank[at]) return true;
  return false;
}

/** The row with a mark in its last cell: more stands there. */
function cutRow(row: Row): Row {
  const cells = row.cells.slice();
  const last = cells.length / CELL_WORDS - 1;
  if (last < 1) return row;
  const cutWide = widthAt(row, last) === 0;
  if (cutWide) cells.set(blankRow(1).cells, (last - 1) * CELL_WORDS);
  cells.set([0x203a | (1 << WIDTH_SHIFT), (INVERSE << 26) >>> 0, 0], last * CELL_WORDS);
  const { clusters } = row;
  return { ...row, cells, clusters: clusters && new Map([...clusters].filter(([x]) => x < (cutWide ? last - 1 : last))) };
}
