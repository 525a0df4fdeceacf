// Rows of a table, put in and replaced as the fold does it: a row is never changed in place.
import type { Person } from '../identity/person.ts';
import type { PersonId } from '../protocol/ids.ts';
import type { State, Table } from './state.ts';

export const put = <Row extends { readonly id: string }>(table: Table<Row>, row: Row): void => {
  table[row.id] = row;
};
/** Replaces a row if it is there; an event about a row that is gone changes nothing. */
export function change<Row extends { readonly id: string }>(table: Table<Row>, id: string, next: (row: Row) => Row): void {
  const row = table[id];
  if (row !== undefined) table[id] = next(row);
}

export const changePerson = (state: State, id: PersonId, next: (person: Person) => Person): void =>
  change(state.people, id, next);
