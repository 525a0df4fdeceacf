// Pages of the audit log. A page is read from the journal backwards in windows, newest first, until it is full: memory is one window.
//
// Known limit: a query that fits little reads far back; `since:` bounds it.
import { type AuditQuery, parseQuery } from '../audit/query.ts';
import { auditRow } from '../audit/tell.ts';
import { fine } from '../protocol/errors.ts';
import type { AuditRow } from '../protocol/nouns.ts';
import type { Connection } from '../relay/connection.ts';
import type { Call, Handler, Parts } from './call.ts';
import { recordReading } from './look-back.ts';

const usualPage = 100;
const largestPage = 1000;
const windowRows = 2000;
/** A page is one control message: rows beyond this many characters of JSON are left for the next. */
const pageCharacters = 160 * 1024;
/** Reading on with the same query is one reading: one record for each of these, ms. */
const readingMs = 60_000;

export const auditPage: Handler<'audit.page'> = async (call, body) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'audit.read', { kind: 'workspace' }, request);
  if (!allowed.ok) return allowed;
  const fits = parseQuery(body.query ?? '', parts.clock.now());
  if (!fits.ok) return fits;
  await noteReading(call, body.query ?? '', body.after);
  const head = parts.log.settled.seq;
  const limit = Math.min(Math.max(1, body.limit ?? usualPage), largestPage);
  const events =
    body.after === undefined
      ? await pageBefore(parts, fits.value, Math.min(body.before ?? head + 1, head + 1), limit)
      : await pageAfter(parts, fits.value, body.after, Math.min(body.before ?? head + 1, head + 1), limit);
  return fine({ events, head: Math.max(0, head) });
};

const readings = new WeakMap<Connection, { readonly query: string; readonly at: number }>();

async function noteReading(call: Call, query: string, from: number | undefined): Promise<void> {
  const last = readings.get(call.connection);
  const at = call.parts.clock.mono();
  if (last?.query === query && at - last.at < readingMs) return;
  await recordReading(call, query, from);
  readings.set(call.connection, { query, at });
}

/** The last `limit` rows that fit, before seq `before`, oldest first. */
async function pageBefore(parts: Parts, fits: AuditQuery, before: number, limit: number): Promise<AuditRow[]> {
  let page: AuditRow[] = [];
  let window = Math.max(limit, 256);
  for (let end = before; end > 0 && page.length < limit; ) {
    const start = Math.max(0, end - window);
    const rows: AuditRow[] = [];
    let oldest = Number.POSITIVE_INFINITY;
    for await (const settled of parts.log.read(start - 1)) {
      if (settled.record.seq >= end) break;
      oldest = Math.min(oldest, settled.record.ts);
      const row = auditRow(settled, parts.log.settled);
      if (fits(row)) rows.push(row);
    }
    page = [...rows, ...page];
    end = start;
    window = windowRows;
    // Clocks step: an hour of grace before "nothing older fits" is believed.
    if (oldest < fits.since - 3_600_000) break;
  }
  return fitting(page.slice(-limit).reverse()).reverse();
}

/** As many of the first rows as a message holds; at least one. */
function fitting(rows: readonly AuditRow[]): AuditRow[] {
  let characters = 0;
  const end = rows.findIndex((row, i) => (characters += JSON.stringify(row).length) > pageCharacters && i > 0);
  return rows.slice(0, end === -1 ? rows.length : end);
}

/** The first `limit` rows that fit, after seq `after`. */
async function pageAfter(parts: Parts, fits: AuditQuery, after: number, before: number, limit: number): Promise<AuditRow[]> {
  const page: AuditRow[] = [];
  for await (const settled of parts.log.read(after)) {
    if (settled.record.seq >= before) break;
    const row = auditRow(settled, parts.log.settled);
    if (fits(row)) page.push(row);
    if (page.length === limit) break;
  }
  return fitting(page);
}

export const auditHead: Handler<'audit.head'> = async ({ parts, caller, request }) => {
  const allowed = await parts.enforcer.enforce(caller, 'audit.read', { kind: 'workspace' }, request);
  if (!allowed.ok) return allowed;
  const { seq, hash } = parts.log.settled;
  let at = 0;
  for await (const { record } of parts.log.read(seq - 1)) at = record.ts;
  return fine({ seq: Math.max(0, seq), hash, at, sealedSeq: Math.max(0, parts.log.sealedSeq ?? 0) });
};
