// Who is behind a connection: read afresh from settled state for every request, never kept (S19, S25). Beside it, in memory only: which
// connections a login has, when it was last used, and its end by the monotonic clock, so that a clock set back gives nobody lifetime (R11).
// A login that ends takes its connections with it, with the reason (law 9); a change of what somebody is is told at once.

import type { Settled } from '../audit/commit.ts';
import { rows } from '../audit/state.ts';
import type { LoginEnding } from '../identity/ending.ts';
import type { Login } from '../identity/login.ts';
import { type Lapse, lapseOf, standing } from '../identity/standing.ts';
import type { Caller } from '../policy/decision.ts';
import { fine, type Problem, type Result, refuse } from '../protocol/errors.ts';
import type { LoginId, PersonId } from '../protocol/ids.ts';
import type { Connection } from '../relay/connection.ts';
import { besideLog } from './beside-log.ts';
import type { Parts } from './call.ts';
import { selfOf } from './self.ts';

interface Callers {
  /** Errors: not-signed-in, login-expired, suspended, device. */
  of(connection: Connection): Result<Caller>;
  /** Of rows that need no connection: is this login good now? */
  standing(login: LoginId | undefined, address: string): Result<Caller>;
  /** The login was used just now: a request, or input. */
  touch(login: LoginId): void;
  /** Why a login is over by time, if it is. */
  lapse(login: Login): Lapse | undefined;
  /** A connection has proven a login: it is that login's from now on, until either ends. */
  bring(connection: Connection, login: LoginId): void;
  /** The connection changes or ends its login itself: it is not closed for that until the returned function is called. */
  leave(connection: Connection): () => void;
  connectionsOf(login: LoginId): readonly Connection[];
  connectionsOfPerson(person: PersonId): readonly Connection[];
  /** The login a token's digest belongs to. */
  byTokenDigest(digest: string): Login | undefined;
}

/** The one keeper of callers beside a log. */
export const callersOf = besideLog(openCallers);

/** Errors: not-signed-in, login-expired, suspended, device. */
export const callerOf = (parts: Pick<Parts, 'log' | 'clock' | 'settings'>, connection: Connection): Result<Caller> =>
  callersOf(parts).of(connection);

/** Says that whoever is behind the connection did something: the idle clock starts again (T7). Watching alone does not. */
export function touch(parts: Pick<Parts, 'log' | 'clock' | 'settings'>, connection: Connection): void {
  if (connection.login !== undefined) callersOf(parts).touch(connection.login);
}

type Clocks = { used: number; readonly end: number };
type Held = { readonly person: PersonId; readonly connections: Set<Connection> };

function openCallers({ log, clock, settings }: Pick<Parts, 'log' | 'clock' | 'settings'>): Callers {
  const clocks = new Map<LoginId, Clocks>();
  const held = new Map<LoginId, Held>();
  const leaving = new WeakSet<Connection>();
  let tokens: { readonly version: number; readonly byDigest: ReadonlyMap<string, LoginId> } | undefined;

  const { settled } = log;
  const clocksOf = (login: Login): Clocks => {
    let mine = clocks.get(login.id);
    if (mine === undefined) {
      const now = clock.mono();
      mine = { used: now, end: now + Math.max(0, login.expiresAt - clock.now()) };
      clocks.set(login.id, mine);
    }
    return mine;
  };
  // A gateway that starts does not know when a login was last used: its silence counts from here.
  for (const login of rows(settled.logins)) clocksOf(login);

  const lapse = (login: Login): Lapse | undefined => {
    const { used, end } = clocksOf(login);
    const mono = clock.mono();
    return lapseOf(login, clock.now(), mono - used, mono >= end);
  };

  function standingOf(id: LoginId | undefined, address: string): Result<Caller> {
    const login = id === undefined ? undefined : settled.logins[id];
    const rowsOf = login && { person: settled.people[login.person], device: settled.devices[login.device] };
    const stands = standing(login, rowsOf?.person, rowsOf?.device, login && lapse(login));
    return stands.ok ? fine({ ...stands.value, address }) : stands;
  }

  function drop(login: LoginId, problem: Problem): void {
    clocks.delete(login);
    const mine = held.get(login);
    held.delete(login);
    for (const connection of mine?.connections ?? []) {
      connection.login = undefined;
      // After the other listeners, and after what they have to say about its sessions.
      if (!leaving.has(connection)) queueMicrotask(() => connection.end(problem, 'after-sessions'));
    }
  }

  function tell(person: PersonId): void {
    for (const { person: of, connections } of held.values())
      if (of === person)
        for (const connection of connections) {
          const caller = standingOf(connection.login, connection.address);
          if (caller.ok)
            connection.push({ type: 'self.changed', self: selfOf(settled, caller.value, settings.name, clock.now()) });
        }
  }

  log.onSettled((group) => {
    const changed = new Set<PersonId>();
    for (const { event } of group) {
      switch (event.type) {
        case 'login.succeeded': {
          const login = settled.logins[event.data.login];
          if (login !== undefined) clocksOf(login);
          break;
        }
        case 'login.ended':
          drop(
            event.data.login,
            settled.deletion?.at === undefined
              ? endingProblem(event.data.cause, event.data.why)
              : refuse('workspace-deleted').problem,
          );
          break;
        case 'person.suspended':
        case 'person.removed': {
          const problem = event.type === 'person.suspended' ? refuse('suspended').problem : refuse('login-revoked').problem;
          for (const [login, { person }] of held) if (person === event.data.person) drop(login, problem);
          break;
        }
        default:
          for (const person of concerned(event)) changed.add(person);
      }
    }
    for (const id of clocks.keys()) if (settled.logins[id] === undefined) clocks.delete(id);
    for (const person of changed) tell(person);
  });

  return {
    of: (connection) => standingOf(connection.login, connection.address),
    standing: standingOf,
    touch(login) {
      const row = settled.logins[login];
      // What is over stays over: a late request does not wake it.
      if (row !== undefined && lapse(row) === undefined) clocksOf(row).used = clock.mono();
    },
    lapse,
    bring(connection, login) {
      const row = settled.logins[login];
      if (row === undefined) return;
      const before = connection.login;
      if (before !== undefined) held.get(before)?.connections.delete(connection);
      connection.login = login;
      let mine = held.get(login);
      if (mine === undefined) {
        mine = { person: row.person, connections: new Set() };
        held.set(login, mine);
      }
      const { connections } = mine;
      connections.add(connection);
      connection.onClose(() => {
        connections.delete(connection);
        if (connections.size === 0 && held.get(login)?.connections === connections) held.delete(login);
      });
    },
    leave: (connection) => {
      leaving.add(connection);
      return () => leaving.delete(connection);
    },
    connectionsOf: (login) => [...(held.get(login)?.connections ?? [])],
    connectionsOfPerson: (person) => [...held.values()].flatMap((one) => (one.person === person ? [...one.connections] : [])),
    byTokenDigest(digest) {
      if (tokens?.version !== settled.accessVersion) {
        const byDigest = new Map(rows(settled.logins).map((login) => [login.tokenDigest, login.id] as const));
        tokens = { version: settled.accessVersion, byDigest };
      }
      const id = tokens.byDigest.get(digest);
      return id === undefined ? undefined : settled.logins[id];
    },
  };
}

/** People whose picture of themselves an event changes. */
function concerned(event: Settled['event']): readonly PersonId[] {
  switch (event.type) {
    case 'person.role-set':
    case 'person.bound':
    case 'device.trusted':
    case 'factor.enrolled':
    case 'factor.proven':
      return [event.data.person];
    case 'group.members-set': {
      const { before, after } = event.data;
      return [...before.filter((id) => !after.includes(id)), ...after.filter((id) => !before.includes(id))];
    }
    default:
      return [];
  }
}

/** What the person is told when a login ends. */
function endingProblem(cause: LoginEnding, why: string | undefined): Problem {
  switch (cause) {
    case 'logout':
      return refuse('not-signed-in', 'signed out').problem;
    case 'expired':
      return refuse('login-expired').problem;
    case 'idle':
      return refuse('login-expired', 'it was not used for too long').problem;
    case 'suspended':
      return refuse('suspended').problem;
    case 'revoked':
    case 'removed':
      return refuse('login-revoked', why).problem;
    case 'provider':
      return refuse('login-revoked', 'the identity provider no longer knows you').problem;
    default:
      return cause satisfies never;
  }
}
