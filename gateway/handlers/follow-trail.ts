// How the trail is kept, pushed whole whenever it changes: it is small.
import type { Caller } from '../policy/decision.ts';
import { fine, type Result } from '../protocol/errors.ts';
import type { Connection } from '../relay/connection.ts';
import type { Parts } from './call.ts';
import { callerOf } from './caller.ts';
import type { Subscription } from './follow-rows.ts';

/** What changes together is told together, ms. */
const gatherMs = 200;

/** Tells the status at once, and after each change. */
export async function followTrail(parts: Parts, connection: Connection, caller: Caller): Promise<Result<Subscription>> {
  const allowed = await parts.enforcer.enforce(caller, 'audit.read', { kind: 'workspace' });
  if (!allowed.ok) return allowed;
  let callOff: (() => void) | undefined;
  const tell = (): void => {
    callOff = undefined;
    const asking = callerOf(parts, connection);
    if (!asking.ok || parts.enforcer.decide(asking.value, 'audit.read', { kind: 'workspace' }).verdict !== 'allow') return;
    connection.push({ type: 'trail.changed', status: parts.board.status() });
  };
  const stop = parts.board.onChange(() => {
    callOff ??= parts.clock.after(gatherMs, tell);
  });
  queueMicrotask(tell);
  return fine({
    stop: () => {
      callOff?.();
      stop();
    },
  });
}
