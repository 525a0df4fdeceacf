// Where the tiles of a wall stand. Pure. The last row of the terminal is ours.

export type Rect = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };

/** Sessions followed at once, on a page or not (M6). */
export const mostLive = 16;
/** A tile smaller than this, borders included, shows too little to see what goes on; rather more pages. */
const least = { width: 26, height: 7 } as const;
/** What most sessions are as wide and as high as: beyond it a larger tile shows no more. */
const usual = { cols: 80, rows: 24 } as const;

/** How many tiles stand in one terminal at once: 9 at 80×24, 16 at 120×36. */
export function tilesPerPage(cols: number, rows: number): number {
  return Math.min(mostLive, mostAcross(cols) * mostDown(rows));
}

const mostAcross = (cols: number): number => Math.max(1, Math.floor(cols / least.width));
const mostDown = (rows: number): number => Math.max(1, Math.floor((rows - 1) / least.height));

/** Tiles beside each other: what shows most of each session. Whole lines are worth more than many of them. */
export function columnsFor(count: number, cols: number, rows: number): number {
  let best = 1;
  let most = -1;
  for (let across = 1; across <= Math.min(count, mostAcross(cols)); across += 1) {
    const down = Math.ceil(count / across);
    const width = Math.max(0, Math.floor(cols / across) - 2);
    const height = Math.max(0, Math.floor((rows - 1) / down) - 2);
    const legible = down <= mostDown(rows) ? 1 : 0.001;
    const worth = Math.min(width, usual.cols) ** 1.5 * Math.min(height, usual.rows) * legible;
    if (worth >= most) {
      most = worth;
      best = across;
    }
  }
  return best;
}

/** `count` tiles in reading order that fill `cols` × `rows − 1`; borders included. The last row of tiles is as wide as the others together. */
export function tileRects(count: number, cols: number, rows: number): Rect[] {
  if (count === 0) return [];
  const across = columnsFor(count, cols, rows);
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

export type Direction = 'left' | 'right' | 'up' | 'down';

/** The tile that an arrow leads to from `at`; the same one at an edge. */
export function neighbour(rects: readonly Rect[], at: number, by: Direction): number {
  const from = rects[at];
  if (from === undefined) return at;
  let best = at;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, to] of rects.entries()) {
    const [along, across] = apart(from, to, by);
    // The next row or column first, in it the one that is most beside.
    const cost = along * 1_000 + across;
    if (along > 0 && cost < least) {
      least = cost;
      best = index;
    }
  }
  return best;
}

/** How far `to` lies in the direction, and how far off to the side; a tile that is not in that direction has 0 or less. */
function apart(from: Rect, to: Rect, by: Direction): readonly [number, number] {
  const sideways = Math.abs(to.left + to.width / 2 - (from.left + from.width / 2));
  const upright = Math.abs(to.top - from.top);
  switch (by) {
    case 'left':
      return [upright === 0 ? from.left - to.left : 0, 0];
    case 'right':
      return [upright === 0 ? to.left - from.left : 0, 0];
    case 'up':
      return [from.top - to.top, sideways];
    case 'down':
      return [to.top - from.top, sideways];
    default:
      return by satisfies never;
  }
}
