// Finds that rows moved: a log that runs, a page turned in a pager. Only a guess at what is cheap; what it misses is drawn as usual.
import { blankFrom } from './brush.ts';
import { blankRow, type Row } from './row.ts';

/** Rows `top`..`bottom` move up by `by` (down where negative). */
export type Scroll = { readonly top: number; readonly bottom: number; readonly by: number };

/** A scroll must save at least this many cells, since it costs its own sequences. */
const LEAST_SAVED = 24;

type Known = { readonly hash: number; readonly weight: number };
const known = new WeakMap<Row, Known>();

function know(row: Row): Known {
  const before = known.get(row);
  if (before !== undefined) return before;
  let hash = row.wrapped ? 7 : 3;
  for (let at = 0; at < row.cells.length; at++) hash = Math.imul(hash ^ (row.cells[at] ?? 0), 0x01000193) ^ (hash >>> 15);
  const fresh = { hash, weight: blankFrom(row) };
  known.set(row, fresh);
  return fresh;
}

/** The columns of a row up to its last that is not blank. */
export function weightOf(row: Row): number {
  return know(row).weight;
}

/** The scroll that saves most, if any does. */
export function findScroll(from: readonly Row[], to: readonly Row[]): Scroll | undefined {
  const rows = to.length;
  let differing = 0;
  for (let y = 0; y < rows; y++) if (from[y] !== to[y]) differing++;
  if (differing < 2) return undefined;
  const old = from.map(know);
  const next = to.map(know);
  const moved = moves(from, to, old, next);
  let best: Scroll | undefined;
  let most = LEAST_SAVED;
  for (let by = 1 - rows; by < rows; by++) {
    if (moved[by + rows] === 0) continue;
    let first = -1;
    let last = -1;
    for (let y = Math.max(0, -by); y < rows && y + by < rows; y++)
      if (next[y]?.weight !== 0 && next[y]?.hash === old[y + by]?.hash && next[y]?.hash !== old[y]?.hash) {
        if (first < 0) first = y;
        last = y;
      }
    if (first < 0) continue;
    const top = Math.min(first, first + by);
    const bottom = Math.max(last, last + by);
    const saved = worth(old, next, top, bottom, by) - 3 * Math.abs(by);
    if (saved > most) {
      most = saved;
      best = { top, bottom, by };
    }
  }
  return best;
}

/** By how many rows (and `rows` more) anything that changed may have moved: 1 where something may have. */
function moves(from: readonly Row[], to: readonly Row[], old: readonly Known[], next: readonly Known[]): Uint8Array {
  const rows = to.length;
  const moved = new Uint8Array(2 * rows);
  for (let y = 0; y < rows; y++) {
    const wanted = next[y];
    if (from[y] === to[y] || wanted === undefined || wanted.weight === 0 || wanted.hash === old[y]?.hash) continue;
    for (let at = 0; at < rows; at++) if (old[at]?.hash === wanted.hash) moved[at - y + rows] = 1;
  }
  return moved;
}

/** About how many cells need no drawing because of the scroll. */
function worth(old: readonly Known[], next: readonly Known[], top: number, bottom: number, by: number): number {
  let saved = 0;
  for (let y = top; y <= bottom; y++) {
    const source = y + by;
    saved += cost(old[y], next[y]) - cost(source >= top && source <= bottom ? old[source] : undefined, next[y]);
  }
  return saved;
}

function cost(have: Known | undefined, want: Known | undefined): number {
  return have?.hash === want?.hash ? 0 : Math.max(have?.weight ?? 0, want?.weight ?? 0);
}

/** What the rows are after the scroll. */
export function scrolled(from: readonly Row[], scroll: Scroll, cols: number): Row[] {
  return from.map((row, y) => {
    if (y < scroll.top || y > scroll.bottom) return row;
    const source = y + scroll.by;
    const moved = source >= scroll.top && source <= scroll.bottom ? (from[source] ?? row) : blankRow(cols);
    return y === 0 && moved.wrapped ? { ...moved, wrapped: false } : moved;
  });
}
