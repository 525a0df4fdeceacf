// The audit tail as this face holds it: rows in order of their number, without a silent hole. What is missing stands there as a gap (M8). One moves over
// its lines: an entry, or a group of those that repeat each other (audit-groups.ts).
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import { groupAround, lineAt, linesOf, type TailLine } from './audit-groups.ts';
import { windowTop } from './listing.ts';

export type AuditEntry =
  | { readonly entry: 'row'; readonly row: AuditRow }
  /** Records `from` … `to` exist and were not received. */
  | { readonly entry: 'gap'; readonly from: number; readonly to: number };

export type AuditTail = {
  readonly entries: readonly AuditEntry[];
  /** All entries, those that repeat each other together. */
  readonly lines: readonly TailLine[];
  /** Numbers of records whose group is shown record by record. */
  readonly unfolded: ReadonlySet<number>;
  /** Everything up to this number that fits the query is held (or stands there as a gap). Undefined before the first page. */
  readonly through: number | undefined;
  readonly query: string;
  /** The chosen entry stays the newest. */
  readonly following: boolean;
  /** The chosen entry: on a folded group, one of it. */
  readonly at: number;
  /** The first line on the screen. */
  readonly top: number;
  /** Rows that came while paused. */
  readonly unseen: number;
  /** There may be older rows than the first one held. */
  readonly older: 'some' | 'asked' | 'none';
  /** The gateway's time for a page was over before it was full: everything that fits from this record on is held. */
  readonly lookedTo: number | undefined;
};

/** A page, and how far it was looked for. */
export type TailPage = {
  readonly events: readonly AuditRow[];
  readonly head: number;
  readonly looked?: { readonly from: number } | undefined;
  readonly partly?: true | undefined;
};

/** As many as stay in memory; older ones are asked for again when one scrolls to them. */
const mostEntries = 5_000;

export const emptyTail = (query: string): AuditTail => ({
  entries: [],
  lines: [],
  unfolded: new Set(),
  through: undefined,
  query,
  following: true,
  at: 0,
  top: 0,
  unseen: 0,
  older: 'some',
  lookedTo: undefined,
});

/** The chosen line: one entry, or all of a folded group, oldest first. */
export function chosenEntries({ entries, lines, at }: AuditTail): readonly AuditEntry[] {
  const line = lines[lineAt(lines, at)];
  return line === undefined ? [] : entries.slice(line.from, line.to + 1);
}

/** The chosen record; the newest of a folded group. */
export function chosenRow(tail: AuditTail): AuditRow | undefined {
  const entry = chosenEntries(tail).at(-1);
  return entry?.entry === 'row' ? entry.row : undefined;
}

/** A page that took too long says where it stopped; one that has rows before it, or the log's beginning, has nothing to say. */
const lookedTo = ({ looked, partly }: TailPage): number | undefined => (partly === true ? looked?.from : undefined);
const olderThan = ({ events, looked }: TailPage): 'some' | 'none' =>
  looked === undefined ? (events.length === 0 ? 'none' : 'some') : looked.from > 0 ? 'some' : 'none';

/** The first page. */
export function beginTail(tail: AuditTail, given: TailPage, page: number): AuditTail {
  const entries = given.events.map((row): AuditEntry => ({ entry: 'row', row }));
  return settle({ ...tail, entries, through: given.head, older: olderThan(given), lookedTo: lookedTo(given) }, tail, page);
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
      unseen: tail.following ? 0 : tail.unseen + fresh.length,
      older: cut > 0 ? 'some' : tail.older,
      lookedTo: cut > 0 ? undefined : tail.lookedTo,
    },
    tail,
    page,
  );
}

/** Older rows, oldest first, that end just before the first one held. */
export function prependTail(tail: AuditTail, given: TailPage, page: number): AuditTail {
  const first = firstSeq(tail);
  const fresh = given.events
    .filter((row) => first === undefined || row.seq < first)
    .map((row): AuditEntry => ({ entry: 'row', row }));
  return settle(
    {
      ...tail,
      entries: [...fresh, ...tail.entries],
      at: tail.at + fresh.length,
      older: olderThan(given),
      lookedTo: lookedTo(given),
    },
    tail,
    page,
  );
}

/** Number of the oldest record held. */
export function firstSeq(tail: AuditTail): number | undefined {
  const [first] = tail.entries;
  return first === undefined ? undefined : first.entry === 'row' ? first.row.seq : first.from;
}

/** Where older ones are asked for: before what is held, or before what was looked through in vain. */
export function olderBefore(tail: AuditTail): number | undefined {
  const first = firstSeq(tail);
  return tail.lookedTo === undefined ? first : Math.min(tail.lookedTo, first ?? tail.lookedTo);
}

/** On the first line: upwards from here older ones are wanted. */
export const atFirstLine = ({ lines, at }: AuditTail): boolean => lineAt(lines, at) === 0;

/** Lines up or down. Moving up pauses; reaching the newest follows again. */
export function moveTail(tail: AuditTail, by: number, page: number): AuditTail {
  const { lines } = tail;
  if (lines.length === 0) return tail;
  const before = lineAt(lines, tail.at);
  const line = Math.max(0, Math.min(lines.length - 1, before + by));
  const at = line === before ? Math.min(tail.at, Math.max(0, tail.entries.length - 1)) : (lines[line]?.to ?? 0);
  const last = line === lines.length - 1;
  const following = last && by > 0 ? true : by < 0 && !last ? false : tail.following;
  const top = windowTop(line, tail.top, lines.length, page);
  const unseen = following ? 0 : tail.unseen;
  const same = at === tail.at && following === tail.following && top === tail.top && unseen === tail.unseen;
  return same ? tail : { ...tail, at, following, top, unseen };
}

export function followTail(tail: AuditTail, following: boolean, page: number): AuditTail {
  return settle({ ...tail, following, unseen: 0 }, tail, page);
}

/** Shows the chosen group record by record, or as one line again. To look into it pauses. */
export function foldTail(tail: AuditTail, page: number): AuditTail {
  const seqs = groupAround(tail.entries, tail.at);
  if (seqs.length < 2) return tail;
  const open = seqs.some((seq) => tail.unfolded.has(seq));
  const unfolded = open
    ? new Set([...tail.unfolded].filter((seq) => !seqs.includes(seq)))
    : new Set([...tail.unfolded, ...seqs.slice(-1)]);
  return settle({ ...tail, unfolded, following: open && tail.following }, tail, page);
}

/** Lines for the entries there are now; the chosen one stays where it stood on the screen. */
function settle(tail: AuditTail, before: AuditTail, page: number): AuditTail {
  const { entries, unfolded, following } = tail;
  const lines = entries === before.entries && unfolded === before.unfolded ? before.lines : linesOf(entries, unfolded);
  const last = Math.max(0, entries.length - 1);
  const at = following ? last : Math.min(tail.at, last);
  const line = lineAt(lines, at);
  const stood = lineAt(before.lines, before.at) - before.top;
  return { ...tail, lines, at, top: windowTop(line, following ? tail.top : Math.max(0, line - stood), lines.length, page) };
}
