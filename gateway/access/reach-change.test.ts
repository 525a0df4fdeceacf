import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type GroupId, mintId, type PersonId } from '../protocol/ids.ts';
import { levels } from '../protocol/nouns.ts';
import type { Group } from './group.ts';
import { openReachChanges } from './reach-change.ts';
import type { Server } from './server.ts';
import { levelRank, openReach } from './standing.ts';

const idOf = <P extends 'usr' | 'grp' | 'srv'>(prefix: P, n: number) => mintId(prefix, new Uint8Array(26).fill(n));
const people = ['ana', 'uma', 'rob'].map((name, i) => ({ id: idOf('usr', i) as PersonId, name }));
const servers: readonly Server[] = ['web-1', 'web-2', 'db-1', 'db-2'].map((name, i) => ({
  id: idOf('srv', i),
  name,
  labels: { env: i % 2 === 0 ? 'production' : 'staging' },
  addedAt: 0,
  key: undefined,
  facts: undefined,
}));
const rule = fc.record({
  servers: fc.constantFrom<{ name?: string; labels?: Record<string, string> }>(
    {},
    { name: 'web-*' },
    { name: 'db-1' },
    { labels: { env: 'production' } },
  ),
  level: fc.constantFrom(...levels),
  users: fc.subarray(['deploy', 'root'] as const).map((users) => [...users]),
});
const group = (n: number, name: string) =>
  fc
    .record({ members: fc.subarray(people.map(({ id }) => id)), access: fc.array(rule, { maxLength: 3 }) })
    .map((given): Group => ({ id: idOf('grp', n) as GroupId, name, ...given }));

test('[S37] what a change gives and takes is what each person reaches on each server before and after, told apart', () => {
  fc.assert(
    fc.property(group(1, 'a'), group(1, 'a'), group(2, 'b'), (before, after, other) => {
      const was = { [before.id]: before, [other.id]: other };
      const will = { [after.id]: after, [other.id]: other };
      const changes = openReachChanges(was, will);
      for (const server of servers) changes.add(server);
      const { gained, lost } = changes.of(people);
      const [a, b] = [was, will].map((groups) =>
        openReach(
          () => groups,
          () => 0,
        ),
      );
      const expected = { gained: new Set<string>(), lost: new Set<string>() };
      for (const person of people)
        for (const server of servers) {
          const [then, now] = [a?.standing(person, server), b?.standing(person, server)];
          if (then === undefined || now === undefined) continue;
          const key = `${person.name} ${server.name}`;
          const users = (of: typeof then) => (levelRank(of.level) < 2 ? [] : of.users.length === 0 ? ['its own'] : of.users);
          if (levelRank(now.level) > levelRank(then.level)) expected.gained.add(key);
          else if (levelRank(now.level) < levelRank(then.level)) expected.lost.add(key);
          else {
            if (users(now).some((user) => !users(then).includes(user))) expected.gained.add(key);
            if (users(then).some((user) => !users(now).includes(user))) expected.lost.add(key);
          }
        }
      const keys = (side: typeof gained) => side.rows.map((row) => `${row.personName} ${row.serverName}`).toSorted();
      expect([keys(gained), keys(lost)]).toEqual([[...expected.gained].toSorted(), [...expected.lost].toSorted()]);
      expect([gained.count, lost.count]).toEqual([expected.gained.size, expected.lost.size]);
      expect(gained.people).toBe(new Set([...expected.gained].map((key) => key.split(' ')[0])).size);
      expect(lost.servers).toBe(new Set([...expected.lost].map((key) => key.split(' ')[1])).size);
    }),
    { numRuns: 100 },
  );
});
