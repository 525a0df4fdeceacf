// The terminal emulator: @xterm/headless behind one cast (DESIGN D4). The only file that knows the library; what it does not say publicly
// is read from its core here. Its cells are read in cells.ts.
//
// Where the library differs from what real terminals agree on, or has no bound, its handlers are replaced (corrections.ts, buffers.ts), so that
// a screen taken here can be repainted exactly and hostile bytes cost what their length says (TRUST X2).
// Limits: no double-width lines, no left and right margins, no protected cells, no graphics, no G2/G3; the filter drops all of these.
// What a narrower size cuts off does not come back with a wider one; programs draw anew, and viewers get a keyframe.
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import xterm from '@xterm/headless';
import { keepBuffers } from './buffers.ts';
import { blankOrphans, lineAt, newRowCache, penOf, type RowCache, readRows } from './cells.ts';
import type { Buffer, Core, StringHandler } from './core.ts';
import { correct } from './corrections.ts';
import { LinkTable } from './links.ts';
import {
  type CursorShape,
  clampSize,
  type Margins,
  type Modes,
  type MouseEncoding,
  type MouseTracking,
  type Screen,
  sameFields,
  sameSaved,
  sameTabs,
} from './screen.ts';
import { type ScrolledOff, watchScrolled } from './scrolled.ts';
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
  /** Told of each line that leaves the normal screen at its top. */
  readonly scrolledOff?: ScrolledOff;
};

/** TRUST X2. */
const MAX_STRING = 4096;

const MOUSE: Readonly<Record<string, MouseTracking>> = { NONE: 'none', X10: 'x10', VT200: 'normal', DRAG: 'drag', ANY: 'any' };
const MOUSE_ENCODING: Readonly<Record<string, MouseEncoding>> = { DEFAULT: 'default', SGR: 'sgr', SGR_PIXELS: 'sgr-pixels' };
const IDLE = { clear: (): void => undefined, enqueue: (): void => undefined };
const SHAPES = { block: 1, underline: 3, bar: 5 } as const;

export function openTerminal(options: TerminalOptions): Terminal {
  const size = clampSize(options.cols, options.rows);
  const terminal = new xterm.Terminal({
    ...size,
    scrollback: options.scrollback ?? 0,
    allowProposedApi: true,
    disableStdin: true,
    logLevel: 'off',
    // No reflow on resize (it loses lines and then throws where there is no scrollback): lines are cut or filled, as xterm does.
    windowsPty: { backend: 'winpty', buildNumber: 30_000 },
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

  const cols = (): number => terminal.cols;
  const rows = (): number => terminal.rows;
  correct(core);
  const kept = keepBuffers(core, links);
  if (options.scrolledOff !== undefined) watchScrolled(core, links, options.scrolledOff);

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
    const used = new Set([handler._curAttrData, ...kept.keptPens()].map((pen) => pen.extended.urlId));
    for (const buffer of [buffers.normal, buffers.alt])
      for (let y = 0; y < buffer.lines.length; y++)
        for (const extended of Object.values(buffer.lines.get(y)?._extendedAttrs ?? {})) used.add(extended?.urlId ?? 0);
    return used;
  };
  parser.registerEscHandler({ final: 'c' }, () => {
    title = '';
    links.clear();
    return false;
  });
  terminal.onBell(() => {
    bells++;
  });

  // --- Reading.
  const caches: { readonly normal: RowCache; readonly alternate: RowCache } = { normal: newRowCache(), alternate: newRowCache() };
  const read = (cache: RowCache, buffer: Buffer): Screen['grid'] =>
    readRows(cache, (y) => lineAt(buffer, y), cols(), rows(), links);
  let last: Screen | undefined;
  const reuse = <T>(before: T | undefined, after: T, same: (a: T, b: T) => boolean): T =>
    before !== undefined && same(before, after) ? before : after;

  const screen = (): Screen => {
    const buffer = buffers.active;
    const alternate = kept.alternate();
    const modes = core.coreService.decPrivateModes;
    const charsets = kept.charsets();
    const saved = kept.saved();
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
        normal: reuse(last?.saved.normal, saved.normal, sameSaved),
        alternate: reuse(last?.saved.alternate, saved.alternate, sameSaved),
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
      // The library would tidy up its lines later, on a timer, and warn on the console when the machine is busy.
      for (const buffer of [buffers.normal, buffers.alt]) buffer._memoryCleanupQueue = IDLE;
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
