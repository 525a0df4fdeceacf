// The audit tail as this face holds it: rows in order of their number, without a silent hole. What is missing stands there as a gap (M8).
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import { windowTop } from './listing.ts';

export type AuditEntry =
  | { readonly entry: 'row'; readonly row: AuditRow }
  /** Records `from` … `to` exist and were not received. */
  | { readonly entry: 'gap'; readonly from: number; readonly to: number };

export type AuditTail = {
  readonly entries: readonly AuditEntry[];
  /** Everything up to this number that fits the query is held (or stands there as a gap). Undefined before the first page. */
  readonly through: number | undefined;
  readonly query: string;
  /** The chosen entry stays the newest. */
  readonly following: boolean;
  readonly at: number;
  readonly top: number;
  /** Rows that came while paused. */
  readonly unseen: number;
  /** There may be older rows than the first one held. */
  readonly older: 'some' | 'asked' | 'none';
};

/** As many as stay in memory; older ones are asked for again when one scrolls to them. */
const mostEntries = 5_000;

export const emptyTail = (query: string): AuditTail => ({
  entries: [],
  through: undefined,
  query,
  following: true,
  at: 0,
  top: 0,
  unseen: 0,
  older: 'some',
});

export const chosenEntry = (tail: AuditTail): AuditEntry | undefined => tail.entries[tail.at];

/** The first page. */
export function beginTail(tail: AuditTail, rows: readonly AuditRow[], head: number, page: number): AuditTail {
  const entries = rows.map((row): AuditEntry => ({ entry: 'row', row }));
  return settle({ ...tail, entries, through: head, older: rows.length === 0 ? 'none' : 'some' }, page);
}

/** What the gateway appended: rows after `from`, up to `head`. Rows already held are not shown twice. */
export function appendTail(
  tail: AuditTail,
  appended: { readonly from: number; readonly head: number; readonly rows: readonly AuditRow[] },
  page: number,
): AuditTail {
  const through = tail.through ?? appended.from;
  if (appended.head <= through) return tail;
  const fresh: AuditEntry[] = [];
  if (appended.from > through) fresh.push({ entry: 'gap', from: through + 1, to: appended.from });
  for (const row of appended.rows) if (row.seq > through) fresh.push({ entry: 'row', row });
  const all = [...tail.entries, ...fresh];
  const cut = Math.max(0, all.length - mostEntries);
  return settle(
    {
      ...tail,
      entries: cut === 0 ? all : all.slice(cut),
      through: appended.head,
      at: Math.max(0, tail.at - cut),
      top: Math.max(0, tail.top - cut),
      unseen: tail.following ? 0 : tail.unseen + fresh.length,
      older: cut > 0 ? 'some' : tail.older,
    },
    page,
  );
}

/** Older rows, oldest first, that end just before the first one held. */
export function prependTail(tail: AuditTail, rows: readonly AuditRow[], page: number): AuditTail {
  const first = firstSeq(tail);
  const fresh = rows.filter((row) => first === undefined || row.seq < first).map((row): AuditEntry => ({ entry: 'row', row }));
  return settle(
    {
      ...tail,
      entries: [...fresh, ...tail.entries],
      at: tail.at + fresh.length,
      top: tail.top + fresh.length,
      older: fresh.length === 0 ? 'none' : 'some',
    },
    page,
  );
}

/** Number of the oldest record held. */
export function firstSeq(tail: AuditTail): number | undefined {
  const [first] = tail.entries;
  return first === undefined ? undefined : first.entry === 'row' ? first.row.seq : first.from;
}

/** Moving up pauses; reaching the newest follows again. */
export function moveTail(tail: AuditTail, by: number, page: number): AuditTail {
  const at = Math.max(0, Math.min(tail.entries.length - 1, tail.at + by));
  const following =
    at === tail.entries.length - 1 && by > 0 ? true : by < 0 && at < tail.entries.length - 1 ? false : tail.following;
  const top = windowTop(at, tail.top, tail.entries.length, page);
  const unseen = following ? 0 : tail.unseen;
  const same = at === tail.at && following === tail.following && top === tail.top && unseen === tail.unseen;
  return same ? tail : { ...tail, at, following, top, unseen };
}

export function followTail(tail: AuditTail, following: boolean, page: number): AuditTail {
  return settle({ ...tail, following, unseen: 0 }, page);
}

function settle(tail: AuditTail, page: number): AuditTail {
  const last = Math.max(0, tail.entries.length - 1);
  const at = tail.following ? last : Math.min(tail.at, last);
  return { ...tail, at, top: windowTop(at, tail.top, tail.entries.length, page) };
}
