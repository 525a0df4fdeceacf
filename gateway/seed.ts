// What `init --seed FILE` puts into a new workspace: people, groups, servers. Made by the same transitions as any later change, by the gateway itself.
import * as v from 'valibot';
import type { Change } from './access/change.ts';
import { enrolmentDigest, enrolmentMaxMinutes, enrolmentRandomBytes, mintEnrolmentToken } from './access/enrolment.ts';
import { addGroup, setGroup } from './access/groups.ts';
import { addPerson } from './access/people.ts';
import { addServer } from './access/servers.ts';
import type { Log } from './audit/commit.ts';
import type { Chance } from './ports.ts';
import { fine, type Result, refuse } from './protocol/errors.ts';
import { idRandomBytes, mintId, type PersonId } from './protocol/ids.ts';
import { accessRule, groupName, labels, personName, role, serverName, text } from './protocol/nouns.ts';

export const claimSchema = v.strictObject({ kind: v.picklist(['email', 'sub']), value: v.pipe(text(254), v.minLength(1)) });

export const seedSchema = v.strictObject({
  people: v.array(v.strictObject({ name: personName, claim: claimSchema, role })),
  groups: v.array(v.strictObject({ name: groupName, members: v.array(personName), access: v.array(accessRule) })),
  servers: v.array(v.strictObject({ name: serverName, labels })),
});
export type Seed = v.InferOutput<typeof seedSchema>;

const by = { actor: { kind: 'gateway' } } as const;

/** Plants a seed. Gives an enrolment token for each server, by name (one use, 15 minutes). Errors: those of the changes. */
export async function plantSeed(
  log: Log,
  chance: Chance,
  seed: Seed,
  caDigest: string | undefined,
): Promise<Result<Readonly<Record<string, string>>>> {
  const commit = <T>(change: Change<T>): Promise<Result<T>> => log.commit(change);
  const id = <P extends 'usr' | 'grp' | 'srv' | 'enr'>(prefix: P) => mintId(prefix, chance.bytes(idRandomBytes));

  for (const { name, claim, role: given } of seed.people) {
    const added = await commit(addPerson(by, { person: id('usr'), name, claim, role: given }));
    if (!added.ok) return added;
  }
  for (const { name, members, access } of seed.groups) {
    const group = id('grp');
    const added = await commit(addGroup(by, { group, name }));
    if (!added.ok) return added;
    const ids: PersonId[] = [];
    for (const member of members) {
      const person = Object.values(log.settled.people).find((row) => row.name === member);
      if (person === undefined) return refuse('not-found', `group ${name}: ${member}`);
      ids.push(person.id);
    }
    const set = await commit(setGroup(by, { group, members: ids, access }));
    if (!set.ok) return set;
  }
  const tokens: Record<string, string> = {};
  // All at once, so that a large workspace shares the log's syncs.
  const added = await Promise.all(
    seed.servers.map(async ({ name, labels: given }) => {
      const token = mintEnrolmentToken(chance.bytes(enrolmentRandomBytes), caDigest);
      tokens[name] = token;
      return commit(
        addServer(by, {
          enrolment: id('enr'),
          server: id('srv'),
          name,
          labels: given,
          tokenDigest: enrolmentDigest(token),
          minutes: enrolmentMaxMinutes,
        }),
      );
    }),
  );
  const refused = added.find((one) => !one.ok);
  if (refused !== undefined && !refused.ok) return refused;
  return fine(tokens);
}
