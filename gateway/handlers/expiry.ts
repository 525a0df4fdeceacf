// What ends by the clock and by nothing else: locks, and invitations to a session or to the workspace. Each end is an event, so that whoever decides reads no clock, and whatever was
// decided before is decided again.
import { removeLock } from '../access/locking.ts';
import { rows, type State } from '../audit/state.ts';
import type { EventType, NewEvent } from '../protocol/events.ts';
import type { Instant } from '../protocol/nouns.ts';
import { unshared } from '../session/control.ts';
import { openAlarm } from './alarm.ts';
import type { Parts } from './call.ts';

/** What may end sooner than all that were there. */
const begins: ReadonlySet<EventType> = new Set<EventType>(['lock.added', 'session.shared', 'person.added']);

/** When the next of them ends, if any. */
function nextEnd(state: State): Instant | undefined {
  let next: Instant | undefined;
  const ends = (at: Instant | undefined): void => {
    if (at !== undefined && (next === undefined || at < next)) next = at;
  };
  for (const lock of rows(state.locks)) ends(lock.until);
  for (const session of rows(state.sessions))
    if (session.state !== 'ended') for (const invite of session.invites ?? []) ends(invite.expiresAt);
  for (const { status, inviteUntil } of rows(state.people)) if (status === 'invited') ends(inviteUntil);
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
  // Whoever is invited cannot sign in any more (sign-in.ts), so nobody is lost: not even as the last superuser.
  const missed = rows(state.people)
    .filter(({ status, inviteUntil }) => status === 'invited' && inviteUntil !== undefined && inviteUntil <= now)
    .map(({ id, name, role }): NewEvent => {
      const data = { person: id, role, why: 'the invitation was not taken up in time' };
      return { ...gateway, type: 'person.removed', outcome: 'ok', target: id, data, personal: { name } };
    });
  return [...lifted, ...over, ...missed];
}

/** Begins to watch; the returned function stops. */
export function openExpiry({ log, clock }: Pick<Parts, 'log' | 'clock'>): () => void {
  const alarm = openAlarm(
    clock,
    () => nextEnd(log.settled),
    () => log.commit((state, now) => ({ events: dueEnds(state, now), answer: undefined })),
  );
  const stopListening = log.onSettled((group) => {
    if (group.some(({ event }) => begins.has(event.type))) alarm.plan();
  });
  alarm.plan();
  return () => {
    stopListening();
    alarm.stop();
  };
}
