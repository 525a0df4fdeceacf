// Locks (S55, E5): a door that is shut at once, for a while or until somebody opens it. Pure: what is locked, and who says so.

import type { DeviceId, GroupId, LockId, LoginId, PersonId, ServerId } from '../protocol/ids.ts';
import type { Instant, LockKind, Role } from '../protocol/nouns.ts';
import type { Group } from './group.ts';
import { type Chooses, chooser, typedSelector } from './selector.ts';

export type Lock = {
  readonly id: LockId;
  readonly kind: LockKind;
  /** An id, the name of a role, or a selector as it is typed. */
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
  /** The server as selectors see it; absent = there is none, or it is gone. */
  readonly on?: Parameters<Chooses>[0] | undefined;
  /** The groups the person is in. */
  readonly groups: readonly GroupId[];
};

/** The oldest lock that shuts the door for them. Locks end by an event, never by a clock that is read here. */
export function lockOn(locks: Iterable<Lock>, standing: Standing): Lock | undefined {
  for (const lock of locks) {
    const { kind, target } = lock;
    if (kind === 'group') {
      if (standing.groups.some((group) => group === target)) return lock;
    } else if (kind === 'servers') {
      if (standing.on !== undefined && choosesOf(lock)(standing.on)) return lock;
    } else if (standing[kind] === target) return lock;
  }
  return undefined;
}

/** Selectors are read once for each lock; one that cannot be read shuts every server: a lock never means less than it says. */
const chosen = new WeakMap<Lock, Chooses>();
export function choosesOf(lock: Lock): Chooses {
  const had = chosen.get(lock);
  if (had !== undefined) return had;
  const made = chooser(typedSelector(lock.target) ?? {});
  chosen.set(lock, made);
  return made;
}

/** The groups somebody is in, as locks see them. */
export const groupsOf = (groups: Readonly<Record<string, Group>>, person: PersonId): readonly GroupId[] =>
  Object.values(groups).flatMap((group) => (group.members.includes(person) ? [group.id] : []));
