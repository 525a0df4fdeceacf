// Rows of the log that fit a query, from the newest back or from a number on: by the index where there is one, else by reading. Each row that is given was
// looked at itself; an index only says which need not be.
//
// Known limit: what no index knows (text) is read record by record. A turn ends when its time is over, and says how far it looked.
import type { FoundLine } from '../audit/candidates.ts';
import type { Settled } from '../audit/commit.ts';
import { glance } from '../audit/glance.ts';
import type { AuditQuery } from '../audit/query.ts';
import { boundsOf, type Range } from '../audit/query-fields.ts';
import { turnTaker } from '../audit/slices.ts';
import type { State } from '../audit/state.ts';
import { auditRow } from '../audit/tell.ts';
import { unseal } from '../audit/unseal.ts';
import { problemSentence } from '../protocol/errors.ts';
import { auditLine } from '../protocol/events.ts';
import { fitJson, maxJsonLength } from '../protocol/json.ts';
import type { AuditRow } from '../protocol/nouns.ts';
import type { Parts } from './call.ts';

/** Read at once: few first, for the newest page is often there. */
const firstRows = 256;
const windowRows = 512;
/** Of a line of the log, as the journal writes them. */
const maxLineLength = 4 * maxJsonLength;

export type Found = {
  /** In the order asked for. */
  readonly rows: readonly AuditRow[];
  /** Everything between these that fits is among the rows. */
  readonly looked: Range;
  /** The time was over before there were enough rows, or none left to look at. */
  readonly partly: boolean;
};

export type SearchParts = {
  readonly log: Pick<Parts['log'], 'settled' | 'read'>;
  readonly clock: Pick<Parts['clock'], 'mono'>;
  readonly index?: Parts['index'];
};

/**
 * Looks at records `from` … `to` until `limit` rows fit, or `turnMs` are over. Numbers that were purged are as if they had never been.
 * @throws Error when the log cannot be read.
 */
export async function search(
  parts: SearchParts,
  query: AuditQuery,
  range: Range,
  how: { readonly newestFirst: boolean; readonly limit: number; readonly turnMs: number },
): Promise<Found> {
  const { clock, log } = parts;
  const { newestFirst, limit, turnMs } = how;
  const asked = narrowed(log.settled, query, range);
  const began = clock.mono();
  const turns = turnTaker(() => clock.mono());
  const rows: AuditRow[] = [];
  // Of what is asked for, nothing was looked at yet.
  let looked: Range = newestFirst ? { from: range.to + 1, to: range.to } : { from: range.from, to: range.from - 1 };
  for await (const part of candidates(parts, query, asked, newestFirst)) {
    for (const one of part.found) {
      const row = whatFits(one, query, log.settled)?.row;
      if (row !== undefined) rows.push(row);
      if (row !== undefined && rows.length >= limit) {
        looked = newestFirst ? { from: row.seq, to: range.to } : { from: range.from, to: row.seq };
        return { rows, looked, partly: false };
      }
      const turn = turns();
      if (turn !== undefined) await turn;
    }
    looked = newestFirst ? { from: part.from, to: range.to } : { from: range.from, to: part.to };
    if (clock.mono() - began >= turnMs && (newestFirst ? looked.from > asked.from : looked.to < asked.to))
      return { rows, looked, partly: true };
  }
  return { rows, looked: range, partly: false };
}

/** All of these records that fit, as they were written, however many: read as they are asked for. Other work gets its turn. */
export async function* fitting(parts: SearchParts, query: AuditQuery, range: Range): AsyncGenerator<Settled> {
  const { clock, log } = parts;
  const turns = turnTaker(() => clock.mono());
  for await (const part of candidates(parts, query, narrowed(log.settled, query, range), false))
    for (const one of part.found) {
      const fits = whatFits(one, query, log.settled);
      if (fits !== undefined) yield fits.settled;
      const turn = turns();
      if (turn !== undefined) await turn;
    }
}

/** Rows go in one control message: those beyond this many characters of JSON are left for the next. */
const messageCharacters = 160 * 1024;

/** As many of the first rows as a message holds; at least one. */
export function asMessage(rows: readonly AuditRow[]): AuditRow[] {
  let characters = 0;
  const end = rows.findIndex((row, i) => (characters += JSON.stringify(row).length) > messageCharacters && i > 0);
  return rows.slice(0, end === -1 ? rows.length : end);
}

/** Of a range, what is there and what the numbers in the query leave of it. */
function narrowed(settled: Parts['log']['settled'], query: AuditQuery, range: Range): Range {
  const { seq } = boundsOf(query.node);
  return {
    from: Math.max(0, range.from, (settled.purged ?? -1) + 1, Math.min(seq.from, Number.MAX_SAFE_INTEGER)),
    to: Math.min(range.to, settled.seq, seq.to),
  };
}

type Part = Range & { readonly found: readonly (Settled | FoundLine)[] };

/** What may fit, piece by piece, in the order asked for. */
async function* candidates(parts: SearchParts, query: AuditQuery, range: Range, newestFirst: boolean): AsyncGenerator<Part> {
  if (range.from > range.to) return;
  const plainly = newestFirst ? readBack : readOn;
  if (parts.index === undefined) {
    yield* plainly(parts, range);
    return;
  }
  for await (const part of parts.index.find(query.node, range, newestFirst)) {
    if ('unread' in part) yield* plainly(parts, part);
    else yield { from: part.from, to: part.to, found: part.lines };
  }
}

/** A record that fits, and its row. A line that does not fit at a glance is not read. @throws Error when it cannot be read. */
function whatFits(
  one: Settled | FoundLine,
  query: AuditQuery,
  state: State,
): { readonly settled: Settled; readonly row: AuditRow } | undefined {
  if ('text' in one && glanceSays(one.text, query, state) === 'no') return undefined;
  const settled = 'text' in one ? readLine(one) : one;
  const row = auditRow(settled, state);
  return query(row) ? { settled, row } : undefined;
}

function glanceSays(text: string, query: AuditQuery, state: State): 'no' | 'perhaps' {
  try {
    const seen = glance(text);
    return seen === undefined || query(auditRow(seen, state)) ? 'perhaps' : 'no';
  } catch {
    // Not what an event of its type holds: reading it says what is wrong.
    return 'perhaps';
  }
}

function readLine({ seq, text }: FoundLine): Settled {
  const line = fitJson(auditLine, text, maxLineLength);
  const settled = line.ok ? unseal(line.value) : line;
  if (!settled.ok) throw new Error(`record ${seq}: ${problemSentence(settled.problem)}`);
  return settled.value;
}

/** Window by window, the newest first. */
async function* readBack({ log }: SearchParts, { from, to }: Range): AsyncGenerator<Part> {
  let window = firstRows;
  for (let end = to; end >= from; ) {
    const start = Math.max(from, end - window + 1);
    const settled: Settled[] = [];
    for await (const one of log.read(start - 1)) {
      if (one.record.seq > end) break;
      settled.push(one);
    }
    yield { from: start, to: end, found: settled.toReversed() };
    end = start - 1;
    window = windowRows;
  }
}

/** As it was written. */
async function* readOn({ log }: SearchParts, { from, to }: Range): AsyncGenerator<Part> {
  let settled: Settled[] = [];
  let begin = from;
  for await (const one of log.read(from - 1)) {
    if (one.record.seq > to) break;
    settled.push(one);
    if (settled.length < windowRows) continue;
    yield { from: begin, to: one.record.seq, found: settled };
    begin = one.record.seq + 1;
    settled = [];
  }
  if (begin <= to) yield { from: begin, to, found: settled };
}
