// What stands around a decision and changes only by events: locks, grants, address rules. Indexed once for each version of the state, since a list
// asks the same of ten thousand servers.
import { type AddressRule, type AddressVerdict, addressVerdict, ownVerdict } from '../access/address.ts';
import { type Grant, grantsOn } from '../access/grant.ts';
import { choosesOf, groupsOf, type Lock, lockOn } from '../access/lock.ts';
import { type Chooses, chooser } from '../access/selector.ts';
import type { Server } from '../access/server.ts';
import type { Log } from '../audit/commit.ts';
import { rows } from '../audit/state.ts';
import type { Caller, Target } from '../policy/decision.ts';
import type { PersonId } from '../protocol/ids.ts';

export interface Around {
  /** The grants of somebody that hold on a server now. */
  grantsOn(person: PersonId, server: Server): readonly Grant[];
  /** The lock that shuts the caller out everywhere, or with a target, out of that server. */
  lockOf(caller: Caller, target: Target | undefined): Lock | undefined;
  /** A lock is on that very server. */
  closed(server: Server): boolean;
  /** What the address rules say of the caller. Nobody is connected from no address: a program that outlived its sign-in is nowhere. */
  placed(caller: Caller, target: Target): AddressVerdict;
}

type Index = {
  readonly version: number;
  readonly grants: ReadonlyMap<PersonId, readonly Grant[]>;
  readonly locks: readonly Lock[];
  readonly closed: ReadonlySet<string>;
  /** Of locks on servers that a selector chooses. */
  readonly chosen: readonly Chooses[];
  readonly rules: readonly AddressRule[];
  readonly scoped: readonly Chooses[];
  readonly verdicts: Map<string, AddressVerdict>;
};

const none: readonly Grant[] = [];
const inside: AddressVerdict = { outside: false };

export const serverOf = (target: Target): Server | undefined => ('server' in target ? target.server : undefined);

/** Reads the settled state of the log, and indexes it anew when its access version has changed. */
export function openAround(log: Log): Around {
  let held: Index | undefined;

  function index(): Index {
    const state = log.settled;
    if (held?.version === state.accessVersion) return held;
    const grants = new Map<PersonId, Grant[]>();
    for (const grant of rows(state.grants)) {
      if (grant.ended !== undefined || !grant.open) continue;
      const mine = grants.get(grant.person);
      if (mine === undefined) grants.set(grant.person, [grant]);
      else mine.push(grant);
    }
    const locks = rows(state.locks);
    const rules = rows(state.addresses);
    held = {
      version: state.accessVersion,
      grants,
      locks,
      closed: new Set(locks.flatMap(({ kind, target }) => (kind === 'server' ? [target] : []))),
      chosen: locks.flatMap((lock) => (lock.kind === 'servers' ? [choosesOf(lock)] : [])),
      rules,
      scoped: rules.flatMap(({ servers }) => (servers === undefined ? [] : [chooser(servers)])),
      verdicts: new Map(),
    };
    return held;
  }

  /** Rules are told apart by which of those for servers choose this one: the answer is the same for all servers chosen alike. */
  function onServer({ rules, scoped, verdicts }: Index, address: string, server: Server | undefined): AddressVerdict {
    let key = address;
    if (server !== undefined) for (const [at, chooses] of scoped.entries()) if (chooses(server)) key += ` ${at}`;
    const had = verdicts.get(key);
    if (had !== undefined) return had;
    const made = addressVerdict(rules, address, server);
    if (verdicts.size >= 10_000) verdicts.clear();
    verdicts.set(key, made);
    return made;
  }

  return {
    grantsOn(person, server) {
      const mine = index().grants.get(person);
      return mine === undefined ? none : grantsOn(mine, person, server);
    },
    lockOf({ person, login, device }, target) {
      const { locks } = index();
      if (locks.length === 0) return undefined;
      return lockOn(locks, {
        person: person.id,
        role: person.role,
        login: login.id,
        device: device.id,
        server: target === undefined ? undefined : serverOf(target)?.id,
        on: target === undefined ? undefined : serverOf(target),
        groups: groupsOf(log.settled.groups, person.id),
      });
    },
    closed(server) {
      const { closed, chosen } = index();
      return closed.has(server.id) || chosen.some((chooses) => chooses(server));
    },
    placed({ address }, target) {
      const now = index();
      if (now.rules.length === 0 || address === '') return inside;
      return target.kind === 'self' ? ownVerdict(now.rules, address) : onServer(now, address, serverOf(target));
    },
  };
}
