// How the screen is divided: the one place both the model (how far is a page?) and the pictures (how many rows fit?) ask.
import type { TerminalSize } from '../../gateway/protocol/nouns.ts';

/** Below this nothing useful fits. */
export const leastSize = { cols: 40, rows: 10 } as const;
export const isTooSmall = (size: TerminalSize): boolean => size.cols < leastSize.cols || size.rows < leastSize.rows;

/** Header, a blank, titles of columns above; prompt and status below. Small terminals do without the blank. */
export const hasAir = (size: TerminalSize): boolean => size.rows >= 16;
/** Rows of a list that fit. */
export const pageRows = (size: TerminalSize): number => Math.max(1, size.rows - (hasAir(size) ? 5 : 4));
/** Rows between header and prompt: what a full screen (help, sign-in) has. */
export const bodyRows = (size: TerminalSize): number => Math.max(1, size.rows - 3);
/** Lines of a page of text (help, messages), under a blank. */
export const pageLines = (size: TerminalSize): number => Math.max(1, bodyRows(size) - 1);

/** Columns of the pane beside a list; 0 = there is none. */
export function paneCols(size: TerminalSize): number {
  return size.cols < 100 ? 0 : Math.min(56, Math.floor(size.cols * 0.34));
}
/** Columns of the list itself. */
export const listCols = (size: TerminalSize): number => size.cols - paneCols(size);
