// A list one looks at: all rows, those shown, the chosen one and the window on them. Rows come and go and the order changes under the
// person's eyes, so what is chosen is held by id, not by position. A list too long to come whole is kept by the gateway, and this is the
// part of it that is here: what is asked for, and when, is in looking.ts.
import { keepMatching } from '../../gateway/protocol/filter.ts';

export type Sort<R> = { readonly name: string; readonly compare: (a: R, b: R) => number };
/** What a list must know about its rows. The first sort is the one a list starts with. */
export type Kind<R> = { readonly sorts: readonly [Sort<R>, ...Sort<R>[]]; readonly haystack: (row: R) => string };

export type Listing<R extends { readonly id: string }> = {
  /** All rows that are here. */
  readonly rows: ReadonlyMap<string, R>;
  /** Those in the order of the present sort: a filter only leaves some out, and a change is sorted into what is nearly sorted. */
  readonly ordered: readonly R[];
  /** Those that the filter keeps, one after the other, from place `first` on. */
  readonly shown: readonly R[];
  /** Place of `shown[0]`; 0 when all of them are here. */
  readonly first: number;
  /** How many the filter keeps, and how many there are. */
  readonly match: number;
  readonly total: number;
  /** Place of the chosen row; 0 when nothing is shown. */
  readonly at: number;
  /** First place of the window. */
  readonly top: number;
  readonly filter: string;
  readonly sort: string;
  /** The first whole answer has come. */
  readonly loaded: boolean;
  /** The gateway keeps the list: only what one looks at is here. */
  readonly far: boolean;
  /** The gateway has not yet said what the present filter and sort give: what is shown is what is known of it. */
  readonly guessed: boolean;
  /** Row ids in the window as last told. */
  readonly order: readonly string[];
};

export function emptyListing<R extends { readonly id: string }>(kind: Kind<R>): Listing<R> {
  return {
    rows: new Map(),
    ordered: [],
    shown: [],
    first: 0,
    match: 0,
    total: 0,
    at: 0,
    top: 0,
    filter: '',
    sort: kind.sorts[0].name,
    loaded: false,
    far: false,
    guessed: false,
    order: [],
  };
}

/** The row at a place; undefined when it is not here, or there is none. */
export const rowAt = <R extends { readonly id: string }>(list: Listing<R>, place: number): R | undefined =>
  place < list.first ? undefined : list.shown[place - list.first];

export const chosenOf = <R extends { readonly id: string }>(list: Listing<R>): R | undefined => rowAt(list, list.at);

/** The list after a push: `whole` replaces everything. `page` = rows in the window. */
export function changeRows<R extends { readonly id: string }>(
  list: Listing<R>,
  kind: Kind<R>,
  change: { readonly whole: boolean; readonly rows: readonly R[]; readonly gone: readonly string[] },
  page: number,
): Listing<R> {
  const held = holdRows(list, kind, change);
  return arrange({ ...held, total: held.rows.size, loaded: true, far: false, guessed: false, order: [] }, kind, page);
}

function holdRows<R extends { readonly id: string }>(
  list: Listing<R>,
  kind: Kind<R>,
  change: { readonly whole: boolean; readonly rows: readonly R[]; readonly gone: readonly string[] },
): Listing<R> {
  const rows = change.whole ? new Map<string, R>() : new Map(list.rows);
  for (const row of change.rows) rows.set(row.id, row);
  for (const id of change.gone) rows.delete(id);
  const stayed = change.whole ? [] : list.ordered.flatMap((row) => rows.get(row.id) ?? []);
  const came = change.rows.filter((row) => rows.get(row.id) === row && (change.whole || !list.rows.has(row.id)));
  return { ...list, rows, ordered: inOrder([...stayed, ...new Set(came)], list.sort, kind) };
}

/** What the gateway says of the window it was asked for. */
export type WindowTold<R> = {
  readonly anew: boolean;
  readonly total: number;
  readonly match: number;
  readonly from: number;
  readonly order?: readonly string[] | undefined;
  readonly rows: readonly R[];
  readonly gone: readonly string[];
};

/**
 * The list after the gateway told of a window. `newest` = it answers what is looked at now; of an earlier one only the rows are news. The
 * chosen row stays on its line of the screen, wherever in the list it stands now.
 */
export function changeWindow<R extends { readonly id: string }>(
  list: Listing<R>,
  kind: Kind<R>,
  told: WindowTold<R>,
  newest: boolean,
  page: number,
): Listing<R> {
  const held = holdRows(list, kind, { whole: told.anew, rows: told.rows, gone: told.gone });
  const counted: Listing<R> = { ...held, total: told.total, loaded: true, far: true, order: told.order ?? list.order };
  if (!newest) {
    // From a whole list to a window: until the answer comes, what is here.
    if (!list.far || list.guessed) return arrange({ ...counted, guessed: true }, kind, page);
    return { ...counted, shown: list.shown.flatMap((row) => held.rows.get(row.id) ?? []) };
  }
  const shown = counted.order.flatMap((id) => held.rows.get(id) ?? []);
  const chosen = chosenOf(list)?.id;
  const found = chosen === undefined ? -1 : shown.findIndex((row) => row.id === chosen);
  const at = found >= 0 ? told.from + found : Math.max(0, Math.min(list.at, told.match - 1));
  const top = windowTop(at, at - (list.at - list.top), told.match, page);
  return { ...counted, shown, first: told.from, match: told.match, guessed: false, at, top };
}

export function filterBy<R extends { readonly id: string }>(
  list: Listing<R>,
  kind: Kind<R>,
  filter: string,
  page: number,
): Listing<R> {
  return filter === list.filter ? list : arrange({ ...list, filter, guessed: list.far }, kind, page);
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
  return arrange({ ...list, sort: next.name, ordered: inOrder(list.ordered, next.name, kind), guessed: list.far }, kind, page);
}

/** Moves the choice by `by` rows, staying inside. */
export function moveBy<R extends { readonly id: string }>(list: Listing<R>, by: number, page: number): Listing<R> {
  const at = Math.max(0, Math.min(list.match - 1, list.at + by));
  const top = windowTop(at, list.top, list.match, page);
  return at === list.at && top === list.top ? list : { ...list, at, top };
}

/** Chooses a row by id; the same list when it is not shown. */
export function choose<R extends { readonly id: string }>(list: Listing<R>, id: string, page: number): Listing<R> {
  const at = list.shown.findIndex((row) => row.id === id);
  return at < 0 ? list : moveBy({ ...list, at: at + list.first }, 0, page);
}

function inOrder<R>(rows: readonly R[], by: string, kind: Kind<R>): readonly R[] {
  return rows.toSorted((kind.sorts.find((sort) => sort.name === by) ?? kind.sorts[0]).compare);
}

/** What the rows that are here give. */
function arrange<R extends { readonly id: string }>(list: Listing<R>, kind: Kind<R>, page: number): Listing<R> {
  const chosen = chosenOf(list)?.id;
  const shown = keepMatching(list.ordered, list.filter, kind.haystack);
  const found = chosen === undefined ? -1 : shown.findIndex((row) => row.id === chosen);
  // Where only a part of a list is here, the place of what is gone says nothing.
  const place = list.far ? 0 : Math.max(0, Math.min(list.at, shown.length - 1));
  const at = found >= 0 ? found : place;
  return { ...list, shown, first: 0, match: shown.length, at, top: windowTop(at, list.top, shown.length, page) };
}

/** The least movement of the window that keeps `at` inside it and no empty space below the last row. */
export function windowTop(at: number, top: number, length: number, page: number): number {
  const rows = Math.max(1, page);
  const within = Math.min(Math.max(top, at - rows + 1), at);
  return Math.max(0, Math.min(within, length - rows));
}
