// What the driver's terminal says when a program asks: given once, by the gateway, from a profile measured at attach (TRUST §0, X3).
import type { Screen } from './screen.ts';

/** A question that a program put to its terminal, taken out of the stream by the filter. */
export type Query =
  /** DA1, DA2, DA3 (CSI c, CSI > c, CSI = c). */
  | { readonly kind: 'attributes'; readonly level: 1 | 2 | 3 }
  /** DSR 5: is the terminal well? */
  | { readonly kind: 'status' }
  /** CPR (CSI 6 n) and DECXCPR (CSI ? 6 n): where is the cursor? */
  | { readonly kind: 'cursor'; readonly private: boolean }
  /** DECRQM: is this mode set? */
  | { readonly kind: 'mode'; readonly private: boolean; readonly mode: number }
  /** XTVERSION (CSI > q). */
  | { readonly kind: 'version' }
  /** CSI 14, 16, 18, 19 t: pixels of the window, pixels of a cell, cells of the window, cells of the display. */
  | { readonly kind: 'size'; readonly of: 14 | 16 | 18 | 19 }
  /** OSC 4 (with the palette entry), 10, 11, 12 with `?`. The answer ends as the question ended. */
  | {
      readonly kind: 'colour';
      readonly slot: 'palette' | 'foreground' | 'background' | 'cursor';
      readonly index: number;
      readonly bell: boolean;
    };

/** 8 bits a channel. */
export type RgbColour = { readonly red: number; readonly green: number; readonly blue: number };

/** The driver's terminal as its client measured it at attach. What was not measured is left out and not answered, or answered plainly. */
export type TerminalProfile = {
  /** TERM. */
  readonly term: string;
  readonly colours?: {
    readonly foreground?: RgbColour;
    readonly background?: RgbColour;
    readonly cursor?: RgbColour;
    /** Palette entries by index. */
    readonly palette?: Readonly<Record<number, RgbColour>>;
  };
  /** The text of XTVERSION, such as `XTerm(390)`. */
  readonly version?: string;
  /** Pixels. */
  readonly cellWidth?: number;
  readonly cellHeight?: number;
  /** The parameters of its DA1 answer, such as `64;1;2;22`. */
  readonly da1?: string;
};

/** The answer, as the bytes a terminal would type; undefined where an honest terminal of this profile stays silent. `screen` is what the program saw when it asked. */
export function answer(_query: Query, _screen: Screen, _profile: TerminalProfile): string | undefined {
  return undefined;
}
