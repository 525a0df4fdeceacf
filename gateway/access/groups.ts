// Changes to groups: who is in one, and what it gives where. They take effect at once (S37).
import { fine, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { GroupId, PersonId } from '../protocol/ids.ts';
import type { AccessRule } from '../protocol/nouns.ts';
import type { By, Change } from './change.ts';
import { superuserLeft } from './locking.ts';

/** Errors: exists. */
export const addGroup =
  (by: By, given: { readonly group: GroupId; readonly name: string }): Change<object> =>
  ({ groups }) =>
    Object.values(groups).some((group) => group.name === given.name)
      ? { events: [], answer: refuse('exists', given.name) }
      : {
          events: [{ ...by, type: 'group.added', outcome: 'ok', target: given.group, data: { ...given }, personal: {} }],
          answer: fine({}),
        };

/** Sets members and access rules; what is so already makes no event. `join` and `leave` come on top of `members`, or of who is in it then. Errors: not-found, last-superuser (a locked group that would take them in). */
export const setGroup =
  (
    by: By,
    given: {
      readonly group: GroupId;
      readonly members: readonly PersonId[] | undefined;
      readonly join?: readonly PersonId[];
      readonly leave?: readonly PersonId[];
      readonly access: readonly AccessRule[] | undefined;
    },
  ): Change<object> =>
  ({ groups, people, locks }) => {
    const group = groups[given.group];
    if (group === undefined) return { events: [], answer: refuse('not-found') };
    const leave = new Set(given.leave);
    const named = [...(given.members ?? group.members), ...(given.join ?? [])];
    const members = [...new Set(named)].filter((member) => !leave.has(member));
    // Somebody removed while this waited for its turn.
    if (members.some((member) => people[member] === undefined)) return { events: [], answer: refuse('not-found') };
    const joined = { ...groups, [group.id]: { ...group, members } };
    if (superuserLeft({ people, groups, locks }) && !superuserLeft({ people, groups: joined, locks }))
      return { events: [], answer: refuse('last-superuser', `${group.name} is locked`) };
    const about = { ...by, outcome: 'ok', target: group.id, personal: {} } as const;
    const events: NewEvent[] = [];
    const had = new Set(group.members);
    if (members.length !== had.size || members.some((member) => !had.has(member)))
      events.push({ ...about, type: 'group.members-set', data: { group: group.id, before: [...group.members], after: members } });
    if (given.access !== undefined && JSON.stringify(given.access) !== JSON.stringify(group.access))
      events.push({
        ...about,
        type: 'group.access-set',
        data: { group: group.id, before: [...group.access], after: [...given.access] },
      });
    return { events, answer: fine({}) };
  };

/** Errors: not-found. */
export const removeGroup =
  (by: By, given: { readonly group: GroupId; readonly why: string }): Change<object> =>
  ({ groups }) => {
    const group = groups[given.group];
    if (group === undefined) return { events: [], answer: refuse('not-found') };
    const before = { members: [...group.members], access: [...group.access] };
    const data = { ...given, name: group.name, before };
    return {
      events: [{ ...by, type: 'group.removed', outcome: 'ok', target: group.id, data, personal: {} }],
      answer: fine({}),
    };
  };
