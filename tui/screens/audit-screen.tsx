// The audit tail: live, pausable, and honest about what is missing.
import { type ReactNode, useMemo } from 'react';
import { lineAt } from '../model/audit-groups.ts';
import { type AuditEntry, chosenEntries } from '../model/audit-tail.ts';
import { hasAir, listCols, pageRows, paneCols } from '../model/layout.ts';
import type { Model } from '../model/model.ts';
import { auditColumns, entriesPane, gapLine, shownRow, tailTitle } from '../present/audit.ts';
import { emptyLines } from '../present/empty.ts';
import { placeColumns, rowLine } from '../present/table.ts';
import { ListScreen, paneText } from './list-screen.tsx';
import { useRowLines } from './row-lines.ts';

export function AuditScreen({ model }: { readonly model: Model }): ReactNode {
  const { audit, size, now } = model;
  const width = listCols(size);
  const placed = useMemo(() => placeColumns(auditColumns, width - 2), [width]);
  const titles = tailTitle(placed, audit, width - 2);
  // The day decides how a moment reads, not the minute.
  const day = new Date(now).toDateString();
  const { entries } = audit;
  const lineOf = useRowLines<AuditEntry>(
    (entry) => (entry.entry === 'gap' ? gapLine(entry) : rowLine(placed, { row: entry.row }, { now })),
    [placed, day],
  );
  const drawn = audit.lines.slice(audit.top, audit.top + pageRows(size)).flatMap((line) => {
    const newest = entries[line.to];
    if (newest === undefined) return [];
    // What is said of a group depends on more than one record: it is made each time.
    if (line.times === 1 || newest.entry === 'gap') return [lineOf(newest)];
    return [rowLine(placed, shownRow(newest.row, line, entries[line.from]), { now })];
  });
  const pane = paneCols(size);
  const height = pageRows(size);
  const chosen = chosenEntries(audit);
  return (
    <ListScreen
      titles={titles}
      rows={drawn.map((line) => ({ key: '', line }))}
      chosen={lineAt(audit.lines, audit.at) - audit.top}
      width={width}
      height={height}
      air={hasAir(size)}
      empty={emptyLines(model, width - 3)}
      paneWidth={pane}
      pane={pane === 0 ? undefined : entriesPane(chosen, now, paneText(pane))}
    />
  );
}
