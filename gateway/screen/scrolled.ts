// Lines that leave a terminal at its top: one by one as they go, so that a scrollback without end need not be held. Only the normal buffer has one;
// what a full-screen program scrolls is gone, as in every terminal. Imports nothing of the library.
import { type Line, lineAt, rowOf } from './cells.ts';
import type { Core } from './core.ts';
import type { LinkTable } from './links.ts';
import type { Row } from './row.ts';

/** A line on its way out. `row` can be read only while one is told. `wrapped` = it ran on from the line before it (unknown, and false, for the first line of a repainted screen). */
export type ScrolledOff = (row: () => Row, wrapped: boolean) => void;

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
      if (line !== undefined) gone(() => read(line, service.cols), line.isWrapped);
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
      gone(() => one.row, one.wrapped);
    }
  };
}
