// Lines of ours over a session's screen, as a screen value: drawn and taken away again by `paint`, without asking the server. Pure.
import { cellWidth, safeLabel } from '../../gateway/protocol/cell-width.ts';
import type { Row } from '../../gateway/screen/row.ts';
import type { Screen } from '../../gateway/screen/screen.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';

export type Tone = 'plain' | 'good' | 'bad';

/** Inverse, and bold where it matters, so that it reads without colour (E47). */
const looks = { plain: '\x1b[0;7m', good: '\x1b[0;7m', bad: '\x1b[0;1;7m' } as const satisfies Record<Tone, string>;

/** A full row with our text, made safe (X1) and cut to the width. */
export function textRow(text: string, cols: number, tone: Tone = 'plain'): Row {
  const label = safeLabel(` ${text}`, cols);
  const terminal = openTerminal({ cols, rows: 1 });
  terminal.feed(Buffer.from(`${looks[tone]}${label}${' '.repeat(Math.max(0, cols - cellWidth(label)))}`));
  const row = terminal.screen().grid[0];
  terminal.dispose();
  if (row === undefined) throw new Error('a terminal without a row');
  return row;
}

/** The screen with our rows at the bottom, or at the top where they would cover the cursor. Never more than half of the screen. */
export function withBanner(screen: Screen, rows: readonly Row[]): Screen {
  const shown = rows.slice(0, Math.max(1, Math.floor(screen.rows / 2)));
  const atBottom = screen.cursor.y < screen.rows - shown.length;
  const rest = screen.grid.slice(atBottom ? 0 : shown.length, atBottom ? screen.rows - shown.length : undefined);
  return { ...screen, grid: atBottom ? [...rest, ...shown] : [...shown, ...rest] };
}
