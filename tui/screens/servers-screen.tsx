// The servers one may see.
import { type ReactNode, useMemo } from 'react';
import type { ServerRow, SessionRow } from '../../gateway/protocol/nouns.ts';
import { hasAir, listCols, pageRows, paneCols } from '../model/layout.ts';
import { chosenOf, rowAt } from '../model/listing.ts';
import type { Model } from '../model/model.ts';
import { emptyLines } from '../present/empty.ts';
import { serverColumns, serverPane } from '../present/servers.ts';
import { span } from '../present/span.ts';
import { placeColumns, rowLine, titleLine } from '../present/table.ts';
import { ListScreen, paneText } from './list-screen.tsx';
import { useRowLines } from './row-lines.ts';

export function ServersScreen({ model }: { readonly model: Model }): ReactNode {
  const { servers, sessions, size, now } = model;
  const width = listCols(size);
  const placed = useMemo(() => placeColumns(serverColumns, width - 2), [width]);
  const titles = useMemo(() => titleLine(placed, servers.sort), [placed, servers.sort]);
  const lineOf = useRowLines<ServerRow>((row) => rowLine(placed, row, { now }), [placed, now]);
  const pane = paneCols(size);
  const height = pageRows(size);
  // A place whose row is not here yet is drawn as one that is awaited.
  const places = Math.max(0, Math.min(height, servers.match - servers.top));
  const window = Array.from({ length: places }, (_, index) => rowAt(servers, servers.top + index));
  const row = chosenOf(servers);
  return (
    <ListScreen
      titles={titles}
      rows={window.map((server) => (server === undefined ? awaited : { key: server.id, line: lineOf(server) }))}
      chosen={servers.at - servers.top}
      width={width}
      height={height}
      air={hasAir(size)}
      empty={emptyLines(model, width - 3)}
      paneWidth={pane}
      pane={
        pane === 0 ? undefined : row === undefined ? [] : serverPane(row, sessionsOn(row, sessions.rows), now, paneText(pane))
      }
    />
  );
}

const awaited = { key: '', line: [span('…', 'dim')] };

const sessionsOn = (row: ServerRow, sessions: ReadonlyMap<string, SessionRow>): readonly SessionRow[] =>
  row.liveSessions === 0 ? [] : [...sessions.values()].filter((session) => session.server === row.id);
