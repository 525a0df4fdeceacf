// Which colour a participant has: by their number in the session, so that it stays theirs while others come and go, and is the same on every
// screen. Names stand beside it always (E47): after six the colours begin again, and without colour there is only the name. Pure.
import type { Colours } from '../parts/palette.ts';

/** Inks that are told apart on dark and on light ground alike: as a ground with black text on it, or as the ground that inverse makes of them. */
const rich = [73, 176, 107, 179, 111, 174] as const;
/** cyan magenta green yellow blue, and their bright kin; no red, which says that something is wrong. */
const basic = [36, 35, 32, 33, 34, 96] as const;

export const participantColours = rich.length;

/** SGR parameters that begin a participant's name within a row of ours; the row's own look must be set again behind it. */
export function nameCodes(ordinal: number, colours: Colours): string {
  const at = ordinal % participantColours;
  if (colours === 256) return `0;1;38;5;16;48;5;${rich[at] ?? rich[0]}`;
  if (colours === 16) return `0;1;7;${basic[at] ?? basic[0]}`;
  return '0;1;4;7';
}
