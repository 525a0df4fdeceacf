// Rights that nobody used for a while (S80). Used = a shell of that very level on a server that the right chooses, one's own or as who had or shared its
// keyboard: the strongest right gives the level, so a weaker one beside it is not what opened the door. Pure.
//
// Known limit: rights to look only (read-only) are left out, since looking at a list leaves no trace to count by; so are groups that give nothing on
// servers, whatever a policy does with them.
import type { GrantId, GroupId, PersonId, ServerId } from '../protocol/ids.ts';
import type { AccessRule, Instant, Level } from '../protocol/nouns.ts';
import { coversServer, type Grant } from './grant.ts';
import type { Group } from './group.ts';
import { chooser, selectorWords } from './selector.ts';
import type { Server } from './server.ts';
import { levelRank } from './standing.ts';

/** Somebody had a shell on a server, or the use of one, until then. */
export type Use = { readonly person: PersonId; readonly server: ServerId; readonly level: Level; readonly at: Instant };

/** What a right is, by where it comes from. */
export type Right =
  | { readonly kind: 'member'; readonly group: Group; readonly person: PersonId }
  | { readonly kind: 'rule'; readonly group: Group; readonly rule: AccessRule }
  | { readonly kind: 'grant'; readonly grant: Grant };

const givesShell = ({ level }: Pick<AccessRule, 'level'>): boolean => levelRank(level) >= levelRank('terminal');

/** Every right to a shell there is now. */
export function rightsIn(groups: Iterable<Group>, grants: Iterable<Grant>): readonly Right[] {
  const rights: Right[] = [];
  for (const group of groups) {
    const rules = group.access.filter(givesShell);
    if (rules.length === 0) continue;
    for (const person of group.members) rights.push({ kind: 'member', group, person });
    for (const rule of rules) rights.push({ kind: 'rule', group, rule });
  }
  for (const grant of grants) if (grant.ended === undefined && givesShell(grant.terms)) rights.push({ kind: 'grant', grant });
  return rights;
}

export interface Uses {
  add(use: Use): void;
  /** When a right was used last; undefined = never, as far as is known. */
  lastOf(right: Right): Instant | undefined;
}

/** `server` gives the row of an id, if it is still there: on one that is gone nothing can be used any more. */
export function openUses(server: (id: ServerId) => Server | undefined): Uses {
  const byPerson = new Map<PersonId, Map<string, Use>>();

  function lastBy(person: PersonId, level: Level, chooses: (on: Server) => boolean): Instant | undefined {
    let last: Instant | undefined;
    for (const use of byPerson.get(person)?.values() ?? []) {
      if (use.level !== level || (last !== undefined && use.at <= last)) continue;
      const on = server(use.server);
      if (on !== undefined && chooses(on)) last = use.at;
    }
    return last;
  }
  const latest = (all: readonly (Instant | undefined)[]): Instant | undefined =>
    all.reduce((best, at) => (best === undefined || (at !== undefined && at > best) ? at : best), undefined);

  return {
    add(use) {
      let mine = byPerson.get(use.person);
      if (mine === undefined) byPerson.set(use.person, (mine = new Map()));
      const key = `${use.server} ${use.level}`;
      if ((mine.get(key)?.at ?? -1) < use.at) mine.set(key, use);
    },
    lastOf(right) {
      switch (right.kind) {
        case 'member':
          return latest(
            right.group.access.filter(givesShell).map((rule) => lastBy(right.person, rule.level, chooser(rule.servers))),
          );
        case 'rule':
          return latest(right.group.members.map((member) => lastBy(member, right.rule.level, chooser(right.rule.servers))));
        case 'grant':
          return lastBy(right.grant.person, right.grant.terms.level, (on) => coversServer(right.grant, on));
        default:
          return right satisfies never;
      }
    },
  };
}

/** What a right is called among those given lately: nobody had the time to use them. */
export function rightKey(right: Right): string {
  switch (right.kind) {
    case 'member':
      return memberKey(right.group.id, right.person);
    case 'rule':
      return ruleKey(right.group.id, right.rule);
    case 'grant':
      return grantKey(right.grant.id);
    default:
      return right satisfies never;
  }
}
export const memberKey = (group: GroupId, person: PersonId): string => `${group} ${person}`;
export const ruleKey = (group: GroupId, rule: AccessRule): string => `${group} ${JSON.stringify(rule)}`;
export const grantKey = (grant: GrantId): string => grant;

const most = 256;
const ruleWords = ({ servers, level }: Pick<AccessRule, 'servers' | 'level'>): string => `${level} on ${selectorWords(servers)}`;

/** What a membership gives, in words: “group db-admins: full on db-*”. */
export const groupWords = ({ name, access }: Group): string =>
  `group ${name}: ${access.map(ruleWords).join(', ') || 'nothing on servers'}`.slice(0, most);

/** What a grant gives, in words. */
export const grantWords = ({ terms, until }: Grant): string =>
  `grant: ${ruleWords(terms)} until ${new Date(until).toISOString().slice(0, 16)}Z`.slice(0, most);

/** A right in words; a rule that chooses no server says so. */
export function rightWords(right: Right, servers: Iterable<Server>): string {
  if (right.kind === 'member') return groupWords(right.group);
  if (right.kind === 'grant') return `${right.grant.id}, ${grantWords(right.grant)}`.slice(0, most);
  const chooses = chooser(right.rule.servers);
  for (const server of servers) if (chooses(server)) return ruleWords(right.rule).slice(0, most);
  return `${ruleWords(right.rule)} (no server is chosen)`.slice(0, most);
}
