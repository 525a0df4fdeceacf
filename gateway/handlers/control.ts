// What people do to a live session without being at its keyboard: stop its keys, write to it, mark it, prolong it. In the log first; the relay
// carries out what stands there (law 1).
import { rows, type State } from '../audit/state.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import { type Doer, extended, marked, messaged, putOut } from '../session/control.ts';
import { frozen, unfrozen } from '../session/ending.ts';
import type { Session } from '../session/session.ts';
import type { Call, Handler } from './call.ts';
import { sessionFor } from './resolve.ts';

export const doerOf = ({ caller, request }: Call): Doer => ({
  actor: { kind: 'person', id: caller.person.id, login: caller.login.id, device: caller.device.id },
  person: caller.person.id,
  request,
});

type Change<T> = { readonly events: readonly NewEvent[]; readonly answer: Result<T> };

/** Commits what is done to a session, by somebody who is still there when its turn comes. Errors: login-revoked, session-ended, those of `change`. */
export const changingSession = <T>(
  { parts, caller }: Call,
  session: Session,
  change: (row: Session, state: State) => Change<T>,
): Promise<Result<T>> =>
  parts.log.commit((state): Change<T> => {
    if (state.people[caller.person.id]?.status !== 'active' || state.logins[caller.login.id] === undefined)
      return { events: [], answer: refuse('login-revoked') };
    const row = state.sessions[session.id];
    return row === undefined || row.state === 'ended' ? { events: [], answer: refuse('session-ended') } : change(row, state);
  });

export const freezeSession: Handler<'session.freeze'> = async (call, { session: reference, freeze, why }) => {
  const found = await sessionFor(call, 'session.freeze', reference);
  if (!found.ok) return found;
  const by = doerOf(call);
  return changingSession(call, found.value.session, (row) => ({
    events: freeze ? frozen(row, 'held', { ...by, why }) : unfrozen(row, 'held', by),
    answer: fine({}),
  }));
};

export const putOutSession: Handler<'session.put-out'> = async (call, { session: reference, person: name, why }) => {
  const found = await sessionFor(call, 'session.put-out', reference);
  if (!found.ok) return found;
  const person = rows(call.parts.log.settled.people).find((one) => one.name === name || one.id === name);
  return changingSession(call, found.value.session, (row) => {
    const events = person === undefined ? [] : putOut(row, doerOf(call), person.id, why);
    return events.length === 0
      ? { events, answer: refuse('not-found', `${name} is no guest there`) }
      : { events, answer: fine({}) };
  });
};

export const messageSession: Handler<'session.message'> = async (call, { session: reference, text }) => {
  const found = await sessionFor(call, 'session.message', reference);
  if (!found.ok) return found;
  if (text.trim() === '') return refuse('bad-request', 'a message without words');
  return changingSession(call, found.value.session, (row) => ({ events: messaged(row, doerOf(call), text), answer: fine({}) }));
};

export const markSession: Handler<'session.mark'> = async (call, { session: reference, label }) => {
  const found = await sessionFor(call, 'session.mark', reference);
  if (!found.ok) return found;
  const position = call.parts.hub.live(found.value.session.id)?.bytes ?? 0;
  return changingSession(call, found.value.session, (row) => ({
    events: marked(row, doerOf(call), position, label),
    answer: fine({ position }),
  }));
};

export const extendSession: Handler<'session.extend'> = async (call, { session: reference, why }) => {
  const found = await sessionFor(call, 'session.extend', reference);
  if (!found.ok) return found;
  const { sessionMs, extendMs } = call.parts.settings;
  return changingSession(call, found.value.session, (row, state) => {
    if (state.logins[row.login]?.breakGlass !== undefined)
      return { events: [], answer: refuse('limit', 'it was opened behind broken glass, and ends with that') };
    const done = extended(row, doerOf(call), why, { lifeMs: sessionMs[row.tier], stepMs: extendMs });
    return done === undefined
      ? { events: [], answer: refuse('limit', 'it lives as long as a session may') }
      : { events: done.events, answer: fine({ until: done.until }) };
  });
};
