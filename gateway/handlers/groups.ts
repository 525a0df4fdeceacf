// group.*: listing and changing groups. A change takes effect with the next decision (S37).
import type { Group } from '../access/group.ts';
import { addGroup, removeGroup, setGroup } from '../access/groups.ts';
import { openReachChanges } from '../access/reach-change.ts';
import type { Server } from '../access/server.ts';
import { inSlices } from '../audit/slices.ts';
import { rows } from '../audit/state.ts';
import type { ReachChange } from '../protocol/access-nouns.ts';
import { fine, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import { idRandomBytes, mintId, type PersonId } from '../protocol/ids.ts';
import { changing, workspace } from './administration.ts';
import type { Call, Handler } from './call.ts';
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

/** People are given by name or id; an unknown one refuses the whole change and is named. */
export const setGroupHandler: Handler<'group.set'> = async (
  call,
  { group: reference, members, join, leave, access, preview },
) => {
  const { log, clock } = call.parts;
  // Looking at what a change would do changes nothing; what a group gives takes a proof each time (T18).
  const action = preview === true ? 'group.list' : access === undefined ? 'group.manage' : 'rule.manage';
  const found = await groupFor(call, action, reference);
  if (!found.ok) return found;
  const byReference = new Map(
    rows(log.settled.people).flatMap((person) => [[person.name, person.id] as const, [person.id, person.id] as const]),
  );
  const lists: Record<'members' | 'join' | 'leave', PersonId[] | undefined> = {
    members: undefined,
    join: undefined,
    leave: undefined,
  };
  for (const [list, names] of [
    ['members', members],
    ['join', join],
    ['leave', leave],
  ] as const) {
    if (names === undefined) continue;
    const ids: PersonId[] = [];
    for (const name of names) {
      const id = byReference.get(name);
      if (id === undefined) return refuse('not-found', name);
      ids.push(id);
    }
    lists[list] = ids;
  }
  const given = {
    group: found.value.group.id,
    members: lists.members,
    access,
    ...(lists.join === undefined ? {} : { join: lists.join }),
    ...(lists.leave === undefined ? {} : { leave: lists.leave }),
  };
  if (preview !== true) return changing(call, (by) => setGroup(by, given));
  const { events, answer } = setGroup({ actor: { kind: 'gateway' } }, given)(log.settled, clock.now());
  return answer.ok ? fine({ preview: await changeBy(call, found.value.group, events) }) : answer;
};

/** What these events about a group would give and take (S37). */
async function changeBy({ parts }: Call, group: Group, events: readonly NewEvent[]): Promise<ReachChange> {
  const { settled } = parts.log;
  let after = group;
  for (const event of events)
    if (event.type === 'group.members-set') after = { ...after, members: event.data.after };
    else if (event.type === 'group.access-set') after = { ...after, access: event.data.after };
  const changes = openReachChanges({ ...settled.groups }, { ...settled.groups, [group.id]: after });
  const add = (server: Server): undefined => void changes.add(server);
  await inSlices(rows(settled.servers), add, parts.clock.mono);
  const concerned = new Set([...group.members, ...after.members]);
  return changes.of(rows(settled.people).filter(({ id }) => concerned.has(id)));
}

export const removeGroupHandler: Handler<'group.remove'> = async (call, { group: reference, why }) => {
  const found = await groupFor(call, 'group.manage', reference);
  if (!found.ok) return found;
  return changing(call, (by) => removeGroup(by, { group: found.value.group.id, why }));
};
