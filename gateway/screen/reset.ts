// A real terminal given back clean (TRUST X4): on detach, after a crash, and between tabs.
import { paint } from './paint.ts';
import { blankScreen, type Screen } from './screen.ts';
import { CALM, END_SEQUENCE, PLAIN_KEYBOARD } from './slate.ts';
import { PLAIN } from './style.ts';

/** To be written before a session takes a real terminal: keeps the title that `resetSequence` gives back. */
export const KEEP_TITLE = '\x1b[22;0t';
const GIVE_TITLE_BACK = '\x1b[23;0t';

/**
 * X4: the bytes that give a real terminal back clean: alternate buffer left, modes, mouse, paste, colours, margins, charsets, cursor
 * and title (kept by `KEEP_TITLE`) as before. Text stays, and so does the cursor's place. With `screen` (what the terminal shows)
 * only what it needs is sent; without it the terminal may be in any state, cut sequence included.
 */
export function resetSequence(screen?: Screen): Uint8Array {
  const calmed = screen === undefined ? Buffer.from(END_SEQUENCE + CALM) : paint(screen, calm(screen));
  return Buffer.concat([calmed, Buffer.from(PLAIN_KEYBOARD + GIVE_TITLE_BACK)]);
}

/** The same text on a terminal that no program has touched. */
function calm(screen: Screen): Screen {
  const fresh = blankScreen(screen.cols, screen.rows);
  const place = screen.hidden === undefined ? screen.cursor : screen.saved.normal;
  return {
    ...fresh,
    grid: screen.hidden ?? screen.grid,
    cursor: { ...fresh.cursor, x: place.x, y: place.y },
    pen: PLAIN,
    saved: { normal: screen.saved.normal, alternate: fresh.saved.alternate },
    title: screen.title,
    bells: screen.bells,
  };
}
