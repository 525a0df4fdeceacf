// An observer's window (law 6, law 7): cells of a screen, and nothing of what would drive the observer's terminal.
import { BLANK_GLYPH, blankRow, CELL_WORDS, CLUSTER, type Decoration, FLAG_SHIFT, type Row, WIDTH_SHIFT } from './row.ts';
import { blankScreen, clampSize, type Screen } from './screen.ts';
import { COLOUR_MASK, DECORATED } from './style.ts';

/** `DECORATED` where it stands in the third word of a cell. */
const MARK = (DECORATED >>> 6) << FLAG_SHIFT;

export type Crop = (screen: Screen, cols: number, rows: number, panX?: number, panY?: number) => Screen;

/**
 * `cols` × `rows` cells of a screen, from column `panX`, row `panY` (clamped so that the window stays on the screen where it can). A
 * larger window has blanks to the right and below. A wide character that the edge would cut is left blank. The window drives nothing:
 * no mouse, no paste or keypad modes, no title, no links, no bells; the cursor is hidden where it is outside.
 */
export const crop: Crop = (...look) => openCrop()(...look);

/** The windows of one who looks again and again: a row that did not change is the same object in the next window too. */
export function openCrop(): Crop {
  let known = new Map<Row, Row>();
  let looked = '';
  return (screen, cols, rows, panX = 0, panY = 0) => {
    const size = clampSize(cols, rows);
    const left = pan(panX, screen.cols - size.cols);
    const top = pan(panY, screen.rows - size.rows);
    const look = `${size.cols} ${left}`;
    const before = look === looked ? known : new Map<Row, Row>();
    known = new Map();
    looked = look;
    const blank = blankScreen(size.cols, size.rows);
    const x = screen.cursor.x - left;
    const y = screen.cursor.y - top;
    const inside = x >= 0 && x < size.cols && y >= 0 && y < size.rows;
    const grid = blank.grid.map((empty, at) => {
      const row = screen.grid[top + at];
      if (row === undefined) return empty;
      const shown = before.get(row) ?? known.get(row) ?? cropRow(row, size.cols, left);
      known.set(row, shown);
      return shown;
    });
    return {
      ...blank,
      grid,
      cursor: {
        ...blank.cursor,
        x: inside ? x : 0,
        y: inside ? y : 0,
        visible: screen.cursor.visible && inside,
        shape: screen.cursor.shape,
      },
    };
  };
}

function pan(wanted: number, most: number): number {
  return Number.isNaN(wanted) ? 0 : Math.trunc(Math.min(Math.max(wanted, 0), Math.max(most, 0)));
}

function cropRow(row: Row, cols: number, left: number): Row {
  if (row === blankRow(row.cells.length / CELL_WORDS)) return blankRow(cols);
  const whole = left === 0 && row.cells.length === cols * CELL_WORDS && row.decorations === undefined && !row.wrapped;
  return whole ? row : window(row, cols, left);
}

function window(row: Row, cols: number, left: number): Row {
  const cells = blankRow(cols).cells.slice();
  cells.set(row.cells.subarray(left * CELL_WORDS, (left + cols) * CELL_WORDS));
  // A half at the edge is a blank with the background it had.
  if (width(cells, 0) === 0) blankAt(cells, 0);
  const last = Math.min(cols, row.cells.length / CELL_WORDS - left) - 1;
  if (width(cells, last) === 2) blankAt(cells, last);
  const clusters = new Map<number, string>();
  for (const [x, text] of row.clusters ?? []) {
    const at = (x - left) * CELL_WORDS;
    if (x >= left && at < cells.length && ((cells[at] ?? 0) & CLUSTER) !== 0) clusters.set(x - left, text);
  }
  const decorations = new Map<number, Decoration>();
  for (const [x, decoration] of row.decorations ?? []) {
    const at = (x - left) * CELL_WORDS;
    if (x < left || at >= cells.length || ((cells[at + 2] ?? 0) & MARK) === 0) continue;
    if (decoration.underlineColour !== 0) decorations.set(x - left, { underlineColour: decoration.underlineColour, link: '' });
    else cells[at + 2] = ((cells[at + 2] ?? 0) & ~MARK) >>> 0;
  }
  return {
    cells,
    clusters: clusters.size === 0 ? undefined : clusters,
    decorations: decorations.size === 0 ? undefined : decorations,
    wrapped: false,
  };
}

function blankAt(cells: Uint32Array, x: number): void {
  cells[x * CELL_WORDS] = BLANK_GLYPH;
  cells[x * CELL_WORDS + 1] = 0;
  cells[x * CELL_WORDS + 2] = (cells[x * CELL_WORDS + 2] ?? 0) & COLOUR_MASK;
}

function width(cells: Uint32Array, x: number): number {
  return ((cells[x * CELL_WORDS] ?? BLANK_GLYPH) >>> WIDTH_SHIFT) & 3;
}
