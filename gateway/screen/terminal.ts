// The terminal emulator: @xterm/headless behind one cast (DESIGN D4). The only file that knows the library; what it does not say publicly
// is read from its core here. Its cells are read in cells.ts.
//
// Where the library differs from what real terminals agree on, or has no bound, its handler is replaced (each with its reason below), so that
// a screen taken here can be repainted exactly and so that hostile bytes cost what their length says (TRUST X2).
// Limits: no double-width lines, no left and right margins, no protected cells, no graphics, no G2/G3; the filter drops all of these.
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import xterm from '@xterm/headless';
import {
  type Attributes,
  blankOrphans,
  isUnseen,
  type Line,
  newRowCache,
  penOf,
  REPLACEMENT,
  type RowCache,
  readRows,
  replaceUnseen,
} from './cells.ts';
import type { Buffer, Core, Handler, StringHandler } from './core.ts';
import { LinkTable } from './links.ts';
import {
  type Charset,
  type Charsets,
  type CursorShape,
  clampSize,
  HOME,
  type Margins,
  type Modes,
  type MouseEncoding,
  type MouseTracking,
  type SavedCursor,
  type Screen,
  sameFields,
  sameSaved,
  sameTabs,
} from './screen.ts';
import { type Style, sameStyle } from './style.ts';

/** A terminal that shows bytes. It answers nothing, rings nothing, and has no clock. */
export type Terminal = {
  /** Takes bytes at once; a character or a sequence may be cut anywhere. Bytes that are no UTF-8 show as U+FFFD. */
  readonly feed: (bytes: Uint8Array) => void;
  /** Any numbers are survived: the size is clamped to 2..500 × 1..200. Afterwards viewers need `paint(undefined, …)`. */
  readonly resize: (cols: number, rows: number) => void;
  /** What it shows now. Rows that did not change since the last call are the same objects. */
  readonly screen: () => Screen;
  readonly dispose: () => void;
};

export type TerminalOptions = {
  readonly cols: number;
  readonly rows: number;
  /** Lines kept above the screen; 0 where not said. */
  readonly scrollback?: number;
};

/** TRUST X2. */
const MAX_STRING = 4096;
/** Code points in one cell; the longest emoji of Unicode 17 has 10. */
const MAX_JOINS = 31;
const ALTERNATE_MODES = new Set([47, 1047, 1048, 1049]);

const MOUSE: Readonly<Record<string, MouseTracking>> = { NONE: 'none', X10: 'x10', VT200: 'normal', DRAG: 'drag', ANY: 'any' };
const MOUSE_ENCODING: Readonly<Record<string, MouseEncoding>> = { DEFAULT: 'default', SGR: 'sgr', SGR_PIXELS: 'sgr-pixels' };
const SHAPES = { block: 1, underline: 3, bar: 5 } as const;

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

/** What the library knows as the tables of its character sets; ASCII is no table. */
const LINE_DRAWING = Object.fromEntries(
  [...'`abcdefghijklmnopqrstuvwxyz{|}~'].map((key, at) => [key, [...'◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·'][at]]),
);
const CHARSETS: Readonly<Record<Charset, unknown>> = { B: undefined, '0': LINE_DRAWING, A: { '#': '£' } };

export function openTerminal(options: TerminalOptions): Terminal {
  const size = clampSize(options.cols, options.rows);
  const terminal = new xterm.Terminal({
    ...size,
    scrollback: options.scrollback ?? 0,
    allowProposedApi: true,
    disableStdin: true,
    logLevel: 'off',
  });
  terminal.loadAddon(new UnicodeGraphemesAddon());
  const core = (terminal as unknown as { readonly _core: Core })._core;
  const handler = core._inputHandler;
  const parser = handler._parser;
  const buffers = core._bufferService.buffers;
  const links = new LinkTable();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  let title = '';
  let bells = 0;
  let designated: Charsets = HOME.charsets;
  /** The saved cursors but for their places, which stand in the buffers, where a resize moves them. */
  let saved: { normal: SavedCursor; alternate: SavedCursor } = { normal: HOME, alternate: HOME };

  const cols = (): number => terminal.cols;
  const rows = (): number => terminal.rows;
  const isAlternate = (): boolean => buffers.active === buffers.alt;
  const lineAt = (buffer: Buffer, y: number): Line | undefined => buffer.lines.get(buffer.ybase + y);

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
  bounded('I', cols);
  bounded('Z', cols);
  bounded('S', rows);
  bounded('T', rows, unwrapTop);
  bounded('L', rows, unwrapTop);
  bounded('M', rows);
  bounded(
    'b',
    () => cols() * rows(),
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
  terminal.unicode.register({
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
  terminal.unicode.activeVersion = 'bounded';

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

  // --- Saved cursor: with the whole pen, both character sets and origin mode, as VT510 has it; one for each buffer.
  const keep = (): void => {
    const buffer = buffers.active;
    buffer.savedX = Math.min(buffer.x, cols() - 1);
    buffer.savedY = buffer.ybase + buffer.y;
    const cursor: SavedCursor = {
      x: 0,
      y: 0,
      pen: penOf(handler._curAttrData, links),
      charsets: { ...designated, shifted: shifted() },
      origin: core.coreService.decPrivateModes.origin,
    };
    saved = isAlternate() ? { ...saved, alternate: cursor } : { ...saved, normal: cursor };
    kept.set(buffer, handler._curAttrData.clone());
  };
  const kept = new WeakMap<Buffer, Attributes>();
  const giveBack = (): void => {
    const buffer = buffers.active;
    const cursor = isAlternate() ? saved.alternate : saved.normal;
    handler._curAttrData = (kept.get(buffer) ?? plain).clone();
    designate(cursor.charsets);
    core.coreService.decPrivateModes.origin = cursor.origin;
    const least = cursor.origin ? buffer.scrollTop : 0;
    const most = cursor.origin ? buffer.scrollBottom : rows() - 1;
    buffer.x = Math.min(buffer.savedX, cols() - 1);
    buffer.y = Math.min(Math.max(buffer.savedY - buffer.ybase, least), most);
  };
  const forget = (buffer: Buffer): void => {
    buffer.savedX = 0;
    buffer.savedY = buffer.ybase;
    kept.delete(buffer);
    saved = buffer === buffers.alt ? { ...saved, alternate: HOME } : { ...saved, normal: HOME };
  };
  const plain = handler._curAttrData.clone();
  const done =
    (act: () => void): (() => boolean) =>
    () => {
      act();
      return true;
    };
  parser.registerEscHandler({ final: '7' }, done(keep));
  parser.registerEscHandler({ final: '8' }, done(giveBack));
  parser.registerCsiHandler({ final: 's' }, done(keep));
  parser.registerCsiHandler({ final: 'u' }, done(giveBack));

  // --- Buffers: margins and tab stops belong to the terminal, not to a buffer; the alternate buffer forgets its saved cursor when left.
  const show = (alternate: boolean): void => {
    if (alternate === isAlternate()) return;
    const { scrollTop, scrollBottom } = buffers.active;
    const [left, switchTo] = alternate ? [buffers.normal, handler.setModePrivate] : [buffers.alt, handler.resetModePrivate];
    switchTo.call(handler, { params: [47], length: 1 });
    buffers.active.tabs = alternate ? left.tabs : buffers.active.tabs;
    buffers.active.scrollTop = scrollTop;
    buffers.active.scrollBottom = scrollBottom;
    if (!alternate) forget(buffers.alt);
  };
  const privateModes =
    (set: boolean): Handler =>
    (params) => {
      let ours = false;
      for (let at = 0; at < params.length; at++) ours ||= ALTERNATE_MODES.has(params.params[at] ?? 0);
      if (!ours) return false;
      for (let at = 0; at < params.length; at++) {
        const mode = params.params[at] ?? 0;
        if (!ALTERNATE_MODES.has(mode))
          (set ? handler.setModePrivate : handler.resetModePrivate).call(handler, { params: [mode], length: 1 });
        if (set && (mode === 1048 || mode === 1049)) keep();
        if (mode !== 1048 && ALTERNATE_MODES.has(mode)) show(set);
        if (!set && (mode === 1048 || mode === 1049)) giveBack();
      }
      return true;
    };
  parser.registerCsiHandler({ prefix: '?', final: 'h' }, privateModes(true));
  parser.registerCsiHandler({ prefix: '?', final: 'l' }, privateModes(false));
  parser.registerCsiHandler({ final: 'g' }, (params) => {
    const tabs = buffers.active.tabs;
    if (params.params[0] === 0) delete tabs[buffers.active.x];
    if (params.params[0] === 3) for (const x of Object.keys(tabs)) delete tabs[Number(x)];
    return true;
  });

  // --- Character sets: G0 and G1 only, and only the three that programs use.
  const designate = (charsets: Charsets): void => {
    designated = charsets;
    core._charsetService.setgCharset(0, CHARSETS[charsets.g0]);
    core._charsetService.setgCharset(1, CHARSETS[charsets.g1]);
    core._charsetService.setgLevel(charsets.shifted ? 1 : 0);
  };
  for (const intermediates of '()*+-./')
    for (const final of '0A4C5RQKYE6ZH7=B') {
      const known = final === 'B' || final === '0' || final === 'A' ? final : undefined;
      parser.registerEscHandler({ intermediates, final }, () => {
        if (known !== undefined && intermediates === '(') designate({ ...designated, shifted: shifted(), g0: known });
        if (known !== undefined && intermediates === ')') designate({ ...designated, shifted: shifted(), g1: known });
        return true;
      });
    }
  for (const final of 'no|}~') parser.registerEscHandler({ final }, () => true);
  for (const final of '@G') parser.registerEscHandler({ intermediates: '%', final }, () => true);
  const shifted = (): boolean => core._charsetService.glevel === 1;

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

  // --- Resets: DECSTR resets what xterm resets; RIS resets also what the library forgets; DECALN frees the margins.
  parser.registerCsiHandler({ intermediates: '!', final: 'p' }, () => {
    const modes = core.coreService.decPrivateModes;
    core.coreService.isCursorHidden = false;
    core.coreService.modes.insertMode = false;
    modes.origin = false;
    modes.wraparound = true;
    modes.applicationCursorKeys = false;
    modes.applicationKeypad = false;
    freeMargins();
    designate(HOME.charsets);
    handler._curAttrData = plain.clone();
    forget(buffers.active);
    return true;
  });
  const freeMargins = (): void => {
    buffers.active.scrollTop = 0;
    buffers.active.scrollBottom = rows() - 1;
  };
  parser.registerEscHandler({ final: 'c' }, () => {
    core.coreService.isCursorHidden = false;
    core.optionsService.options.convertEol = false;
    core.optionsService.options.cursorBlink = false;
    title = '';
    designated = HOME.charsets;
    saved = { normal: HOME, alternate: HOME };
    links.clear();
    return false;
  });
  parser.registerEscHandler({ intermediates: '#', final: '8' }, () => {
    freeMargins();
    return false;
  });

  // --- Strings: bounded, and only title and link. The library would gather 10 MB, and a marker for every link.
  for (const id of [0, 1, 2, 4, 8, 10, 11, 12, 104, 110, 111, 112]) parser.clearOscHandler(id);
  parser.clearDcsHandler({ intermediates: '$', final: 'q' });
  parser.setOscHandlerFallback(() => undefined);
  parser.setDcsHandlerFallback(() => undefined);
  const setTitle = (text: string): void => {
    title = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '');
  };
  parser.registerOscHandler(0, boundedString(setTitle));
  parser.registerOscHandler(2, boundedString(setTitle));
  parser.registerOscHandler(
    8,
    boundedString((text) => {
      const cut = text.indexOf(';');
      if (cut < 0) return;
      const attributes = handler._curAttrData;
      attributes.extended = attributes.extended.clone();
      attributes.extended.urlId = cut === text.length - 1 ? 0 : links.idOf(text, usedLinks);
      attributes.updateExtended();
    }),
  );
  const usedLinks = (): ReadonlySet<number> => {
    const used = new Set<number>([handler._curAttrData.extended.urlId]);
    for (const buffer of [buffers.normal, buffers.alt]) {
      used.add(kept.get(buffer)?.extended.urlId ?? 0);
      for (let y = 0; y < buffer.lines.length; y++)
        for (const extended of Object.values(buffer.lines.get(y)?._extendedAttrs ?? {})) used.add(extended?.urlId ?? 0);
    }
    return used;
  };
  terminal.onBell(() => {
    bells++;
  });

  // --- Reading.
  const caches: { readonly normal: RowCache; readonly alternate: RowCache } = { normal: newRowCache(), alternate: newRowCache() };
  const read = (cache: RowCache, buffer: Buffer): Screen['grid'] =>
    readRows(cache, (y) => lineAt(buffer, y), cols(), rows(), links);
  const placed = (cursor: SavedCursor, buffer: Buffer): SavedCursor => ({
    ...cursor,
    x: Math.min(buffer.savedX, cols() - 1),
    y: Math.min(Math.max(buffer.savedY - buffer.ybase, 0), rows() - 1),
  });
  let last: Screen | undefined;
  const reuse = <T>(before: T | undefined, after: T, same: (a: T, b: T) => boolean): T =>
    before !== undefined && same(before, after) ? before : after;

  const screen = (): Screen => {
    const buffer = buffers.active;
    const alternate = isAlternate();
    const modes = core.coreService.decPrivateModes;
    const charsets: Charsets = { ...designated, shifted: shifted() };
    const margins: Margins = { top: buffer.scrollTop, bottom: buffer.scrollBottom };
    const pen: Style = penOf(handler._curAttrData, links);
    const tabs = new Uint8Array(cols());
    for (let x = 0; x < tabs.length; x++) if (buffer.tabs[x] === true) tabs[x] = 1;
    const shape =
      modes.cursorStyle === undefined ? 0 : ((SHAPES[modes.cursorStyle] + (modes.cursorBlink === true ? 0 : 1)) as CursorShape);
    const normalRows = read(caches.normal, buffers.normal);
    const now: Modes = {
      applicationCursor: modes.applicationCursorKeys,
      applicationKeypad: modes.applicationKeypad,
      autowrap: modes.wraparound,
      reverseWrap: modes.reverseWraparound,
      insert: core.coreService.modes.insertMode,
      newline: core.optionsService.options.convertEol,
      origin: modes.origin,
      bracketedPaste: modes.bracketedPasteMode,
      focus: modes.sendFocus,
      synchronized: modes.synchronizedOutput,
      mouse: MOUSE[core.coreMouseService.activeProtocol] ?? 'none',
      mouseEncoding: MOUSE_ENCODING[core.coreMouseService.activeEncoding] ?? 'default',
    };
    last = {
      cols: cols(),
      rows: rows(),
      grid: alternate ? read(caches.alternate, buffers.alt) : normalRows,
      hidden: alternate ? normalRows : undefined,
      cursor: {
        x: Math.min(buffer.x, cols() - 1),
        y: buffer.y,
        visible: !core.coreService.isCursorHidden,
        shape,
        blink: core.optionsService.options.cursorBlink,
        wrapPending: buffer.x >= cols(),
        joins: parser.precedingJoinState !== 0 && buffer.x > 0,
      },
      pen: reuse(last?.pen, pen, sameStyle),
      saved: {
        normal: reuse(last?.saved.normal, placed(saved.normal, buffers.normal), sameSaved),
        alternate: alternate ? reuse(last?.saved.alternate, placed(saved.alternate, buffers.alt), sameSaved) : HOME,
      },
      charsets: reuse(last?.charsets, charsets, sameFields),
      margins: reuse(last?.margins, margins, sameFields),
      modes: reuse(last?.modes, now, sameFields),
      tabs: reuse(last?.tabs, tabs, sameTabs),
      title,
      bells,
    };
    return last;
  };

  return {
    feed: (bytes) => handler.parse(decoder.decode(bytes, { stream: true })),
    resize: (wantedCols, wantedRows) => {
      const next = clampSize(wantedCols, wantedRows);
      if (next.cols === cols() && next.rows === rows()) return;
      terminal.resize(next.cols, next.rows);
      parser.precedingJoinState = 0;
      for (const buffer of [buffers.normal, buffers.alt])
        for (let y = 0; y < rows(); y++) blankOrphans(lineAt(buffer, y), cols());
    },
    screen,
    dispose: () => terminal.dispose(),
  };
}

/** An OSC handler that forgets a string longer than the bound. */
function boundedString(take: (text: string) => void): StringHandler {
  let text = '';
  let over = false;
  return {
    start: () => {
      text = '';
      over = false;
    },
    put: (data, start, end) => {
      over ||= text.length + (end - start) > MAX_STRING;
      if (over) text = '';
      else for (let at = start; at < end; at++) text += String.fromCodePoint(data[at] ?? 0xfffd);
    },
    end: (success) => {
      if (success && !over) take(text);
      text = '';
      return true;
    },
  };
}
