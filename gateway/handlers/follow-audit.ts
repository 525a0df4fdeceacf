// The audit tail, followed by a cursor: every event the query fits, in order, none left out (M8, O9).
import { parseQuery } from '../audit/query.ts';
import { auditRow } from '../audit/tell.ts';
import type { Caller } from '../policy/decision.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { Connection } from '../relay/connection.ts';
import type { Parts } from './call.ts';
import { callerOf } from './caller.ts';
import { behindBytes, gatherMs, type Subscription } from './follow-rows.ts';

const auditPage = 200;

/** Begins a tail after `after`, or at the head; that it is read is itself recorded (A43). */
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
  let cursor = Math.min(after ?? parts.log.settled.seq, parts.log.settled.seq);
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
  async function drain(): Promise<void> {
    if (draining || stopped) return;
    draining = true;
    try {
      while (!stopped && cursor < parts.log.settled.seq) {
        if (connection.bufferedBytes > behindBytes) {
          callOff = parts.clock.after(gatherMs, drainOn);
          return;
        }
        const asking = callerOf(parts, connection);
        if (!asking.ok || parts.enforcer.decide(asking.value, 'audit.read', { kind: 'workspace' }).verdict !== 'allow') {
          stopped = true;
          return;
        }
        const from = cursor;
        const batch: ReturnType<typeof auditRow>[] = [];
        let read = 0;
        for await (const settled of parts.log.read(cursor)) {
          cursor = settled.record.seq;
          read += 1;
          const row = auditRow(settled, parts.log.settled);
          if (fits.ok && fits.value(row)) batch.push(row);
          if (batch.length >= auditPage || read >= 5_000) break;
        }
        if (read === 0) return;
        if (!stopped) connection.push({ type: 'audit.appended', from, head: cursor, rows: batch });
      }
    } finally {
      draining = false;
    }
  }

  const stopWatching = parts.log.onSettled(drainOn);
  queueMicrotask(drainOn);
  return fine({
    stop: () => {
      stopped = true;
      callOff?.();
      stopWatching();
    },
  });
}
