// A line of the screen as a value: pieces of text with a tone. What a tone looks like is for the palette of the terminal at hand.
import { cellWidth, cutToCells } from '../../gateway/protocol/cell-width.ts';

/** plain: the terminal's own ink · dim: secondary · accent: ours · good, warn, bad: what they say, and never said by colour alone. */
export type Hue = 'plain' | 'dim' | 'accent' | 'good' | 'warn' | 'bad' | SeatHue;
/** Of a participant: by their number in the session, so that it stays theirs, and is the one they have on every screen (E31). */
export type SeatHue = `seat${0 | 1 | 2 | 3 | 4 | 5}`;
const seatHues: readonly SeatHue[] = ['seat0', 'seat1', 'seat2', 'seat3', 'seat4', 'seat5'];
export const seatHue = (ordinal: number): SeatHue => seatHues[ordinal % seatHues.length] ?? 'seat0';
export type Span = {
  /** Already safe to show (X1). */
  readonly text: string;
  readonly hue?: Hue;
  readonly bold?: true;
  /** A cell of a text field under the cursor, a tab in front. */
  readonly inverse?: true;
};
export type Line = readonly Span[];

export const span = (text: string, hue: Hue = 'plain'): Span => (hue === 'plain' ? { text } : { text, hue });
export const strong = (text: string, hue: Hue = 'plain'): Span => ({ ...span(text, hue), bold: true });
export const blank: Line = [];

const widths = new Map<string, number>();
/** Cells of a safe text, remembered: the same few thousand words are measured at every frame. */
export function cells(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  const known = widths.get(text);
  if (known !== undefined) return known;
  const width = cellWidth(text);
  if (widths.size > 20_000) widths.clear();
  widths.set(text, width);
  return width;
}

export const lineCells = (line: Line): number => line.reduce((sum, piece) => sum + cells(piece.text), 0);

/** The line cut to a width, with an ellipsis where something is missing. Not padded. */
export function cutLine(line: Line, width: number): Line {
  let left = Math.max(0, width);
  const out: Span[] = [];
  for (const [index, piece] of line.entries()) {
    const size = cells(piece.text);
    if (size <= left) {
      out.push(piece);
      left -= size;
      continue;
    }
    // The ellipsis needs a cell of its own; when none is left, the piece before gives one.
    const cut = left > 0 ? cutToCells(piece.text, left) : '';
    if (cut !== '') out.push({ ...piece, text: cut });
    else if (index > 0) {
      const before = out.pop();
      if (before !== undefined) out.push({ ...before, text: cutToCells(`${before.text}…`, cells(before.text)) });
    }
    break;
  }
  return out;
}

/** The line in exactly `width` cells. */
export function fitLine(line: Line, width: number, align: 'left' | 'right' = 'left'): Line {
  const cut = cutLine(line, width);
  const room = width - lineCells(cut);
  if (room <= 0) return cut;
  const padding = span(' '.repeat(room));
  return align === 'left' ? [...cut, padding] : [padding, ...cut];
}

/** Left and right at the two ends of a line; the right one gives way first. */
export function endsLine(left: Line, right: Line, width: number): Line {
  const room = width - lineCells(left);
  const fits = lineCells(right) + 1 <= room;
  if (!fits) return cutLine(left, width);
  return [...left, span(' '.repeat(room - lineCells(right))), ...right];
}

/** The line in the middle of `width` cells. */
export function centred(line: Line, width: number): Line {
  const room = Math.max(0, Math.floor((width - lineCells(line)) / 2));
  return room === 0 ? cutLine(line, width) : [span(' '.repeat(room)), ...cutLine(line, width - room)];
}

/** Words of a text in lines of at most `width` cells; a word that is wider is cut into pieces, a character that is wider becomes an ellipsis. */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let now = '';
  for (const word of text.split(' ')) {
    const joined = now === '' ? word : `${now} ${word}`;
    if (cells(joined) <= width) {
      now = joined;
      continue;
    }
    if (now !== '') lines.push(now);
    const pieces = cells(word) <= width ? [word] : piecesOf(word, width);
    lines.push(...pieces.slice(0, -1));
    now = pieces.at(-1) ?? '';
  }
  if (now !== '' || lines.length === 0) lines.push(now);
  return lines;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function piecesOf(word: string, width: number): string[] {
  const pieces: string[] = [];
  let now = '';
  let taken = 0;
  for (const { segment } of graphemes.segment(word)) {
    // Marks that take cells of their own make a character of any width.
    const character = cutToCells(segment, width);
    const size = cells(character);
    if (now !== '' && taken + size > width) {
      pieces.push(now);
      now = '';
      taken = 0;
    }
    now += character;
    taken += size;
  }
  return [...pieces, now];
}
