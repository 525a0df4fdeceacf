// SGR: the shortest sequence that turns one look into another (ECMA-48 8.3.117, ISO 8613-6 for the forms with colons).
import {
  BLINK,
  BOLD,
  type Colour,
  DIM,
  INVERSE,
  INVISIBLE,
  ITALIC,
  OVERLINE,
  PALETTE,
  RGB,
  STRIKE,
  type Style,
  UNDERLINE_MASK,
  UNDERLINE_SHIFT,
} from './style.ts';

/** Flags with a code of their own to switch on and off. Bold and dim share theirs for off. */
const SWITCHES: readonly (readonly [flag: number, on: number, off: number])[] = [
  [ITALIC, 3, 23],
  [BLINK, 5, 25],
  [INVERSE, 7, 27],
  [INVISIBLE, 8, 28],
  [STRIKE, 9, 29],
  [OVERLINE, 53, 55],
];

/** The sequence from one look to another; empty where they differ in nothing but the link, which is no SGR. */
export function sgr(from: Style, to: Style): string {
  if (
    from.foreground === to.foreground &&
    from.background === to.background &&
    from.flags === to.flags &&
    from.underlineColour === to.underlineColour
  )
    return '';
  if (to.foreground === 0 && to.background === 0 && to.flags === 0 && to.underlineColour === 0) return '\x1b[m';
  const changed = changes(from, to);
  // Starting anew is shorter only where something has to be switched off.
  if ((from.flags & ~to.flags) === 0 && !goesToDefault(from, to)) return `\x1b[${changed}m`;
  const anew = `0;${changes(BARE, to)}`;
  return `\x1b[${changed.length <= anew.length ? changed : anew}m`;
}

function goesToDefault(from: Style, to: Style): boolean {
  return (
    (to.foreground === 0 && from.foreground !== 0) ||
    (to.background === 0 && from.background !== 0) ||
    (to.underlineColour === 0 && from.underlineColour !== 0)
  );
}

const BARE: Style = { foreground: 0, background: 0, flags: 0, underlineColour: 0, link: '' };

function changes(from: Style, to: Style): string {
  const codes: (number | string)[] = [];
  const lost = from.flags & ~to.flags;
  let gained = to.flags & ~from.flags;
  if ((lost & (BOLD | DIM)) !== 0) {
    codes.push(22);
    gained |= to.flags & (BOLD | DIM);
  }
  if ((gained & BOLD) !== 0) codes.push(1);
  if ((gained & DIM) !== 0) codes.push(2);
  for (const [flag, on, off] of SWITCHES) {
    if ((lost & flag) !== 0) codes.push(off);
    if ((gained & flag) !== 0) codes.push(on);
  }
  const underline = (to.flags & UNDERLINE_MASK) >> UNDERLINE_SHIFT;
  if (underline !== (from.flags & UNDERLINE_MASK) >> UNDERLINE_SHIFT)
    codes.push(underline === 0 ? 24 : underline === 1 ? ((from.flags & UNDERLINE_MASK) === 0 ? 4 : '4:1') : `4:${underline}`);
  if (from.foreground !== to.foreground) codes.push(colour(to.foreground, 30, 90, '38;5;', '38;2;'));
  if (from.background !== to.background) codes.push(colour(to.background, 40, 100, '48;5;', '48;2;'));
  if (from.underlineColour !== to.underlineColour) codes.push(underlineColour(to.underlineColour));
  return codes.join(';');
}

function colour(value: Colour, dark: number, bright: number, palette: string, rgb: string): number | string {
  if ((value & RGB) !== 0) return `${rgb}${(value >> 16) & 255};${(value >> 8) & 255};${value & 255}`;
  if ((value & PALETTE) === 0) return dark + 9;
  const index = value & 255;
  if (index < 8) return dark + index;
  return index < 16 ? bright + index - 8 : `${palette}${index}`;
}

/** With colons only: a terminal that does not know 58 would read what follows it with semicolons as codes of their own. */
function underlineColour(value: Colour): number | string {
  if ((value & RGB) !== 0) return `58:2::${(value >> 16) & 255}:${(value >> 8) & 255}:${value & 255}`;
  return (value & PALETTE) === 0 ? 59 : `58:5:${value & 255}`;
}
