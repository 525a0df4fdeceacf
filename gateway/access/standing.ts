// Where a person stands on a server: the strongest level that their groups give there, and the OS users that come with it.
// Name patterns are resolved here, once for each server row and set of group rules (D3): what is kept is keyed by row, so a changed
// group or server is resolved anew and nothing else is. Roles are not known here; what a role adds is policy.

import * as v from 'valibot';
import type { GroupId, PersonId } from '../protocol/ids.ts';
import { type AccessRule, type Level, levels, osUser } from '../protocol/nouns.ts';
import type { Group } from './group.ts';
import { type Chooses, chooser } from './selector.ts';
import type { Server } from './server.ts';

export type Standing = {
  readonly level: Level;
  /** Allowed OS users, first = default; empty = the agent's own user (or nothing at all, below `terminal`). */
  readonly users: readonly string[];
};
const noStanding: Standing = { level: 'none', users: [] };

/** The groups whose rules choose a server. One value for all servers chosen alike, so it can key a cache. */
type Chosen = {
  readonly groups: readonly { readonly group: Group; readonly rules: readonly AccessRule[] }[];
  /** Their names, sorted. */
  readonly names: readonly string[];
};

export const levelRank = (level: Level): number => levels.indexOf(level);
export const stronger = (a: Level, b: Level): Level => (levelRank(a) >= levelRank(b) ? a : b);

/**
 * What these rules, all of which choose the server, give somebody of that name.
 * Only the rules at the strongest level count for OS users: a name that comes with `terminal` is not offered at `full`. Named users win over
 * the agent's own. A rule whose users are all impossible for this person (`{name}` of a name no OS allows) gives no shell: falling back to
 * the agent's own user would give more than was meant.
 */
export function standingBy(rules: readonly AccessRule[], personName: string): Standing {
  let best: Level = 'none';
  let users: string[] = [];
  for (const rule of rules) {
    const named = rule.users.map((user) => (user === '{name}' ? personName : user)).filter((user) => v.is(osUser, user));
    const shell = rule.users.length === 0 || named.length > 0;
    const level = shell || levelRank(rule.level) < levelRank('terminal') ? rule.level : 'read-only';
    if (levelRank(level) < levelRank(best)) continue;
    if (level !== best) users = [];
    best = level;
    for (const user of named) if (!users.includes(user)) users.push(user);
  }
  return levelRank(best) < levelRank('terminal') ? { level: best, users: [] } : { level: best, users };
}

type Member = { readonly groups: readonly Group[]; readonly names: readonly string[]; readonly on: WeakMap<Chosen, Standing> };
const nowhere: Member = { groups: [], names: [], on: new WeakMap() };

/** A group that gives something somewhere, its selectors ready; `at` names a rule among all of them. */
type Candidate = {
  readonly group: Group;
  readonly rules: readonly { readonly rule: AccessRule; readonly chooses: Chooses; readonly at: string }[];
};

export interface Reach {
  /** Names of the groups somebody is in, sorted. */
  groupsOf(person: PersonId): readonly string[];
  chosen(server: Server): Chosen;
  standing(person: { readonly id: PersonId; readonly name: string }, server: Server): Standing;
}

/**
 * Resolves against a table of groups that may have changed since the last call; rows are compared by reference.
 * `groups` is asked at each call and must give the rows as they are now.
 */
export function openReach(groups: () => Readonly<Record<string, Group>>, version: () => number): Reach {
  let seen = -1;
  let known: readonly Group[] = [];
  let rules: readonly Candidate[] = [];
  let alike = new Map<string, Chosen>();
  let byServer = new WeakMap<Server, Chosen>();
  let members = new Map<PersonId, Member>();

  function look(): void {
    const now = version();
    if (now === seen) return;
    seen = now;
    const next = Object.values(groups()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (next.length === known.length && next.every((group, i) => group === known[i])) return;
    known = next;
    rules = next
      .filter((group) => group.access.length > 0)
      .map((group, g) => ({
        group,
        rules: group.access.map((rule, r) => ({ rule, chooses: chooser(rule.servers), at: `${g}.${r} ` })),
      }));
    alike = new Map();
    byServer = new WeakMap();
    members = new Map();
  }

  function chosen(server: Server): Chosen {
    look();
    const had = byServer.get(server);
    if (had !== undefined) return had;
    let key = '';
    const found: { group: Group; rules: AccessRule[] }[] = [];
    for (const { group, rules: candidates } of rules) {
      let fitting: AccessRule[] | undefined;
      for (const { rule, chooses, at } of candidates)
        if (chooses(server)) {
          if (fitting === undefined) found.push({ group, rules: (fitting = []) });
          fitting.push(rule);
          key += at;
        }
    }
    const same = alike.get(key) ?? { groups: found, names: found.map(({ group }) => group.name) };
    alike.set(key, same);
    byServer.set(server, same);
    return same;
  }

  function member(person: PersonId): Member {
    look();
    const had = members.get(person);
    if (had !== undefined) return had;
    const mine = known.filter((group) => group.members.includes(person));
    const made = mine.length === 0 ? nowhere : { groups: mine, names: mine.map((group) => group.name), on: new WeakMap() };
    members.set(person, made);
    return made;
  }

  return {
    groupsOf: (person) => member(person).names,
    chosen,
    standing(person, server) {
      const mine = member(person.id);
      if (mine.groups.length === 0) return noStanding;
      const on = chosen(server);
      const had = mine.on.get(on);
      if (had !== undefined) return had;
      const ids = new Set<GroupId>(mine.groups.map((group) => group.id));
      const given = on.groups.flatMap(({ group, rules: fitting }) => (ids.has(group.id) ? fitting : []));
      const made = standingBy(given, person.name);
      mine.on.set(on, made);
      return made;
    },
  };
}
