// A screen as a value: everything that a terminal shows, and everything that decides what the next byte will do to it (DESIGN D4, D5).
// Made by terminal.ts, compared here, turned into bytes by paint.ts. What is not held here, the filter does not let through.
import { blankRow, type Cell, type Row, rowText, sameRow, styleAt, textAt, widthAt } from './row.ts';
import { PLAIN, type Style, sameStyle } from './style.ts';

/** Largest screen we model (TRUST X2); sizes beyond are cut to it. */
export const MAX_COLS = 500;
const MAX_ROWS = 200;
/** The model cannot be narrower: a wide character needs two cells. */
const MIN_COLS = 2;
const MIN_ROWS = 1;

/** DECSCUSR: 0 the terminal's own, 1 and 2 block, 3 and 4 underline, 5 and 6 bar; odd blinks. */
export type CursorShape = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export type Cursor = {
  /** 0-based column, below `cols`. */
  readonly x: number;
  /** 0-based row, below `rows`. */
  readonly y: number;
  readonly visible: boolean;
  readonly shape: CursorShape;
  /** Mode 12, which blinks the cursor whatever its shape says. */
  readonly blink: boolean;
  /** The last column was just written: the next character wraps first. Then x is `cols - 1`. */
  readonly wrapPending: boolean;
  /** The character left of the cursor was just written: a combining mark that follows joins it. */
  readonly joins: boolean;
};

/** Designations of G0 and G1 (`B` ASCII, `0` line drawing, `A` British) and which of the two is in use. */
export type Charset = 'B' | '0' | 'A';
export type Charsets = { readonly g0: Charset; readonly g1: Charset; readonly shifted: boolean };

/** What DECSC keeps. */
export type SavedCursor = {
  readonly x: number;
  readonly y: number;
  readonly pen: Style;
  readonly charsets: Charsets;
  readonly origin: boolean;
};

/** Scrolling margins: first and last row, 0-based, both inside. */
export type Margins = { readonly top: number; readonly bottom: number };

export type MouseTracking = 'none' | 'x10' | 'normal' | 'drag' | 'any';
export type MouseEncoding = 'default' | 'sgr' | 'sgr-pixels';

export type Modes = {
  readonly applicationCursor: boolean;
  readonly applicationKeypad: boolean;
  readonly autowrap: boolean;
  readonly reverseWrap: boolean;
  readonly insert: boolean;
  /** LNM: a line feed also returns the carriage. */
  readonly newline: boolean;
  readonly origin: boolean;
  readonly bracketedPaste: boolean;
  readonly focus: boolean;
  readonly synchronized: boolean;
  readonly mouse: MouseTracking;
  readonly mouseEncoding: MouseEncoding;
};

export type Screen = {
  readonly cols: number;
  readonly rows: number;
  /** The rows shown, top to bottom. */
  readonly grid: readonly Row[];
  /** The normal buffer while the alternate one is shown; undefined = the normal buffer is what is shown. */
  readonly hidden: readonly Row[] | undefined;
  readonly cursor: Cursor;
  readonly pen: Style;
  /** Saved cursor of the normal buffer, and of the alternate one while that is shown. */
  readonly saved: { readonly normal: SavedCursor; readonly alternate: SavedCursor };
  readonly charsets: Charsets;
  readonly margins: Margins;
  readonly modes: Modes;
  /** One entry a column: 1 where a tab stops. */
  readonly tabs: Uint8Array;
  readonly title: string;
  /** Bells rung so far; never compared: a paint rings once for all that were missed. */
  readonly bells: number;
};

const DEFAULT_CHARSETS: Charsets = { g0: 'B', g1: 'B', shifted: false };
export const HOME: SavedCursor = { x: 0, y: 0, pen: PLAIN, charsets: DEFAULT_CHARSETS, origin: false };

const DEFAULT_MODES: Modes = {
  applicationCursor: false,
  applicationKeypad: false,
  autowrap: true,
  reverseWrap: false,
  insert: false,
  newline: false,
  origin: false,
  bracketedPaste: false,
  focus: false,
  synchronized: false,
  mouse: 'none',
  mouseEncoding: 'default',
};

/** A size that the model can have: whole, at least 2 × 1, at most 500 × 200. Anything that is no number becomes the smallest. */
export function clampSize(cols: number, rows: number): { readonly cols: number; readonly rows: number } {
  return { cols: clamp(cols, MIN_COLS, MAX_COLS), rows: clamp(rows, MIN_ROWS, MAX_ROWS) };
}

function clamp(value: number, least: number, most: number): number {
  return Number.isNaN(value) ? least : Math.trunc(Math.min(Math.max(value, least), most));
}

/** Tab stops as after a reset: every eighth column. */
function defaultTabs(cols: number): Uint8Array {
  const tabs = new Uint8Array(cols);
  for (let x = 0; x < cols; x += 8) tabs[x] = 1;
  return tabs;
}

/** The screen of a terminal just opened. Sizes are clamped. */
export function blankScreen(cols: number, rows: number): Screen {
  const size = clampSize(cols, rows);
  return {
    ...size,
    grid: Array.from({ length: size.rows }, () => blankRow(size.cols)),
    hidden: undefined,
    cursor: { x: 0, y: 0, visible: true, shape: 0, blink: false, wrapPending: false, joins: false },
    pen: PLAIN,
    saved: { normal: HOME, alternate: HOME },
    charsets: DEFAULT_CHARSETS,
    margins: { top: 0, bottom: size.rows - 1 },
    modes: DEFAULT_MODES,
    tabs: defaultTabs(size.cols),
    title: '',
    bells: 0,
  };
}

/** Whether the alternate buffer is shown. */
export function isAlternate(screen: Screen): boolean {
  return screen.hidden !== undefined;
}

/** Equal in all that is shown and all that decides what further bytes do. Bells do not count. */
export function sameScreen(a: Screen, b: Screen): boolean {
  if (a === b) return true;
  if (a.cols !== b.cols || a.rows !== b.rows || isAlternate(a) !== isAlternate(b)) return false;
  for (let y = 0; y < a.rows; y++) if (!sameRowAt(a.grid, b.grid, y)) return false;
  if (a.hidden !== undefined && b.hidden !== undefined)
    for (let y = 0; y < a.rows; y++) if (!sameRowAt(a.hidden, b.hidden, y)) return false;
  return differingState(a, b).length === 0;
}

/** The parts in which two screens differ, by name: for tests, and for reports of a broken repaint. */
export function differences(a: Screen, b: Screen): string[] {
  if (a.cols !== b.cols || a.rows !== b.rows) return ['size'];
  const found: string[] = [];
  for (let y = 0; y < a.rows; y++) if (!sameRowAt(a.grid, b.grid, y)) found.push(`grid ${y}`);
  if (isAlternate(a) !== isAlternate(b)) found.push('alternate');
  if (a.hidden !== undefined && b.hidden !== undefined)
    for (let y = 0; y < a.rows; y++) if (!sameRowAt(a.hidden, b.hidden, y)) found.push(`hidden ${y}`);
  return [...found, ...differingState(a, b)];
}

/** All but the cells. */
function differingState(a: Screen, b: Screen): string[] {
  const found: string[] = [];
  if (!sameFields(a.cursor, b.cursor)) found.push('cursor');
  if (!sameStyle(a.pen, b.pen)) found.push('pen');
  if (!sameSaved(a.saved.normal, b.saved.normal)) found.push('saved normal');
  if (!sameSaved(a.saved.alternate, b.saved.alternate)) found.push('saved alternate');
  if (!sameFields(a.charsets, b.charsets)) found.push('charsets');
  if (!sameFields(a.margins, b.margins)) found.push('margins');
  if (!sameFields(a.modes, b.modes)) found.push('modes');
  if (!sameTabs(a.tabs, b.tabs)) found.push('tabs');
  if (a.title !== b.title) found.push('title');
  return found;
}

function sameRowAt(a: readonly Row[], b: readonly Row[], y: number): boolean {
  const one = a[y];
  const other = b[y];
  return one !== undefined && other !== undefined && sameRow(one, other);
}

export function sameSaved(a: SavedCursor, b: SavedCursor): boolean {
  return (
    a === b ||
    (a.x === b.x && a.y === b.y && a.origin === b.origin && sameFields(a.charsets, b.charsets) && sameStyle(a.pen, b.pen))
  );
}

/** Field by field; both sides have the same fields, none of them nested. */
export function sameFields<T extends object>(a: T, b: T): boolean {
  if (a === b) return true;
  for (const key in a) if (a[key] !== b[key]) return false;
  return true;
}

export function sameTabs(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let x = 0; x < a.length; x++) if (a[x] !== b[x]) return false;
  return true;
}

/** The rows shown as plain text, blanks at the end of each cut off. */
export function screenText(screen: Screen): string[] {
  return screen.grid.map((row) => rowText(row).trimEnd());
}

/** One cell; undefined outside the screen. For whole rows use `rowRuns` or the readers of row.ts. */
export function cellAt(screen: Screen, x: number, y: number): Cell | undefined {
  const row = screen.grid[y];
  if (row === undefined || x < 0 || x >= screen.cols) return undefined;
  return { text: textAt(row, x), width: widthAt(row, x), style: styleAt(row, x) };
}
