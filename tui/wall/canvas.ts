// blessed, and nothing of the domain: tiles whose cells we write ourselves, keys and clicks, and the terminal given back. The only
// file that knows the library. Its own text layout gets wide characters wrong, so no text ever goes through it: only cells (LIBRARIES §5).
//
// Known limits: 256 colours; bold, underline, blink, inverse and invisible only (its attribute word has no room for more).
import { PassThrough } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
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
import type { KeyHeard } from './keys.ts';
import type { Rect } from './layout.ts';

/** Rows are as wide as the tile (top, bottom) or its inside (ground, says); cells beyond are not shown. */
export type Tile = {
  readonly rect: Rect;
  readonly top: Row;
  readonly bottom: Row;
  /** Its first cell is the edge at both sides; undefined = the inside reaches to both. */
  readonly side: Row | undefined;
  /** Stands where the body does not reach. */
  readonly ground: Row;
  readonly body: readonly Row[];
  /** Cells of ground left of and above the body. */
  readonly inset: { readonly left: number; readonly top: number };
  /** Rows over the first rows of the inside. */
  readonly says: readonly Row[];
  /** A cell of the body shown inverse. */
  readonly cursor: { readonly x: number; readonly y: number } | undefined;
};

export type Canvas = {
  readonly cols: () => number;
  readonly rows: () => number;
  /** What is shown from now on, later tiles over earlier ones, and the row at the bottom. Tiles keep their place in the list for clicks. */
  readonly show: (tiles: readonly Tile[], status: Row) => void;
  /** What the person typed; given to the key decoder here. */
  readonly feed: (bytes: Uint8Array) => void;
  /** What is on the terminal may be anything: the next `show` writes all of it. */
  readonly torn: () => void;
  /** Gives the terminal back. Afterwards one turn of the event loop must pass before anybody else listens to it. */
  readonly destroy: () => void;
};

export type CanvasListener = {
  readonly onKey: (character: string | undefined, key: KeyHeard) => void;
  readonly onClick: (tile: number) => void;
  readonly onResize: () => void;
};

type Cell = [attr: number, text: string];
/** What blessed does not type: the cells it will draw. */
type Lines = { readonly lines: (Cell[] & { dirty: boolean })[]; readonly tput: { brokenACS: boolean } };

/** Neither is this its signature in the typings. */
const { match: nearest } = blessed.colors as unknown as { readonly match: (red: number, green: number, blue: number) => number };

const OWN = 0x1ff;
const FLIPPED = 8 << 18;
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
  const decoder = new StringDecoder('utf8');
  const screen = blessed.screen({
    input: own as unknown as NodeJS.ReadStream,
    output,
    terminal: 'xterm-256color',
    forceUnicode: true,
    fullUnicode: true,
    smartCSR: false,
    resizeTimeout: 0,
  });
  // Characters as they are: it would switch charsets for a dot and a line, on every terminal that says nothing of UTF-8.
  (screen as unknown as Lines).tput.brokenACS = true;
  let boxes: ReturnType<typeof blessed.box>[] = [];
  let tiles: readonly Tile[] = [];
  let laid = '';
  /** First half of a character that the key decoder cut in two. */
  let half = '';

  const writeRow = (row: Row, y: number, left: number, width: number): void => {
    const line = (screen as unknown as Lines).lines[y];
    if (line === undefined) return;
    const cols = Math.min(width, row.cells.length / 3, line.length - left);
    for (let x = 0; x < cols; x += 1) {
      const cell = line[left + x];
      if (cell === undefined) continue;
      const cells = widthAt(row, x);
      cell[0] = attrOf(styleAt(row, x));
      // A wide character that the edge would cut is a blank; its right half is the NUL that blessed wants there.
      cell[1] = cells === 0 ? '\0' : cells === 2 && x + 1 >= cols ? ' ' : textAt(row, x);
    }
    line.dirty = true;
  };
  const writeTile = ({ rect, top, bottom, side, ground, body, inset, says, cursor }: Tile): void => {
    const edge = side === undefined ? 0 : 1;
    const left = rect.left + edge;
    const width = rect.width - 2 * edge;
    writeRow(top, rect.top, rect.left, rect.width);
    writeRow(bottom, rect.top + rect.height - 1, rect.left, rect.width);
    for (let y = 0; y < rect.height - 2; y += 1) {
      const at = rect.top + 1 + y;
      if (side !== undefined) {
        writeRow(side, at, rect.left, 1);
        writeRow(side, at, left + width, 1);
      }
      const said = says[y];
      const row = body[y - inset.top];
      if (said !== undefined) writeRow(said, at, left, width);
      else if (row === undefined || row.cells.length / 3 < width) writeRow(ground, at, left, width);
      if (said === undefined && row !== undefined) writeRow(row, at, left + inset.left, width - inset.left);
    }
    if (cursor === undefined || says[cursor.y + inset.top] !== undefined) return;
    const cell = (screen as unknown as Lines).lines[rect.top + 1 + inset.top + cursor.y]?.[left + inset.left + cursor.x];
    if (cell !== undefined) cell[0] ^= FLIPPED;
  };
  const lay = (): void => {
    for (const box of boxes) box.destroy();
    boxes = tiles.map((tile, at) => {
      const { left, top, width, height } = tile.rect;
      const box = blessed.box({ parent: screen, left, top, width, height });
      box.on('render', () => {
        const now = tiles[at];
        if (now !== undefined) writeTile(now);
      });
      box.on('click', () => onClick(at));
      return box;
    });
  };

  screen.on('keypress', (text: string | undefined, key: KeyHeard | undefined) => {
    if (text !== undefined && /^[\ud800-\udbff]$/.test(text)) {
      half = text;
      return;
    }
    const character = text !== undefined && /^[\udc00-\udfff]$/.test(text) ? half + text : text;
    half = '';
    onKey(character, key ?? {});
  });
  screen.on('resize', () => {
    laid = '';
    onResize();
  });
  return {
    cols: () => output.columns || 80,
    rows: () => output.rows || 24,
    show: (next, status) => {
      tiles = next;
      const places = JSON.stringify(next.map((tile) => tile.rect));
      if (places !== laid) {
        laid = places;
        lay();
      }
      screen.render();
      const y = (output.rows || 24) - 1;
      writeRow(status, y, 0, output.columns || 80);
      screen.draw(y, y);
      screen.program.flush();
    },
    feed: (bytes) => void own.write(decoder.write(Buffer.from(bytes))),
    torn: () => {
      screen.alloc();
      laid = '';
    },
    destroy: () => {
      screen.destroy();
      own.destroy();
      // It leaves a scroll region as large as the screen; whoever resizes next would scroll wrongly.
      output.write('\x1b[r');
    },
  };
}
