// The driver's terminal as its client measured it, put into the words of screen/answer.ts. Pure.
import type { TerminalProfile as MeasuredProfile } from '../protocol/operator.ts';
import type { RgbColour, TerminalProfile } from '../screen/answer.ts';

/** What we answer for while nobody has driven since the gateway started: the terminal that our screen models. */
export const plainProfile: TerminalProfile = { term: 'xterm-256color' };

/** X11 `rgb:h/h/h` with 1–4 hex digits a channel, or `#rrggbb`; undefined for anything else. */
export function parseColour(text: string): RgbColour | undefined {
  const hash = /^#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})$/.exec(text);
  const parts = hash ?? /^rgba?:([0-9a-fA-F]{1,4})\/([0-9a-fA-F]{1,4})\/([0-9a-fA-F]{1,4})(?:\/[0-9a-fA-F]{1,4})?$/.exec(text);
  if (parts === null) return undefined;
  const [red, green, blue] = parts
    .slice(1, 4)
    .map((digits) => Math.round((Number.parseInt(digits, 16) / (16 ** digits.length - 1)) * 255));
  return red === undefined || green === undefined || blue === undefined ? undefined : { red, green, blue };
}

export function answeringProfile(measured: MeasuredProfile): TerminalProfile {
  const { colours } = measured;
  const foreground = colours && parseColour(colours.foreground);
  const background = colours && parseColour(colours.background);
  const cursor = colours?.cursor === undefined ? undefined : parseColour(colours.cursor);
  return {
    term: measured.term,
    ...(colours === undefined
      ? {}
      : {
          colours: {
            ...(foreground === undefined ? {} : { foreground }),
            ...(background === undefined ? {} : { background }),
            ...(cursor === undefined ? {} : { cursor }),
          },
        }),
    ...(measured.version === undefined ? {} : { version: measured.version }),
    ...(measured.cellWidth === undefined ? {} : { cellWidth: measured.cellWidth }),
    ...(measured.cellHeight === undefined ? {} : { cellHeight: measured.cellHeight }),
  };
}

/** TERM values whose terminals our screen stands for; every other gets the one it models. */
const known = /^(xterm|xterm-(16|88|256)color|screen|screen-256color|tmux|tmux-256color|linux|vt100|vt220|dumb)$/;

/** TERM for the program on the server. */
export const termOf = (measured: MeasuredProfile): string => (known.test(measured.term) ? measured.term : plainProfile.term);
