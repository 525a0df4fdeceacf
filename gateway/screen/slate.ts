// The sequences that bring a terminal in any state, whatever program left it so, to a known one.

/** CAN: ends a sequence that a crash cut. */
export const END_SEQUENCE = '\x18';
/** A terminal not in the alternate buffer would go to a cursor saved long ago: so one is saved first. */
const LEAVE_ALTERNATE = '\x1b7\x1b[?1049l';
/** DECSTR frees origin mode and margins without moving the cursor; for terminals without it, margins once more and the cursor kept. */
const SOFT_RESET = '\x1b[!p\x1b7\x1b[r\x1b8';
const PEN = '\x1b]8;;\x1b\\\x1b[m\x0f\x1b(B\x1b)B';
const MODES = '\x1b[4;20l\x1b[?1;5;12;45;1004;2004;2026l\x1b[?7h\x1b>';
const MOUSE = '\x1b[?9;1000;1002;1003l\x1b[?1005;1006;1015;1016l';
const CURSOR = '\x1b[0 q\x1b[?25h';

/** Kitty's and xterm's keyboard protocols: never let through by the filter, but a raw session may have set them. */
export const PLAIN_KEYBOARD = '\x1b[=0u\x1b[>4m';

/** Modes, mouse, paste, colours, margins, charsets and cursor as they are in a terminal just opened, the cursor where it was. */
export const CALM = `${LEAVE_ALTERNATE}${SOFT_RESET}${PEN}${MODES}${MOUSE}${CURSOR}`;

/** As `CALM`, and tab stops every eight columns, nothing saved, an empty screen, the cursor at home. The title is left alone. */
export function emptySlate(cols: number): string {
  let tabs = '\x1b[3g\r';
  for (let x = 0; x < cols; x += 8) tabs += `${x === 0 ? '' : `\x1b[${x + 1}G`}\x1bH`;
  return `${END_SEQUENCE}${CALM}${tabs}\x1b[H\x1b7\x1b[2J`;
}
