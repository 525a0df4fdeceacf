// Setting and lifting locks, as changes (S55). There is always a superuser left who can lift them.
import { fine, refuse } from '../protocol/errors.ts';
import type { LockId, PersonId } from '../protocol/ids.ts';
import type { Instant, LockKind } from '../protocol/nouns.ts';
import type { By, Change, Directory } from './change.ts';
import type { Lock } from './lock.ts';

export type NewLock = {
  readonly lock: LockId;
  readonly kind: LockKind;
  readonly target: string;
  readonly why: string;
  readonly by: PersonId;
  readonly until?: Instant;
};

type Locked = Pick<Directory, 'people' | 'groups'> & { readonly locks: Readonly<Record<string, Pick<Lock, 'kind' | 'target'>>> };

/** Whether an active superuser is left whom no lock on people, roles or groups shuts out. */
export function superuserLeft({ people, groups, locks }: Locked): boolean {
  const all = Object.values(locks);
  const shut = (kind: LockKind, target: string): boolean => all.some((lock) => lock.kind === kind && lock.target === target);
  if (shut('role', 'superuser')) return false;
  return Object.values(people).some(
    ({ id, role, status }) =>
      role === 'superuser' &&
      status === 'active' &&
      !shut('person', id) &&
      !all.some(({ kind, target }) => kind === 'group' && groups[target]?.members.includes(id) === true),
  );
}

/** Errors: bad-request (oneself), last-superuser, limit. */
export const addLock =
  (by: By, given: NewLock): Change<object> =>
  ({ people, groups, locks }) => {
    const inLocked = (person: PersonId, group: string): boolean => groups[group]?.members.includes(person) === true;
    if (given.target === given.by || (given.kind === 'group' && inLocked(given.by, given.target)))
      return { events: [], answer: refuse('bad-request', 'you would lock yourself out') };
    if (Object.keys(locks).length >= mostLocks) return { events: [], answer: refuse('limit', `${mostLocks} locks`) };
    if (!superuserLeft({ people, groups, locks: { ...locks, [given.lock]: given } }))
      return { events: [], answer: refuse('last-superuser') };
    return {
      events: [{ ...by, type: 'lock.added', outcome: 'ok', target: given.target, data: given, personal: {} }],
      answer: fine({}),
    };
  };

/** Each is looked at with every decision. */
const mostLocks = 1000;

/** `why` absent = it ran out. Errors: not-found. */
export const removeLock =
  (by: By, lock: LockId, lifted?: { readonly by: PersonId; readonly why: string }): Change<object> =>
  ({ locks }) => {
    const row = locks[lock];
    if (row === undefined) return { events: [], answer: refuse('not-found') };
    const data = {
      lock,
      kind: row.kind,
      target: row.target,
      cause: lifted === undefined ? 'expired' : 'removed',
      ...lifted,
    } as const;
    return { events: [{ ...by, type: 'lock.removed', outcome: 'ok', target: row.target, data, personal: {} }], answer: fine({}) };
  };
