// group.*: listing and changing groups. A change takes effect with the next decision (S37).
import { addGroup, removeGroup, setGroup } from '../access/groups.ts';
import { rows } from '../audit/state.ts';
import { fine, refuse } from '../protocol/errors.ts';
import { idRandomBytes, mintId, type PersonId } from '../protocol/ids.ts';
import { changing, workspace } from './administration.ts';
import type { Handler } from './call.ts';
import { groupFor } from './resolve.ts';
import { groupRow } from './rows.ts';

export const listGroups: Handler<'group.list'> = async ({ parts, caller, request }) => {
  const allowed = await parts.enforcer.enforce(caller, 'group.list', workspace, request);
  if (!allowed.ok) return allowed;
  const state = parts.log.settled;
  return fine({
    groups: rows(state.groups)
      .map((group) => groupRow(state, group))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  });
};

export const addGroupHandler: Handler<'group.add'> = async (call, { name }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'group.manage', workspace, request);
  if (!allowed.ok) return allowed;
  const group = mintId('grp', parts.chance.bytes(idRandomBytes));
  const added = await changing(call, (by) => addGroup(by, { group, name }));
  return added.ok ? fine({ group }) : added;
};

/** Members are given by name or id; an unknown one refuses the whole change and is named. */
export const setGroupHandler: Handler<'group.set'> = async (call, { group: reference, members, access }) => {
  const { log } = call.parts;
  const found = await groupFor(call, 'group.manage', reference);
  if (!found.ok) return found;
  let ids: PersonId[] | undefined;
  if (members !== undefined) {
    const people = rows(log.settled.people);
    const byReference = new Map(people.flatMap((person) => [[person.name, person.id] as const, [person.id, person.id] as const]));
    ids = [];
    for (const member of members) {
      const id = byReference.get(member);
      if (id === undefined) return refuse('not-found', member);
      ids.push(id);
    }
  }
  return changing(call, (by) => setGroup(by, { group: found.value.group.id, members: ids, access }));
};

export const removeGroupHandler: Handler<'group.remove'> = async (call, { group: reference, why }) => {
  const found = await groupFor(call, 'group.manage', reference);
  if (!found.ok) return found;
  return changing(call, (by) => removeGroup(by, { group: found.value.group.id, why }));
};
