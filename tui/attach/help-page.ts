// Keys and what they do as lines of a page: in two columns where there is room, so that it stays within half of a small screen. Pure.
import { cellWidth } from '../../gateway/protocol/cell-width.ts';
import type { Strip } from './strip.ts';

type Entry = readonly [keys: string, does: string];

const gap = 3;

/** A heading and the entries, read down the columns. `cols`: cells of a line. */
export function helpPage(heading: string, entries: readonly Entry[], cols: number): readonly Strip[] {
  const lines = columns(entries, Math.floor((cols - gap) / 2)) ?? entries.map(entryLine(keysWidth(entries)));
  return [[{ text: heading, look: 'bold' }], ...lines];
}

const keysWidth = (entries: readonly Entry[]): number => Math.max(...entries.map(([keys]) => cellWidth(keys)));

const entryLine =
  (width: number) =>
  ([keys, does]: Entry): Strip => [{ text: padded(keys, width), look: 'bold' }, { text: `  ${does}` }];

const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - cellWidth(text)));

/** Two columns of that many cells; undefined where an entry does not fit. */
function columns(entries: readonly Entry[], cells: number): readonly Strip[] | undefined {
  const half = Math.ceil(entries.length / 2);
  const left = entries.slice(0, half);
  const right = entries.slice(half);
  if (right.length === 0) return undefined;
  const fits = (some: readonly Entry[]): boolean => some.every(([, does]) => keysWidth(some) + 2 + cellWidth(does) <= cells);
  if (!fits(left) || !fits(right)) return undefined;
  const rightWidth = keysWidth(right);
  const leftWidth = keysWidth(left);
  return left.map((one, at): Strip => {
    const other = right[at];
    if (other === undefined) return entryLine(leftWidth)(one);
    const [keys, does] = one;
    return [
      { text: padded(keys, leftWidth), look: 'bold' },
      { text: padded(`  ${does}`, cells - leftWidth + gap) },
      ...entryLine(rightWidth)(other),
    ];
  });
}
