// Finds that it is cheaper to clear the lower part of the screen and to draw it anew: a page turned, where only by chance some cells are equal. Only a
// guess at what is cheap behind a shared window (brush.ts); nothing depends on it but the number of bytes.
import { BLANK_GLYPH, CELL_WORDS, type Row } from './row.ts';
import { weightOf } from './scroll.ts';

/** About the packed bytes: of a rest of a row erased, of starting a row, of a character printed again, of one printed for the first time. */
const ERASED = 3;
const BEGUN = 1;
const AGAIN = 0.05;
const ANEW = 0.4;
/** What clearing must save, since it costs a sequence. */
const LEAST = 8;

/** The first row of the part to be cleared before `to` is drawn over `shown`; the number of rows where clearing saves nothing. */
export function wipeFrom(shown: readonly Row[], to: readonly Row[]): number {
  let first = 0;
  while (first < to.length && shown[first] === to[first]) first++;
  let from = to.length;
  let most = LEAST;
  let saved = 0;
  for (let y = to.length - 1; y >= first; y--) {
    const before = shown[y];
    const after = to[y];
    if (before === undefined || after === undefined) break;
    const weight = weightOf(after);
    if (before === after) {
      if (weight > 0) saved -= BEGUN * 4 + ANEW * weight;
      continue;
    }
    const had = weightOf(before);
    if (had > weight) saved += ERASED;
    else if (had > 0) saved += BEGUN;
    saved -= AGAIN * equalCells(before, after, Math.min(had, weight));
    if (saved > most) {
      most = saved;
      from = y;
    }
  }
  return from;
}

/** Cells that need no printing as it is. */
function equalCells(a: Row, b: Row, cols: number): number {
  let equal = 0;
  for (let at = 0; at < cols * CELL_WORDS; at += CELL_WORDS)
    if (
      a.cells[at] === b.cells[at] &&
      b.cells[at] !== BLANK_GLYPH &&
      a.cells[at + 1] === b.cells[at + 1] &&
      a.cells[at + 2] === b.cells[at + 2]
    )
      equal++;
  return equal;
}
