// Columns of a list: which of them fit a width, how wide each is, and a row in them.
import { cutLine, fitLine, type Hue, type Line, lineCells, span } from './span.ts';

export type Column<R, V> = {
  readonly title: string;
  readonly cell: (row: R, view: V) => Line;
  readonly min: number;
  /** What is left over is shared by those with a share, up to `most`. */
  readonly share?: number;
  readonly most?: number;
  readonly right?: true;
  /** Higher stays longer when it gets narrow. */
  readonly keep: number;
};
export type Placed<R, V> = { readonly column: Column<R, V>; readonly width: number };

const gap = 2;

/** The columns that fit, widest use of the width. */
export function placeColumns<R, V>(columns: readonly Column<R, V>[], width: number): readonly Placed<R, V>[] {
  let chosen = [...columns];
  const need = () => chosen.reduce((sum, column) => sum + column.min, 0) + gap * (chosen.length - 1);
  while (chosen.length > 1 && need() > width) {
    const weakest = chosen.reduce((a, b) => (b.keep < a.keep ? b : a));
    chosen = chosen.filter((column) => column !== weakest);
  }
  let spare = Math.max(0, width - need());
  const widths = new Map(chosen.map((column) => [column, column.min]));
  // Shares are handed out until they are used up or everybody has enough.
  for (let round = 0; spare > 0 && round < 4; round += 1) {
    const hungry = chosen.filter((column) => column.share !== undefined && (widths.get(column) ?? 0) < (column.most ?? 1_000));
    const shares = hungry.reduce((sum, column) => sum + (column.share ?? 0), 0);
    if (shares === 0) break;
    const pool = spare;
    for (const column of hungry) {
      const have = widths.get(column) ?? 0;
      const more = Math.min(Math.ceil((pool * (column.share ?? 0)) / shares), (column.most ?? 1_000) - have, spare);
      widths.set(column, have + more);
      spare -= more;
    }
  }
  return chosen.map((column) => ({ column, width: widths.get(column) ?? column.min }));
}

/** The titles; `sorted` is the one the list is sorted by. */
export function titleLine<R, V>(placed: readonly Placed<R, V>[], sorted: string | undefined): Line {
  return join(
    placed.map(({ column, width }) => {
      const by = sorted !== undefined && column.title.toLowerCase() === sorted;
      const title: Line = [span(by && column.title.length < width ? `${column.title}↓` : column.title, by ? 'accent' : 'dim')];
      return fitLine(title, width, column.right === true ? 'right' : 'left');
    }),
  );
}

export function rowLine<R, V>(placed: readonly Placed<R, V>[], row: R, view: V): Line {
  const cellsOf = placed.map(({ column, width }, index) => {
    const cell = column.cell(row, view);
    const last = index === placed.length - 1;
    return last && column.right !== true ? cutLine(cell, width) : fitLine(cell, width, column.right === true ? 'right' : 'left');
  });
  return join(cellsOf);
}

/** Pieces side by side; neighbours of one look become one piece, which keeps what is written short. */
function join(parts: readonly Line[]): Line {
  const out: { text: string; hue?: Hue; bold?: true; inverse?: true }[] = [];
  for (const [index, part] of parts.entries()) {
    const pieces = index === 0 ? part : [span('  '), ...part];
    for (const piece of pieces) {
      const before = out.at(-1);
      // Spaces look the same in any ink.
      const spaces = /^ +$/.test(piece.text) && piece.inverse !== true;
      const alike = before?.hue === piece.hue && before?.bold === piece.bold && before?.inverse === piece.inverse;
      if (before !== undefined && before.inverse !== true && (alike || spaces)) before.text += piece.text;
      else out.push({ ...piece });
    }
  }
  return out.filter((piece) => lineCells([piece]) > 0);
}
