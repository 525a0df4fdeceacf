// The person's terminal while they drive a session: bytes go through as they came (D5), and a shadow of the screen is kept so that lines of
// ours can be laid over it and lifted again. Owns what is written to the terminal, nothing else.

import { paint } from '../../gateway/screen/paint.ts';
import { KEEP_TITLE, resetSequence } from '../../gateway/screen/reset.ts';
import type { Screen } from '../../gateway/screen/screen.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import type { Colours } from '../parts/palette.ts';
import { bannerRows, type Tone, withBanner } from './banner.ts';
import { openBoundary } from './boundary.ts';
import { keepingColumns } from './line-feeds.ts';
import type { Words } from './strip.ts';

export type Sink = { readonly write: (bytes: Uint8Array, done?: () => void) => void };

export type Banner = { readonly lines: readonly { readonly words: Words; readonly tone: Tone }[] };

/** Something that lies over the session and changes with it, below the lines of ours. */
export type Layer = {
  /** The session's screen with it; the same where there is nothing to see. */
  readonly over: (screen: Screen) => Screen;
  /** There may be something to see, so every new screen is wanted. */
  readonly waits: () => boolean;
};

export type Glass = {
  /** Writes session output; `drawn` is called when the terminal has taken it. */
  readonly show: (bytes: Uint8Array, drawn: () => void) => void;
  /** Lays lines over the session, in place of those before; undefined lifts them. */
  readonly banner: (banner: Banner | undefined) => void;
  /** Puts something over the session. */
  readonly layer: (layer: Layer) => void;
  /** Lays what lies over the session anew: at once, or with whatever comes in this turn. */
  readonly refresh: (when: 'now' | 'soon') => void;
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
export function openGlass(to: Sink, cols: number, rows: number, row: number | undefined, colours: Colours = 0): Glass {
  const sink = keepingColumns(to);
  const shadow = openTerminal({ cols, rows });
  const boundary = openBoundary();
  let banner: Banner | undefined;
  let layer: Layer | undefined;
  /** What the terminal shows while lines of ours are on it. */
  let overlaid: { readonly base: Screen; readonly shown: Screen } | undefined;
  /** Output that waits for the end of this turn, so that the lines over it are lifted, and laid again, in the same write. */
  let waiting: { bytes: Uint8Array[]; readonly drawn: (() => void)[] } | undefined;
  let turn: NodeJS.Immediate | undefined;
  let over = false;

  const say = (bytes: Uint8Array): void => {
    if (bytes.length > 0) sink.write(bytes);
  };
  const covers = (): boolean => banner !== undefined || layer?.waits() === true;
  /** The bytes that take our lines away. */
  const lifted = (): Uint8Array => {
    const bytes = overlaid === undefined ? new Uint8Array() : paint(overlaid.shown, overlaid.base);
    overlaid = undefined;
    return bytes;
  };
  /** The bytes that lay them. */
  const laid = (): Uint8Array => {
    // Output that is cut in the middle of a sequence goes on soon; the lines come back behind it.
    if ((!covers() && overlaid === undefined) || !boundary.between()) return new Uint8Array();
    const base = shadow.screen();
    const guessed = layer === undefined ? base : layer.over(base);
    const rowsNow = banner?.lines.flatMap(({ words, tone }) => bannerRows(words, base.cols, tone, colours)) ?? [];
    const shown = banner === undefined ? guessed : withBanner(guessed, rowsNow);
    const bytes = paint(overlaid?.shown ?? base, shown);
    overlaid = shown === base ? undefined : { base, shown };
    return bytes;
  };
  /** Everything that this turn brought, in one write: a line of ours never flickers. */
  const put = (): void => {
    clearImmediate(turn);
    turn = undefined;
    if (over) return;
    const output = waiting;
    waiting = undefined;
    if (output === undefined) return say(laid());
    const bytes = Buffer.concat([lifted(), ...output.bytes, laid()]);
    sink.write(bytes, () => {
      for (const drawn of output.drawn) drawn();
    });
  };
  const flush = (): void => {
    if (waiting !== undefined) put();
  };
  const layLater = (): void => {
    if (covers() || overlaid !== undefined) turn ??= setImmediate(put);
  };

  say(Buffer.from(`${KEEP_TITLE}\x1b[${rows};1H${'\n'.repeat(Math.min(row ?? rows, rows))}\x1b[H`));
  return {
    show: (bytes, drawn) => {
      if (over) return;
      shadow.feed(bytes);
      boundary.feed(bytes);
      if (overlaid === undefined && waiting === undefined) {
        sink.write(bytes, drawn);
        return layLater();
      }
      waiting ??= { bytes: [], drawn: [] };
      waiting.bytes.push(bytes);
      waiting.drawn.push(drawn);
      turn ??= setImmediate(put);
    },
    banner: (next) => {
      banner = next;
      if (over) return;
      if (next !== undefined) return layLater();
      flush();
      say(covers() ? laid() : lifted());
    },
    layer: (next) => {
      layer = next;
    },
    refresh: (when) => {
      if (over) return;
      if (when === 'soon') layLater();
      else put();
    },
    resize: (nextCols, nextRows) => {
      if (over) return;
      flush();
      // The terminal may have moved our lines anywhere; the next paint is a whole one.
      const covered = overlaid !== undefined;
      overlaid = undefined;
      shadow.resize(nextCols, nextRows);
      if (covered) say(paint(undefined, shadow.screen()));
      layLater();
    },
    redraw: () => {
      if (over) return;
      flush();
      overlaid = undefined;
      say(paint(undefined, shadow.screen()));
      layLater();
    },
    bell: () => {
      if (over) return;
      flush();
      if (boundary.between()) say(Buffer.from('\x07'));
    },
    screen: shadow.screen,
    between: boundary.between,
    giveBack: () => {
      if (over) return;
      flush();
      over = true;
      clearImmediate(turn);
      say(lifted());
      const last = shadow.screen();
      say(resetSequence(boundary.between() ? last : undefined));
      const place = last.hidden === undefined ? last.cursor : last.saved.normal;
      say(Buffer.from(place.x === 0 ? '\x1b[J' : '\r\n\x1b[J'));
      shadow.dispose();
    },
  };
}
