// Logins that end: one or all of a person's, with the cause everybody is told (law 9).
import type { Actor, EventData, NewEvent } from '../protocol/events.ts';
import { within } from './happening.ts';
import type { Login } from './login.ts';

export type LoginEnding = EventData<'login.ended'>['cause'];

export const endLogins = (
  logins: readonly Login[],
  cause: LoginEnding,
  actor: Actor,
  request?: string,
  why?: string,
): readonly NewEvent[] =>
  logins.map((login) => ({
    type: 'login.ended',
    actor,
    outcome: 'ok',
    target: login.id,
    ...within(request),
    data: { login: login.id, person: login.person, cause, ...(why === undefined ? {} : { why }) },
    personal: {},
  }));
