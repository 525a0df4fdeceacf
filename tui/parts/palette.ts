// From hues to what the terminal is told. The basic sixteen follow the person's own theme; only our accent and the bar of the chosen row
// are ours. Without colour, bold and inverse remain, and every meaning has a glyph or a word beside it (E47).
import type { Hue, Line, Span } from '../present/span.ts';

export type Colours = 0 | 16 | 256;
export type Palette = {
  readonly colours: Colours;
  readonly hues: Readonly<Record<Hue, string>>;
  /** Ink and ground of the chosen row. */
  readonly bar: string;
  /** White on black for sure, whatever the theme: light modules of QR codes are drawn in ink. */
  readonly slate: string;
};

/** How many colours to use: NO_COLOR and TERM=dumb win, then what the terminal says of itself. */
export function coloursOf(env: Readonly<Record<string, string | undefined>>): Colours {
  const refused = env['NO_COLOR'];
  if ((refused !== undefined && refused !== '') || env['TERM'] === 'dumb') return 0;
  const rich = /256color|truecolor|24bit|direct|kitty|alacritty|ghostty|foot/.test(
    `${env['TERM'] ?? ''} ${env['COLORTERM'] ?? ''}`,
  );
  return rich ? 256 : 16;
}

/**
 * Inks of participants, by their number in the session: of 256, told apart on dark and on light ground alike, as ink and as a ground; of 16, SGR
 * codes of cyan, magenta, green, yellow, blue and bright cyan. No red, which says that something is wrong.
 */
export const participantInks = { rich: [73, 176, 107, 179, 111, 174], basic: [36, 35, 32, 33, 34, 96] } as const;

const seats = (code: (nth: 0 | 1 | 2 | 3 | 4 | 5) => string) => ({
  seat0: code(0),
  seat1: code(1),
  seat2: code(2),
  seat3: code(3),
  seat4: code(4),
  seat5: code(5),
});

const rich: Palette = {
  colours: 256,
  hues: {
    plain: '',
    dim: '38;5;245',
    accent: '38;5;179',
    good: '32',
    warn: '33',
    bad: '31',
    ...seats((nth) => `38;5;${participantInks.rich[nth]}`),
  },
  bar: '48;5;238;38;5;255',
  slate: '38;5;231;48;5;16',
};
const basic: Palette = {
  colours: 16,
  hues: {
    plain: '',
    dim: '90',
    accent: '33',
    good: '32',
    warn: '33',
    bad: '31',
    ...seats((nth) => String(participantInks.basic[nth])),
  },
  bar: '7',
  slate: '97;40',
};
const none: Palette = {
  colours: 0,
  hues: { plain: '', dim: '', accent: '', good: '', warn: '', bad: '', ...seats(() => '') },
  bar: '7',
  slate: '',
};

export const paletteOf = (colours: Colours): Palette => (colours === 256 ? rich : colours === 16 ? basic : none);

/** A line as the terminal reads it. */
export function paintLine(line: Line, palette: Palette): string {
  return line.map((piece) => wrap(piece.text, codesOf(piece, palette))).join('');
}

/**
 * The chosen row: one bar from edge to edge. Hues stay where the bar has a ground of its own; where it is plain inverse they would make
 * patches of colour, so there the bar is all.
 */
export function paintBar(line: Line, width: number, cellsOf: (line: Line) => number, palette: Palette): string {
  const padded = [...line, { text: ' '.repeat(Math.max(0, width - cellsOf(line))) }];
  if (palette.colours !== 256) return wrap(padded.map((piece) => piece.text).join(''), palette.bar);
  return padded
    .map((piece) =>
      wrap(piece.text, [palette.bar, keepsHue(piece) ? codesOf(piece, palette) : ''].filter((c) => c !== '').join(';')),
    )
    .join('');
}

/** Dim grey on the bar is hard to read. */
const keepsHue = (piece: Span): boolean => piece.hue !== undefined && piece.hue !== 'dim';

function codesOf(piece: Span, palette: Palette): string {
  const codes = [palette.hues[piece.hue ?? 'plain']];
  if (piece.bold === true) codes.unshift('1');
  if (piece.inverse === true) codes.push('7');
  return codes.filter((code) => code !== '').join(';');
}

const wrap = (text: string, codes: string): string => (codes === '' || text === '' ? text : `\u001B[${codes}m${text}\u001B[0m`);
