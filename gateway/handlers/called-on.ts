// Telling somebody of access at once: on one connection, or on every one of theirs. What is told is bounded here, and nowhere else.
import type { PersonId } from '../protocol/ids.ts';
import type { Push } from '../protocol/operator.ts';
import type { Connection } from '../relay/connection.ts';
import type { Parts } from './call.ts';
import { callersOf } from './caller.ts';

export type What = Extract<Push, { readonly type: 'access.called' }>['what'];

/** Characters of a call; what is longer is cut. */
const mostText = 500;

/** @param about id of what it concerns, when there is one */
export function callOn(connection: Pick<Connection, 'push'>, what: What, about: string | undefined, text: string): void {
  const concerned = about === undefined ? {} : { about };
  connection.push({ type: 'access.called', what, ...concerned, text: text.slice(0, mostText) });
}

/** On every connection of theirs; on none when they are not here. */
export function callPerson(
  parts: Pick<Parts, 'log' | 'clock' | 'settings'>,
  person: PersonId,
  what: What,
  about: string | undefined,
  text: string,
): void {
  for (const connection of callersOf(parts).connectionsOfPerson(person)) callOn(connection, what, about, text);
}
