// Text of ours as cells: pieces with an ink, made one row. What an ink looks like depends on the terminal; without colours bold, dim and inverse
// remain, and every meaning has a sign or a word beside it (E47).
import { cutToCells } from '../../gateway/protocol/cell-width.ts';
import type { Row } from '../../gateway/screen/row.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import type { Colours } from '../parts/palette.ts';
import { cells } from '../present/span.ts';
import type { Risk } from './risk.ts';

export type Ink = 'plain' | 'dim' | 'faint' | 'accent' | 'good' | Risk;
export type Piece = {
  /** Already safe to show (X1). */
  readonly text: string;
  readonly ink?: Ink;
  readonly bold?: true;
  readonly inverse?: true;
};

const rich: Readonly<Record<Ink, string>> = {
  plain: '',
  dim: '38;5;243',
  faint: '38;5;237',
  accent: '38;5;179',
  good: '32',
  alert: '38;5;203',
  'step-up': '38;5;176',
  production: '38;5;215',
  sudo: '38;5;80',
};
const basic: Readonly<Record<Ink, string>> = {
  plain: '',
  dim: '90',
  faint: '90',
  accent: '33',
  good: '32',
  alert: '91',
  'step-up': '35',
  production: '33',
  sudo: '36',
};

export const piece = (text: string, ink: Ink = 'plain'): Piece => ({ text, ink });
export const strong = (text: string, ink: Ink = 'plain'): Piece => ({ text, ink, bold: true });
export const piecesWidth = (pieces: readonly Piece[]): number => pieces.reduce((sum, { text }) => sum + cells(text), 0);

/** The pieces cut to a width, with an ellipsis where something is missing. */
export function cutPieces(pieces: readonly Piece[], width: number): Piece[] {
  let room = Math.max(0, width);
  const kept: Piece[] = [];
  for (const one of pieces) {
    const size = cells(one.text);
    const text = size <= room ? one.text : cutToCells(one.text, room);
    if (text !== '') kept.push({ ...one, text });
    room -= size;
    if (room <= 0) break;
  }
  return kept;
}

const known = new Map<string, Row>();
const mostKnown = 512;

/** One row of exactly `cols` cells (at least 2). */
export function inkRow(pieces: readonly Piece[], cols: number, colours: Colours): Row {
  const width = Math.max(2, cols);
  const cut = cutPieces(pieces, width);
  const rest = width - piecesWidth(cut);
  const bytes = [...cut, { text: ' '.repeat(Math.max(0, rest)) }].map((one) => written(one, colours)).join('');
  const key = `${width} ${bytes}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const terminal = openTerminal({ cols: width, rows: 1 });
  terminal.feed(Buffer.from(bytes));
  const row = terminal.screen().grid[0];
  terminal.dispose();
  if (row === undefined) throw new Error('a terminal without a row');
  if (known.size >= mostKnown) known.clear();
  known.set(key, row);
  return row;
}

function written({ text, ink = 'plain', bold, inverse }: Piece, colours: Colours): string {
  const hue = colours === 256 ? rich[ink] : colours === 16 ? basic[ink] : '';
  const codes = ['0', ...(bold === true ? ['1'] : []), ...(inverse === true ? ['7'] : []), ...(hue === '' ? [] : [hue])];
  return `\x1b[${codes.join(';')}m${text}`;
}
