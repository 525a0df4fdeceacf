// A list of access control: titles, rows, and the pane beside them, as for servers and sessions.
import { type ReactNode, useMemo } from 'react';
import { hasAir, listCols, pageRows, paneCols } from '../model/layout.ts';
import { chosenOf, type Listing } from '../model/listing.ts';
import type { Model } from '../model/model.ts';
import { emptyLines } from '../present/empty.ts';
import type { ListView } from '../present/list-views.ts';
import { placeColumns, rowLine, titleLine } from '../present/table.ts';
import { ListScreen, paneText } from './list-screen.tsx';
import { useRowLines } from './row-lines.ts';

type RowsProps<R extends { readonly id: string }> = {
  readonly model: Model;
  readonly list: Listing<R>;
  readonly view: ListView<R>;
};

export function RowsScreen<R extends { readonly id: string }>({ model, list, view }: RowsProps<R>): ReactNode {
  const { size, now } = model;
  const width = listCols(size);
  const placed = useMemo(() => placeColumns(view.columns, width - 2), [view, width]);
  const titles = useMemo(() => titleLine(placed, list.sort), [placed, list.sort]);
  const lineOf = useRowLines<R>((row) => rowLine(placed, row, { now }), [placed, now]);
  const pane = paneCols(size);
  const height = pageRows(size);
  const row = chosenOf(list);
  return (
    <ListScreen
      titles={titles}
      rows={list.shown.slice(list.top, list.top + height).map((one) => ({ key: one.id, line: lineOf(one) }))}
      chosen={list.at - list.top}
      width={width}
      height={height}
      air={hasAir(size)}
      empty={emptyLines(model, width - 3)}
      paneWidth={pane}
      pane={pane === 0 ? undefined : row === undefined ? [] : view.pane(row, now, paneText(pane))}
    />
  );
}
