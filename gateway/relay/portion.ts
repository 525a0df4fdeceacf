// A picture too large for one frame is shown in portions (R8): each is a screen of its own, between what was shown and what is there now, with as
// many rows brought up to date as fit. So a hostile screen costs a viewer one bounded frame at a time, and never the connection. Pure.
//
// A hidden normal buffer comes first, by itself: once the alternate one is shown it can only be reached by leaving that.
import { paint } from '../screen/paint.ts';
import { blankRow, CELL_WORDS, CLUSTER, CODE_MASK, type Row } from '../screen/row.ts';
import { isAlternate, type Screen } from '../screen/screen.ts';

export type Portion = {
  readonly bytes: Uint8Array;
  /** What the viewer shows after these bytes. */
  readonly shown: Screen;
  /** That is all there is to show. */
  readonly whole: boolean;
  /** The bytes begin from a terminal in any state. */
  readonly fresh: boolean;
  /** Row to begin the next portion with, so that busy rows above do not starve those below. */
  readonly next: number;
};

/** Bytes in one portion, more or less; a single row may take more. */
export const portionBytes = 128 * 1024;

export function portion(shown: Screen | undefined, now: Screen, from: number, most: number = portionBytes): Portion {
  const same = shown !== undefined && shown.cols === now.cols && shown.rows === now.rows ? shown : undefined;
  const begun = same !== undefined && isAlternate(same) === isAlternate(now) ? same : undefined;
  const rest = cost(now.grid, begun?.grid) + (now.hidden === undefined ? 0 : cost(now.hidden, begun?.hidden));
  if (rest <= most) return { bytes: paint(same, now), shown: now, whole: true, fresh: same === undefined, next: 0 };

  if (now.hidden !== undefined && (begun === undefined || cost(now.hidden, begun.hidden) > 0)) {
    const normal = atHome({ ...now, grid: now.hidden, hidden: undefined });
    if (same !== undefined && !isAlternate(same) && cost(normal.grid, same.grid) === 0) {
      const entered = atHome({ ...now, grid: blanks(now) });
      return { bytes: paint(same, entered), shown: entered, whole: false, fresh: false, next: 0 };
    }
    return { ...portion(same, normal, from, most), whole: false };
  }
  if (begun === undefined) {
    // First a blank screen with everything else as it is now; rows follow.
    const blank = atHome({ ...now, grid: blanks(now) });
    return { bytes: paint(undefined, blank), shown: blank, whole: false, fresh: true, next: 0 };
  }
  const grid = [...begun.grid];
  let size = 0;
  let row = from % now.rows;
  for (let looked = 0; looked < now.rows; looked += 1) {
    const next = now.grid[row];
    const costs = next === undefined || next === grid[row] ? 0 : rowCost(next);
    if (size > 0 && size + costs > most) break;
    size += costs;
    if (next !== undefined) grid[row] = next;
    row = (row + 1) % now.rows;
  }
  const target = atHome({ ...begun, grid });
  return { bytes: paint(begun, target), shown: target, whole: false, fresh: false, next: row };
}

const blanks = ({ rows, cols }: Screen): readonly Row[] => Array.from({ length: rows }, () => blankRow(cols));

/** Half-way pictures have their cursor where it hangs on no character. */
const atHome = (screen: Screen): Screen => ({
  ...screen,
  cursor: { ...screen.cursor, x: 0, y: 0, wrapPending: false, joins: false },
});

/** About what it takes to bring these rows up to date, bytes; without `shown`, from blank ones. */
function cost(now: readonly Row[], shown: readonly Row[] | undefined): number {
  let sum = 0;
  for (const [y, row] of now.entries())
    if (shown?.[y] !== row && row !== blankRow(row.cells.length / CELL_WORDS)) sum += rowCost(row);
  return sum;
}

/** At most what a row takes: its characters, a change of colours wherever two neighbours differ, its links. */
function rowCost(row: Row): number {
  const { cells } = row;
  let sum = 16;
  let front = 0;
  let back = 0;
  for (let at = 0; at < cells.length; at += CELL_WORDS) {
    const glyph = cells[at] ?? 0;
    sum += (glyph & CLUSTER) !== 0 ? (row.clusters?.get(at / CELL_WORDS)?.length ?? 0) * 4 : (glyph & CODE_MASK) < 128 ? 1 : 4;
    if (cells[at + 1] === front && cells[at + 2] === back) continue;
    front = cells[at + 1] ?? 0;
    back = cells[at + 2] ?? 0;
    sum += 44;
  }
  for (const { link } of row.decorations?.values() ?? []) sum += link.length * 4 + 16;
  return sum;
}
