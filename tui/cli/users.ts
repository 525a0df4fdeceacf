// People of the workspace.
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { type Role, roles } from '../../gateway/protocol/nouns.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import { when } from './face.ts';
import { readArgs } from './globals.ts';
import { minutesOf } from './span.ts';
import { verbs } from './verbs.ts';
import { readWhy, withWhy } from './with-why.ts';

/** Longest an invitation waits. */
const mostInviteDays = 365;
const statuses = ['active', 'suspended'] as const;

function oneOf<T extends string>(flag: string, given: string | undefined, known: readonly T[]): Result<T | undefined> {
  const found = known.find((one) => one === given);
  if (given !== undefined && found === undefined) return refuse('usage', `${flag} is one of ${known.join(', ')}`);
  return { ok: true, value: found };
}

const list: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'person.list', {});
    if (!listed.ok) return listed;
    const { people } = listed.value;
    face.document(people);
    face.table(
      ['NAME', 'ROLE', 'STATUS', 'FACTOR', 'SESSIONS', 'LAST SIGN-IN', 'INVITED UNTIL', 'GROUPS', 'E-MAIL'],
      people.map((one) => [
        one.name,
        one.role,
        { text: one.status, paint: one.status === 'suspended' ? 'bad' : one.status === 'active' ? 'good' : 'dim' },
        one.factor,
        one.liveSessions === 0 ? '' : one.liveSessions,
        when(one.lastLoginAt),
        when(one.inviteUntil),
        one.groups.join(','),
        one.email,
      ]),
    );
    return { ok: true, value: 0 };
  });
};

const add: Run = async (face, args) => {
  const own = {
    email: { type: 'string' },
    sub: { type: 'string' },
    role: { type: 'string' },
    expires: { type: 'string' },
  } as const;
  const read = readArgs(args, own, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { email, sub, expires } = read.value.values;
  const role = oneOf<Role>('--role', read.value.values.role, roles);
  if (!role.ok) return role;
  const value = email ?? sub;
  if (value === undefined || (email !== undefined && sub !== undefined))
    return refuse('usage', '--email or --sub, one of the two');
  const span = expires === undefined ? undefined : minutesOf('--expires', expires, mostInviteDays * 1440);
  if (span?.ok === false) return span;
  if (span !== undefined && span.value % 1440 !== 0) return refuse('usage', '--expires is whole days, such as 7d');
  const may = mayChange(face);
  if (!may.ok) return may;
  const kind = email === undefined ? 'sub' : 'email';
  return onLine(face, async ({ link }) => {
    const name = read.value.words[0] ?? '';
    const added = await ask(face, link, 'person.add', {
      name,
      claim: { kind, value },
      role: role.value ?? 'user',
      ...(span === undefined ? {} : { days: span.value / 1440 }),
    });
    if (!added.ok) return added;
    face.document(added.value);
    face.line(`${name} may sign in${span === undefined ? '' : `, within ${span.value / 1440} days`} (${added.value.person}).`);
    return { ok: true, value: 0 };
  });
};

const set: Run = async (face, args) => {
  const own = { role: { type: 'string' }, status: { type: 'string' }, why: { type: 'string' } } as const;
  const read = readArgs(args, own, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { why } = read.value.values;
  const role = oneOf<Role>('--role', read.value.values.role, roles);
  if (!role.ok) return role;
  const status = oneOf('--status', read.value.values.status, statuses);
  if (!status.ok) return status;
  if (role.value === undefined && status.value === undefined) return refuse('usage', 'nothing to set');
  if (why === undefined) return refuse('usage', '--why is missing');
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'person.set', {
      person: read.value.words[0] ?? '',
      why,
      ...(role.value === undefined ? {} : { role: role.value }),
      ...(status.value === undefined ? {} : { status: status.value }),
    });
    if (!done.ok) return done;
    face.document(done.value);
    return { ok: true, value: 0 };
  });
};

const remove = withWhy('person.remove', (person, why) => ({ person, why }));

/** Reading the whole log twice takes its time. */
const eraseMs = 600_000;

const erase: Run = async (face, args) => {
  const read = readWhy(face, args);
  if (!read.ok) return read;
  const { words, why } = read.value;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'person.erase', { person: words[0] ?? '', why }, eraseMs);
    if (!done.ok) return done;
    face.document(done.value);
    const { records } = done.value;
    face.line(
      `Their name, e-mail, addresses and machines are gone from ${records} record${records === 1 ? '' : 's'} and the saved state.`,
    );
    face.note('What they did stays, and so do recordings of their sessions; sinks and backups outside have their own copies.');
    return { ok: true, value: 0 };
  });
};

export const users = verbs({ ls: list, add, set, rm: remove, erase });
