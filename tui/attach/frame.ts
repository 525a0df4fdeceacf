// What somebody who only looks sees: the picture above, lines of ours over it, one row of ours below. Only cells and the cursor are taken over from
// the session (law 7). Pure.
import { blankRow, type Row } from '../../gateway/screen/row.ts';
import { blankScreen, type Screen } from '../../gateway/screen/screen.ts';
import { withBanner } from './banner.ts';
import { inertRow } from './inert-row.ts';

/** `over`: rows of ours upon the picture, clear of its cursor. */
export function framed(picture: Screen, status: Row, cols: number, rows: number, over: readonly Row[] = []): Screen {
  const frame = blankScreen(cols, rows);
  const room = Math.max(0, frame.rows - 1);
  const body = picture.grid.slice(0, room).map(inertRow);
  const missing = Array.from({ length: Math.max(0, room - body.length) }, () => blankRow(frame.cols));
  const cursor = {
    ...frame.cursor,
    x: Math.min(picture.cursor.x, frame.cols - 1),
    y: Math.min(picture.cursor.y, Math.max(0, room - 1)),
    visible: picture.cursor.visible,
  };
  const whole: Screen = { ...frame, rows: room, grid: [...body, ...missing], cursor };
  const covered = over.length === 0 || room < 2 ? whole : withBanner(whole, over);
  return { ...frame, grid: [...covered.grid, status], cursor };
}
