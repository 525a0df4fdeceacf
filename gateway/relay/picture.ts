// The picture of one session: filter, terminal model, and the one snapshot that all its viewers share. Bytes go in by position; what the
// programs ask their terminal comes out to be answered.

import type { TerminalSize } from '../protocol/nouns.ts';
import { answer, type TerminalProfile } from '../screen/answer.ts';
import { type FilterPart, openFilter } from '../screen/filter.ts';
import { paint } from '../screen/paint.ts';
import { blankScreen, clampSize, type Screen } from '../screen/screen.ts';
import { openTerminal } from '../screen/terminal.ts';

export type Clipping = Extract<FilterPart, { kind: 'clipboard' }>;

/** What one run of raw output became. */
export type Fed = {
  /** For the driver's terminal, whole sequences and characters only. */
  readonly bytes: Uint8Array;
  /** What the driver's terminal answers, in order. */
  readonly answers: readonly string[];
  readonly clippings: readonly Clipping[];
};

export type Picture = {
  /** Counts every change of what is shown. */
  readonly version: number;
  readonly size: TerminalSize;
  /** Nothing is held back by the filter. */
  readonly between: boolean;
  feed(raw: Uint8Array): Fed;
  resize(size: TerminalSize): void;
  /** Made once for each version, however many look. */
  screen(): Screen;
  /** `paint` from a terminal just opened. */
  keyframe(): Uint8Array;
  /** Lines that left the top of the screen, counted from this output position. */
  readonly scrolled: { readonly since: number; readonly lines: number };
  /** Begins again from a keyframe's paint, at that output position: recovery. */
  restart(size: TerminalSize, painted: Uint8Array, at: number): void;
  /** From now on answers are made from this terminal. */
  profile: TerminalProfile;
  dispose(): void;
};

const nothing = new Uint8Array();

export function openPicture(first: TerminalSize, titlePrefix: string, profile: TerminalProfile): Picture {
  let scrolled = { since: 0, lines: 0 };
  const scrolledOff = (): void => {
    scrolled.lines += 1;
  };
  let terminal = openTerminal({ ...first, scrolledOff });
  let filter = openFilter({ titlePrefix });
  let size: TerminalSize = clampSize(first.cols, first.rows);
  let version = 0;
  let known: { readonly version: number; readonly screen: Screen } | undefined;

  const screen = (): Screen => {
    if (known?.version !== version) known = { version, screen: terminal.screen() };
    return known.screen;
  };
  const picture: Picture = {
    profile,
    get version() {
      return version;
    },
    get size() {
      return size;
    },
    get between() {
      return filter.between;
    },
    feed(raw) {
      const pieces: Uint8Array[] = [];
      const answers: string[] = [];
      const clippings: Clipping[] = [];
      for (const part of filter.feed(raw)) {
        switch (part.kind) {
          case 'bytes':
            if (part.bytes.length === 0) break;
            terminal.feed(part.bytes);
            version += 1;
            pieces.push(part.bytes);
            break;
          case 'query': {
            const told = answer(part.query, screen(), picture.profile);
            if (told !== undefined) answers.push(told);
            break;
          }
          case 'clipboard':
            clippings.push(part);
            break;
          default:
            part satisfies never;
        }
      }
      const [only] = pieces;
      const bytes = pieces.length === 0 ? nothing : pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
      return { bytes, answers, clippings };
    },
    resize(next) {
      size = clampSize(next.cols, next.rows);
      terminal.resize(size.cols, size.rows);
      version += 1;
    },
    screen,
    get scrolled() {
      return { ...scrolled };
    },
    keyframe: () => paint(blankScreen(size.cols, size.rows), screen()),
    restart(next, painted, at) {
      terminal.dispose();
      size = clampSize(next.cols, next.rows);
      terminal = openTerminal({ ...size, scrolledOff });
      terminal.feed(painted);
      scrolled = { since: at, lines: 0 };
      filter = openFilter({ titlePrefix });
      version += 1;
    },
    dispose: () => terminal.dispose(),
  };
  return picture;
}
