// Lines that leave a terminal at its top: one by one as they go, so that a scrollback without end need not be held. Only the normal buffer has one;
// what a full-screen program scrolls is gone, as in every terminal. Imports nothing of the library.
import { type Line, lineAt, rowOf } from './cells.ts';
import type { Core } from './core.ts';
import type { LinkTable } from './links.ts';
import { CELL_WORDS, CLUSTER, CODE_MASK, type Row, rowText, WIDTH_SHIFT } from './row.ts';
import { MAX_COLS } from './screen.ts';

/** A line on its way out, to be read only while one is told. */
export type LeavingLine = {
  readonly row: () => Row;
  /** `rowText` of the row, quicker. */
  readonly text: () => string;
  /** It ran on from the line before it (unknown, and false, for the first line of a repainted screen). */
  readonly wrapped: boolean;
};
export type ScrolledOff = (line: LeavingLine) => void;

/** Tells of each line in order: those that scroll off, and those that a lower screen has no room for. */
export function watchScrolled(core: Core, links: LinkTable, gone: ScrolledOff): void {
  const service = core._bufferService;
  const { buffers } = service;
  const read = (line: Line, cols: number): Row => rowOf(line, cols, line.isWrapped, links);

  const scroll = service.scroll.bind(service);
  service.scroll = (fill, wrapped) => {
    const { normal, active } = buffers;
    if (active === normal && normal.scrollTop === 0) {
      const line = lineAt(normal, 0);
      if (line !== undefined)
        gone({ row: () => read(line, service.cols), text: () => textOf(line, service.cols, links), wrapped: line.isWrapped });
    }
    scroll(fill, wrapped);
  };
  const resize = service.resize.bind(service);
  service.resize = (cols, rows) => {
    // Read before, because a narrower screen cuts them.
    const leaving = Array.from({ length: Math.max(0, service.rows - rows) }, (_, y) => {
      const line = lineAt(buffers.normal, y);
      return line === undefined ? undefined : { line, row: read(line, service.cols), wrapped: line.isWrapped };
    });
    resize(cols, rows);
    const first = lineAt(buffers.normal, 0);
    for (const one of leaving) {
      if (one === undefined || one.line === first) return;
      gone({ row: () => one.row, text: () => rowText(one.row), wrapped: one.wrapped });
    }
  };
}

const latin = Buffer.alloc(MAX_COLS);

/** The text of a line of plain letters straight from the library's words; of every other as its row reads. */
function textOf(line: Line, cols: number, links: LinkTable): string {
  const { _data: words } = line;
  for (let x = 0; x < cols; x += 1) {
    const content = words[x * CELL_WORDS] ?? 0;
    const code = content & CODE_MASK;
    // Wide, clustered or beyond Latin: the width stands above the code point, and one cell is the least of it.
    if (code > 0xff || content >>> WIDTH_SHIFT > 1 || (content & CLUSTER) !== 0) return rowText(rowOf(line, cols, false, links));
    latin[x] = code === 0 ? 0x20 : code;
  }
  return latin.toString('latin1', 0, cols);
}
