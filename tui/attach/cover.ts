// A page of ours over the whole terminal while a session goes on underneath: its output is taken and not shown; when the page goes, the session is painted
// anew. Owns which of the two the terminal belongs to.
import { KEEP_TITLE, resetSequence } from '../../gateway/screen/reset.ts';
import type { Screen } from '../../gateway/screen/screen.ts';
import type { Sink } from './glass.ts';
import { openPane, type Pane } from './pane.ts';

export type Cover = {
  /** Where the session is drawn: nowhere, while it is covered. */
  readonly sink: Sink;
  readonly lay: () => void;
  readonly draw: (screen: Screen) => void;
  /** The terminal may show anything. */
  readonly torn: () => void;
  /** True = there was a page; now everything of the session is to be drawn. */
  readonly lift: () => boolean;
};

export function openCover(to: Sink): Cover {
  let pane: Pane | undefined;
  return {
    sink: {
      write: (bytes, done) => {
        if (pane === undefined) to.write(bytes, done);
        else if (done !== undefined) setImmediate(done);
      },
    },
    lay: () => {
      if (pane !== undefined) return;
      // Modes of the program that runs (mouse, keypad, focus) are not for our page; the painting that follows brings them back.
      to.write(resetSequence());
      pane = openPane(to);
    },
    draw: (screen) => pane?.draw(screen),
    torn: () => pane?.torn(),
    lift: () => {
      if (pane === undefined) return false;
      pane.giveBack();
      pane = undefined;
      // A reset gives the title back; the session's turn at the terminal is not over.
      to.write(Buffer.from(KEEP_TITLE));
      return true;
    },
  };
}
