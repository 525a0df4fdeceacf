// How many terminal cells a text takes, and cutting to them (the second half of TRUST X1). Apart from safe-text.ts because the
// width tables weigh more than the agent may load.
import stringWidth from 'string-width';
import { safeText } from './safe-text.ts';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const ELLIPSIS = '…';
/** One cell a unit: what most texts are, and no table of widths is asked for. */
const plain = /^[\x20-\x7e]*$/;

/** Cells a terminal uses for a text that `safeText` made. Ambiguous-width characters count one. */
export function cellWidth(safe: string): number {
  return plain.test(safe) ? safe.length : stringWidth(safe);
}

/** The text itself when it fits, otherwise its longest beginning that fits together with an ellipsis. Never splits a character. */
export function cutToCells(safe: string, maxCells: number): string {
  if (maxCells < 1) return '';
  if (plain.test(safe)) return safe.length <= maxCells ? safe : safe.slice(0, maxCells - 1) + ELLIPSIS;
  let fits = '';
  let fitsBesideEllipsis = '';
  let cells = 0;
  for (const { segment } of graphemes.segment(safe)) {
    cells += cellWidth(segment);
    if (cells > maxCells) return fitsBesideEllipsis + ELLIPSIS;
    fits += segment;
    if (cells < maxCells) fitsBesideEllipsis = fits;
  }
  return safe;
}

/** A foreign text made safe and cut to a width: what tables, toasts and titles show (X1, X11). */
export function safeLabel(text: string | Uint8Array, maxCells: number): string {
  return cutToCells(safeText(text), maxCells);
}
