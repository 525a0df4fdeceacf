// Changes to people: added, given a role, suspended, restored, removed. There is always somebody left who can undo them.
import type { Claim, Person } from '../identity/person.ts';
import { fine, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { PersonId } from '../protocol/ids.ts';
import type { Role } from '../protocol/nouns.ts';
import type { By, Change, Directory } from './change.ts';
import { superuserLeft } from './locking.ts';

/** E-mail addresses are compared without case; a subject is compared exactly (T25). Undefined when it cannot be either. */
function plainClaim({ kind, value }: Claim): Claim | undefined {
  if (kind === 'sub') return value === '' ? undefined : { kind, value };
  const email = value.trim().toLowerCase();
  return /^[^\s@]+@[^\s@]+$/.test(email) ? { kind, value: email } : undefined;
}

/** Errors: exists (name or claim), bad-request (no e-mail address). */
export const addPerson =
  (
    by: By,
    given: {
      readonly person: PersonId;
      readonly name: string;
      readonly claim: Claim;
      readonly role: Role;
      /** How long the invitation waits to be taken up, ms; undefined = for ever. */
      readonly waitMs?: number | undefined;
    },
  ): Change<object> =>
  ({ people }, now) => {
    const claim = plainClaim(given.claim);
    if (claim === undefined)
      return { events: [], answer: refuse('bad-request', 'claim: expected an e-mail address or a subject') };
    const all = Object.values(people);
    if (all.some((person) => person.name === given.name)) return { events: [], answer: refuse('exists', given.name) };
    const same = all.find((person) => person.claim.kind === claim.kind && person.claim.value === claim.value);
    if (same !== undefined) return { events: [], answer: refuse('exists', `${claim.value} is ${same.name}`) };
    return {
      events: [
        {
          ...by,
          type: 'person.added',
          outcome: 'ok',
          target: given.person,
          data: {
            person: given.person,
            role: given.role,
            ...(given.waitMs === undefined ? {} : { expiresAt: now + given.waitMs }),
          },
          personal: { name: given.name, claim },
        },
      ],
      answer: fine({}),
    };
  };

/** Sets role and status; what is so already makes no event. Errors: not-found, last-superuser. */
export const setPerson =
  (
    by: By,
    given: {
      readonly person: PersonId;
      readonly role: Role | undefined;
      readonly status: 'active' | 'suspended' | undefined;
      readonly why: string;
    },
  ): Change<object> =>
  (directory) => {
    const { people } = directory;
    const person = people[given.person];
    if (person === undefined) return { events: [], answer: refuse('not-found') };
    const role = given.role ?? person.role;
    const suspended = given.status === undefined ? person.status === 'suspended' : given.status === 'suspended';
    if ((role !== 'superuser' || suspended) && lastSuperuser(directory, person))
      return { events: [], answer: refuse('last-superuser', person.name) };
    const { why } = given;
    const about = { ...by, outcome: 'ok', target: person.id, personal: {} } as const;
    const events: NewEvent[] = [];
    if (role !== person.role)
      events.push({
        ...about,
        type: 'person.role-set',
        data: { person: person.id, before: person.role, after: role, why },
      });
    if (suspended && person.status !== 'suspended')
      events.push({ ...about, type: 'person.suspended', data: { person: person.id, why } });
    if (!suspended && person.status === 'suspended')
      events.push({ ...about, type: 'person.restored', data: { person: person.id, why } });
    return { events, answer: fine({}) };
  };

/** Errors: not-found, last-superuser. */
export const removePerson =
  (by: By, given: { readonly person: PersonId; readonly why: string }): Change<object> =>
  (directory) => {
    const person = directory.people[given.person];
    if (person === undefined) return { events: [], answer: refuse('not-found') };
    if (lastSuperuser(directory, person)) return { events: [], answer: refuse('last-superuser', person.name) };
    return {
      events: [
        {
          ...by,
          type: 'person.removed',
          outcome: 'ok',
          target: person.id,
          data: { person: person.id, role: person.role, why: given.why },
          personal: { name: person.name },
        },
      ],
      answer: fine({}),
    };
  };

/**
 * True when without this person the workspace would be left to nobody. While this superuser can sign in, another who can must remain:
 * one who was invited and never came does not count, and where this one is not locked, neither does one who is. A suspended one is no loss.
 */
function lastSuperuser({ people, groups, locks }: Directory, person: Person): boolean {
  if (person.role !== 'superuser' || person.status === 'suspended') return false;
  const { [person.id]: _, ...others } = people;
  if (superuserLeft({ people, groups, locks }) && !superuserLeft({ people: others, groups, locks })) return true;
  return !Object.values(people).some(
    (other) =>
      other.id !== person.id &&
      other.role === 'superuser' &&
      (other.status === 'active' || (person.status === 'invited' && other.status === 'invited')),
  );
}
