// Locks (S55, E5): a door that is shut at once, for a while or until somebody opens it. Pure: what is locked, and who says so.
import type { DeviceId, LockId, LoginId, PersonId, ServerId } from '../protocol/ids.ts';
import type { Instant, LockKind, Role } from '../protocol/nouns.ts';

export type Lock = {
  readonly id: LockId;
  readonly kind: LockKind;
  /** An id, or the name of a role. */
  readonly target: string;
  readonly why: string;
  readonly by: PersonId;
  readonly at: Instant;
  /** Absent = until it is removed. */
  readonly until?: Instant;
};

/** What somebody is, and where they go, as locks see it. */
export type Standing = {
  readonly person: PersonId;
  readonly role: Role;
  readonly login: LoginId;
  /** Absent = not known: then no lock on a device fits. */
  readonly device?: DeviceId;
  readonly server: ServerId | undefined;
};

/** The oldest lock that shuts the door for them. Locks end by an event, never by a clock that is read here. */
export function lockOn(locks: Iterable<Lock>, standing: Standing): Lock | undefined {
  for (const lock of locks) if (standing[lock.kind] === lock.target) return lock;
  return undefined;
}
