// The two buffers of a terminal: what belongs to each (its saved cursor) and what belongs to both (margins, tab stops, character sets), which
// the library keeps otherwise or in part.
import { type Attributes, penOf } from './cells.ts';
import type { Buffer, Core, Handler } from './core.ts';
import type { LinkTable } from './links.ts';
import { type Charset, type Charsets, HOME, type SavedCursor } from './screen.ts';

const ALTERNATE_MODES = new Set([47, 1047, 1048, 1049]);

/** What the library knows as the tables of its character sets; ASCII is no table. */
const LINE_DRAWING = Object.fromEntries(
  [...'`abcdefghijklmnopqrstuvwxyz{|}~'].map((key, at) => [key, [...'◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·'][at]]),
);
const CHARSETS: Readonly<Record<Charset, unknown>> = { B: undefined, '0': LINE_DRAWING, A: { '#': '£' } };

export type Buffers = {
  readonly alternate: () => boolean;
  readonly charsets: () => Charsets;
  readonly saved: () => { readonly normal: SavedCursor; readonly alternate: SavedCursor };
  /** The pens kept with saved cursors. */
  readonly keptPens: () => readonly Attributes[];
};

/** Takes the buffers of a terminal just opened into its care. */
export function keepBuffers(core: Core, links: LinkTable): Buffers {
  const handler = core._inputHandler;
  const parser = handler._parser;
  const { buffers } = core._bufferService;
  const cols = (): number => core._bufferService.cols;
  const rows = (): number => core._bufferService.rows;
  const alternate = (): boolean => buffers.active === buffers.alt;
  let designated: Charsets = HOME.charsets;
  /** The saved cursors but for their places, which stand in the buffers, where a resize moves them. */
  let saved: { normal: SavedCursor; alternate: SavedCursor } = { normal: HOME, alternate: HOME };

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
    saved = alternate() ? { ...saved, alternate: cursor } : { ...saved, normal: cursor };
    kept.set(buffer, handler._curAttrData.clone());
  };
  const kept = new WeakMap<Buffer, Attributes>();
  const giveBack = (): void => {
    const buffer = buffers.active;
    const cursor = alternate() ? saved.alternate : saved.normal;
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
  const show = (toAlternate: boolean): void => {
    if (toAlternate === alternate()) return;
    const { scrollTop, scrollBottom } = buffers.active;
    const [left, switchTo] = toAlternate ? [buffers.normal, handler.setModePrivate] : [buffers.alt, handler.resetModePrivate];
    switchTo.call(handler, { params: [47], length: 1 });
    buffers.active.tabs = toAlternate ? left.tabs : buffers.active.tabs;
    buffers.active.scrollTop = scrollTop;
    buffers.active.scrollBottom = scrollBottom;
    if (!toAlternate) forget(buffers.alt);
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

  // --- Resets: DECSTR resets what xterm resets; RIS resets also what the library forgets.
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
    designated = HOME.charsets;
    saved = { normal: HOME, alternate: HOME };
    return false;
  });

  const placed = (cursor: SavedCursor, buffer: Buffer): SavedCursor => ({
    ...cursor,
    x: Math.min(buffer.savedX, cols() - 1),
    y: Math.min(Math.max(buffer.savedY - buffer.ybase, 0), rows() - 1),
  });
  return {
    alternate,
    charsets: () => ({ ...designated, shifted: shifted() }),
    saved: () => ({
      normal: placed(saved.normal, buffers.normal),
      alternate: alternate() ? placed(saved.alternate, buffers.alt) : HOME,
    }),
    keptPens: () => [buffers.normal, buffers.alt].flatMap((buffer) => kept.get(buffer) ?? []),
  };
}
