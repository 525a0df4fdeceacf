// The shape of an index of the log: which records may fit a query, found without reading them all. outside/audit-index.ts is one.
import type { QueryNode, Range } from './query-fields.ts';

/** A line of the log as it stands there. */
export type FoundLine = { readonly seq: number; readonly text: string };

/** What is known of the records `from` … `to`: the lines of those that may fit, in the order asked for; or that they have to be read. */
export type Candidates = Range & ({ readonly lines: readonly FoundLine[] } | { readonly unread: true });

export interface AuditIndex {
  /** Candidates among records `from` … `to`, the newest or the oldest first, until all was looked at. Nothing that fits is left out. */
  find(node: QueryNode, range: Range, newestFirst: boolean): AsyncIterable<Candidates>;
}
