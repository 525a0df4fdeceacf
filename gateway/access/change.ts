// Pure changes to who is here and what they reach. Each is a transition (law 2): it reads the workspace as it will be when its turn comes,
// and answers with events and a result. It decides nothing: whoever commits it has asked the enforcement point.
import type { Person } from '../identity/person.ts';
import type { Result } from '../protocol/errors.ts';
import type { Actor, NewEvent } from '../protocol/events.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { Grant } from './grant.ts';
import type { Group } from './group.ts';
import type { Lock } from './lock.ts';
import type { AccessRequest } from './request.ts';
import type { Enrolment, Server } from './server.ts';

/** The part of the state these changes read. */
export type Directory = {
  readonly people: Readonly<Record<string, Person>>;
  readonly groups: Readonly<Record<string, Group>>;
  readonly servers: Readonly<Record<string, Server>>;
  readonly enrolments: Readonly<Record<string, Enrolment>>;
  readonly locks: Readonly<Record<string, Lock>>;
  readonly requests: Readonly<Record<string, AccessRequest>>;
  readonly grants: Readonly<Record<string, Grant>>;
};

export type Change<T> = (
  directory: Directory,
  now: Instant,
) => { readonly events: readonly NewEvent[]; readonly answer: Result<T> };

/** Who does it, and in which request: on every event. */
export type By = { readonly actor: Actor; readonly request?: string };
