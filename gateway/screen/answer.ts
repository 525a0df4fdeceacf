// What the driver's terminal says when a program asks: given once, by the gateway, from a profile measured at attach (TRUST §0, X3).
import type { Cursor, Modes, Screen } from './screen.ts';

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

/**
 * The answer, as the text a terminal would type; undefined where an honest terminal of this profile stays silent. `screen` is what the
 * program saw when it asked: the stream up to the query is in the model, and nothing after it.
 */
export function answer(query: Query, screen: Screen, profile: TerminalProfile): string | undefined {
  switch (query.kind) {
    case 'attributes':
      return attributes(query.level, profile);
    case 'status':
      return '\x1b[0n';
    case 'cursor': {
      const top = screen.modes.origin ? screen.margins.top : 0;
      return `\x1b[${query.private ? '?' : ''}${screen.cursor.y - top + 1};${screen.cursor.x + 1}R`;
    }
    case 'mode':
      return `\x1b[${query.private ? '?' : ''}${query.mode};${modeState(query, screen)}$y`;
    case 'version':
      return profile.version === undefined
        ? undefined
        : `\x1bP>|${profile.version.replace(/[^\x20-\x7e]/g, '').slice(0, 64)}\x1b\\`;
    case 'size':
      return size(query.of, screen, profile);
    case 'colour': {
      const { colours } = profile;
      const colour = query.slot === 'palette' ? colours?.palette?.[query.index] : colours?.[query.slot];
      if (colour === undefined) return undefined;
      const slot =
        query.slot === 'palette' ? `4;${query.index}` : { foreground: '10', background: '11', cursor: '12' }[query.slot];
      return `\x1b]${slot};rgb:${[colour.red, colour.green, colour.blue].map(channel).join('/')}${query.bell ? '\x07' : '\x1b\\'}`;
    }
    default:
      return query satisfies never;
  }
}

/** Abilities that the filter takes away again: graphics, soft fonts, programmable keys, rectangles. */
const TAKEN_AWAY = new Set(['3', '4', '7', '8', '28']);

function attributes(level: 1 | 2 | 3, profile: TerminalProfile): string {
  if (level === 3) return '\x1bP!|00000000\x1b\\';
  // A VT220 of a version new enough for programs to use SGR mouse reports.
  if (level === 2) return '\x1b[>1;279;0c';
  const measured = profile.da1 !== undefined && /^\d+(?:;\d+)*$/.test(profile.da1) ? profile.da1.split(';') : ['62', '22'];
  return `\x1b[?${measured.filter((ability, at) => at === 0 || !TAKEN_AWAY.has(ability)).join(';')}c`;
}

function size(of: 14 | 16 | 18 | 19, screen: Screen, { cellWidth, cellHeight }: TerminalProfile): string | undefined {
  if (of === 18 || of === 19) return `\x1b[${of === 18 ? 8 : 9};${screen.rows};${screen.cols}t`;
  if (cellWidth === undefined || cellHeight === undefined) return undefined;
  return of === 16
    ? `\x1b[6;${Math.round(cellHeight)};${Math.round(cellWidth)}t`
    : `\x1b[4;${Math.round(cellHeight * screen.rows)};${Math.round(cellWidth * screen.cols)}t`;
}

/** DECRPM: 0 not known, 1 set, 2 reset. */
function modeState(query: { readonly private: boolean; readonly mode: number }, { modes, cursor, hidden }: Screen): 0 | 1 | 2 {
  const set = query.private ? privateMode(query.mode, modes, cursor, hidden !== undefined) : ansiMode(query.mode, modes);
  return set === undefined ? 0 : set ? 1 : 2;
}

function ansiMode(mode: number, modes: Modes): boolean | undefined {
  return mode === 4 ? modes.insert : mode === 20 ? modes.newline : undefined;
}

function privateMode(mode: number, modes: Modes, cursor: Cursor, alternate: boolean): boolean | undefined {
  switch (mode) {
    case 1:
      return modes.applicationCursor;
    case 6:
      return modes.origin;
    case 7:
      return modes.autowrap;
    case 9:
      return modes.mouse === 'x10';
    case 12:
      return cursor.blink;
    case 25:
      return cursor.visible;
    case 45:
      return modes.reverseWrap;
    case 47:
    case 1047:
    case 1049:
      return alternate;
    case 66:
      return modes.applicationKeypad;
    case 1000:
      return modes.mouse === 'normal';
    case 1002:
      return modes.mouse === 'drag';
    case 1003:
      return modes.mouse === 'any';
    case 1004:
      return modes.focus;
    case 1006:
      return modes.mouseEncoding === 'sgr';
    case 1016:
      return modes.mouseEncoding === 'sgr-pixels';
    case 2004:
      return modes.bracketedPaste;
    case 2026:
      return modes.synchronized;
    default:
      return undefined;
  }
}

/** XParseColor's 16 bits of a channel. */
function channel(value: number): string {
  const byte = Math.min(Math.max(Math.round(value), 0), 255)
    .toString(16)
    .padStart(2, '0');
  return byte + byte;
}
