// A list one looks at: all rows, those shown, the chosen one and the window on them. Rows come and go and the order changes under the
// person's eyes, so what is chosen is held by id, not by position.
import { keepMatching } from '../../gateway/protocol/filter.ts';

export type Sort<R> = { readonly name: string; readonly compare: (a: R, b: R) => number };
/** What a list must know about its rows. The first sort is the one a list starts with. */
export type Kind<R> = { readonly sorts: readonly [Sort<R>, ...Sort<R>[]]; readonly haystack: (row: R) => string };

export type Listing<R extends { readonly id: string }> = {
  readonly rows: ReadonlyMap<string, R>;
  /** All rows in the order of the present sort: a filter only leaves some out, and a change is sorted into what is nearly sorted. */
  readonly ordered: readonly R[];
  readonly shown: readonly R[];
  /** Index into `shown` of the chosen row; 0 when nothing is shown. */
  readonly at: number;
  /** First row of the window. */
  readonly top: number;
  readonly filter: string;
  readonly sort: string;
  /** The first whole answer has come. */
  readonly loaded: boolean;
};

export function emptyListing<R extends { readonly id: string }>(kind: Kind<R>): Listing<R> {
  return { rows: new Map(), ordered: [], shown: [], at: 0, top: 0, filter: '', sort: kind.sorts[0].name, loaded: false };
}

export const chosenOf = <R extends { readonly id: string }>(list: Listing<R>): R | undefined => list.shown[list.at];

/** The list after a push: `whole` replaces everything. `page` = rows in the window. */
export function changeRows<R extends { readonly id: string }>(
  list: Listing<R>,
  kind: Kind<R>,
  change: { readonly whole: boolean; readonly rows: readonly R[]; readonly gone: readonly string[] },
  page: number,
): Listing<R> {
  const rows = change.whole ? new Map<string, R>() : new Map(list.rows);
  for (const row of change.rows) rows.set(row.id, row);
  for (const id of change.gone) rows.delete(id);
  const stayed = change.whole ? [] : list.ordered.flatMap((row) => rows.get(row.id) ?? []);
  const came = change.rows.filter((row) => rows.get(row.id) === row && (change.whole || !list.rows.has(row.id)));
  return arrange({ ...list, rows, ordered: inOrder([...stayed, ...new Set(came)], list.sort, kind), loaded: true }, kind, page);
}

export function filterBy<R extends { readonly id: string }>(
  list: Listing<R>,
  kind: Kind<R>,
  filter: string,
  page: number,
): Listing<R> {
  return filter === list.filter ? list : arrange({ ...list, filter }, kind, page);
}

/** Sorts by the column of that name, or by the next one. The same list when there is no such column. */
export function sortBy<R extends { readonly id: string }>(
  list: Listing<R>,
  kind: Kind<R>,
  name: string | undefined,
  page: number,
): Listing<R> {
  const now = kind.sorts.findIndex((sort) => sort.name === list.sort);
  const next =
    name === undefined ? kind.sorts[(now + 1) % kind.sorts.length] : kind.sorts.find((sort) => sort.name.startsWith(name));
  if (next === undefined || name === '') return list;
  return arrange({ ...list, sort: next.name, ordered: inOrder(list.ordered, next.name, kind) }, kind, page);
}

/** Moves the choice by `by` rows, staying inside. */
export function moveBy<R extends { readonly id: string }>(list: Listing<R>, by: number, page: number): Listing<R> {
  const at = Math.max(0, Math.min(list.shown.length - 1, list.at + by));
  const top = windowTop(at, list.top, list.shown.length, page);
  return at === list.at && top === list.top ? list : { ...list, at, top };
}

/** Chooses a row by id; the same list when it is not shown. */
export function choose<R extends { readonly id: string }>(list: Listing<R>, id: string, page: number): Listing<R> {
  const at = list.shown.findIndex((row) => row.id === id);
  return at < 0 ? list : moveBy({ ...list, at }, 0, page);
}

function inOrder<R>(rows: readonly R[], by: string, kind: Kind<R>): readonly R[] {
  return rows.toSorted((kind.sorts.find((sort) => sort.name === by) ?? kind.sorts[0]).compare);
}

function arrange<R extends { readonly id: string }>(list: Listing<R>, kind: Kind<R>, page: number): Listing<R> {
  const chosen = chosenOf(list)?.id;
  const shown = keepMatching(list.ordered, list.filter, kind.haystack);
  const found = chosen === undefined ? -1 : shown.findIndex((row) => row.id === chosen);
  const at = found >= 0 ? found : Math.max(0, Math.min(list.at, shown.length - 1));
  return { ...list, shown, at, top: windowTop(at, list.top, shown.length, page) };
}

/** The least movement of the window that keeps `at` inside it and no empty space below the last row. */
export function windowTop(at: number, top: number, length: number, page: number): number {
  const rows = Math.max(1, page);
  const within = Math.min(Math.max(top, at - rows + 1), at);
  return Math.max(0, Math.min(within, length - rows));
}
