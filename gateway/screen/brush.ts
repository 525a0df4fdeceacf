// Writes cells to a terminal: knows where its cursor stands and what its pen looks like, and moves both with few bytes.
// Counts on drawing conditions (the caller sees to them): autowrap on, insert and origin off, ASCII in use, no margins.
//
// Few bytes *behind a window shared by all frames* (`npm run bench paint`): there a text that was seen before costs next to nothing as long as
// nothing stands in between, and a jump to a place never jumped to costs all its digits. So equal cells are printed again where a row goes on
// with changed ones, rows near below are reached by line feeds and the indentation, and columns are always named in the same way.
import {
  BLANK_GLYPH,
  blankRow,
  CELL_WORDS,
  CLUSTER,
  isDecorated,
  type Row,
  rowStyleIs,
  sameCell,
  styleAt,
  textAt,
  WIDTH_SHIFT,
  widthAt,
} from './row.ts';
import { sgr } from './sgr.ts';
import { INVERSE, OVERLINE, PLAIN, STRIKE, type Style, UNDERLINE_MASK } from './style.ts';

/** Text that may join the character before it, printed right after that: marks, jamo, flags, skin tones. */
const JOINS_BEFORE = /^(?:[\p{M}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff\u{1f1e6}-\u{1f1ff}\uff9e\uff9f]|\p{Emoji_Modifier})/u;
/** Text that may take in the character after it: leading jamo, joiners, Arabic number signs and their like. */
const JOINS_AFTER =
  /[\p{Cf}\u1100-\u115f\ua960-\ua97c\u0d4e\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d\u{111c2}\u{111c3}\u{1193f}\u{11941}\u{11a3a}\u{11a84}-\u{11a89}\u{11d46}\u{11f02}]$/u;

/** Equal cells between two changes that are cheaper printed again than jumped over: in the pen in use, and in whatever pens they have. */
const GAP = 120;
const COLOURED_GAP = 40;
/** Equal cells before the first change of a row that are cheaper printed than jumped over. */
const INDENT = 24;
/** Rows further down that are cheaper reached by line feeds. */
const NEAR = 4;
/** Flags by which a blank can be seen. */
const SEEN = INVERSE | STRIKE | OVERLINE | UNDERLINE_MASK;
/** Blanks that are cheaper than a sequence to erase them. */
const FEW_BLANKS = 3;

export class Brush {
  out = '';
  x: number;
  y: number;
  /** The last column was just printed. */
  pending: boolean;
  /** The last thing written was a character at the place left of the cursor. */
  joined: boolean;
  pen: Style;
  readonly #cols: number;
  /** False after a character whose width terminals do not agree on: then x is what it should be, and only absolute moves are used. */
  #sure = true;
  /** Words of the pen as it stands in a row, where known. */
  #front = -1;
  #back = 0;
  #last: string;

  /** `last` is the character left of the cursor. */
  constructor(
    cols: number,
    at: { readonly x: number; readonly y: number; readonly wrapPending: boolean; readonly joins: boolean },
    pen: Style,
    last: string,
  ) {
    this.#last = last;
    this.#cols = cols;
    this.x = at.x;
    this.y = at.y;
    this.pending = at.wrapPending;
    this.joined = at.joins;
    this.pen = pen;
  }

  /** A sequence that does not move the cursor. */
  control(sequence: string): void {
    this.out += sequence;
    this.joined = false;
  }

  /** A sequence that leaves the cursor at this place. */
  controlTo(sequence: string, x: number, y: number): void {
    this.out += sequence;
    this.joined = false;
    this.#arrive(x, y);
  }

  #arrive(x: number, y: number): void {
    this.x = x;
    this.y = y;
    this.pending = false;
    this.joined = false;
    this.#sure = true;
  }

  usePen(style: Style): void {
    if (this.pen === style) return;
    this.#front = -1;
    const codes = sgr(this.pen, style);
    if (codes !== '') this.control(codes);
    if (this.pen.link !== style.link) this.control(`\x1b]8;${style.link === '' ? ';' : style.link}\x1b\\`);
    this.pen = style;
  }

  /** To any place. `feeds` = a line feed to the next row ends no wrapping and scrolls nothing. */
  moveTo(x: number, y: number, feeds = false): void {
    if (this.#sure && !this.pending && this.x === x && this.y === y) return;
    this.out += this.#move(x, y, feeds);
    this.#arrive(x, y);
  }

  #move(x: number, y: number, feeds: boolean): string {
    if (y !== this.y) return feeds && x === 0 && y === this.y + 1 ? '\r\n' : place(x, y);
    if (x === 0) return '\r';
    const by = x - this.x;
    if (this.#sure && !this.pending) {
      if (by < 0 && by >= -3) return '\b'.repeat(-by);
      if (by === 1) return '\x1b[C';
    }
    return `\x1b[${x + 1}G`;
  }

  /** Prints one cell of a row at the cursor; at a pending wrap it goes to the next row. */
  put(row: Row, x: number, style?: Style): void {
    const glyph = row.cells[x * CELL_WORDS] ?? BLANK_GLYPH;
    const text = textAt(row, x);
    if (style !== undefined) this.usePen(style);
    else if (glyph !== BLANK_GLYPH || !this.#blanks(row, x)) this.#penOf(row, x);
    if (this.joined && mayJoin(this.#last, text)) this.#part();
    if (this.pending) {
      this.x = 0;
      this.y++;
      this.pending = false;
    }
    this.out += text;
    this.#last = text;
    this.x += widthAt(row, x);
    this.joined = true;
    this.#sure = this.#sure && isSure(glyph);
    if (this.x >= this.#cols) {
      this.x = this.#cols - 1;
      this.pending = true;
    }
  }

  /** The pen of a cell; most cells look like the one before. */
  #penOf(row: Row, x: number): void {
    const front = row.cells[x * CELL_WORDS + 1] ?? 0;
    const back = row.cells[x * CELL_WORDS + 2] ?? 0;
    if (front === this.#front && back === this.#back) return;
    this.usePen(styleAt(row, x));
    // A decorated cell has more to its look than its words say.
    this.#front = isDecorated(back) ? -1 : front;
    this.#back = back;
  }

  /** Whether a blank printed with the pen in use looks as this one does. */
  #blanks(row: Row, x: number): boolean {
    const { pen } = this;
    const at = x * CELL_WORDS;
    if (row.cells[at + 1] !== 0 || row.cells[at + 2] !== pen.background) return false;
    return (pen.flags & SEEN) === 0 && pen.link === '' && pen.underlineColour === 0;
  }

  /** Keeps the next character from joining the last. */
  #part(): void {
    if (this.pending) this.control('\x0f');
    else this.controlTo(`\x1b[${this.x + 1}G`, this.x, this.y);
  }

  /** Makes row `y`, which shows `from`, show what it is in `to`; the rows above show that by now. */
  row(y: number, from: Row, to: readonly Row[]): void {
    const wanted = to[y];
    if (wanted === undefined) return;
    const above = to[y - 1];
    let shown = from;
    let x = 0;
    if (from.wrapped && !wanted.wrapped) {
      this.moveTo(0, y, true);
      this.usePen(PLAIN);
      this.control('\x1b[K');
      shown = blankRow(this.#cols);
    } else if (!from.wrapped && wanted.wrapped && above !== undefined) {
      const end = widthAt(above, this.#cols - 1) === 0 ? this.#cols - 2 : this.#cols - 1;
      if (!(this.pending && this.y === y - 1)) {
        this.moveTo(end, y - 1);
        this.put(above, end);
      }
      this.put(wanted, 0);
      x = widthAt(wanted, 0);
    }
    const end = blankFrom(wanted);
    for (;;) {
      x = nextChange(shown, wanted, x);
      if (x >= this.#cols) return;
      this.#goTo(x, y, to);
      if (x >= end && this.#cols - x > FEW_BLANKS) {
        if (x === 0 && wanted.wrapped) this.put(wanted, 0);
        this.usePen(PLAIN);
        this.control('\x1b[K');
        return;
      }
      this.put(wanted, x);
      x += widthAt(wanted, x);
    }
  }

  /** Moves to the next change, printing again what stands on the way where that is cheaper. */
  #goTo(x: number, y: number, to: readonly Row[]): void {
    const row = to[y];
    if (row === undefined) return;
    if (!this.#sure) this.moveTo(x, y);
    else if (y === this.y && x >= this.x) {
      if (this.pending || !this.#reprints(row, this.x, x)) this.moveTo(x, y);
    } else if (this.#feeds(y, to)) {
      const indented = x <= INDENT && isPlain(row, 0, x);
      // So that rows begin alike, whatever stood before them.
      if (indented) this.usePen(PLAIN);
      // Each with its CR, so that no tty on the way (ONLCR) has anything to add.
      this.out += `${'\r\n'.repeat(y - this.y)}${indented ? '' : `\x1b[${x + 1}G`}`;
      this.#arrive(indented ? 0 : x, y);
      for (let at = 0; indented && at < x; at += widthAt(row, at)) this.put(row, at);
    } else this.moveTo(x, y);
  }

  /** Whether line feeds go to row `y`: each ends the wrapping of the row it comes to. */
  #feeds(y: number, to: readonly Row[]): boolean {
    if (y <= this.y || y > this.y + NEAR) return false;
    for (let at = this.y + 1; at <= y; at++) if (to[at]?.wrapped !== false) return false;
    return true;
  }

  #reprints(row: Row, from: number, to: number): boolean {
    if (to - from > GAP || !isPlain(row, from, to)) return false;
    if (to - from > COLOURED_GAP && !this.#serves(row, from, to)) return false;
    for (let at = from; at < to; at += widthAt(row, at)) this.put(row, at);
    return true;
  }

  /** Whether the pen in use serves for all these cells. */
  #serves(row: Row, from: number, to: number): boolean {
    for (let x = from; x < to; x++)
      if (!rowStyleIs(row, x, this.pen) && !(row.cells[x * CELL_WORDS] === BLANK_GLYPH && this.#blanks(row, x))) return false;
    return true;
  }
}

/** CUP. */
export function place(x: number, y: number): string {
  if (x !== 0) return `\x1b[${y + 1};${x + 1}H`;
  return y === 0 ? '\x1b[H' : `\x1b[${y + 1}H`;
}

/** The first column from `x` on in which two rows differ; their width where they do not. */
function nextChange(a: Row, b: Row, x: number): number {
  const [before, after] = [a.cells, b.cells];
  for (let at = x * CELL_WORDS; at < after.length; at += CELL_WORDS) {
    const glyph = before[at] ?? 0;
    const back = before[at + 2] ?? 0;
    if (glyph !== after[at] || before[at + 1] !== after[at + 1] || back !== after[at + 2]) return at / CELL_WORDS;
    if (((glyph & CLUSTER) !== 0 || isDecorated(back)) && !sameCell(a, b, at / CELL_WORDS)) return at / CELL_WORDS;
  }
  return after.length / CELL_WORDS;
}

/** Whether these cells hold whole characters that any terminal shows alike, and nothing but their words. */
function isPlain(row: Row, from: number, to: number): boolean {
  if (to > from && widthAt(row, from) === 0) return false;
  for (let x = from; x < to; x++) {
    const glyph = row.cells[x * CELL_WORDS] ?? 0;
    if (!isSure(glyph) || isDecorated(row.cells[x * CELL_WORDS + 2] ?? 0)) return false;
  }
  return true;
}

/** The first column from which the row is blank, in default colours. */
export function blankFrom(row: Row): number {
  let at = row.cells.length - CELL_WORDS;
  while (at >= 0 && row.cells[at] === BLANK_GLYPH && row.cells[at + 1] === 0 && row.cells[at + 2] === 0) at -= CELL_WORDS;
  return at / CELL_WORDS + 1;
}

function mayJoin(last: string, text: string): boolean {
  return (
    (text.charCodeAt(0) >= 0x300 && JOINS_BEFORE.test(text)) ||
    (last.charCodeAt(last.length - 1) >= 0x300 && JOINS_AFTER.test(last))
  );
}

/** Terminals agree on the width of one code point outside the newer emoji and the private areas. */
function isSure(glyph: number): boolean {
  const code = glyph & 0x3fffff;
  if (code < 0x300) return true;
  if (code >= 0x1f300 && code <= 0x1f64f) return glyph >>> WIDTH_SHIFT === 2 && (code < 0x1f3fb || code > 0x1f3ff);
  return (code >= 0x2500 && code <= 0x259f) || (code >= 0x2e80 && code < 0xd7a4) || (code >= 0xff01 && code <= 0xff60);
}
