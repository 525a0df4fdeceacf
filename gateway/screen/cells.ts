// Reads the library's rows of cells into ours. Its words are {content, fg, bg}: content = code point, bit 21 "text stands apart", width from
// bit 22; fg and bg = colour (mode in bits 24 and 25) and flags above. Imports nothing of the library.
//
// One way to write each look: an empty cell is a space, a blank keeps of its colours only what can be seen, palette entries are told
// apart by number only, the right half of a wide character has the look of its left, and a half alone is a blank.
import type { LinkTable } from './links.ts';
import {
  BLANK_GLYPH,
  blankRow,
  CELL_WORDS,
  CLUSTER,
  CODE_MASK,
  type Decoration,
  FLAG_SHIFT,
  type Row,
  sameRow,
  WIDTH_SHIFT,
} from './row.ts';
import {
  BLINK,
  BOLD,
  type Colour,
  DECORATED,
  DIM,
  INVERSE,
  INVISIBLE,
  ITALIC,
  OVERLINE,
  PALETTE,
  PLAIN,
  RGB,
  STRIKE,
  type Style,
  UNDERLINE_MASK,
  UNDERLINE_SHIFT,
} from './style.ts';

type Extended = { readonly _ext: number; urlId: number; underlineColor: number; clone: () => Extended };
export type Attributes = { fg: number; bg: number; extended: Extended; updateExtended: () => void; clone: () => Attributes };

/** What the library fills cells with. */
export type NullCell = { readonly content: number; readonly fg: number; readonly bg: number };

export type Line = {
  readonly length: number;
  readonly _data: Uint32Array;
  _combined: Record<number, string | undefined>;
  _extendedAttrs: Record<number, Extended | undefined>;
  isWrapped: boolean;
  fill: (cell: NullCell, respectProtect?: boolean) => void;
  getWidth: (x: number) => number;
  setCellFromCodepoint: (x: number, code: number, width: number, attributes: Attributes) => void;
};

const FG_INVERSE = 1 << 26;
const FG_BOLD = 1 << 27;
const FG_UNDERLINE = 1 << 28;
const FG_BLINK = 1 << 29;
const FG_INVISIBLE = 1 << 30;
const FG_STRIKE = 1 << 31;
const BG_ITALIC = 1 << 26;
const BG_DIM = 1 << 27;
export const EXTENDED = 1 << 28;
const BG_OVERLINE = 1 << 30;

/** Flags by which a blank can be seen. */
const SEEN = INVERSE | STRIKE | OVERLINE | UNDERLINE_MASK;
/** Stands for bytes that are no UTF-8 and for characters that must not be drawn. */
export const REPLACEMENT = 0xfffd;

function colourOf(word: number): Colour {
  switch ((word >>> 24) & 3) {
    case 0:
      return 0;
    case 3:
      return RGB | (word & 0xffffff);
    default:
      return PALETTE | (word & 0xff);
  }
}

function flagsOf(fg: number, bg: number, extended: Extended | undefined): number {
  let flags = 0;
  if ((fg & FG_BOLD) !== 0) flags |= BOLD;
  if ((bg & BG_DIM) !== 0) flags |= DIM;
  if ((bg & BG_ITALIC) !== 0) flags |= ITALIC;
  if ((fg & FG_BLINK) !== 0) flags |= BLINK;
  if ((fg & FG_INVERSE) !== 0) flags |= INVERSE;
  if ((fg & FG_INVISIBLE) !== 0) flags |= INVISIBLE;
  if ((fg & FG_STRIKE) !== 0) flags |= STRIKE;
  if ((bg & BG_OVERLINE) !== 0) flags |= OVERLINE;
  // A link alone makes the library say "dashed"; what the program asked for stands in the raw word.
  if ((fg & FG_UNDERLINE) !== 0) flags |= (((extended?._ext ?? 0) >>> 26) & 7 || 1) << UNDERLINE_SHIFT;
  return flags;
}

/** A line of the screen proper, below what is kept above it. */
export function lineAt(
  buffer: { readonly lines: { get: (y: number) => Line | undefined }; readonly ybase: number },
  y: number,
): Line | undefined {
  return buffer.lines.get(buffer.ybase + y);
}

/** The pen as a style. */
export function penOf(attributes: Attributes, links: LinkTable): Style {
  const { fg, bg, extended } = attributes;
  if (fg === 0 && bg === 0 && extended._ext === 0 && extended.urlId === 0) return PLAIN;
  return {
    foreground: colourOf(fg),
    background: colourOf(bg),
    flags: flagsOf(fg, bg, extended),
    underlineColour: colourOf(extended._ext & 0x3ffffff),
    link: links.text(extended.urlId),
  };
}

/** A half of a wide character that lost its other half becomes a blank. */
export function blankOrphans(line: Line | undefined, cols: number): void {
  if (line === undefined) return;
  const { _data: words } = line;
  for (let x = 0; x < cols; x++) {
    const width = ((words[x * 3] ?? 0) >>> WIDTH_SHIFT) & 3;
    const whole = width === 2 && x + 1 < cols && (((words[x * 3 + 3] ?? 0) >>> WIDTH_SHIFT) & 3) === 0;
    if (whole) x++;
    else if (width !== 1) words[x * 3] = 1 << WIDTH_SHIFT;
  }
}

function seen(text: string): string {
  return isUnseen(text.codePointAt(0) ?? 0) ? text.replace(/^./su, '\ufffd') : text;
}

/** Makes a cell hold what it shows, before the library copies it. */
export function replaceUnseen(line: Line | undefined, x: number): void {
  const content = line?._data[x * CELL_WORDS];
  if (line === undefined || content === undefined) return;
  const text = (content & CLUSTER) === 0 ? undefined : line._combined[x];
  if (text !== undefined) line._combined[x] = seen(text);
  else if (isUnseen(content & CODE_MASK)) line._data[x * CELL_WORDS] = REPLACEMENT | (content & (3 << WIDTH_SHIFT));
}

/** What was read last of each of the library's lines: its words as they were, and the row made of them. Lines move when the screen scrolls. */
export type RowCache = { readonly lines: WeakMap<Line, { words: Uint32Array; row: Row; beside: boolean }>; rows: readonly Row[] };

export function newRowCache(): RowCache {
  return { lines: new WeakMap(), rows: [] };
}

/** The rows of a buffer; those that did not change are the objects of the last reading, wherever they stood. */
export function readRows(
  cache: RowCache,
  lineAt: (y: number) => Line | undefined,
  cols: number,
  rows: number,
  links: LinkTable,
): readonly Row[] {
  const read: Row[] = [];
  let changed = cache.rows.length !== rows;
  for (let y = 0; y < rows; y++) {
    const line = lineAt(y);
    const row = line === undefined ? blankRow(cols) : readRow(cache, line, cols, y > 0 && line.isWrapped, links);
    changed ||= row !== cache.rows[y];
    read.push(row);
  }
  if (changed) cache.rows = read;
  return cache.rows;
}

function readRow(cache: RowCache, line: Line, cols: number, wrapped: boolean, links: LinkTable): Row {
  const known = cache.lines.get(line);
  const length = cols * CELL_WORDS;
  const same = known !== undefined && sameWords(known.words, line._data, length);
  // What stands beside the words (clusters, kinds and colours of underlines, links) may change without them.
  if (same && !known.beside && known.row.wrapped === wrapped) return known.row;
  const made = rowOf(line, cols, wrapped, links);
  const row = known !== undefined && sameRow(known.row, made) ? known.row : made;
  if (same) known.row = row;
  else {
    const words = line._data.slice(0, length);
    cache.lines.set(line, { words, row, beside: hasBeside(words) });
  }
  return row;
}

/** Whether some cell is more than its words say. */
function hasBeside(words: Uint32Array): boolean {
  for (let at = 0; at < words.length; at += CELL_WORDS)
    if (((words[at] ?? 0) & CLUSTER) !== 0 || ((words[at + 2] ?? 0) & EXTENDED) !== 0) return true;
  return false;
}

function sameWords(a: Uint32Array, b: Uint32Array, length: number): boolean {
  if (a.length !== length) return false;
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** A line of the library as a row of ours. */
export function rowOf(line: Line, cols: number, wrapped: boolean, links: LinkTable): Row {
  const from = line._data;
  const cells = new Uint32Array(cols * CELL_WORDS);
  let clusters: Map<number, string> | undefined;
  let decorations: Map<number, Decoration> | undefined;
  let blank = true;
  for (let x = 0; x < cols; x++) {
    const at = x * CELL_WORDS;
    const content = from[at] ?? 0;
    const fg = from[at + 1] ?? 0;
    const bg = from[at + 2] ?? 0;
    const width = (content >>> WIDTH_SHIFT) & 3;
    const wide = width === 2 && x + 1 < cols && (((from[at + CELL_WORDS] ?? 0) >>> WIDTH_SHIFT) & 3) === 0;
    let glyph = BLANK_GLYPH;
    if (width === 1 || wide) {
      const text = (content & CLUSTER) === 0 ? undefined : line._combined[x];
      const code = content & CODE_MASK;
      if (text !== undefined) {
        glyph = CLUSTER | (width << WIDTH_SHIFT);
        clusters ??= new Map();
        clusters.set(x, seen(text));
      } else if (code !== 0) glyph = (isUnseen(code) ? REPLACEMENT : code) | (width << WIDTH_SHIFT);
    }
    let front = 0;
    let back = 0;
    if (fg !== 0 || bg !== 0) {
      const extended = (bg & EXTENDED) === 0 ? undefined : line._extendedAttrs[x];
      let foreground = colourOf(fg);
      let flags = flagsOf(fg, bg, extended);
      if (glyph === BLANK_GLYPH && (flags & SEEN) === 0) {
        foreground = 0;
        flags = 0;
      }
      const link = extended === undefined ? '' : links.text(extended.urlId);
      const underlineColour = (flags & UNDERLINE_MASK) === 0 || extended === undefined ? 0 : colourOf(extended._ext & 0x3ffffff);
      if (link !== '' || underlineColour !== 0) {
        flags |= DECORATED;
        decorations ??= new Map();
        decorations.set(x, { underlineColour, link });
      }
      front = (foreground | (flags << FLAG_SHIFT)) >>> 0;
      back = (colourOf(bg) | ((flags >>> 6) << FLAG_SHIFT)) >>> 0;
    }
    blank &&= glyph === BLANK_GLYPH && front === 0 && back === 0;
    cells[at] = glyph;
    cells[at + 1] = front;
    cells[at + 2] = back;
    if (wide) {
      x++;
      cells[at + CELL_WORDS + 1] = front;
      cells[at + CELL_WORDS + 2] = (back & ~((DECORATED >>> 6) << FLAG_SHIFT)) >>> 0;
    }
  }
  if (blank && !wrapped) return blankRow(cols);
  return { cells, clusters, decorations, wrapped };
}

/** Characters that show nothing or turn the line around (Trojan Source) and yet took a cell of their own: shown as U+FFFD everywhere. */
export function isUnseen(code: number): boolean {
  if (code < 0x61c) return code === 0x34f;
  return (
    code === 0x61c ||
    code === 0x180e ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    code === 0x115f ||
    code === 0x1160 ||
    code === 0x3164 ||
    code === 0xfeff ||
    code === 0xffa0 ||
    (code >= 0xfff0 && code <= 0xfffb) ||
    (code >= 0xfe00 && code <= 0xfe0f) ||
    (code >= 0x1d173 && code <= 0x1d17a) ||
    (code >= 0xe0000 && code <= 0xe0fff) ||
    (code >= 0xd800 && code <= 0xdfff)
  );
}
