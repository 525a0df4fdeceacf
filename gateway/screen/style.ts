// How a cell looks: colours and attributes as plain numbers, so that a row of cells is one typed array and two looks compare with `===`.

/**
 * A colour in 26 bits: `0` is the terminal's own default; `PALETTE | n` entry n (0..255) of its palette, where 0..15 are the named
 * ANSI colours; `RGB | 0xRRGGBB` a true colour.
 */
export type Colour = number;

const DEFAULT_COLOUR: Colour = 0;
export const PALETTE = 0x1000000;
export const RGB = 0x2000000;
export const COLOUR_MASK = 0x3ffffff;

/** Attribute flags: twelve bits, of which three are the style of the underline (0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed). */
export const BOLD = 0x001;
export const DIM = 0x002;
export const ITALIC = 0x004;
export const BLINK = 0x008;
export const INVERSE = 0x010;
export const INVISIBLE = 0x020;
export const STRIKE = 0x040;
export const OVERLINE = 0x080;
export const UNDERLINE_MASK = 0x700;
export const UNDERLINE_SHIFT = 8;
/** Set where a cell has an underline colour or a link, which stand beside the row's array. Never part of a `Style`. */
export const DECORATED = 0x800;

/** What a cell looks like beside its character. */
export type Style = {
  readonly foreground: Colour;
  readonly background: Colour;
  /** The attribute flags above, without `DECORATED`. */
  readonly flags: number;
  /** Colour of the underline; default = the colour of the text. */
  readonly underlineColour: Colour;
  /** The payload of OSC 8 (`params;uri`), or empty where the cell is no link. */
  readonly link: string;
};

export const PLAIN: Style = {
  foreground: DEFAULT_COLOUR,
  background: DEFAULT_COLOUR,
  flags: 0,
  underlineColour: DEFAULT_COLOUR,
  link: '',
};

/** A colour taken apart, for renderers that speak another language. */
export type ColourParts =
  | { readonly kind: 'default' }
  | { readonly kind: 'palette'; readonly index: number }
  | { readonly kind: 'rgb'; readonly red: number; readonly green: number; readonly blue: number };

export function colourParts(colour: Colour): ColourParts {
  if ((colour & RGB) !== 0) return { kind: 'rgb', red: (colour >> 16) & 255, green: (colour >> 8) & 255, blue: colour & 255 };
  if ((colour & PALETTE) !== 0) return { kind: 'palette', index: colour & 255 };
  return { kind: 'default' };
}

/** The style of the underline: 0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed. */
export function underlineOf(style: Style): number {
  return (style.flags & UNDERLINE_MASK) >> UNDERLINE_SHIFT;
}

export function sameStyle(a: Style, b: Style): boolean {
  return (
    a === b ||
    (a.foreground === b.foreground &&
      a.background === b.background &&
      a.flags === b.flags &&
      a.underlineColour === b.underlineColour &&
      a.link === b.link)
  );
}
