// blessed, and nothing of the domain: bordered tiles whose cells we write ourselves, keys and clicks, and the terminal given back. The only
// file that knows the library. Its own text layout gets wide characters wrong, so no text ever goes through it: only cells (LIBRARIES §5).
//
// Known limits: 256 colours; bold, underline, blink, inverse and invisible only (its attribute word has no room for more).
import { PassThrough } from 'node:stream';
import blessed from 'blessed';
import { type Row, styleAt, textAt, widthAt } from '../../gateway/screen/row.ts';
import {
  BLINK,
  BOLD,
  type Colour,
  colourParts,
  INVERSE,
  INVISIBLE,
  type Style,
  underlineOf,
} from '../../gateway/screen/style.ts';
import type { Rect } from './layout.ts';

/** Index into the palette, or the terminal's own. */
export type TileColour = number | undefined;

export type Tile = {
  readonly rect: Rect;
  readonly border: TileColour;
  readonly selected: boolean;
  /** One row that stands in the upper border. */
  readonly title: Row;
  /** What stands inside; rows and columns beyond the tile are not shown. */
  readonly body: () => readonly Row[];
};

export type Canvas = {
  readonly cols: () => number;
  readonly rows: () => number;
  /** What is shown from now on, and the row at the bottom. Tiles keep their place in the list for clicks. */
  readonly show: (tiles: readonly Tile[], status: Row) => void;
  /** What the person typed; given to the key decoder here. */
  readonly feed: (bytes: Uint8Array) => void;
  /** Gives the terminal back. Afterwards one turn of the event loop must pass before anybody else listens to it. */
  readonly destroy: () => void;
};

export type CanvasListener = {
  readonly onKey: (name: string) => void;
  readonly onClick: (tile: number) => void;
  readonly onResize: () => void;
};

type Cell = [attr: number, text: string];
/** What blessed does not type: the cells it will draw. */
type Lines = { readonly lines: (Cell[] & { dirty: boolean })[] };

/** Neither is this its signature in the typings. */
const { match: nearest } = blessed.colors as unknown as { readonly match: (red: number, green: number, blue: number) => number };

const OWN = 0x1ff;
const matched = new Map<number, number>();

function paletteOf(colour: Colour): number {
  const parts = colourParts(colour);
  if (parts.kind === 'default') return OWN;
  if (parts.kind === 'palette') return parts.index;
  const known = matched.get(colour);
  if (known !== undefined) return known;
  const index = nearest(parts.red, parts.green, parts.blue);
  if (matched.size > 4096) matched.clear();
  matched.set(colour, index);
  return index;
}

/** blessed's attribute word: flags above, foreground, background, nine bits each. */
export function attrOf(style: Style): number {
  const { foreground, background, flags } = style;
  const word =
    ((flags & BOLD) !== 0 ? 1 : 0) |
    (underlineOf(style) > 0 ? 2 : 0) |
    ((flags & BLINK) !== 0 ? 4 : 0) |
    ((flags & INVERSE) !== 0 ? 8 : 0) |
    ((flags & INVISIBLE) !== 0 ? 16 : 0);
  return (word << 18) | (paletteOf(foreground) << 9) | paletteOf(background);
}

export function openCanvas(output: NodeJS.WriteStream, { onKey, onClick, onResize }: CanvasListener): Canvas {
  // Not stdin itself: its key decoder would stay on it for good.
  const own = new PassThrough();
  const screen = blessed.screen({
    input: own as unknown as NodeJS.ReadStream,
    output,
    terminal: 'xterm-256color',
    forceUnicode: true,
    fullUnicode: true,
    smartCSR: false,
    resizeTimeout: 0,
  });
  let boxes: ReturnType<typeof blessed.box>[] = [];
  let tiles: readonly Tile[] = [];
  let bottom: Row | undefined;
  let laid = '';

  const writeRow = (row: Row, y: number, left: number, width: number, look?: number): void => {
    const line = (screen as unknown as Lines).lines[y];
    if (line === undefined) return;
    const cols = Math.min(width, row.cells.length / 3, line.length - left);
    for (let x = 0; x < cols; x += 1) {
      const cell = line[left + x];
      if (cell === undefined) continue;
      const cells = widthAt(row, x);
      cell[0] = look ?? attrOf(styleAt(row, x));
      // A wide character that the edge would cut is a blank; its right half is the NUL that blessed wants there.
      cell[1] = cells === 0 ? '\0' : cells === 2 && x + 1 >= cols ? ' ' : textAt(row, x);
    }
    for (let x = cols; x < Math.min(width, line.length - left); x += 1) {
      const cell = line[left + x];
      if (cell === undefined) continue;
      cell[0] = (OWN << 9) | OWN;
      cell[1] = ' ';
    }
    line.dirty = true;
  };
  const writeTile = ({ rect, title, body, border, selected }: Tile): void => {
    const rows = body();
    for (let y = 0; y < rect.height - 2; y += 1) {
      const row = rows[y];
      if (row !== undefined) writeRow(row, rect.top + 1 + y, rect.left + 1, rect.width - 2);
    }
    const look = ((selected ? 8 | 1 : 1) << 18) | ((border ?? OWN) << 9) | OWN;
    writeRow(title, rect.top, rect.left + 2, Math.min(title.cells.length / 3, Math.max(0, rect.width - 4)), look);
  };
  const lay = (): void => {
    for (const box of boxes) box.destroy();
    boxes = tiles.map((tile, at) => {
      const { left, top, width, height } = tile.rect;
      const box = blessed.box({
        parent: screen,
        left,
        top,
        width,
        height,
        border: { type: 'line' },
        style: { border: borderStyle(tile) },
      });
      box.on('render', () => {
        const now = tiles[at];
        if (now !== undefined) writeTile(now);
      });
      box.on('click', () => onClick(at));
      return box;
    });
  };

  screen.on('keypress', (text: string | undefined, key: { readonly full?: string; readonly name?: string }) =>
    onKey(key.full ?? key.name ?? text ?? ''),
  );
  screen.on('resize', () => {
    laid = '';
    onResize();
  });
  return {
    cols: () => output.columns || 80,
    rows: () => output.rows || 24,
    show: (next, status) => {
      tiles = next;
      bottom = status;
      const places = JSON.stringify(next.map((tile) => tile.rect));
      if (places !== laid) {
        laid = places;
        lay();
      }
      for (const [at, box] of boxes.entries()) {
        const tile = tiles[at];
        if (tile !== undefined) box.style.border = borderStyle(tile);
      }
      screen.render();
      if (bottom === undefined) return;
      const y = (output.rows || 24) - 1;
      writeRow(bottom, y, 0, output.columns || 80);
      screen.draw(y, y);
      screen.program.flush();
    },
    feed: (bytes) => void own.write(bytes),
    destroy: () => {
      screen.destroy();
      own.destroy();
      // It leaves a scroll region as large as the screen; whoever resizes next would scroll wrongly.
      output.write('\x1b[r');
    },
  };
}

const borderStyle = ({ border, selected }: Tile) => ({
  fg: border ?? -1,
  bold: selected,
});
