// The person's terminal while they drive a session: bytes go through as they came (D5), and a shadow of the screen is kept so that lines of
// ours can be laid over it and lifted again. Owns what is written to the terminal, nothing else.

import { paint } from '../../gateway/screen/paint.ts';
import { KEEP_TITLE, resetSequence } from '../../gateway/screen/reset.ts';
import type { Screen } from '../../gateway/screen/screen.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import { type Tone, textRow, withBanner } from './banner.ts';
import { openBoundary } from './boundary.ts';
import { keepingColumns } from './line-feeds.ts';

export type Sink = { readonly write: (bytes: Uint8Array, done?: () => void) => void };

export type Banner = { readonly lines: readonly string[]; readonly tone: Tone };

export type Glass = {
  /** Writes session output; `drawn` is called when the terminal has taken it. */
  readonly show: (bytes: Uint8Array, drawn: () => void) => void;
  /** Lays lines over the session, in place of those before; undefined lifts them. */
  readonly banner: (banner: Banner | undefined) => void;
  readonly resize: (cols: number, rows: number) => void;
  /** Paints everything anew from the shadow. */
  readonly redraw: () => void;
  readonly bell: () => void;
  readonly screen: () => Screen;
  /** The output stands between sequences and characters. */
  readonly between: () => boolean;
  /** Gives the terminal back clean (X4), the cursor on a line of its own. May be called in a signal handler, and more than once. */
  readonly giveBack: () => void;
};

/** @param row 1-based row of the cursor on the terminal, when known: what stands above it is kept in the scrollback. */
export function openGlass(to: Sink, cols: number, rows: number, row: number | undefined): Glass {
  const sink = keepingColumns(to);
  const shadow = openTerminal({ cols, rows });
  const boundary = openBoundary();
  let banner: Banner | undefined;
  /** What the terminal shows while lines of ours are on it. */
  let overlaid: { readonly base: Screen; readonly shown: Screen } | undefined;
  let turn: NodeJS.Immediate | undefined;
  let over = false;

  const say = (bytes: Uint8Array): void => {
    if (bytes.length > 0) sink.write(bytes);
  };
  const lift = (): void => {
    if (overlaid === undefined) return;
    say(paint(overlaid.shown, overlaid.base));
    overlaid = undefined;
  };
  const lay = (): void => {
    turn = undefined;
    // Output that is cut in the middle of a sequence goes on soon; the lines come back behind it.
    if (over || banner === undefined || !boundary.between()) return;
    const base = shadow.screen();
    const { lines, tone } = banner;
    const shown = withBanner(
      base,
      lines.map((line) => textRow(line, base.cols, tone)),
    );
    say(paint(overlaid?.shown ?? base, shown));
    overlaid = { base, shown };
  };
  const layLater = (): void => {
    if (banner !== undefined) turn ??= setImmediate(lay);
  };

  say(Buffer.from(`${KEEP_TITLE}\x1b[${rows};1H${'\n'.repeat(Math.min(row ?? rows, rows))}\x1b[H`));
  return {
    show: (bytes, drawn) => {
      if (over) return;
      lift();
      sink.write(bytes, drawn);
      shadow.feed(bytes);
      boundary.feed(bytes);
      layLater();
    },
    banner: (next) => {
      banner = next;
      if (over) return;
      if (next === undefined) lift();
      else layLater();
    },
    resize: (nextCols, nextRows) => {
      if (over) return;
      // The terminal may have moved our lines anywhere; the next paint is a whole one.
      const covered = overlaid !== undefined;
      overlaid = undefined;
      shadow.resize(nextCols, nextRows);
      if (covered) say(paint(undefined, shadow.screen()));
      layLater();
    },
    redraw: () => {
      if (over) return;
      overlaid = undefined;
      say(paint(undefined, shadow.screen()));
      layLater();
    },
    bell: () => {
      if (!over && boundary.between()) say(Buffer.from('\x07'));
    },
    screen: shadow.screen,
    between: boundary.between,
    giveBack: () => {
      if (over) return;
      over = true;
      clearImmediate(turn);
      lift();
      const last = shadow.screen();
      say(resetSequence(boundary.between() ? last : undefined));
      const place = last.hidden === undefined ? last.cursor : last.saved.normal;
      say(Buffer.from(place.x === 0 ? '\x1b[J' : '\r\n\x1b[J'));
      shadow.dispose();
    },
  };
}
