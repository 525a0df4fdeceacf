// Groups: who is in them, and what they give on which servers.
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { fit } from '../../gateway/protocol/json.ts';
import { type AccessRule, accessRule } from '../../gateway/protocol/nouns.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import { readArgs } from './globals.ts';
import { readSelector } from './selector.ts';
import { verbs } from './verbs.ts';
import { withWhy } from './with-why.ts';

/** `SELECTOR:LEVEL[:USER,USER]`. Errors: `usage`. */
export function readRule(given: string): Result<AccessRule> {
  const [servers = '', level, users, ...more] = given.split(':');
  if (level === undefined || more.length > 0) return refuse('usage', `--access ${given}: expected SELECTOR:LEVEL[:USER,USER]`);
  const selector = readSelector(servers);
  if (!selector.ok) return selector;
  const named = (users ?? '').split(',').filter((user) => user !== '');
  const rule = fit(accessRule, { servers: selector.value, level, users: named });
  return rule.ok ? rule : refuse('usage', `--access ${given}: ${rule.problem.detail ?? 'no rule'}`);
}

/** The same way round. */
export function ruleText({ servers, level, users }: AccessRule): string {
  const parts = [
    ...(servers.name === undefined ? [] : [servers.name]),
    ...Object.entries(servers.labels ?? {}).map(([key, value]) => `${key}=${value}`),
  ];
  return `${parts.join(',') || '*'}:${level}${users.length === 0 ? '' : `:${users.join(',')}`}`;
}

const list: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'group.list', {});
    if (!listed.ok) return listed;
    const { groups } = listed.value;
    face.document(groups);
    face.table(
      ['NAME', 'MEMBERS', 'ACCESS'],
      groups.map((group) => [group.name, group.members.join(','), group.access.map(ruleText).join('  ')]),
    );
    return { ok: true, value: 0 };
  });
};

const add: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const added = await ask(face, link, 'group.add', { name: read.value.words[0] ?? '' });
    if (!added.ok) return added;
    face.document(added.value);
    return { ok: true, value: 0 };
  });
};

const set: Run = async (face, args) => {
  const own = {
    members: { type: 'string' },
    access: { type: 'string', multiple: true },
    'no-access': { type: 'boolean' },
  } as const;
  const read = readArgs(args, own, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { members, access: given, 'no-access': none } = read.value.values;
  if (given !== undefined && none === true) return refuse('usage', '--access or --no-access, not both');
  const access: AccessRule[] = [];
  for (const one of given ?? []) {
    const rule = readRule(one);
    if (!rule.ok) return rule;
    access.push(rule.value);
  }
  if (members === undefined && given === undefined && none !== true) return refuse('usage', 'nothing to set');
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'group.set', {
      group: read.value.words[0] ?? '',
      ...(members === undefined ? {} : { members: members.split(',').filter((name) => name !== '') }),
      ...(given === undefined && none !== true ? {} : { access }),
    });
    if (!done.ok) return done;
    face.document(done.value);
    return { ok: true, value: 0 };
  });
};

const remove = withWhy('group.remove', (group, why) => ({ group, why }));

export const groups = verbs({ ls: list, add, set, rm: remove });
