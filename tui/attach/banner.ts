// Lines of ours over a session's screen, as a screen value: drawn and taken away again by `paint`, without asking the server. Pure.
import type { Row } from '../../gateway/screen/row.ts';
import type { Screen } from '../../gateway/screen/screen.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import type { Colours } from '../parts/palette.ts';
import { nameCodes } from './participant-colours.ts';
import { cutStrip, type Piece, stripWidth, type Words, wrapped } from './strip.ts';

export type Tone = 'plain' | 'good' | 'bad';

/** Inverse, and bold where it matters, so that it reads without colour (E47). */
const looks = { plain: '0;7', good: '0;7', bad: '0;1;7' } as const satisfies Record<Tone, string>;

function codesOf({ look }: Piece, tone: Tone, colours: Colours): string {
  if (look === undefined) return looks[tone];
  if (look === 'bold') return '0;1;7';
  if (look === 'cursor') return '0';
  return nameCodes(look.who, colours);
}

/** A full row with our words, made safe (X1) and cut to the width. */
export function stripRow(words: Words, cols: number, tone: Tone = 'plain', colours: Colours = 0): Row {
  const strip = cutStrip(words, cols);
  const terminal = openTerminal({ cols, rows: 1 });
  const drawn = strip.map((piece) => `\x1b[${codesOf(piece, tone, colours)}m${piece.text}`).join('');
  terminal.feed(Buffer.from(`${drawn}\x1b[${looks[tone]}m${' '.repeat(Math.max(0, cols - stripWidth(strip)))}`));
  const row = terminal.screen().grid[0];
  terminal.dispose();
  if (row === undefined) throw new Error('a terminal without a row');
  return row;
}

/** A full row with one text, an empty cell before it. */
export const textRow = (text: string, cols: number, tone: Tone = 'plain'): Row => stripRow([{ text: ' ' }, { text }], cols, tone);

/** Most rows one line of ours takes. */
const mostRows = 4;

/** The rows of one line: words that have no room go on below. */
export function bannerRows(words: Words, cols: number, tone: Tone, colours: Colours): readonly Row[] {
  return wrapped(words, Math.max(2, cols - 2), mostRows).map((strip) => stripRow([{ text: ' ' }, ...strip], cols, tone, colours));
}

/** The screen with our rows at the bottom, or at the top where they would cover the cursor. Never more than half of the screen, rounded up. */
export function withBanner(screen: Screen, rows: readonly Row[]): Screen {
  const shown = rows.slice(0, Math.ceil(screen.rows / 2));
  const atBottom = screen.cursor.y < screen.rows - shown.length;
  const rest = screen.grid.slice(atBottom ? 0 : shown.length, atBottom ? screen.rows - shown.length : undefined);
  return { ...screen, grid: atBottom ? [...rest, ...shown] : [...shown, ...rest] };
}
