// Live sessions one may see.
import { type ReactNode, useMemo } from 'react';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import { hasAir, listCols, pageRows, paneCols } from '../model/layout.ts';
import { chosenOf } from '../model/listing.ts';
import type { Model } from '../model/model.ts';
import { emptyLines } from '../present/empty.ts';
import { sessionColumns, sessionPane } from '../present/sessions.ts';
import { placeColumns, rowLine, titleLine } from '../present/table.ts';
import { ListScreen, paneText } from './list-screen.tsx';
import { useRowLines } from './row-lines.ts';

export function SessionsScreen({ model }: { readonly model: Model }): ReactNode {
  const { sessions, size, now, calls } = model;
  const width = listCols(size);
  const placed = useMemo(() => placeColumns(sessionColumns, width - 2), [width]);
  const titles = useMemo(() => titleLine(placed, sessions.sort), [placed, sessions.sort]);
  const wanted = useMemo(() => new Map(calls.map((call) => [call.session, call.role] as const)), [calls]);
  const lineOf = useRowLines<SessionRow>((row) => rowLine(placed, row, { now, wanted }), [placed, now, wanted]);
  const pane = paneCols(size);
  const height = pageRows(size);
  const row = chosenOf(sessions);
  return (
    <ListScreen
      titles={titles}
      rows={sessions.shown
        .slice(sessions.top, sessions.top + height)
        .map((session) => ({ key: session.id, line: lineOf(session) }))}
      chosen={sessions.at - sessions.top}
      width={width}
      height={height}
      air={hasAir(size)}
      empty={emptyLines(model, width - 3)}
      paneWidth={pane}
      pane={pane === 0 ? undefined : row === undefined ? [] : sessionPane(row, { now, wanted }, paneText(pane))}
    />
  );
}
