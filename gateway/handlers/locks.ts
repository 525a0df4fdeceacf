// lock.*: doors that are shut at once (S55, E5). What a lock does to live sessions is seen to by whoever listens to the log.
import { groupsOf, type Lock, lockOn } from '../access/lock.ts';
import { addLock, removeLock } from '../access/locking.ts';
import { typedSelector } from '../access/selector.ts';
import { removedName } from '../audit/names.ts';
import { rows, type State } from '../audit/state.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { type LockKind, type LockRow, roles } from '../protocol/nouns.ts';
import type { Session } from '../session/session.ts';
import { changing, workspace } from './administration.ts';
import type { Handler } from './call.ts';

/** What a lock is on, as people call it. */
function targetName(state: State, kind: LockKind, target: string): string {
  switch (kind) {
    case 'role':
    case 'servers':
      return target;
    case 'person':
      return state.people[target]?.name ?? removedName(target);
    case 'group':
      return state.groups[target]?.name ?? removedName(target);
    case 'server':
      return state.servers[target]?.name ?? removedName(target);
    case 'device':
      return state.devices[target]?.machine ?? removedName(target);
    case 'login': {
      const login = state.logins[target];
      return login === undefined ? removedName(target) : `a sign-in of ${state.people[login.person]?.name ?? 'somebody'}`;
    }
    default:
      return kind satisfies never;
  }
}

const lockRow = (state: State, { id, kind, target, why, by, at, until }: Lock): LockRow => ({
  id,
  kind,
  target,
  targetName: targetName(state, kind, target),
  why,
  by: state.people[by]?.name ?? removedName(by),
  at,
  ...(until === undefined ? {} : { until }),
});

export const listLocks: Handler<'lock.list'> = async ({ parts, caller, request }) => {
  const allowed = await parts.enforcer.enforce(caller, 'lock.see', workspace, request);
  if (!allowed.ok) return allowed;
  const state = parts.log.settled;
  return fine({
    locks: rows(state.locks)
      .map((lock) => lockRow(state, lock))
      .toSorted((a, b) => b.at - a.at),
  });
};

/** What a name or an id means for a kind of lock. */
function targetOf(state: State, kind: LockKind, reference: string): Result<string> {
  const byName = (table: readonly { readonly id: string; readonly name: string }[]): Result<string> => {
    const row = table.find(({ id, name }) => id === reference || name === reference);
    return row === undefined ? refuse('not-found', reference) : fine(row.id);
  };
  switch (kind) {
    case 'role':
      return roles.some((role) => role === reference) ? fine(reference) : refuse('bad-request', `a role is ${roles.join(', ')}`);
    case 'servers':
      return typedSelector(reference) === undefined
        ? refuse('bad-request', 'servers are chosen by a pattern, labels or both: web-*,env=production')
        : fine(reference);
    case 'person':
      return byName(rows(state.people));
    case 'group':
      return byName(rows(state.groups));
    case 'server':
      return byName(rows(state.servers));
    case 'device':
      return Object.hasOwn(state.devices, reference) ? fine(reference) : refuse('not-found', reference);
    case 'login':
      return Object.hasOwn(state.logins, reference) ? fine(reference) : refuse('not-found', reference);
    default:
      return kind satisfies never;
  }
}

/** Live sessions that a lock puts somebody out of: those that end by it. */
function endedBy(state: State, lock: Lock): readonly Session[] {
  return rows(state.sessions).filter((session) => {
    const person = state.people[session.person];
    const device = state.logins[session.login]?.device;
    if (session.state === 'ended' || person === undefined) return false;
    const { id, role } = person;
    return (
      lockOn([lock], {
        person: id,
        role,
        login: session.login,
        ...(device === undefined ? {} : { device }),
        server: session.server,
        on: state.servers[session.server],
        groups: groupsOf(state.groups, id),
      }) !== undefined
    );
  });
}

export const addLockHandler: Handler<'lock.add'> = async (call, { kind, target: reference, why, minutes, preview }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'lock.manage', workspace, request);
  if (!allowed.ok) return allowed;
  const state = parts.log.settled;
  const target = targetOf(state, kind, reference);
  if (!target.ok) return target;
  const id = mintId('lck', parts.chance.bytes(idRandomBytes));
  const at = parts.clock.now();
  const until = minutes === undefined ? {} : { until: at + minutes * 60_000 };
  const given = { lock: id, kind, target: target.value, why, by: caller.person.id, ...until };
  if ((kind === 'login' && target.value === caller.login.id) || (kind === 'device' && target.value === caller.device.id))
    return refuse('bad-request', 'you would lock yourself out');
  // Looked for before anything ends: those that this lock ends.
  const shut: Lock = { id, kind, target: target.value, why, by: caller.person.id, at, ...until };
  const ends = endedBy(state, shut);
  if (preview === true) {
    const { answer } = addLock({ actor: { kind: 'gateway' } }, given)(state, at);
    if (!answer.ok) return answer;
    const affected = ends.slice(0, mostAffected).map(({ id: session, person, server }) => ({
      session,
      personName: state.people[person]?.name ?? removedName(person),
      serverName: state.servers[server]?.name ?? removedName(server),
    }));
    return fine({ lock: lockRow(state, shut), sessions: ends.length, affected });
  }
  const sessions = ends.length;
  const done = await changing(call, (by) => addLock(by, given));
  if (!done.ok) return done;
  const row = parts.log.settled.locks[id];
  return row === undefined ? refuse('not-found') : fine({ lock: lockRow(parts.log.settled, row), sessions });
};

const mostAffected = 50;

export const removeLockHandler: Handler<'lock.remove'> = async (call, { lock, why }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'lock.manage', workspace, request);
  if (!allowed.ok) return allowed;
  return changing(call, (by) => removeLock(by, lock, { by: caller.person.id, why }));
};
