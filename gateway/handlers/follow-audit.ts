// The audit tail, followed by a cursor: every event the query fits, in order, none left out (M8, O9). What is told next begins where the last ended; where
// records were purged before they could be told, it begins later, and whoever follows sees by that what is missing.
import { parseQuery } from '../audit/query.ts';
import type { Caller } from '../policy/decision.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { Connection } from '../relay/connection.ts';
import { asMessage, search } from './audit-search.ts';
import type { Parts } from './call.ts';
import { callerOf } from './caller.ts';
import { behindBytes, gatherMs, type Subscription } from './follow-rows.ts';

const auditPage = 200;
const turnMs = 100;
/** So far behind, the index is asked; nearer, the newest records are in memory anyway. */
const nearRows = 1_000;
/** That nothing fitted is told no more often than this, ms: a cursor that is a little old costs nothing. */
const emptyMs = 1_000;

/** Begins a tail after `after`, or at the head; that it is read is itself recorded (A43). The query counts its relative instants from here. */
export async function followAudit(
  parts: Parts,
  connection: Connection,
  caller: Caller,
  after: number | undefined,
  query: string | undefined,
): Promise<Result<Subscription>> {
  const allowed = await parts.enforcer.enforce(caller, 'audit.read', { kind: 'workspace' });
  if (!allowed.ok) return allowed;
  const fits = parseQuery(query ?? '', parts.clock.now());
  if (!fits.ok) return fits;
  await parts.log.commit(() => ({
    events: [
      {
        type: 'audit.read',
        outcome: 'ok',
        actor: { kind: 'person', id: caller.person.id, login: caller.login.id, device: caller.device.id },
        data: { query: query ?? '', live: true, ...(after === undefined ? {} : { from: after }) },
        personal: { address: caller.address },
      },
    ],
    answer: undefined,
  }));
  const { clock, log } = parts;
  const asked = fits.value;
  let cursor = Math.min(after ?? log.settled.seq, log.settled.seq);
  /** Up to here it was told. */
  let told = cursor;
  let toldAt = Number.NEGATIVE_INFINITY;
  let stopped = false;
  let draining = false;
  let callOff: (() => void) | undefined;

  const drainOn = (): void => {
    drain().catch(() => {
      // What the log holds cannot be read. Said to whoever reads; everybody else goes on.
      stopped = true;
      connection.end(refuse('bug', 'the audit log cannot be read').problem);
    });
  };
  const drainIn = (ms: number): void => {
    callOff?.();
    callOff = clock.after(ms, drainOn);
  };
  async function drain(): Promise<void> {
    if (draining || stopped) return;
    draining = true;
    try {
      while (!stopped && cursor < log.settled.seq) {
        if (connection.bufferedBytes > behindBytes) return drainIn(gatherMs);
        const asking = callerOf(parts, connection);
        if (!asking.ok || parts.enforcer.decide(asking.value, 'audit.read', { kind: 'workspace' }).verdict !== 'allow') {
          stopped = true;
          return;
        }
        const purged = log.settled.purged ?? -1;
        // What is no more was not told: the next message begins behind it.
        if (cursor < purged) cursor = told = Math.min(purged, log.settled.seq);
        const range = { from: cursor + 1, to: log.settled.seq };
        const near = range.to - range.from < nearRows;
        const found = await search(near ? { log, clock } : parts, asked, range, { newestFirst: false, limit: auditPage, turnMs });
        const rows = asMessage(found.rows);
        cursor = rows.length < found.rows.length ? (rows.at(-1)?.seq ?? cursor) : found.looked.to;
        if (!stopped) tell(rows);
      }
    } finally {
      draining = false;
    }
    if (!stopped && told < cursor) drainInTime();
  }
  function tell(rows: ReturnType<typeof asMessage>): void {
    if (rows.length === 0 && clock.mono() - toldAt < emptyMs) return;
    connection.push({ type: 'audit.appended', from: told, head: cursor, rows });
    told = cursor;
    toldAt = clock.mono();
  }
  function drainInTime(): void {
    callOff?.();
    callOff = clock.after(emptyMs, () => {
      if (!stopped && !draining && told < cursor) tell([]);
    });
  }

  const stopWatching = log.onSettled(drainOn);
  queueMicrotask(drainOn);
  return fine({
    stop: () => {
      stopped = true;
      callOff?.();
      stopWatching();
    },
  });
}
