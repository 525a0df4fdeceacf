// A row of a session as somebody else may see it (law 7, X2): cells only. Links and format characters (bidi, joiners, tags, soft hyphens) act on
// the terminal that shows them, so they stay behind. Columns never move. Pure.
import { cellWidth } from '../../gateway/protocol/cell-width.ts';
import {
  CELL_WORDS,
  CLUSTER,
  CODE_MASK,
  type Decoration,
  FLAG_SHIFT,
  type Row,
  textAt,
  WIDTH_SHIFT,
  widthAt,
} from '../../gateway/screen/row.ts';
import { DECORATED } from '../../gateway/screen/style.ts';

const FORMAT = /[\p{Cf}\p{Cc}\p{Zl}\p{Zp}]/u;
/** Stand for a cell of which nothing is left: one wide character (a printer's mark for a missing letter), or one narrow. */
const missing = { 1: '\ufffd', 2: '\u3013' } as const;
/** The first format character is U+00AD. */
const firstFormat = 0xad;

const known = new WeakMap<Row, Row>();

/** The same row where there is nothing to take out; otherwise a row of the same columns, made once. */
export function inertRow(row: Row): Row {
  const before = known.get(row);
  if (before !== undefined) return before;
  const made = harmful(row) ? without(row) : row;
  known.set(row, made);
  return made;
}

function harmful({ cells, clusters, decorations }: Row): boolean {
  for (const { link } of decorations?.values() ?? []) if (link !== '') return true;
  for (const text of clusters?.values() ?? []) if (FORMAT.test(text)) return true;
  for (let at = 0; at < cells.length; at += CELL_WORDS) {
    const code = (cells[at] ?? 0) & CODE_MASK;
    if (code >= firstFormat && FORMAT.test(String.fromCodePoint(code))) return true;
  }
  return false;
}

function without(row: Row): Row {
  const cells = row.cells.slice();
  const clusters = new Map(row.clusters);
  for (let x = 0; x < cells.length / CELL_WORDS; x += 1) {
    const text = textAt(row, x);
    const width = widthAt(row, x);
    const at = FORMAT.exec(text)?.index;
    if (at === undefined || width === 0) continue;
    // What stands before it is the character one would take the whole for, if it is as wide.
    const rest = text.slice(0, at);
    const shown = rest !== '' && cellWidth(rest) === width ? rest : missing[width];
    const code = shown.codePointAt(0) ?? 0;
    const single = shown.length === String.fromCodePoint(code).length;
    cells[x * CELL_WORDS] = (code | (single ? 0 : CLUSTER) | (width << WIDTH_SHIFT)) >>> 0;
    if (single) clusters.delete(x);
    else clusters.set(x, shown);
  }
  return { ...row, cells, clusters: clusters.size === 0 ? undefined : clusters, decorations: unlinked(row, cells) };
}

/** Underline colours stay; a cell with nothing else beside its words is decorated no more. */
function unlinked({ decorations }: Row, cells: Uint32Array): Row['decorations'] {
  const kept = new Map<number, Decoration>();
  for (const [x, { underlineColour }] of decorations ?? []) {
    const at = x * CELL_WORDS + 2;
    if (underlineColour !== 0) kept.set(x, { underlineColour, link: '' });
    else cells[at] = ((cells[at] ?? 0) & ~((DECORATED >>> 6) << FLAG_SHIFT)) >>> 0;
  }
  return kept.size === 0 ? undefined : kept;
}
