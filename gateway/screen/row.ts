// One line of cells. Rows are values: never written after they are made, shared between screens, so that `===` answers most questions.
import { COLOUR_MASK, DECORATED, type Style } from './style.ts';

/** Words a cell takes in `Row.cells`. */
export const CELL_WORDS = 3;

/** First word of a cell: code point (21 bits), then `CLUSTER`, then the width (0 = right half of a wide character, 1, 2) from `WIDTH_SHIFT`. */
export const CODE_MASK = 0x1fffff;
export const CLUSTER = 0x200000;
export const WIDTH_SHIFT = 22;

/** Flags stand above the colours: six in the second word (foreground), six in the third (background). */
export const FLAG_SHIFT = 26;
const FLAGS_LOW = 0x3f;

/** First word of a blank cell. There is no empty cell: what was never written reads as a space. */
export const BLANK_GLYPH = 0x20 | (1 << WIDTH_SHIFT);

/** What a decorated cell has beside its words. */
export type Decoration = { readonly underlineColour: number; readonly link: string };

export type Row = {
  /** Three words a cell: glyph, foreground and low flags, background and high flags. */
  readonly cells: Uint32Array;
  /** Texts of the cells whose glyph has `CLUSTER` set (several code points in one cell), by column. */
  readonly clusters: ReadonlyMap<number, string> | undefined;
  /** Of the cells with `DECORATED` set, by column. */
  readonly decorations: ReadonlyMap<number, Decoration> | undefined;
  /** The text of the row above runs on in this row (it was wrapped by the terminal, not by a line feed). */
  readonly wrapped: boolean;
};

/** One cell, read. A wide character has width 2 and the cell to its right has width 0 and no text. */
export type Cell = { readonly text: string; readonly width: 0 | 1 | 2; readonly style: Style };

/** Neighbouring cells of one look. `text` is what stands there, `width` the cells it takes. */
export type Run = { readonly x: number; readonly text: string; readonly width: number; readonly style: Style };

const blanks = new Map<number, Row>();

/** The empty row of a width; one object for each width. */
export function blankRow(cols: number): Row {
  const known = blanks.get(cols);
  if (known !== undefined) return known;
  const cells = new Uint32Array(cols * CELL_WORDS);
  for (let at = 0; at < cells.length; at += CELL_WORDS) cells[at] = BLANK_GLYPH;
  const row: Row = { cells, clusters: undefined, decorations: undefined, wrapped: false };
  blanks.set(cols, row);
  return row;
}

export function widthAt(row: Row, x: number): 0 | 1 | 2 {
  return (((row.cells[x * CELL_WORDS] ?? BLANK_GLYPH) >>> WIDTH_SHIFT) & 3) as 0 | 1 | 2;
}

/** The text of a cell; empty in the right half of a wide character. */
export function textAt(row: Row, x: number): string {
  const glyph = row.cells[x * CELL_WORDS] ?? BLANK_GLYPH;
  if ((glyph & CLUSTER) !== 0) return row.clusters?.get(x) ?? ' ';
  const code = glyph & CODE_MASK;
  return code === 0 ? '' : String.fromCodePoint(code);
}

export function styleAt(row: Row, x: number): Style {
  const front = row.cells[x * CELL_WORDS + 1] ?? 0;
  const back = row.cells[x * CELL_WORDS + 2] ?? 0;
  const flags = (front >>> FLAG_SHIFT) | ((back >>> FLAG_SHIFT) << 6);
  const decoration = (flags & DECORATED) === 0 ? undefined : row.decorations?.get(x);
  return {
    foreground: front & COLOUR_MASK,
    background: back & COLOUR_MASK,
    flags: flags & ~DECORATED,
    underlineColour: decoration?.underlineColour ?? 0,
    link: decoration?.link ?? '',
  };
}

/** Words two and three of a cell with this look; the caller adds the decoration itself. */
function packStyle(style: Style): readonly [number, number] {
  const flags = style.flags | (style.underlineColour !== 0 || style.link !== '' ? DECORATED : 0);
  return [
    (style.foreground | ((flags & FLAGS_LOW) << FLAG_SHIFT)) >>> 0,
    (style.background | ((flags >>> 6) << FLAG_SHIFT)) >>> 0,
  ];
}

/** Whether two cells read the same, in their rows. */
export function sameCell(a: Row, b: Row, x: number): boolean {
  const at = x * CELL_WORDS;
  if (a.cells[at] !== b.cells[at] || a.cells[at + 1] !== b.cells[at + 1] || a.cells[at + 2] !== b.cells[at + 2]) return false;
  if (((a.cells[at] ?? 0) & CLUSTER) !== 0 && a.clusters?.get(x) !== b.clusters?.get(x)) return false;
  return sameDecoration(a.decorations?.get(x), b.decorations?.get(x));
}

export function sameRow(a: Row, b: Row): boolean {
  if (a === b) return true;
  if (a.wrapped !== b.wrapped || a.cells.length !== b.cells.length) return false;
  for (let at = 0; at < a.cells.length; at++) if (a.cells[at] !== b.cells[at]) return false;
  return sameMap(a.clusters, b.clusters, (p, q) => p === q) && sameMap(a.decorations, b.decorations, sameDecoration);
}

function sameDecoration(a: Decoration | undefined, b: Decoration | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.underlineColour === b.underlineColour && a.link === b.link);
}

function sameMap<T>(
  a: ReadonlyMap<number, T> | undefined,
  b: ReadonlyMap<number, T> | undefined,
  same: (p: T, q: T) => boolean,
): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.size !== b.size) return false;
  for (const [x, one] of a) {
    const other = b.get(x);
    if (other === undefined || !same(one, other)) return false;
  }
  return true;
}

/** The row as text, blanks at its end included. */
export function rowText(row: Row): string {
  let text = '';
  for (let x = 0; x < row.cells.length / CELL_WORDS; x++) text += textAt(row, x);
  return text;
}

/** The row as runs of one look, left to right: what a renderer with its own styles draws. */
export function rowRuns(row: Row): Run[] {
  const runs: Run[] = [];
  const cols = row.cells.length / CELL_WORDS;
  let start = 0;
  while (start < cols) {
    let end = start + 1;
    while (end < cols && sameLook(row, start, end)) end++;
    let text = '';
    for (let x = start; x < end; x++) text += textAt(row, x);
    runs.push({ x: start, text, width: end - start, style: styleAt(row, start) });
    start = end;
  }
  return runs;
}

/** A right half always belongs to the run of its character, whatever its own words say. */
function sameLook(row: Row, a: number, b: number): boolean {
  if (widthAt(row, b) === 0) return true;
  return (
    row.cells[a * CELL_WORDS + 1] === row.cells[b * CELL_WORDS + 1] &&
    row.cells[a * CELL_WORDS + 2] === row.cells[b * CELL_WORDS + 2] &&
    sameDecoration(row.decorations?.get(a), row.decorations?.get(b))
  );
}

/** Whether an undecorated cell has exactly this look. */
export function rowStyleIs(row: Row, x: number, style: Style): boolean {
  const [front, back] = packStyle(style);
  return row.cells[x * CELL_WORDS + 1] === front && row.cells[x * CELL_WORDS + 2] === back;
}

/** Whether the third word of a cell says that it has a decoration. */
export function isDecorated(back: number): boolean {
  return ((back >>> FLAG_SHIFT) & (DECORATED >>> 6)) !== 0;
}
