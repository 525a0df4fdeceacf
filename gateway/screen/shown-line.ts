// The line that a screen shows where its cursor is: what a person who reads the screen would say stands there. Pure, from the screen alone.
// Known limits: what left the top of the screen, what a program shows beside the line (suggestions), and a prompt nobody saw being drawn are taken as
// they are shown.
import { type Row, rowText, textAt } from './row.ts';
import type { Screen } from './screen.ts';

/** Longest line that is read, in characters; the rest is left out. */
export const mostLineCharacters = 512;
/** Rows of a paste that are read on either side of the cursor. */
const mostRows = 64;

/** A row goes on in the next where the terminal wrapped it, or a program filled it to the edge and then drew anew. */
function goesOn(screen: Screen, y: number): boolean {
  const row = screen.grid[y];
  const next = screen.grid[y + 1];
  if (row === undefined || next === undefined) return false;
  return next.wrapped || !blank(textAt(row, screen.cols - 1));
}
const blank = (text: string): boolean => text.trim() === '';

type Span = { readonly top: number; readonly bottom: number };

function spanAt(screen: Screen, y: number): Span {
  let top = y;
  while (top > 0 && goesOn(screen, top - 1)) top -= 1;
  let bottom = y;
  while (goesOn(screen, bottom)) bottom += 1;
  return { top, bottom };
}
const textOf = (screen: Screen, { top, bottom }: Span): string =>
  screen.grid
    .slice(top, bottom + 1)
    .map(rowText)
    .join('')
    .trimEnd();

const upTo = (row: Row, x: number): string => Array.from({ length: x }, (_, at) => textAt(row, at)).join('');

/** What stands before the cursor on its line: the prompt, where nothing is typed yet. */
export function beforeCursor(screen: Screen): string {
  const { x, y } = screen.cursor;
  const { top } = spanAt(screen, y);
  const row = screen.grid[y];
  return screen.grid.slice(top, y).map(rowText).join('') + (row === undefined ? '' : upTo(row, x));
}

/**
 * The line at the cursor, without the prompt where it begins with that, trimmed; and of a paste with `more` line ends in it, so many lines above and
 * below (up to the prompt). Lines that are blank are left out.
 */
export function shownLines(screen: Screen, prompt: string, more = 0): readonly string[] {
  const own = spanAt(screen, screen.cursor.y);
  const first = textOf(screen, own);
  const lines = [first];
  const begins = (text: string): boolean => prompt.trim() !== '' && text.startsWith(prompt.trimEnd());
  const most = Math.min(more, mostRows);
  let top = own.top;
  for (let left = most, text = first; left > 0 && top > 0 && !begins(text); left -= 1) {
    const span = spanAt(screen, top - 1);
    text = textOf(screen, span);
    lines.unshift(text);
    top = span.top;
  }
  let { bottom } = own;
  for (let left = most; left > 0 && bottom + 1 < screen.rows; left -= 1) {
    const span = spanAt(screen, bottom + 1);
    lines.push(textOf(screen, span));
    bottom = span.bottom;
  }
  return lines
    .map((text) => (begins(text) ? text.slice(prompt.trimEnd().length) : text).trim().slice(0, mostLineCharacters))
    .filter((text) => text !== '');
}
