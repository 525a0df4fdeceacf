// The sequences that switch a terminal's modes (ECMA-48 SM and RM, DECSET and DECRST): those that move no cursor. Origin mode, which does, is the
// affair of paint.ts.
import type { Modes } from './screen.ts';

const TRACKING = { x10: 9, normal: 1000, drag: 1002, any: 1003 } as const;
const ENCODING = { sgr: 1006, 'sgr-pixels': 1016 } as const;

/** From some modes to others; empty where nothing is to be switched. */
export function switches(from: Modes, to: Modes): string {
  if (from === to) return '';
  let out = '';
  const change = (was: boolean, is: boolean, on: string, off: string): void => {
    if (was !== is) out += is ? on : off;
  };
  change(from.insert, to.insert, '\x1b[4h', '\x1b[4l');
  change(from.newline, to.newline, '\x1b[20h', '\x1b[20l');
  change(from.applicationCursor, to.applicationCursor, '\x1b[?1h', '\x1b[?1l');
  change(from.applicationKeypad, to.applicationKeypad, '\x1b=', '\x1b>');
  change(from.autowrap, to.autowrap, '\x1b[?7h', '\x1b[?7l');
  change(from.reverseWrap, to.reverseWrap, '\x1b[?45h', '\x1b[?45l');
  change(from.bracketedPaste, to.bracketedPaste, '\x1b[?2004h', '\x1b[?2004l');
  change(from.focus, to.focus, '\x1b[?1004h', '\x1b[?1004l');
  if (from.mouse !== to.mouse) {
    if (from.mouse !== 'none') out += `\x1b[?${TRACKING[from.mouse]}l`;
    if (to.mouse !== 'none') out += `\x1b[?${TRACKING[to.mouse]}h`;
  }
  if (from.mouseEncoding !== to.mouseEncoding) {
    if (from.mouseEncoding !== 'default') out += `\x1b[?${ENCODING[from.mouseEncoding]}l`;
    if (to.mouseEncoding !== 'default') out += `\x1b[?${ENCODING[to.mouseEncoding]}h`;
  }
  change(from.synchronized, to.synchronized, '\x1b[?2026h', '\x1b[?2026l');
  return out;
}
