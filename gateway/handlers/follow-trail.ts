// How the trail is kept, pushed whole: it is small. At once when it says something else; that the same anchors took a newer head is told once a minute.
import type { Caller } from '../policy/decision.ts';
import { fine, type Result } from '../protocol/errors.ts';
import type { TrailStatus } from '../protocol/trail-nouns.ts';
import type { Connection } from '../relay/connection.ts';
import type { Parts } from './call.ts';
import { callerOf } from './caller.ts';
import type { Subscription } from './follow-rows.ts';

/** What changes together is told together, ms. */
const gatherMs = 200;
/** Positions and times alone are told no more often, ms. */
const calmMs = 60_000;
/** So often in that time it is told at once: a witness may say one thing and then another as fast as it likes. */
const mostAtOnce = 10;

/** What is told at once: all but how far each is, and when. */
const gist = ({ anchors, witnesses, conflicts, sinks }: TrailStatus): string =>
  JSON.stringify([
    anchors.map(({ name, state, cause }) => [name, state, cause]),
    witnesses,
    conflicts.map(({ kind, name, size }) => [kind, name, size]),
    sinks.map(({ name, state, cause }) => [name, state, cause]),
  ]);

/** Tells the status at once, and after each change. */
export async function followTrail(parts: Parts, connection: Connection, caller: Caller): Promise<Result<Subscription>> {
  const allowed = await parts.enforcer.enforce(caller, 'audit.read', { kind: 'workspace' });
  if (!allowed.ok) return allowed;
  let due: { readonly at: number; readonly callOff: () => void } | undefined;
  let told: { readonly gist: string; readonly at: number } | undefined;
  let atOnce: readonly number[] = [];
  const tell = (): void => {
    due = undefined;
    const asking = callerOf(parts, connection);
    if (!asking.ok || parts.enforcer.decide(asking.value, 'audit.read', { kind: 'workspace' }).verdict !== 'allow') return;
    const status = parts.board.status();
    const now = parts.clock.mono();
    if (told !== undefined && told.gist !== gist(status)) atOnce = [...atOnce.filter((at) => now - at < calmMs), now];
    told = { gist: gist(status), at: now };
    connection.push({ type: 'trail.changed', status });
  };
  const changed = (): void => {
    const now = parts.clock.mono();
    const same = told !== undefined && gist(parts.board.status()) === told.gist;
    const busy = atOnce.filter((then) => now - then < calmMs).length >= mostAtOnce;
    const at = same || busy ? Math.max(now + gatherMs, (told?.at ?? now) + calmMs) : now + gatherMs;
    if (due !== undefined && due.at <= at) return;
    due?.callOff();
    due = { at, callOff: parts.clock.after(at - now, tell) };
  };
  const stop = parts.board.onChange(changed);
  queueMicrotask(tell);
  return fine({
    stop: () => {
      due?.callOff();
      stop();
    },
  });
}
