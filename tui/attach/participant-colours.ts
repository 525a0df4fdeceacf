// Which colour a participant has: by their number in the session, so that it stays theirs while others come and go, and is the same on every
// screen. Names stand beside it always (E47): after six the colours begin again, and without colour there is only the name. Pure.
import { type Colours, participantInks } from '../parts/palette.ts';

const { rich, basic } = participantInks;

export const participantColours = rich.length;

/** SGR parameters that begin a participant's name within a row of ours; the row's own look must be set again behind it. */
export function nameCodes(ordinal: number, colours: Colours): string {
  const at = ordinal % participantColours;
  if (colours === 256) return `0;1;38;5;16;48;5;${rich[at] ?? rich[0]}`;
  if (colours === 16) return `0;1;7;${basic[at] ?? basic[0]}`;
  return '0;1;4;7';
}
