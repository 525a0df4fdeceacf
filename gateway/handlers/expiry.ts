// What ends by the clock and by nothing else: locks and invitations. Each end is an event, so that whoever decides reads no clock, and whatever was
// decided before is decided again.
import { removeLock } from '../access/locking.ts';
import { rows, type State } from '../audit/state.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { Instant } from '../protocol/nouns.ts';
import { unshared } from '../session/control.ts';
import type { Parts } from './call.ts';

/** A timer may be this long at most; longer waits are begun again. */
const longestMs = 24 * 3_600_000;

/** When the next of them ends, if any. */
function nextEnd(state: State): Instant | undefined {
  let next: Instant | undefined;
  const ends = (at: Instant | undefined): void => {
    if (at !== undefined && (next === undefined || at < next)) next = at;
  };
  for (const lock of rows(state.locks)) ends(lock.until);
  for (const session of rows(state.sessions))
    if (session.state !== 'ended') for (const invite of session.invites ?? []) ends(invite.expiresAt);
  return next;
}

/** The ends that are due. Pure. */
function dueEnds(state: State, now: Instant): readonly NewEvent[] {
  const gateway = { actor: { kind: 'gateway' } } as const;
  const lifted = rows(state.locks)
    .filter(({ until }) => until !== undefined && until <= now)
    .flatMap(({ id }) => removeLock(gateway, id)(state, now).events);
  const over = rows(state.sessions).flatMap((session) =>
    session.state === 'ended'
      ? []
      : (session.invites ?? []).filter(({ expiresAt }) => expiresAt <= now).flatMap(({ id }) => unshared(session, id)),
  );
  return [...lifted, ...over];
}

/** Begins to watch; the returned function stops. */
export function openExpiry({ log, clock }: Pick<Parts, 'log' | 'clock'>): () => void {
  let callOff = (): void => undefined;
  let stopped = false;
  const plan = (): void => {
    callOff();
    const next = nextEnd(log.settled);
    if (stopped || next === undefined) return;
    callOff = clock.after(Math.min(Math.max(0, next - clock.now()), longestMs), () => void look());
  };
  async function look(): Promise<void> {
    // A log that cannot be written ends the process; nothing is left to do here.
    await log.commit((state, now) => ({ events: dueEnds(state, now), answer: undefined })).catch(() => undefined);
    plan();
  }
  const stopListening = log.onSettled((group) => {
    if (group.some(({ event }) => event.type === 'lock.added' || event.type === 'session.shared')) plan();
  });
  plan();
  return () => {
    stopped = true;
    stopListening();
    callOff();
  };
}
