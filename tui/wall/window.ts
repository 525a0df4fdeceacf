// Which part of a session a tile shows: where the cursor is, because there something happens. Pure.
import type { Screen } from '../../gateway/screen/screen.ts';

/** Columns and rows of the session left of and above the tile. */
export type Corner = { readonly left: number; readonly top: number };
export const origin: Corner = { left: 0, top: 0 };

type Looked = { readonly cols: number; readonly rows: number; readonly cursor: Pick<Screen['cursor'], 'x' | 'y' | 'visible'> };

/**
 * The corner of a window of `width` × `height` on the screen. It stays where it was (`before`) while the cursor is in it, and otherwise moves
 * so that the cursor stands in its last row: above it is what was said last. Sideways it moves in steps, so that typing does not make
 * the text run. A program that hides the cursor draws a whole screen, whose beginning is shown.
 */
export function cornerFor({ cols, rows, cursor }: Looked, width: number, height: number, before: Corner): Corner {
  if (!cursor.visible) return origin;
  const step = Math.max(1, Math.floor(width / 3));
  const left = cursor.x < width ? 0 : Math.ceil((cursor.x - width + 1) / step) * step;
  const within = cursor.y >= before.top && cursor.y < before.top + height;
  const top = within ? before.top : cursor.y - height + 1;
  return { left: clamp(left, cols - width), top: clamp(top, rows - height) };
}

const clamp = (wanted: number, most: number): number => Math.min(Math.max(0, wanted), Math.max(0, most));
