// The help of the wall as a tile over the others. Pure.
import type { Colours } from '../parts/palette.ts';
import type { Tile } from './canvas.ts';
import { inkRow, piece, piecesWidth, strong } from './ink.ts';
import type { Wall } from './model.ts';
import { helpPieces } from './status-line.ts';

export function helpTile(wall: Wall, colours: Colours): Tile {
  const { cols, rows } = wall.size;
  const all = helpPieces(wall);
  const room = Math.max(1, rows - 3);
  // What does not fit below stands beside.
  const columns = Array.from({ length: Math.ceil(all.length / room) }, (_, at) => all.slice(at * room, (at + 1) * room));
  const widths = columns.map((column) => Math.max(...column.map(piecesWidth)));
  const width = Math.min(cols, widths.reduce((sum, one) => sum + one, 0) + 2);
  const height = Math.min(rows - 1, Math.min(all.length, room) + 2);
  const body = Array.from({ length: height - 2 }, (_, y) =>
    inkRow(
      columns.flatMap((column, at) => {
        const line = column[y] ?? [];
        return [...line, piece(' '.repeat(Math.max(0, (widths[at] ?? 0) - piecesWidth(line))))];
      }),
      width - 2,
      colours,
    ),
  );
  const dashes = Math.max(0, width - 10);
  return {
    rect: { left: Math.floor((cols - width) / 2), top: Math.floor((rows - 1 - height) / 2), width, height },
    top: inkRow([strong('┏━', 'accent'), strong(' keys '), strong(`${'━'.repeat(dashes + 1)}┓`, 'accent')], width, colours),
    bottom: inkRow([strong(`┗${'━'.repeat(Math.max(0, width - 2))}┛`, 'accent')], width, colours),
    side: inkRow([strong('┃', 'accent')], 2, colours),
    ground: inkRow([], Math.max(2, width - 2), colours),
    body,
    inset: { left: 0, top: 0 },
    says: [],
    cursor: undefined,
  };
}
