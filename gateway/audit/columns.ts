// What an index keeps of a record: a word for each part that a query may ask about, and when it was. Pure; outside/audit-index.ts keeps them beside the log.
// Known limit: a word that is `unknown` is never narrowed by.
import * as v from 'valibot';
import { type AuditRecord, actor, events, eventTypes } from '../protocol/events.ts';
import { outcomes } from '../protocol/nouns.ts';
import { namesIn } from './names.ts';
import type { Facet, Facets } from './query-fields.ts';
import type { State } from './state.ts';
import { cut, shortActor, targetOf } from './tell.ts';

export const columnNames = [
  'kind',
  'actor',
  'target',
  'session',
  'address',
  'dataServer',
  'dataSession',
  'dataPerson',
  'dataAction',
] as const satisfies readonly Facet[];
export type ColumnName = (typeof columnNames)[number];
export const isColumn = (facet: Facet): facet is ColumnName => columnNames.some((name) => name === facet);

/** The word of a part that only the record itself can tell. */
export const unknown = '?';
/** Columns whose words are texts asked about whatever their case: they are kept in lower case. */
const plain: ReadonlySet<ColumnName> = new Set(['session', 'address', 'dataServer', 'dataSession', 'dataPerson', 'dataAction']);
export const isPlain = (column: ColumnName): boolean => plain.has(column);
const none = '';

type Line = { readonly record: AuditRecord; readonly personal: Readonly<Record<string, unknown>> | undefined };

/** The words of a record, in the order of {@link columnNames}. `state`: one that has folded the record. */
export function wordsOf({ record, personal }: Line, state: State): readonly string[] {
  const { type, data, session } = record;
  const of = session ?? data['session'];
  const known = Object.hasOwn(events, type) && !isRemoval(type);
  const inState = typeof of !== 'string' || state.sessions[of] !== undefined;
  const address = personal?.['address'];
  const word = (value: unknown): string =>
    typeof value !== 'string' ? none : value === none || value === unknown ? unknown : value;
  const text = (value: unknown): string => word(value).toLowerCase();
  return [
    `${type}\t${record.outcome}`,
    'id' in record.actor ? `${record.actor.kind}\t${record.actor.id}` : record.actor.kind,
    known && inState ? word(targetOf({ record }, state)) : unknown,
    text(session),
    typeof address === 'string' ? text(cut(address, 64)) : none,
    text(data['server']),
    text(data['session']),
    text(data['person']),
    text(data['action']),
  ];
}

/** What is removed is called, in the record of it, as it was called before. */
const isRemoval = (type: string): boolean => type.endsWith('.removed');

/** The part of a row that a word stands for; `unknown` = only the record can tell. */
export function partOf<C extends ColumnName>(column: C, word: string, state: State): Facets[C] | { readonly unknown: true };
export function partOf(column: ColumnName, word: string, state: State): Facets[ColumnName] | { readonly unknown: true } {
  if (word === unknown) return { unknown: true };
  switch (column) {
    case 'kind': {
      const [name, ended] = word.split('\t');
      const type = eventTypes.find((one) => one === name);
      const outcome = outcomes.find((one) => one === ended);
      if (type === undefined || outcome === undefined) return { unknown: true };
      const entry = events[type];
      return { type, code: entry.code, severity: entry.severity, outcome };
    }
    case 'actor': {
      const [kind, id] = word.split('\t');
      const read = v.safeParse(actor, id === undefined ? { kind } : { kind, id });
      if (!read.success) return { unknown: true };
      return { kind: read.output.kind, ...(id === undefined ? {} : { id }), name: shortActor(read.output, namesIn(state)) };
    }
    case 'target':
      return word === none ? undefined : { id: word, name: cut(namesIn(state).any(word), 64) };
    default:
      return word === none ? undefined : word;
  }
}
