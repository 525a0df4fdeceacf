// What somebody beside the keyboard looks at: the whole screen of the session, and the part of it that their terminal has room for. It follows the cursor
// until they move it by hand. The gateway paints all of it, so that moving about asks nobody.
import type { TerminalSize } from '../../gateway/protocol/nouns.ts';
import { openCrop } from '../../gateway/screen/crop.ts';
import type { Screen } from '../../gateway/screen/screen.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import { type Corner, cornerFor, origin } from '../wall/window.ts';

const panStep = { cols: 8, rows: 4 } as const;

export type Look = {
  /** `fresh` = it begins from a terminal in any state. */
  readonly feed: (bytes: Uint8Array, fresh: boolean) => void;
  /** The size of the session, which is what the gateway paints. */
  readonly resize: (size: TerminalSize) => void;
  /** Moves the part by steps; from then on it stays. False = there is nothing there. */
  readonly pan: (x: number, y: number, window: TerminalSize) => boolean;
  readonly follow: () => void;
  readonly corner: () => Corner;
  readonly part: (window: TerminalSize) => Screen;
  readonly close: () => void;
};

export function openLook(of: TerminalSize): Look {
  let size = of;
  let picture = openTerminal(size);
  const crop = openCrop();
  let corner = origin;
  let following = true;

  const within = ({ left, top }: Corner, { cols, rows }: TerminalSize): Corner => ({
    left: Math.min(Math.max(0, left), Math.max(0, size.cols - cols)),
    top: Math.min(Math.max(0, top), Math.max(0, size.rows - rows)),
  });
  return {
    feed: (bytes, fresh) => {
      if (fresh) {
        picture.dispose();
        picture = openTerminal(size);
      }
      picture.feed(bytes);
    },
    resize: (next) => {
      size = next;
      picture.resize(next.cols, next.rows);
    },
    pan: (x, y, window) => {
      const next = within({ left: corner.left + x * panStep.cols, top: corner.top + y * panStep.rows }, window);
      if (next.left === corner.left && next.top === corner.top) return false;
      corner = next;
      following = false;
      return true;
    },
    follow: () => {
      following = true;
    },
    corner: () => corner,
    part: (window) => {
      const screen = picture.screen();
      corner = following ? cornerFor(screen, window.cols, window.rows, corner) : within(corner, window);
      return crop(screen, window.cols, window.rows, corner.left, corner.top);
    },
    close: () => picture.dispose(),
  };
}
