// The fewest bytes that turn one screen into another (DESIGN, verb `paint`; D5). Correct first, then small.
//
// A paint has three steps: the buffers (rows, scrolls, the hidden buffer), what only shows later (saved cursors, tab stops), and what holds
// at the end (modes, title, pen, the cursor with its pending wrap). Between the first and the last, drawing conditions hold: insert and
// origin off, autowrap on, ASCII in use, no margins; they are set only where they do not hold already.
import { Brush, blankFrom, place } from './brush.ts';
import { blankRow, type Row, sameRow, textAt, widthAt } from './row.ts';
import {
  blankScreen,
  type Charsets,
  HOME,
  type Margins,
  type Modes,
  type SavedCursor,
  type Screen,
  sameFields,
  sameSaved,
  sameTabs,
} from './screen.ts';
import { findScroll, type Scroll, scrolled } from './scroll.ts';
import { emptySlate } from './slate.ts';
import { PLAIN } from './style.ts';
import { switches } from './switches.ts';
import { wipeFrom } from './wipe.ts';

const encoder = new TextEncoder();

/** A list that is sorted anew moves in more than one part; beyond two nothing was ever saved (`npm run bench paint`). */
const MOST_SCROLLS = 2;

/**
 * The bytes that make a terminal showing `shown` show `now`. Without `shown`, or where the sizes differ, the terminal may be in any
 * state: it is brought to a known one first (a keyframe); its title then stays where `now` has none. `paint(blankScreen(cols, rows), now)`
 * is the keyframe for a terminal just opened. Valid UTF-8, 7-bit controls only, and nothing that the terminal would answer.
 */
export function paint(shown: Screen | undefined, now: Screen): Uint8Array {
  if (shown === now) return new Uint8Array();
  const known = shown !== undefined && shown.cols === now.cols && shown.rows === now.rows;
  const painter = new Painter(known ? shown : blankScreen(now.cols, now.rows), now);
  if (!known) painter.brush.controlTo(emptySlate(now.cols), 0, 0);
  else if (now.bells > shown.bells) painter.brush.control('\x07');
  painter.buffers();
  painter.later();
  painter.settle();
  return encoder.encode(painter.brush.out);
}

class Painter {
  readonly brush: Brush;
  readonly #now: Screen;
  readonly #shown: Screen;
  // What holds on the terminal at this point of the paint.
  #modes: Modes;
  #charsets: Charsets;
  #margins: Margins;
  #savedNormal: SavedCursor;
  #savedAlternate: SavedCursor;

  constructor(shown: Screen, now: Screen) {
    this.#shown = shown;
    this.#now = now;
    this.brush = new Brush(now.cols, shown.cursor, shown.pen, textBefore(shown));
    this.#modes = shown.modes;
    this.#charsets = shown.charsets;
    this.#margins = shown.margins;
    this.#savedNormal = shown.saved.normal;
    this.#savedAlternate = shown.saved.alternate;
  }

  // --- The buffers.

  buffers(): void {
    const shown = this.#shown;
    const now = this.#now;
    if (now.hidden === undefined) {
      if (shown.hidden !== undefined) this.#leave();
      this.#grid(shown.hidden ?? shown.grid, now.grid);
      return;
    }
    const stays =
      shown.hidden !== undefined && sameSaved(this.#savedNormal, now.saved.normal) && sameRows(shown.hidden, now.hidden);
    if (stays) {
      this.#grid(shown.grid, now.grid);
      return;
    }
    if (shown.hidden !== undefined) this.#leave();
    this.#grid(shown.hidden ?? shown.grid, now.hidden);
    this.#enter();
    this.#grid(
      Array.from({ length: now.rows }, () => blankRow(now.cols)),
      now.grid,
    );
  }

  /** Leaving the alternate buffer gives back the cursor saved when it was entered, and forgets the other. */
  #leave(): void {
    const saved = this.#savedNormal;
    const { brush } = this;
    brush.usePen(PLAIN);
    brush.controlTo('\x1b[?1049l', saved.x, saved.y);
    brush.pen = saved.pen;
    this.#charsets = saved.charsets;
    this.#modes = { ...this.#modes, origin: saved.origin };
    this.#savedAlternate = HOME;
  }

  /** Entering saves the cursor; some terminals fill the new buffer with the background of the pen. */
  #enter(): void {
    const { brush } = this;
    this.#stand(this.#now.saved.normal);
    brush.control('\x1b[?1049h');
    this.#savedNormal = this.#now.saved.normal;
    if (brush.pen.background === 0) return;
    brush.usePen(PLAIN);
    brush.control('\x1b[2J');
  }

  #grid(from: readonly Row[], to: readonly Row[]): void {
    if (from === to) return;
    let shown = from;
    const scrolls: Scroll[] = [];
    while (scrolls.length < MOST_SCROLLS) {
      const scroll = findScroll(shown, to);
      if (scroll === undefined) break;
      scrolls.push(scroll);
      shown = scrolled(shown, scroll, this.#now.cols);
    }
    const wiped = wipeFrom(shown, to);
    // Not where all they moved is cleared then.
    if (scrolls.some((scroll) => scroll.top < wiped || this.#keeps(scroll))) for (const scroll of scrolls) this.#scroll(scroll);
    const { brush } = this;
    if (wiped < to.length) {
      this.#conditions();
      brush.moveTo(0, wiped);
      brush.usePen(PLAIN);
      brush.control('\x1b[J');
      shown = shown.map((row, y) => (y < wiped ? row : blankRow(this.#now.cols)));
    }
    const end = emptyFrom(to);
    for (let y = 0; y < to.length; y++) {
      const before = shown[y];
      const after = to[y];
      if (before === undefined || after === undefined || sameRow(before, after)) continue;
      this.#conditions();
      if (y >= end && y + 1 < to.length) {
        brush.moveTo(0, y);
        brush.usePen(PLAIN);
        brush.control('\x1b[J');
        return;
      }
      brush.row(y, before, to);
    }
  }

  /** Whether the scroll brings lines to the scrollback of the driver's own terminal: worth its bytes even where all is cleared then. */
  #keeps({ top, bottom, by }: Scroll): boolean {
    return by > 0 && top === 0 && bottom === this.#now.rows - 1 && this.#now.hidden === undefined;
  }

  #scroll({ top, bottom, by }: Scroll): void {
    const { brush } = this;
    this.#conditions();
    const part = top > 0 || bottom < this.#now.rows - 1;
    if (part) brush.controlTo(`\x1b[${top + 1};${bottom + 1}r`, 0, 0);
    brush.usePen(PLAIN);
    // Line feeds, not SU: so the lines go to the scrollback of the driver's own terminal.
    if (by > 0) {
      brush.moveTo(0, bottom);
      brush.control('\n'.repeat(by));
    } else {
      brush.moveTo(0, top);
      brush.control('\x1bM'.repeat(-by));
    }
    if (part) brush.controlTo('\x1b[r', 0, 0);
  }

  // --- Drawing conditions.

  #conditions(): void {
    const { brush } = this;
    const rows = this.#now.rows;
    if (this.#modes.insert) brush.control('\x1b[4l');
    if (!this.#modes.autowrap) brush.control('\x1b[?7h');
    if (this.#modes.origin) brush.controlTo('\x1b[?6l', 0, 0);
    if (this.#modes.insert || !this.#modes.autowrap || this.#modes.origin)
      this.#modes = { ...this.#modes, insert: false, autowrap: true, origin: false };
    if (this.#margins.top !== 0 || this.#margins.bottom !== rows - 1) {
      brush.controlTo('\x1b[r', 0, 0);
      this.#margins = { top: 0, bottom: rows - 1 };
    }
    this.#ascii();
  }

  #ascii(): void {
    if (this.#charsets.shifted) this.brush.control('\x0f');
    if (this.#charsets.g0 !== 'B') this.brush.control('\x1b(B');
    if (this.#charsets.shifted || this.#charsets.g0 !== 'B') this.#charsets = { ...this.#charsets, shifted: false, g0: 'B' };
  }

  // --- What only shows later.

  later(): void {
    const now = this.#now;
    if (now.hidden === undefined) {
      if (!sameSaved(this.#savedNormal, now.saved.normal)) this.#save(now.saved.normal);
    } else if (!sameSaved(this.#savedAlternate, now.saved.alternate)) this.#save(now.saved.alternate);
    if (!sameTabs(this.#shown.tabs, now.tabs)) this.#tabs();
  }

  #save(cursor: SavedCursor): void {
    this.#stand(cursor);
    this.brush.control('\x1b7');
  }

  /** Puts the terminal where DECSC would save exactly this. */
  #stand(cursor: SavedCursor): void {
    const { brush } = this;
    this.#conditions();
    if (cursor.origin) {
      brush.controlTo('\x1b[?6h', 0, 0);
      this.#modes = { ...this.#modes, origin: true };
    }
    brush.moveTo(cursor.x, cursor.y);
    brush.usePen(cursor.pen);
    this.#designate(cursor.charsets);
  }

  #tabs(): void {
    const { brush } = this;
    this.#conditions();
    const { tabs } = this.#now;
    const before = this.#shown.tabs;
    let lost = 0;
    for (let x = 0; x < tabs.length; x++) if (before[x] === 1 && tabs[x] !== 1) lost++;
    const anew = lost > 2;
    if (anew) brush.control('\x1b[3g');
    for (let x = 0; x < tabs.length; x++) {
      const had = !anew && before[x] === 1;
      const wants = tabs[x] === 1;
      if (had === wants) continue;
      brush.moveTo(x, brush.y);
      brush.control(wants ? '\x1bH' : '\x1b[g');
    }
  }

  // --- What holds at the end.

  settle(): void {
    const { brush } = this;
    const now = this.#now;
    if (now.title !== this.#shown.title) brush.control(`\x1b]2;${now.title}\x07`);
    this.#cursorLook();
    if (!sameFields(this.#margins, now.margins)) {
      if (this.#modes.origin) this.#conditions();
      brush.controlTo(`\x1b[${now.margins.top + 1};${now.margins.bottom + 1}r`, 0, 0);
      this.#margins = now.margins;
    }
    if (this.#modes.origin !== now.modes.origin) {
      brush.controlTo(now.modes.origin ? '\x1b[?6h' : '\x1b[?6l', 0, now.modes.origin ? now.margins.top : 0);
      this.#modes = { ...this.#modes, origin: now.modes.origin };
    }
    if (now.cursor.joins) {
      this.#switches();
      this.#designate(now.charsets);
      this.#joined();
      return;
    }
    if (now.cursor.wrapPending) this.#pending();
    else this.#goTo(now.cursor.x, now.cursor.y);
    this.#switches();
    this.#designate(now.charsets);
    brush.usePen(now.pen);
    // Choosing again the character set in use changes nothing, but ends the joining.
    if (brush.joined) brush.control(now.charsets.shifted ? '\x0e' : '\x0f');
  }

  #goTo(x: number, y: number): void {
    const { brush } = this;
    if (!this.#modes.origin) brush.moveTo(x, y, this.#now.grid[y]?.wrapped === false && brush.y !== this.#margins.bottom);
    else if (brush.pending || brush.x !== x || brush.y !== y) brush.controlTo(place(x, y - this.#margins.top), x, y);
  }

  /** The cursor behind the last column: only printing that column again puts it there. */
  #pending(): void {
    const { brush } = this;
    const { y } = this.#now.cursor;
    if (brush.pending && brush.y === y) return;
    const row = this.#now.grid[y];
    if (row === undefined) return;
    this.#printable();
    const end = lead(row, this.#now.cols - 1);
    this.#goTo(end, y);
    brush.put(row, end);
  }

  /** As if the character left of the cursor had just been printed, so that a mark that follows joins it. */
  #joined(): void {
    const { brush } = this;
    const now = this.#now;
    const { x, y, wrapPending } = now.cursor;
    const there = brush.x === x && brush.y === y && brush.pending === wrapPending;
    if (there && brush.joined && brush.pen === now.pen) return;
    const row = now.grid[y];
    if (row === undefined) return;
    brush.usePen(now.pen);
    if (there && brush.joined) return;
    const end = lead(row, wrapPending ? x : x - 1);
    this.#goTo(end, y);
    // Printing shifts the rest of the row where insert mode is on: make room first, so that it shifts back.
    if (now.modes.insert) brush.control(`\x1b[${widthAt(row, end)}P`);
    brush.put(row, end, now.pen);
  }

  #printable(): void {
    if (this.#modes.insert) {
      this.brush.control('\x1b[4l');
      this.#modes = { ...this.#modes, insert: false };
    }
    this.#ascii();
  }

  #cursorLook(): void {
    const before = this.#shown.cursor;
    const { cursor } = this.#now;
    const { brush } = this;
    if (before.blink !== cursor.blink) brush.control(cursor.blink ? '\x1b[?12h' : '\x1b[?12l');
    if (before.shape !== cursor.shape) brush.control(`\x1b[${cursor.shape} q`);
    if (before.visible !== cursor.visible) brush.control(cursor.visible ? '\x1b[?25h' : '\x1b[?25l');
  }

  #designate(to: Charsets): void {
    const { brush } = this;
    if (this.#charsets.g0 !== to.g0) brush.control(`\x1b(${to.g0}`);
    if (this.#charsets.g1 !== to.g1) brush.control(`\x1b)${to.g1}`);
    if (this.#charsets.shifted !== to.shifted) brush.control(to.shifted ? '\x0e' : '\x0f');
    this.#charsets = to;
  }

  /** Modes that move nothing. */
  #switches(): void {
    const sequences = switches(this.#modes, this.#now.modes);
    if (sequences !== '') this.brush.control(sequences);
    this.#modes = this.#now.modes;
  }
}

/** The character left of the cursor. */
function textBefore({ cursor, grid }: Screen): string {
  const row = grid[cursor.y];
  if (!cursor.joins || row === undefined) return '';
  return textAt(row, lead(row, cursor.wrapPending ? cursor.x : cursor.x - 1));
}

/** The column in which the character that covers column `x` begins. */
function lead(row: Row, x: number): number {
  return x > 0 && widthAt(row, x) === 0 ? x - 1 : x;
}

function sameRows(a: readonly Row[], b: readonly Row[]): boolean {
  return (
    a === b ||
    (a.length === b.length &&
      a.every((row, y) => {
        const other = b[y];
        return other !== undefined && sameRow(row, other);
      }))
  );
}

/** The first row from which all are empty. */
function emptyFrom(rows: readonly Row[]): number {
  let y = rows.length;
  while (y > 0) {
    const row = rows[y - 1];
    if (row === undefined || row.wrapped || blankFrom(row) > 0) return y;
    y--;
  }
  return y;
}
