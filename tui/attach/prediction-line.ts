// The line that is typed into, as cells that a guess may write: one row of the screen, and the one below for text that wraps. Knows what keys do to
// such a line when a program echoes them; knows nothing of time and of what is confirmed. Pure.
import {
  BLANK_GLYPH,
  CELL_WORDS,
  CLUSTER,
  type Decoration,
  FLAG_SHIFT,
  type Row,
  textAt,
  WIDTH_SHIFT,
  widthAt,
} from '../../gateway/screen/row.ts';
import { INVERSE, OVERLINE, STRIKE, type Style, UNDERLINE_MASK } from '../../gateway/screen/style.ts';
import type { GuessKey } from './prediction-keys.ts';

type LineCell = {
  readonly text: string;
  readonly width: 0 | 1 | 2;
  /** The three words of the cell in its row. */
  readonly words: readonly [number, number, number];
  readonly decoration: Decoration | undefined;
};

const FLAGS_LOW = 0x3f;
/** Attributes that show on a blank; of others a blank has none (cells.ts). */
const SEEN = INVERSE | STRIKE | OVERLINE | UNDERLINE_MASK;

/** Written by a guess: what must stand there, and the key that wrote it last. */
export type Written = { readonly text: string; readonly by: number };

/** Blanks in a row that end the text behind the cursor: what stands behind them stays where it is. */
const GAP = 2;

/** The row of the cursor and the one below, with the place of the cursor in them: `y` 0 or 1, `x` up to `cols` (behind the last column). */
export class GuessLine {
  x: number;
  y: 0 | 1 = 0;
  readonly cols: number;
  /** By `y * cols + x`. */
  readonly written = new Map<number, Written>();
  /** Cells left of this column were never touched. */
  least: number;
  readonly #rows: LineCell[][];
  readonly #wrapped: readonly boolean[];
  /** Where the text that may be erased begins, as far as is known. */
  readonly #floor: number;

  constructor(rows: readonly [Row, Row | undefined], x: number, floor: number) {
    this.cols = rows[0].cells.length / CELL_WORDS;
    this.#rows = [cellsOf(rows[0]), ...(rows[1] === undefined ? [] : [cellsOf(rows[1])])];
    this.#wrapped = [rows[0].wrapped, rows[1]?.wrapped ?? false];
    this.x = x;
    this.least = x;
    this.#floor = floor;
  }

  /** Does what the key is thought to do; `by` is its number. False = nobody can say: nothing was changed. */
  press(key: GuessKey, by: number, pen: Style): boolean {
    switch (key.kind) {
      case 'print':
        return this.#print(key.text, key.width, by, pen);
      case 'erase':
        return this.#erase(by);
      case 'left':
        if (this.#mayGoLeft()) this.x -= this.#before();
        this.least = Math.min(this.least, this.y === 0 ? this.x : this.least);
        return true;
      case 'right':
        if (this.#textEnds() > this.x) this.x += Math.max(1, this.#row[this.x]?.width ?? 1);
        return true;
      case 'barrier':
        return false;
      default:
        return key satisfies never;
    }
  }

  /** The rows with the guess in them. */
  rows(): readonly Row[] {
    return this.#rows.map((cells, y) => rowOf(cells, this.#wrapped[y] === true));
  }

  textAt(x: number, y: number): string {
    return this.#rows[y]?.[x]?.text ?? '';
  }

  get #row(): LineCell[] {
    return this.#rows[this.y] ?? [];
  }

  #print(text: string, width: 1 | 2, by: number, pen: Style): boolean {
    if (this.x + width > this.cols && !this.#wrap()) return false;
    const row = this.#row;
    const { x } = this;
    const there = row[x];
    // The right half of a wide character, or half of one to be written over: nobody knows what a program makes of it.
    if (there === undefined || there.width === 0) return false;
    const look = { text, width, pen };
    if (this.#suggested(text)) this.#put(look, row);
    else {
      const end = this.#textEnds();
      if (end > x) this.#shift(x, end, width);
      else if (width === 2 && row[x + 1]?.width === 2) return false;
      this.#put(look, row);
    }
    this.#wrote(x, text, by);
    this.x += width;
    return true;
  }

  #put({ text, width, pen }: { readonly text: string; readonly width: 1 | 2; readonly pen: Style }, row: LineCell[]): void {
    row[this.x] = cellWith(text, width, pen);
    if (width === 2) row[this.x + 1] = cellWith('', 0, pen);
  }

  /** A program's grey suggestion behind the cursor, which the key agrees with: it is written over, not pushed on. */
  #suggested(text: string): boolean {
    const row = this.#row;
    const there = row[this.x];
    const before = row[this.x - 1];
    if (there === undefined || before === undefined || there.text !== text || there.width !== 1) return false;
    return there.words[1] !== before.words[1] || there.words[2] !== before.words[2];
  }

  #erase(by: number): boolean {
    if (!this.#mayGoLeft()) return true;
    const row = this.#row;
    const width = this.#before();
    const from = this.x - width;
    const end = this.#textEnds();
    const blank = blankCell;
    if (end > this.x) {
      const behind = row[end] ?? blank;
      row.copyWithin(from, this.x, end);
      // What closes up behind has the look of what comes after it.
      for (let x = end - width; x < end; x += 1) row[x] = behind.text === ' ' ? behind : blank;
    } else for (let x = from; x < this.x; x += 1) row[x] = blank;
    this.x = from;
    for (let x = from; x < from + width; x += 1) this.#wrote(x, row[x]?.text ?? ' ', by);
    return true;
  }

  /** What may be gone back over: what was typed, or text; not the blank that ends a prompt. */
  #mayGoLeft(): boolean {
    if (this.x === 0) return false;
    if (this.y === 1 || this.x > this.#floor) return true;
    const before = this.#row[this.x - this.#before()];
    return this.x < this.#floor ? before !== undefined : before !== undefined && before.text !== ' ';
  }

  /** Cells of the character left of the cursor. */
  #before(): 1 | 2 {
    return this.#row[this.x - 1]?.width === 0 ? 2 : 1;
  }

  /** The column behind the text that begins at the cursor: its end, or the first gap in it. */
  #textEnds(): number {
    const row = this.#row;
    let end = this.x;
    let blanks = 0;
    for (let x = this.x; x < row.length; x += 1) {
      blanks = row[x]?.text === ' ' ? blanks + 1 : 0;
      if (blanks >= GAP) break;
      if (blanks === 0) end = x + 1;
    }
    return end;
  }

  /** Pushes the text between `from` and `end` to the right; what has no room is cut. */
  #shift(from: number, end: number, by: number): void {
    const row = this.#row;
    row.copyWithin(from + by, from, Math.min(end, row.length - by));
    // Half of a wide character that was cut.
    const last = row.length - 1;
    if (row[last]?.width === 2) row[last] = blankCell;
    const behind = Math.min(end + by, row.length);
    if (row[behind]?.width === 0 && row[behind - 1]?.width !== 2) row[behind] = blankCell;
    const moved = [...this.written].filter(([key]) => key >= this.y * this.cols + from && key < this.y * this.cols + end);
    for (const [key] of moved) this.written.delete(key);
    for (const [key, cell] of moved) if (key + by < (this.y + 1) * this.cols) this.written.set(key + by, cell);
  }

  /** On to the row below, when nothing stands there. */
  #wrap(): boolean {
    const below = this.#rows[1];
    if (this.y === 1 || below === undefined || below.some(({ text }) => text !== ' ')) return false;
    this.y = 1;
    this.x = 0;
    return true;
  }

  #wrote(x: number, text: string, by: number): void {
    this.written.set(this.y * this.cols + x, { text, by });
    if (this.y === 0) this.least = Math.min(this.least, x);
  }
}

const blankCell: LineCell = { text: ' ', width: 1, words: [BLANK_GLYPH, 0, 0], decoration: undefined };

function cellsOf(row: Row): LineCell[] {
  return Array.from({ length: row.cells.length / CELL_WORDS }, (_, x) => {
    const at = x * CELL_WORDS;
    return {
      text: textAt(row, x),
      width: widthAt(row, x),
      words: [row.cells[at] ?? 0, row.cells[at + 1] ?? 0, row.cells[at + 2] ?? 0],
      decoration: row.decorations?.get(x),
    };
  });
}

/** Links and coloured underlines are not guessed: a decoration stands beside the row. */
function cellWith(text: string, width: 0 | 1 | 2, pen: Style): LineCell {
  const glyph = (text.codePointAt(0) ?? 0) | (width << WIDTH_SHIFT);
  const plain = text === ' ' && (pen.flags & SEEN) === 0;
  const flags = plain ? 0 : pen.flags;
  const front = ((plain ? 0 : pen.foreground) | ((flags & FLAGS_LOW) << FLAG_SHIFT)) >>> 0;
  const back = (pen.background | ((flags >>> 6) << FLAG_SHIFT)) >>> 0;
  return { text, width, words: [glyph, front, back], decoration: undefined };
}

function rowOf(cells: readonly LineCell[], wrapped: boolean): Row {
  const words = new Uint32Array(cells.length * CELL_WORDS);
  const clusters = new Map<number, string>();
  const decorations = new Map<number, Decoration>();
  cells.forEach((cell, x) => {
    words.set(cell.words, x * CELL_WORDS);
    if ((cell.words[0] & CLUSTER) !== 0) clusters.set(x, cell.text);
    if (cell.decoration !== undefined) decorations.set(x, cell.decoration);
  });
  return {
    cells: words,
    clusters: clusters.size === 0 ? undefined : clusters,
    decorations: decorations.size === 0 ? undefined : decorations,
    wrapped,
  };
}
