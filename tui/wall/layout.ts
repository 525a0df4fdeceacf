// Where the tiles of a wall stand. Pure. The last row of the terminal is ours.

export type Rect = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };

/** Most tiles at once. */
export const mostTiles = 9;

/** `count` tiles in reading order that fill `cols` × `rows − 1`; borders included. Wider than high, as terminals are. */
export function tileRects(count: number, cols: number, rows: number): Rect[] {
  if (count === 0) return [];
  const across = columnsFor(count, cols);
  const down = Math.ceil(count / across);
  const area = rows - 1;
  return Array.from({ length: count }, (_, at) => {
    const row = Math.floor(at / across);
    const inRow = row === down - 1 ? count - row * across : across;
    const column = at % across;
    const left = Math.floor((column * cols) / inRow);
    const top = Math.floor((row * area) / down);
    return {
      left,
      top,
      width: Math.floor(((column + 1) * cols) / inRow) - left,
      height: Math.floor(((row + 1) * area) / down) - top,
    };
  });
}

/** A tile narrower than this shows too little: rather more rows. */
const leastWidth = 24;

export function columnsFor(count: number, cols: number): number {
  const square = Math.ceil(Math.sqrt(count));
  return Math.max(1, Math.min(square, Math.floor(cols / leastWidth)));
}

/** The tile that an arrow leads to from `at`; the same one at an edge. */
export function neighbour(at: number, count: number, across: number, by: 'left' | 'right' | 'up' | 'down'): number {
  const step = { left: -1, right: 1, up: -across, down: across }[by];
  const next = at + step;
  if (by === 'down' && next >= count && Math.floor(at / across) < Math.floor((count - 1) / across)) return count - 1;
  return next < 0 || next >= count ? at : next;
}
