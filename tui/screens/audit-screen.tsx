// The audit tail: live, pausable, and honest about what is missing.
import { type ReactNode, useMemo } from 'react';
import { type AuditEntry, chosenEntry } from '../model/audit-tail.ts';
import { hasAir, listCols, pageRows, paneCols } from '../model/layout.ts';
import type { Model } from '../model/model.ts';
import { auditColumns, auditPane, gapLine, tailTitle } from '../present/audit.ts';
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
  const lineOf = useRowLines<AuditEntry>(
    (entry) => (entry.entry === 'gap' ? gapLine(entry) : rowLine(placed, entry.row, { now })),
    [placed, day],
  );
  const pane = paneCols(size);
  const height = pageRows(size);
  const entry = chosenEntry(audit);
  return (
    <ListScreen
      titles={titles}
      rows={audit.entries.slice(audit.top, audit.top + height).map((e) => ({ key: '', line: lineOf(e) }))}
      chosen={audit.at - audit.top}
      width={width}
      height={height}
      air={hasAir(size)}
      empty={emptyLines(model, width - 3)}
      paneWidth={pane}
      pane={pane === 0 ? undefined : entry?.entry === 'row' ? auditPane(entry.row, paneText(pane)) : []}
    />
  );
}
