// What a transition of this folder says: the events that make it so, and what to answer. Values in, values out; the handlers look the
// rows up in the staged state and hand what comes back to the log.
import type { Result } from '../protocol/errors.ts';
import type { Actor, NewEvent } from '../protocol/events.ts';
import type { Device, Login } from './login.ts';

export type Happening<T> = { readonly events: readonly NewEvent[]; readonly answer: Result<T> };

/** An instant that never comes: the last a clock can show. */
export const never = 8_640_000_000_000_000;

export const personActor = (login: Login, device?: Device): Actor => ({
  kind: 'person',
  id: login.person,
  login: login.id,
  device: device?.id ?? login.device,
});

/** The operator's request an event belongs to, where there is one. */
export const within = (request: string | undefined): { readonly request?: string } => (request === undefined ? {} : { request });
