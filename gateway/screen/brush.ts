// Writes cells to a terminal: knows where its cursor stands and what its pen looks like, and moves both with few bytes.
// Counts on drawing conditions (the caller sees to them): autowrap on, insert and origin off, ASCII in use, no margins.
import {
  BLANK_GLYPH,
  blankRow,
  CELL_WORDS,
  isDecorated,
  type Row,
  rowStyleIs,
  sameCell,
  styleAt,
  textAt,
  widthAt,
} from './row.ts';
import { sgr } from './sgr.ts';
import { PLAIN, type Style } from './style.ts';

/** Text that may join the character before it, printed right after that: marks, jamo, flags, skin tones. */
const JOINS_BEFORE = /^(?:[\p{M}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff\u{1f1e6}-\u{1f1ff}\uff9e\uff9f]|\p{Emoji_Modifier})/u;
/** Text that may take in the character after it: leading jamo, joiners, Arabic number signs and their like. */
const JOINS_AFTER =
  /[\p{Cf}\u1100-\u115f\ua960-\ua97c\u0d4e\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d\u{111c2}\u{111c3}\u{1193f}\u{11941}\u{11a3a}\u{11a84}-\u{11a89}\u{11d46}\u{11f02}]$/u;

/** Equal cells between two changes that are cheaper printed again than jumped over. */
const GAP = 4;
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

  /** `wrapped` = the row moved to is a continuation, which a line feed would end. */
  moveTo(x: number, y: number, wrapped: boolean): void {
    if (this.#sure && !this.pending && this.x === x && this.y === y) return;
    this.out += this.#move(x, y, wrapped);
    this.#arrive(x, y);
  }

  #move(x: number, y: number, wrapped: boolean): string {
    if (y === this.y) {
      if (x === 0) return '\r';
      const absolute = `\x1b[${x + 1}G`;
      if (!this.#sure || this.pending) return absolute;
      const by = x - this.x;
      if (by < 0) return -by <= 3 ? '\b'.repeat(-by) : absolute;
      const relative = `\x1b[${by === 1 ? '' : by}C`;
      return relative.length <= absolute.length ? relative : absolute;
    }
    if (x === 0 && y === this.y + 1 && !wrapped) return '\r\n';
    return place(x, y);
  }

  /** Prints one cell of a row at the cursor; at a pending wrap it goes to the next row. */
  put(row: Row, x: number, style?: Style): void {
    const glyph = row.cells[x * CELL_WORDS] ?? BLANK_GLYPH;
    const text = textAt(row, x);
    if (style === undefined) this.#penOf(row, x);
    else this.usePen(style);
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

  /** Keeps the next character from joining the last. */
  #part(): void {
    if (this.pending) this.control('\x0f');
    else this.controlTo(`\x1b[${this.x + 1}G`, this.x, this.y);
  }

  /** Makes row `y`, which shows `from`, show `to`; `above` is what the row above shows by now. */
  row(y: number, from: Row, to: Row, above: Row | undefined): void {
    let shown = from;
    let x = 0;
    if (from.wrapped && !to.wrapped) {
      this.moveTo(0, y, false);
      this.usePen(PLAIN);
      this.control('\x1b[K');
      shown = blankRow(this.#cols);
    } else if (!from.wrapped && to.wrapped && above !== undefined) {
      const end = widthAt(above, this.#cols - 1) === 0 ? this.#cols - 2 : this.#cols - 1;
      if (!(this.pending && this.y === y - 1)) {
        this.moveTo(end, y - 1, true);
        this.put(above, end);
      }
      this.put(to, 0);
      x = widthAt(to, 0);
    }
    const end = blankFrom(to);
    while (x < this.#cols) {
      if (sameCell(shown, to, x)) {
        x++;
        continue;
      }
      if (x >= end && this.#cols - x > FEW_BLANKS) {
        this.#eraseFrom(x, y, to);
        return;
      }
      this.#goTo(x, y, to);
      this.put(to, x);
      x += widthAt(to, x);
    }
  }

  #eraseFrom(x: number, y: number, to: Row): void {
    this.#goTo(x, y, to);
    if (x === 0 && to.wrapped) this.put(to, 0);
    this.usePen(PLAIN);
    this.control('\x1b[K');
  }

  /** Moves within a row, printing again a few cells on the way where that is shorter. */
  #goTo(x: number, y: number, row: Row): void {
    const gap = x - this.x;
    if (this.y === y && this.#sure && !this.pending && gap > 0 && gap <= GAP && canReprint(row, this.x, x, this.pen))
      for (let at = this.x; at < x; at++) this.put(row, at, this.pen);
    else this.moveTo(x, y, row.wrapped);
  }
}

/** CUP. */
export function place(x: number, y: number): string {
  if (x !== 0) return `\x1b[${y + 1};${x + 1}H`;
  return y === 0 ? '\x1b[H' : `\x1b[${y + 1}H`;
}

function canReprint(row: Row, from: number, to: number, pen: Style): boolean {
  if (pen.link !== '' || pen.underlineColour !== 0) return false;
  for (let x = from; x < to; x++) {
    const glyph = row.cells[x * CELL_WORDS] ?? 0;
    if (glyph < BLANK_GLYPH || glyph > BLANK_GLYPH + 0x5e || !rowStyleIs(row, x, pen)) return false;
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

/** Terminals agree on the width of one code point outside the emoji and the private areas. */
function isSure(glyph: number): boolean {
  const code = glyph & 0x3fffff;
  if (code < 0x300) return true;
  return (code >= 0x2500 && code <= 0x259f) || (code >= 0x2e80 && code < 0xd7a4) || (code >= 0xff01 && code <= 0xff60);
}
