// Records that repeat each other, as one line of the tail (E41). Pure: lines are ranges of entries, in order, and together they are all of them. A gap is
// always a line of its own (M8). Two neighbours belong together or not, whatever stands around them, so a page before or a row after never cuts groups anew.
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import type { AuditEntry } from './audit-tail.ts';

/** Entries `from` … `to`, both in it. */
export type TailLine = {
  readonly from: number;
  readonly to: number;
  /** How many stand for the whole group: 1 = no group. In an unfolded one every entry has a line. */
  readonly times: number;
};

/** Further apart than this they are two things, ms. */
const apartMs = 5 * 60_000;

/** Whether the second repeats the first. */
export function repeats(before: AuditRow, row: AuditRow): boolean {
  return (
    before.type === row.type &&
    before.outcome === row.outcome &&
    before.severity === row.severity &&
    before.actor.kind === row.actor.kind &&
    before.actor.id === row.actor.id &&
    before.actor.name === row.actor.name &&
    before.target?.id === row.target?.id &&
    before.target?.name === row.target?.name &&
    before.session === row.session &&
    before.breakGlass === row.breakGlass &&
    Math.abs(row.at - before.at) <= apartMs
  );
}

/** The lines of these entries. `unfolded`: numbers of records whose group is shown record by record. */
export function linesOf(entries: readonly AuditEntry[], unfolded: ReadonlySet<number>): readonly TailLine[] {
  const lines: TailLine[] = [];
  for (let from = 0; from < entries.length; ) {
    let to = from;
    let open = isUnfolded(entries[from], unfolded);
    while (isRepeat(entries[to], entries[to + 1])) {
      to += 1;
      open ||= isUnfolded(entries[to], unfolded);
    }
    const times = to - from + 1;
    if (open) for (let at = from; at <= to; at += 1) lines.push({ from: at, to: at, times });
    else lines.push({ from, to, times });
    from = to + 1;
  }
  return lines;
}

const isUnfolded = (entry: AuditEntry | undefined, unfolded: ReadonlySet<number>): boolean =>
  entry?.entry === 'row' && unfolded.has(entry.row.seq);
const isRepeat = (entry: AuditEntry | undefined, next: AuditEntry | undefined): boolean =>
  entry?.entry === 'row' && next?.entry === 'row' && repeats(entry.row, next.row);

/** Which line an entry is on; the last one for a number beyond. */
export function lineAt(lines: readonly TailLine[], entry: number): number {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.to ?? 0) < entry) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low);
}

/** Numbers of the records in the group around an entry, folded or not. */
export function groupAround(entries: readonly AuditEntry[], at: number): readonly number[] {
  let [from, to] = [at, at];
  while (isRepeat(entries[from - 1], entries[from])) from -= 1;
  while (isRepeat(entries[to], entries[to + 1])) to += 1;
  return entries.slice(from, to + 1).flatMap((entry) => (entry.entry === 'row' ? [entry.row.seq] : []));
}
