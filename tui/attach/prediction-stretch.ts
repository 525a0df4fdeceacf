// A stretch of keys whose echo can be guessed one from the other: what was typed between two keys of unknown effect (mosh's epoch). It knows the line
// in which it began, finds how many of its keys a screen already shows, and draws the rest over it. Pure.
//
// What is confirmed and what is not is decided by looking: a screen fits after k keys when the cursor and every cell that those keys wrote
// are as guessed and the text before them is as it was, in whatever row it stands by now.
import { CELL_WORDS, type Row, textAt } from '../../gateway/screen/row.ts';
import type { Screen } from '../../gateway/screen/screen.ts';
import { type Style, UNDERLINE_MASK, UNDERLINE_SHIFT } from '../../gateway/screen/style.ts';
import type { GuessKey } from './prediction-keys.ts';
import { GuessLine } from './prediction-line.ts';

/** The line before the first key: its rows as they were, and the column of the cursor (`cols` = behind the last). */
type Anchor = { readonly rows: readonly [Row, Row | undefined]; readonly x: number };
/** The newest screen that fitted: how many keys it showed, its cursor, and the row of that. */
type Seen = { readonly keys: number; readonly x: number; readonly y: number; readonly row: Row };
type Fit = { readonly keys: number; readonly credits: number };

/** Keys of unknown effect that may stand before the first echo of a stretch. */
const mostSkipped = 16;

/** What hidden input is shown as: no proof that a row echoes. */
const masks = new Set(['*', '•', '●', '·', '∙', '⁎', '∗']);

export class Stretch {
  keys: GuessKey[] = [];
  /** Input offset behind the key of unknown effect that ended it. */
  closedAt: number | undefined;
  /** Its row echoes: guesses may be shown. */
  sure = false;
  /** The newest screen does not fit, since when. */
  unfitSince: number | undefined;
  #anchor: Anchor | undefined;
  #seen: Seen | undefined;
  /** Keys that were seen echoed. */
  #echoed = 0;
  #credits = 0;
  #floor = 0;

  get anchored(): boolean {
    return this.#anchor !== undefined;
  }
  /** Keys that the newest fitting screen shows. */
  get shown(): number {
    return this.#seen?.keys ?? 0;
  }
  /** The oldest key whose echo was not seen. */
  get waiting(): GuessKey | undefined {
    return this.keys[this.shown];
  }

  /** Forgets what is known of the screen. */
  lose(): void {
    this.#anchor = undefined;
    this.#seen = undefined;
    this.doubt();
  }

  /** Nothing is shown until an echo was seen again. */
  doubt(): void {
    this.sure = false;
    this.#credits = 0;
  }

  /** A first key comes: is the cursor where the last one left it? If not, what was known of the row is worth nothing. */
  begin(screen: Screen): void {
    if (!this.#isHome(screen)) this.doubt();
    this.anchor(screen);
  }

  /** Begins anew at the cursor of a screen. Keys whose text stands left of it are taken to be there already. */
  anchor(screen: Screen): void {
    const { y } = screen.cursor;
    const row = screen.grid[y];
    if (row === undefined) return this.lose();
    const x = columnOf(screen);
    const there = alreadyThere(this.keys, row, x);
    if (!this.sure) this.#floor = this.keys.slice(0, there).reduce((left, key) => left - widthOf(key), x);
    this.keys = this.keys.slice(there);
    this.#anchor = { rows: [row, screen.grid[y + 1]], x };
    this.#seen = { keys: 0, x, y, row };
    this.#echoed = 0;
    this.unfitSince = undefined;
  }

  /**
   * Looks for its keys on a screen, of which `least` are known to be there. Gives those whose echo was seen for the first time;
   * undefined = the screen fits none. `proof` = echoes that it takes to be sure of the row.
   */
  match(screen: Screen, least: number, proof: number, now: number): readonly GuessKey[] | undefined {
    const fit = this.#fit(screen, least, this.keys) ?? this.#fitBehind(screen, least);
    if (fit === undefined) {
      this.unfitSince ??= now;
      return undefined;
    }
    const row = screen.grid[screen.cursor.y];
    if (row === undefined) return undefined;
    this.unfitSince = undefined;
    const fresh = this.keys.slice(this.#echoed, fit.keys);
    this.#echoed = Math.max(this.#echoed, fit.keys);
    this.#seen = { keys: fit.keys, x: columnOf(screen), y: screen.cursor.y, row };
    this.#credits += fit.credits;
    if (this.#credits >= proof) this.sure = true;
    return fresh;
  }

  /** Forgets the first keys: they are confirmed, and the line is as guessed behind them. */
  trim(count: number, screen: Screen): void {
    const anchor = this.#anchor;
    const seen = this.#seen;
    if (count === 0 || anchor === undefined || seen === undefined) return;
    const line = new GuessLine(anchor.rows, anchor.x, this.#floor);
    for (const [at, key] of this.keys.slice(0, count).entries()) line.press(key, at, screen.pen);
    const [first, second] = line.rows();
    const below = screen.grid[seen.y + 1];
    if (line.y === 1) this.#floor = 0;
    if (count === seen.keys) this.#anchor = { rows: [seen.row, below], x: seen.x };
    else if (line.y === 1 && second !== undefined) this.#anchor = { rows: [second, below], x: line.x };
    else if (first !== undefined) this.#anchor = { rows: [first, second], x: line.x };
    this.keys = this.keys.slice(count);
    this.#echoed = Math.max(0, this.#echoed - count);
    this.#seen = { ...seen, keys: seen.keys - count };
  }

  /** The screen with the keys that it does not show yet; undefined where there is nothing to show, or no place for it. */
  over(screen: Screen, flagged: boolean): { readonly screen: Screen; readonly keys: readonly GuessKey[] } | undefined {
    const seen = this.#seen;
    const row = seen === undefined ? undefined : screen.grid[seen.y];
    if (seen === undefined || row === undefined || seen.keys >= this.keys.length) return undefined;
    // Over the row as it was: where some of the echo stands there already, it is written over, not pushed aside.
    const line = new GuessLine([seen.row, screen.grid[seen.y + 1]], seen.x, this.#floor);
    const pen = penOf(screen, flagged);
    const waiting = this.keys.slice(seen.keys);
    const stuck = waiting.findIndex((key, at) => !line.press(key, at, pen));
    // Another row stands there than the one that was typed into: only a cell that changed as guessed is no surprise.
    if (row !== seen.row && !agrees(row, seen.row, line)) return undefined;
    const [first, second] = line.rows();
    if (first === undefined) return undefined;
    const grid = screen.grid.slice();
    grid[seen.y] = first;
    if (line.y === 1 && second !== undefined) grid[seen.y + 1] = second;
    const x = Math.min(line.x, screen.cols - 1);
    const cursor = { ...screen.cursor, x, y: seen.y + line.y, wrapPending: false, joins: false };
    return { screen: { ...screen, grid, cursor }, keys: stuck < 0 ? waiting : waiting.slice(0, stuck) };
  }

  #isHome(screen: Screen): boolean {
    const seen = this.#seen;
    const { y } = screen.cursor;
    const row = screen.grid[y];
    if (seen === undefined || row === undefined || columnOf(screen) !== seen.x) return false;
    const prefix = textTo(row, seen.x);
    return prefix === textTo(seen.row, seen.x) && (y === seen.y || prefix.trim() !== '');
  }

  /** The most keys after which the screen is as guessed. */
  #fit(screen: Screen, least: number, keys: readonly GuessKey[]): Fit | undefined {
    const anchor = this.#anchor;
    if (anchor === undefined) return undefined;
    const line = new GuessLine(anchor.rows, anchor.x, this.#floor);
    let best: Fit | undefined;
    for (let count = 0; count <= keys.length; count += 1) {
      const key = keys[count - 1];
      if (key !== undefined && !line.press(key, count - 1, screen.pen)) break;
      if (count < least) continue;
      const top = topOf(line, screen);
      if (top === undefined || !fits(line, anchor, screen, top)) continue;
      best = { keys: count, credits: this.#creditsIn(line, anchor) };
    }
    return best;
  }

  /** Nothing is sure yet and the first keys did something else (`i` of an editor): an echo of those behind them is one all the same. */
  #fitBehind(screen: Screen, least: number): Fit | undefined {
    if (this.sure || this.#echoed > 0) return undefined;
    for (let skipped = 1; skipped < this.keys.length && skipped <= mostSkipped; skipped += 1) {
      const keys = this.keys.slice(skipped);
      const fit = this.#fit(screen, Math.max(1, least - skipped), keys);
      if (fit === undefined || fit.credits === 0) continue;
      this.keys = keys;
      return fit;
    }
    return undefined;
  }

  /** Cells that came out as guessed and were not so before: chance is ruled out. */
  #creditsIn(line: GuessLine, anchor: Anchor): number {
    let credits = 0;
    for (const [key, { text, by }] of line.written) {
      const row = anchor.rows[key < line.cols ? 0 : 1];
      const before = row === undefined ? ' ' : textAt(row, key % line.cols);
      if (by >= this.#echoed && before !== text && !masks.has(text)) credits += 1;
    }
    return credits;
  }
}

/** The cursor's column; behind the last one where the next character wraps. */
function columnOf({ cursor, cols }: Screen): number {
  return cursor.wrapPending ? cols : cursor.x;
}

/** The row of the screen in which the line begins when its cursor is that of the screen. */
function topOf(line: GuessLine, screen: Screen): number | undefined {
  const x = columnOf(screen);
  const { y } = screen.cursor;
  const top = line.x === x ? y - line.y : line.x === line.cols && x === 0 ? y - line.y - 1 : undefined;
  return top !== undefined && top >= 0 ? top : undefined;
}

function fits(line: GuessLine, anchor: Anchor, screen: Screen, top: number): boolean {
  const row = screen.grid[top];
  if (row === undefined || row.cells.length !== anchor.rows[0].cells.length) return false;
  if (row !== anchor.rows[0] && textTo(row, line.least) !== textTo(anchor.rows[0], line.least)) return false;
  for (const [key, { text }] of line.written) {
    const there = screen.grid[top + Math.floor(key / line.cols)];
    if (there === undefined || textAt(there, key % line.cols) !== text) return false;
  }
  return true;
}

/** Every cell of the row is as it was or as guessed. */
function agrees(row: Row, before: Row, line: GuessLine): boolean {
  const cols = row.cells.length / CELL_WORDS;
  for (let x = 0; x < cols; x += 1) {
    const text = textAt(row, x);
    if (text !== textAt(before, x) && text !== line.textAt(x, 0)) return false;
  }
  return true;
}

/** How many of the keys, from the first, spell what stands left of the column. */
function alreadyThere(keys: readonly GuessKey[], row: Row, x: number): number {
  const texts: string[] = [];
  for (const key of keys) {
    if (key.kind !== 'print') break;
    texts.push(key.text);
    if (key.width === 2) texts.push('');
  }
  for (let cells = Math.min(texts.length, x); cells > 0; cells -= 1) {
    if (texts[cells] === '') continue;
    let same = true;
    for (let at = 0; same && at < cells; at += 1) same = textAt(row, x - cells + at) === texts[at];
    if (same) return texts.slice(0, cells).filter((text) => text !== '').length;
  }
  return 0;
}

const widthOf = (key: GuessKey): number => (key.kind === 'print' ? key.width : 0);

function textTo(row: Row, x: number): string {
  let text = '';
  for (let at = 0; at < x; at += 1) text += textAt(row, at);
  return text;
}

function penOf({ pen }: Screen, flagged: boolean): Style {
  const plain = { ...pen, underlineColour: 0, link: '' };
  return flagged ? { ...plain, flags: (pen.flags & ~UNDERLINE_MASK) | (1 << UNDERLINE_SHIFT) } : plain;
}
