// Lines of a history as rows of cells: the text goes through a terminal model of our own, run by run at its column, so that it can be nothing but cells
// (law 7); the looks are laid over it.
import type { HistoryLine } from '../../gateway/protocol/operator.ts';
import type { Finder } from '../../gateway/screen/find.ts';
import { CELL_WORDS, FLAG_SHIFT, type Row, textAt } from '../../gateway/screen/row.ts';
import { MAX_COLS } from '../../gateway/screen/screen.ts';
import { COLOUR_MASK, DECORATED, INVERSE } from '../../gateway/screen/style.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import { inertRow } from '../attach/inert-row.ts';

const noControls = /\p{Cc}/gu;
const lowFlags = 0x3f;
const runNumbers = 5;

export type LineRows = { readonly rowOf: (line: HistoryLine) => Row; readonly close: () => void };

/** Rows as wide as the widest screen there is. */
export function openLineRows(): LineRows {
  const terminal = openTerminal({ cols: MAX_COLS, rows: 1 });
  terminal.feed(Buffer.from('\x1b[?7l'));
  return {
    rowOf: ({ text, looks = [] }) => {
      const safe = text.replace(noControls, '\ufffd');
      let drawn = '';
      let at = 0;
      let x = 0;
      for (let run = 0; run + runNumbers <= looks.length; run += runNumbers) {
        const length = looks[run] ?? 0;
        drawn += `\x1b[${x + 1}G${safe.slice(at, at + length)}`;
        at += length;
        x += looks[run + 1] ?? 0;
      }
      drawn += `\x1b[${x + 1}G${safe.slice(at)}`;
      terminal.feed(Buffer.from(`\r\x1b[2K${drawn}`));
      const [row] = terminal.screen().grid;
      if (row === undefined) throw new Error('a terminal without a row');
      return inertRow(looks.length === 0 ? row : withLooks(row, looks));
    },
    close: terminal.dispose,
  };
}

function withLooks(row: Row, looks: readonly number[]): Row {
  const cells = row.cells.slice();
  let x = 0;
  for (let run = 0; run + runNumbers <= looks.length; run += runNumbers) {
    const [, width = 0, foreground = 0, background = 0, allFlags = 0] = looks.slice(run, run + runNumbers);
    const flags = allFlags & 0xfff & ~DECORATED;
    for (const end = Math.min(x + width, MAX_COLS); x < end; x += 1) {
      cells[x * CELL_WORDS + 1] = ((foreground & COLOUR_MASK) | ((flags & lowFlags) << FLAG_SHIFT)) >>> 0;
      cells[x * CELL_WORDS + 2] = ((background & COLOUR_MASK) | ((flags >>> 6) << FLAG_SHIFT)) >>> 0;
    }
  }
  return { ...row, cells, decorations: undefined };
}

/** The row with every place of a text standing out. */
export function withMatches(row: Row, finder: Finder, length: number): Row {
  const texts = Array.from({ length: row.cells.length / CELL_WORDS }, (_, x) => textAt(row, x));
  const line = texts.join('');
  let place = finder(line);
  if (place < 0) return row;
  const cells = row.cells.slice();
  let from = 0;
  let inside = false;
  for (const [x, text] of texts.entries()) {
    // The right half of a wide character has no text, and goes with its left.
    if (text !== '') {
      while (place >= 0 && place + length <= from) place = finder(line, place + length);
      inside = place >= 0 && from + text.length > place && from < place + length;
      from += text.length;
    }
    if (inside) cells[x * CELL_WORDS + 1] = ((cells[x * CELL_WORDS + 1] ?? 0) ^ (INVERSE << FLAG_SHIFT)) >>> 0;
  }
  return { ...row, cells };
}
