// settings.* and workspace.delete: what superusers set for everybody, with every version kept (S56), and the end of it all (S35).
import { deleteWorkspace as deletion } from '../access/deletion.ts';
import { rollbackSettings as rollback, setSettings as set } from '../access/settings.ts';
import { settingsOf } from '../audit/fold-access.ts';
import { removedName } from '../audit/names.ts';
import { fine, refuse } from '../protocol/errors.ts';
import { farewellMs } from '../relay/connection.ts';
import { changing, workspace } from './administration.ts';
import type { Handler } from './call.ts';
import { callersOf } from './caller.ts';

/** Versions newest first; the one in force is the first. Nobody made version 0: it is how a workspace comes. */
export const showSettings: Handler<'settings.show'> = async ({ parts, caller, request }) => {
  const allowed = await parts.enforcer.enforce(caller, 'settings.see', workspace, request);
  if (!allowed.ok) return allowed;
  const state = parts.log.settled;
  const kept = state.settings === undefined ? [] : [state.settings.current, ...state.settings.before];
  return fine({
    version: kept[0]?.version ?? 0,
    settings: settingsOf(state),
    versions: kept.map(({ by, ...version }) => ({ ...version, by: state.people[by]?.name ?? removedName(by) })),
  });
};

export const setSettings: Handler<'settings.set'> = async (call, { settings, expect, why }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'settings.manage', workspace, request);
  if (!allowed.ok) return allowed;
  return changing(call, (by) => set(by, { person: caller.person.id, settings, expect, why }));
};

export const rollbackSettings: Handler<'settings.rollback'> = async (call, { version, why }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'settings.manage', workspace, request);
  if (!allowed.ok) return allowed;
  return changing(call, (by) => rollback(by, { person: caller.person.id, version, why }));
};

/** Who completes it is answered before their own line closes. */
export const deleteWorkspace: Handler<'workspace.delete'> = async (call, { name, why }) => {
  const { parts, caller, connection, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'workspace.delete', workspace, request);
  if (!allowed.ok) return allowed;
  const stay = callersOf(parts).leave(connection);
  const done = await changing(call, (by) => deletion(by, { person: caller.person.id, name, why }));
  if (!done.ok || !done.value.deleted) stay();
  else parts.clock.after(farewellMs, () => connection.end(refuse('workspace-deleted').problem));
  return done;
};
