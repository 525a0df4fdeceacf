// Pages of the audit log. A page takes so much time and no more: one that ends before it was full, or the log at its end, says how far it looked, and
// whoever asks goes on from there.
import { parseQuery } from '../audit/query.ts';
import { fine } from '../protocol/errors.ts';
import type { Connection } from '../relay/connection.ts';
import { asMessage, search } from './audit-search.ts';
import type { Call, Handler } from './call.ts';
import { recordReading } from './look-back.ts';

const usualPage = 100;
const largestPage = 1000;
/** Longest a page is looked for, ms (GOALS: a filtered page within 500). */
const turnMs = 300;
/** Reading on with the same query is one reading: one record for each of these, ms. */
const readingMs = 60_000;

export const auditPage: Handler<'audit.page'> = async (call, body) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'audit.read', { kind: 'workspace' }, request);
  if (!allowed.ok) return allowed;
  const fits = parseQuery(body.query ?? '', parts.clock.now());
  if (!fits.ok) return fits;
  await noteReading(call, body.query ?? '', body.after);
  const head = Math.max(0, parts.log.settled.seq);
  const limit = Math.min(Math.max(1, body.limit ?? usualPage), largestPage);
  const newestFirst = body.after === undefined;
  const range = { from: (body.after ?? -1) + 1, to: Math.min(body.before ?? head + 1, head + 1) - 1 };
  const found = await search(parts, fits.value, range, { newestFirst, limit, turnMs });
  const rows = asMessage(found.rows);
  const last = rows.at(-1)?.seq;
  // What the message does not hold was not looked at.
  const looked =
    rows.length === found.rows.length || last === undefined
      ? found.looked
      : newestFirst
        ? { ...found.looked, from: last }
        : { ...found.looked, to: last };
  return fine({
    events: newestFirst ? rows.toReversed() : rows,
    head,
    // What was purged was not looked at: a page that goes on from before it says so (M8).
    looked: {
      from: Math.max(0, looked.from, newestFirst ? 0 : (parts.log.settled.purged ?? -1) + 1),
      to: Math.max(0, looked.to),
    },
    ...(found.partly ? { partly: true as const } : {}),
  });
};

const readings = new WeakMap<Connection, { readonly query: string; readonly at: number }>();

async function noteReading(call: Call, query: string, from: number | undefined): Promise<void> {
  const last = readings.get(call.connection);
  const at = call.parts.clock.mono();
  if (last?.query === query && at - last.at < readingMs) return;
  await recordReading(call, query, from);
  readings.set(call.connection, { query, at });
}

export const auditHead: Handler<'audit.head'> = async ({ parts, caller, request }) => {
  const allowed = await parts.enforcer.enforce(caller, 'audit.read', { kind: 'workspace' }, request);
  if (!allowed.ok) return allowed;
  const { seq, hash } = parts.log.settled;
  let at = 0;
  for await (const { record } of parts.log.read(seq - 1)) at = record.ts;
  return fine({ seq: Math.max(0, seq), hash, at, sealedSeq: Math.max(0, parts.log.sealedSeq ?? 0) });
};
