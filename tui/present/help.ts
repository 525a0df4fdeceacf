// The help screen in one column or two.
import { type HelpRow, helpColumns } from '../keys/help.ts';
import { pressName } from '../keys/keymap.ts';
import { blank, fitLine, type Line, span, strong } from './span.ts';

/** `cols` is that of the terminal; lines are indented by two where they are shown. */
export function helpLines(readonly: boolean, cols: number): readonly Line[] {
  const [left = [], right] = helpColumns(readonly, cols).map((column) => column.map(rowLine));
  if (right === undefined) return left;
  const width = Math.max(43, Math.floor(cols / 2) - 2);
  return Array.from(
    { length: Math.max(left.length, right.length) },
    (_, index): Line => [...fitLine(left[index] ?? blank, width - 2), span('  '), ...(right[index] ?? blank)],
  );
}

function rowLine(row: HelpRow): Line {
  switch (row.row) {
    case 'title':
      return [strong(row.title, 'accent')];
    case 'keys':
      return [strong(`${row.presses.map(pressName).join(' ')} `.padEnd(11)), span(row.says, 'dim')];
    case 'sign':
      return [strong(`${row.sign} `.padEnd(11)), span(row.says, 'dim')];
    case 'word':
      return [span(row.word.padEnd(18)), span(row.says, 'dim')];
    case 'blank':
      return blank;
    default:
      return row satisfies never;
  }
}
