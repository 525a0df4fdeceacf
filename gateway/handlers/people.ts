// person.*: listing and changing people. What a change does to live sessions and connections is seen to by whoever listens to the log.
import { addPerson, removePerson, setPerson } from '../access/people.ts';
import { rows } from '../audit/state.ts';
import { fine } from '../protocol/errors.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { changing, workspace } from './administration.ts';
import type { Handler } from './call.ts';
import { personFor } from './resolve.ts';
import { liveSessionsByPerson, personRow } from './rows.ts';

export const listPeople: Handler<'person.list'> = async ({ parts, caller, request }) => {
  const allowed = await parts.enforcer.enforce(caller, 'person.list', workspace, request);
  if (!allowed.ok) return allowed;
  const state = parts.log.settled;
  const live = liveSessionsByPerson(state);
  return fine({
    people: rows(state.people)
      .map((person) => personRow(state, person, live.get(person.id) ?? 0))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  });
};

/** Adding somebody with a role beyond `user` is giving that role, and is decided as that. */
export const addPersonHandler: Handler<'person.add'> = async (call, { name, claim, role, days }) => {
  const { parts, caller, request } = call;
  const action = role === 'user' ? 'person.manage' : 'role.manage';
  const allowed = await parts.enforcer.enforce(caller, action, { kind: 'person', person: undefined }, request);
  if (!allowed.ok) return allowed;
  const person = mintId('usr', parts.chance.bytes(idRandomBytes));
  const added = await changing(call, (by) =>
    addPerson(by, { person, name, claim, role, waitMs: days === undefined ? undefined : days * 86_400_000 }),
  );
  return added.ok ? fine({ person }) : added;
};

/** A new role takes `role.manage`, which asks for a factor each time; a new status takes `person.manage`; both take both. */
export const setPersonHandler: Handler<'person.set'> = async (call, { person: reference, role, status, why }) => {
  const { parts } = call;
  const found = await personFor(call, role === undefined ? 'person.manage' : 'role.manage', reference);
  if (!found.ok) return found;
  const { person } = found.value;
  if (role !== undefined && status !== undefined) {
    const allowed = await parts.enforcer.enforce(call.caller, 'person.manage', { kind: 'person', person }, call.request);
    if (!allowed.ok) return allowed;
  }
  return changing(call, (by) => setPerson(by, { person: person.id, role, status, why }));
};

export const removePersonHandler: Handler<'person.remove'> = async (call, { person: reference, why }) => {
  const found = await personFor(call, 'person.manage', reference);
  if (!found.ok) return found;
  return changing(call, (by) => removePerson(by, { person: found.value.person.id, why }));
};
