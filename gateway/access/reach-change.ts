// What a change of groups gives and takes, before it is made (S37): for each person concerned and each server, the level and the OS users through groups
// before and after. Pure. Servers that the same rules choose before and after are looked at once.
//
// Known limit: groups only. What a role reaches everywhere, what a grant gives meanwhile, and what a policy makes of a group is not in it.
import type { ReachChange, ReachChangeRow } from '../protocol/access-nouns.ts';
import type { PersonId } from '../protocol/ids.ts';
import type { Group } from './group.ts';
import type { Server } from './server.ts';
import { levelRank, openReach } from './standing.ts';

const mostRows = 100;
type Groups = Readonly<Record<string, Group>>;
type Who = { readonly id: PersonId; readonly name: string };
type Side = {
  count: number;
  readonly people: Set<PersonId>;
  readonly alike: Set<readonly Server[]>;
  readonly rows: ReachChangeRow[];
};

export interface ReachChanges {
  /** Each server once; ten thousand are added in slices. */
  add(server: Server): void;
  /** Of the people concerned. */
  of(people: Iterable<Who>): ReachChange;
}

/** Compares the groups as they are with the groups as they would be. */
export function openReachChanges(before: Groups, after: Groups): ReachChanges {
  const was = openReach(
    () => before,
    () => 0,
  );
  const will = openReach(
    () => after,
    () => 0,
  );
  const alike = new Map<object, Map<object, Server[]>>();

  return {
    add(server) {
      const then = alike.get(was.chosen(server)) ?? new Map<object, Server[]>();
      alike.set(was.chosen(server), then);
      const same = then.get(will.chosen(server)) ?? [];
      then.set(will.chosen(server), same);
      same.push(server);
    },
    of(people) {
      const gained = side();
      const lost = side();
      const all = [...alike.values()].flatMap((then) => [...then.values()]);
      for (const person of people)
        for (const servers of all) {
          const [one] = servers;
          if (one === undefined) continue;
          const a = was.standing(person, one);
          const b = will.standing(person, one);
          const by = levelRank(b.level) - levelRank(a.level);
          const shell = levelRank(b.level) >= levelRank('terminal');
          const into = [
            ...(by > 0 || (by === 0 && shell && !within(b.users, a.users)) ? [gained] : []),
            ...(by < 0 || (by === 0 && shell && !within(a.users, b.users)) ? [lost] : []),
          ];
          for (const to of into) {
            to.count += servers.length;
            to.people.add(person.id);
            to.alike.add(servers);
            for (const server of servers.slice(0, Math.max(0, mostRows - to.rows.length)))
              to.rows.push({
                personName: person.name,
                serverName: server.name,
                before: a.level,
                after: b.level,
                usersBefore: [...a.users],
                usersAfter: [...b.users],
              });
          }
        }
      return { gained: told(gained), lost: told(lost) };
    },
  };
}

const side = (): Side => ({ count: 0, people: new Set(), alike: new Set(), rows: [] });
const told = ({ count, people, alike, rows }: Side): ReachChange['gained'] => ({
  count,
  people: people.size,
  servers: [...alike].reduce((sum, servers) => sum + servers.length, 0),
  rows,
});

/** Whether every OS user of the first may be had by the second; none named = the agent's own. */
const within = (some: readonly string[], all: readonly string[]): boolean => {
  const own = (users: readonly string[]) => (users.length === 0 ? [''] : users);
  return own(some).every((user) => own(all).includes(user));
};
