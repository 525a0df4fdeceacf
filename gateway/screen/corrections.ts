// Where the library differs from what real terminals agree on, loses its way, or has no bound: its handlers replaced, without any state of ours.
// A handler that gives false lets the library's own go on.
import { type Attributes, EXTENDED, isUnseen, type Line, lineAt, type NullCell, REPLACEMENT, replaceUnseen } from './cells.ts';
import type { Buffer, Core } from './core.ts';
import { CLUSTER } from './row.ts';
import { MAX_COLS } from './screen.ts';

/** Code points in one cell; the longest emoji of Unicode 17 has 10. */
const MAX_JOINS = 31;

const RELATIVE_MOVES = {
  A: 'cursorUp',
  B: 'cursorDown',
  C: 'cursorForward',
  D: 'cursorBackward',
  E: 'cursorNextLine',
  F: 'cursorPrecedingLine',
  G: 'cursorCharAbsolute',
  '`': 'charPosAbsolute',
  a: 'hPositionRelative',
  e: 'vPositionRelative',
} as const;

/** Corrects a terminal just opened. */
export function correct(core: Core): void {
  const handler = core._inputHandler;
  const parser = handler._parser;
  const { buffers } = core._bufferService;
  const cols = (): number => core._bufferService.cols;
  const rows = (): number => core._bufferService.rows;

  const plain = handler._curAttrData.clone();

  // --- Bounds: a count beyond the screen does nothing more than the screen's own size, but the library would loop for it.
  const bounded = (final: string, most: () => number, before?: () => void): void =>
    parser.registerCsiHandler({ final }, (params) => {
      params.params[0] = Math.min(params.params[0] ?? 0, most());
      before?.();
      return false;
    });
  /** A line that moves away from the top has no line above it that it could run on from. */
  const unwrapTop = (): void => {
    const buffer = buffers.active;
    const line = lineAt(buffer, buffer.scrollTop);
    if (line !== undefined && buffer.scrollTop === 0) line.isWrapped = false;
  };
  /** Lines `top`..`bottom` of the screen up by `by` (down where negative), those left empty filled: in one go, not line by line. */
  const shift = (top: number, bottom: number, by: number, fill: Attributes): void => {
    const buffer = buffers.active;
    const moved: Line[] = [];
    for (let y = top; y <= bottom; y++) {
      const line = lineAt(buffer, y);
      if (line === undefined) return;
      moved.push(line);
    }
    const height = moved.length;
    const steps = Math.max(-height, Math.min(by, height));
    for (const [at, line] of moved.entries()) {
      const to = at - steps;
      const stays = to >= 0 && to < height;
      if (!stays) {
        line.fill(buffer.getNullCell(fill));
        line.isWrapped = false;
      }
      buffer.lines.set(buffer.ybase + top + ((to + height) % height), line);
    }
  };
  const scrolls = (final: string, act: (count: number, buffer: Buffer) => void): void =>
    parser.registerCsiHandler({ final }, (params) => {
      act(params.params[0] || 1, buffers.active);
      return true;
    });
  scrolls('S', (count, buffer) => shift(buffer.scrollTop, buffer.scrollBottom, count, handler._eraseAttrData()));
  scrolls('T', (count, buffer) => {
    unwrapTop();
    shift(buffer.scrollTop, buffer.scrollBottom, -count, plain);
  });
  const atCursor = (final: string, sign: 1 | -1): void =>
    scrolls(final, (count, buffer) => {
      if (buffer.y < buffer.scrollTop || buffer.y > buffer.scrollBottom) return;
      unwrapTop();
      shift(buffer.y, buffer.scrollBottom, sign * count, handler._eraseAttrData());
      buffer.x = 0;
    });
  atCursor('L', -1);
  atCursor('M', 1);
  // Sideways scrolling and columns: the filter drops them, few terminals know them.
  for (const [intermediates, final] of [
    [' ', '@'],
    [' ', 'A'],
    ["'", '}'],
    ["'", '~'],
  ] as const)
    parser.registerCsiHandler({ intermediates, final }, () => true);
  bounded('I', cols);
  bounded('Z', cols);
  bounded(
    'b',
    () => MAX_COLS,
    () => {
      const { x, y } = buffers.active;
      for (let at = Math.max(x - 2, 0); at < x; at++) replaceUnseen(lineAt(buffers.active, y), at);
    },
  );
  parser.registerEscHandler({ final: 'M' }, () => {
    if (buffers.active.y === 0) unwrapTop();
    return false;
  });
  const inner = core.unicodeService._providers['15-graphemes'];
  if (inner === undefined) throw new Error('the graphemes add-on did not register its table');
  let joined = 0;
  const narrow = inner.charProperties(0x20, 0);
  core.unicodeService.register({
    version: 'bounded',
    wcwidth: (code) => inner.wcwidth(code),
    charProperties: (code, preceding) => {
      if (code >= 0x20 && code < 0x7f && preceding >> 3 === 0) {
        joined = 0;
        return narrow;
      }
      const properties = inner.charProperties(code, preceding);
      if ((properties & 1) === 0) {
        joined = 0;
        return isUnseen(code) ? inner.charProperties(REPLACEMENT, 0) : properties;
      }
      if (++joined <= MAX_JOINS) return properties;
      joined = 0;
      return inner.charProperties(isUnseen(code) ? REPLACEMENT : code, 0);
    },
  });
  core.unicodeService.activeVersion = 'bounded';

  // --- Halves of wide characters: the library shifts a right half away from its left one, and in no-wrap mode overwrites it alone.
  const splitWide = (): void => {
    const { x, y } = buffers.active;
    const line = lineAt(buffers.active, y);
    if (line === undefined || x <= 0 || x >= cols() || line.getWidth(x - 1) !== 2) return;
    line.setCellFromCodepoint(x - 1, 0, 1, handler._curAttrData);
    line.setCellFromCodepoint(x, 0, 1, handler._curAttrData);
  };
  const print = handler.print.bind(handler);
  /**
   * One by one where the library loses its way: in one row, a character that grows too wide and wraps is taken from a line that the scroll
   * has just emptied; without autowrap, a wide character that finds no room is not printed, but would still be joined and repeated; in
   * insert mode, a character that grows makes no room for itself.
   */
  const printOneByOne = (data: Uint32Array, start: number, end: number): void => {
    const buffer = buffers.active;
    const wraps = core.coreService.decPrivateModes.wraparound;
    for (let at = start; at < end; at++) {
      if (grows(data[at] ?? 0, parser.precedingJoinState)) {
        if (wraps && rows() === 1 && buffer.x >= cols()) parser.precedingJoinState = 0;
        if (core.coreService.modes.insertMode && buffer.x < cols()) handler.insertChars({ params: [1], length: 1 });
      }
      print(data, at, at + 1);
      if (wraps) continue;
      const line = lineAt(buffer, buffer.y);
      if (line !== undefined && line.getWidth(cols() - 2) === 2 && line.getWidth(cols() - 1) !== 0)
        line.setCellFromCodepoint(cols() - 2, 0, 1, handler._curAttrData);
      if (buffer.x === cols() - 1) parser.precedingJoinState = 0;
    }
  };
  const grows = (code: number, preceding: number): boolean => {
    const after = inner.charProperties(code, preceding);
    return (after & 1) === 1 && ((after >> 1) & 3) > ((preceding >> 1) & 3);
  };
  bounded('@', cols, splitWide);
  handler.print = (data, start, end) => {
    const inserts = core.coreService.modes.insertMode;
    if (inserts) splitWide();
    if (rows() > 1 && core.coreService.decPrivateModes.wraparound && !inserts) print(data, start, end);
    else printOneByOne(data, start, end);
  };

  // --- Erasing to the cursor in the very last cell looks at a line that is not there.
  parser.registerCsiHandler({ final: 'J' }, (params) => {
    const buffer = buffers.active;
    if (params.params[0] !== 1 || buffer.y < rows() - 1 || buffer.x < cols() - 1) return false;
    handler.eraseInLine({ params: [2], length: 1 });
    if (rows() > 1) {
      const { x, y } = buffer;
      buffer.x = cols() - 1;
      buffer.y = y - 1;
      handler.eraseInDisplay(params);
      buffer.x = Math.min(x, cols() - 1);
      buffer.y = y;
    }
    return true;
  });

  // --- Origin mode: relative moves are relative to the cursor; the library adds the top margin to them.
  for (const [final, move] of Object.entries(RELATIVE_MOVES))
    parser.registerCsiHandler({ final }, (params) => {
      const modes = core.coreService.decPrivateModes;
      if (!modes.origin) return false;
      const buffer = buffers.active;
      modes.origin = false;
      handler[move](params);
      modes.origin = true;
      buffer.y = Math.min(Math.max(buffer.y, buffer.scrollTop), buffer.scrollBottom);
      return true;
    });

  // --- Colours: the library takes "default underline colour" for white.
  parser.registerCsiHandler({ final: 'm' }, (params) => {
    let last = 0;
    for (let at = 0; at < params.length; at++)
      if (params.params[at] === 58 || params.params[at] === 59) last = params.params[at] ?? 0;
    if (last !== 59) return false;
    handler.charAttributes(params);
    handler._curAttrData.extended = handler._curAttrData.extended.clone();
    handler._curAttrData.extended.underlineColor = 0;
    return true;
  });

  // --- A line filled as a copy of one cell, not cell by cell.
  const line = lineAt(buffers.active, 0);
  if (line !== undefined) quickenFill(Object.getPrototypeOf(line) as LinePrototype);

  // --- DECALN frees the margins first.
  parser.registerEscHandler({ intermediates: '#', final: '8' }, () => {
    buffers.active.scrollTop = 0;
    buffers.active.scrollBottom = rows() - 1;
    return false;
  });
}

type LinePrototype = { fill: Line['fill']; quick?: true };

/** Once for all terminals: the library's lines share their methods. */
function quickenFill(lines: LinePrototype): void {
  if (lines.quick === true) return;
  const slow = lines.fill;
  lines.quick = true;
  lines.fill = function (this: Line, cell, respectProtect) {
    if (respectProtect === true || isSpecial(cell)) {
      slow.call(this, cell, respectProtect);
      return;
    }
    this._combined = {};
    this._extendedAttrs = {};
    const { _data: words } = this;
    for (let at = 0; at < words.length; at += 3) {
      words[at] = cell.content;
      words[at + 1] = cell.fg;
      words[at + 2] = cell.bg;
    }
  };
}

/** A cell with more to it than its three words. */
function isSpecial(cell: NullCell): boolean {
  return (cell.content & CLUSTER) !== 0 || (cell.bg & EXTENDED) !== 0;
}
