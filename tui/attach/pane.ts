// A whole terminal on which we draw screens of our own making: watching. No byte of a session reaches it (law 7, X2); only cells do.
import { paint } from '../../gateway/screen/paint.ts';
import { KEEP_TITLE, resetSequence } from '../../gateway/screen/reset.ts';
import { blankScreen, type Screen } from '../../gateway/screen/screen.ts';
import type { Sink } from './glass.ts';
import { keepingColumns } from './line-feeds.ts';

/** ~30 pictures a second. */
const leastMs = 33;

export type Pane = {
  /** Draws it soon; of several within a moment only the last. */
  readonly draw: (screen: Screen) => void;
  /** What is on the terminal may be anything: the next draw is a whole one. */
  readonly torn: () => void;
  readonly giveBack: () => void;
};

/** Enters the alternate screen, so that what stood on the terminal stays there; what is pasted comes in brackets, so that it is no keys. */
export function openPane(to: Sink): Pane {
  const sink = keepingColumns(to);
  let shown: Screen | undefined;
  let next: Screen | undefined;
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const put = (): void => {
    timer = undefined;
    if (over || next === undefined) return;
    const bytes = shown === undefined || shown.cols !== next.cols || shown.rows !== next.rows ? wholly(next) : paint(shown, next);
    shown = next;
    next = undefined;
    if (bytes.length > 0) sink.write(bytes);
  };
  sink.write(Buffer.from(`${KEEP_TITLE}\x1b[?1049h\x1b[?2004h\x1b[H`));
  return {
    draw: (screen) => {
      next = screen;
      timer ??= setTimeout(put, shown === undefined ? 0 : leastMs);
    },
    torn: () => {
      shown = undefined;
    },
    giveBack: () => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      sink.write(resetSequence());
    },
  };
}

/** From a terminal in any state, without leaving the alternate screen we entered. */
function wholly(screen: Screen): Uint8Array {
  const blank = blankScreen(screen.cols, screen.rows);
  return Buffer.concat([Buffer.from('\x1b[r\x1b[m\x1b[H\x1b[2J'), paint(blank, screen)]);
}
