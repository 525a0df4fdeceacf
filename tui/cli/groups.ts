// Groups: who is in them, and what they give on which servers.
import type { ReachChange } from '../../gateway/protocol/access-nouns.ts';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { fit } from '../../gateway/protocol/json.ts';
import { type AccessRule, accessRule } from '../../gateway/protocol/nouns.ts';
import type { Takes } from '../../gateway/protocol/operator.ts';
import type { Link } from '../link/link.ts';
import type { Run } from './command.ts';
import { canConfirm, confirmed } from './confirm.ts';
import { ask, mayChange, onLine } from './connect.ts';
import type { Face } from './face.ts';
import { readArgs } from './globals.ts';
import { readSelector } from './selector.ts';
import { verbs } from './verbs.ts';

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

const names = (given: string | undefined): string[] => (given ?? '').split(',').filter((name) => name !== '');

const usersText = (users: readonly string[]): string => (users.length === 0 ? '' : ` as ${users.join(', ')}`);

/** What a change gives and takes, before anybody is asked whether to make it (S37). */
function showChange(face: Face, { gained, lost }: ReachChange): void {
  for (const [sign, paint, side] of [
    ['+', '\x1b[32m', gained],
    ['-', '\x1b[31m', lost],
  ] as const) {
    for (const { personName, serverName, before, after, usersBefore, usersAfter } of side.rows)
      face.painted(
        `${sign} ${personName} on ${serverName}: ${before}${usersText(usersBefore)} → ${after}${usersText(usersAfter)}`,
        paint,
      );
    if (side.count > side.rows.length) face.line(`${sign} and ${side.count - side.rows.length} more`);
  }
  const counted = ({ count, people, servers }: ReachChange['gained']): string =>
    count === 0 ? 'nothing' : `${people} ${people === 1 ? 'person' : 'people'} × ${servers} server${servers === 1 ? '' : 's'}`;
  face.line(`Gained: ${counted(gained)}. Lost: ${counted(lost)}.`);
}

type Change = Omit<Takes<'group.set'>, 'preview'>;
type How = { readonly dry: boolean; readonly yes: boolean };

/** Shows what a change would do and asks, where there is somebody to ask and they did not say yes; then does it. */
async function changed(
  face: Face,
  link: Link,
  change: Change,
  how: How,
  act: () => Promise<Result<object>>,
): Promise<Result<number>> {
  const asks = canConfirm(face) && !how.yes;
  if (how.dry || asks) {
    const shown = await ask(face, link, 'group.set', { ...change, preview: true });
    if (!shown.ok) return shown;
    if (how.dry) face.document(shown.value);
    if (shown.value.preview !== undefined) showChange(face, shown.value.preview);
    if (how.dry) return { ok: true, value: 0 };
    const sure = await confirmed(face, 'Do it?');
    if (!sure.ok) return sure;
  }
  const done = await act();
  if (!done.ok) return done;
  face.document(done.value);
  return { ok: true, value: 0 };
}

const howFlags = { 'dry-run': { type: 'boolean' }, yes: { type: 'boolean', short: 'y' } } as const;

const set: Run = async (face, args) => {
  const own = {
    ...howFlags,
    members: { type: 'string' },
    access: { type: 'string', multiple: true },
    'no-access': { type: 'boolean' },
  } as const;
  const read = readArgs(args, own, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { members, access: given, 'no-access': none, 'dry-run': dry, yes } = read.value.values;
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
    const change: Change = {
      group: read.value.words[0] ?? '',
      ...(members === undefined ? {} : { members: names(members) }),
      ...(given === undefined && none !== true ? {} : { access }),
    };
    return changed(face, link, change, { dry: dry === true, yes: yes === true }, () => ask(face, link, 'group.set', change));
  });
};

/** Who comes and who goes; whoever else is in it stays, also when somebody else changes it meanwhile. */
const members: Run = async (face, args) => {
  const own = { ...howFlags, add: { type: 'string' }, rm: { type: 'string' } } as const;
  const read = readArgs(args, own, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { add: join, rm: leave, 'dry-run': dry, yes } = read.value.values;
  if (join === undefined && leave === undefined) return refuse('usage', '--add, --rm or both');
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const change: Change = {
      group: read.value.words[0] ?? '',
      ...(join === undefined ? {} : { join: names(join) }),
      ...(leave === undefined ? {} : { leave: names(leave) }),
    };
    return changed(face, link, change, { dry: dry === true, yes: yes === true }, () => ask(face, link, 'group.set', change));
  });
};

const remove: Run = async (face, args) => {
  const read = readArgs(args, { ...howFlags, why: { type: 'string' } }, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { why, 'dry-run': dry, yes } = read.value.values;
  if (why === undefined) return refuse('usage', '--why is missing');
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const group = read.value.words[0] ?? '';
    // To whoever is in it, a group that is gone is one that nobody is in.
    const empty: Change = { group, members: [] };
    return changed(face, link, empty, { dry: dry === true, yes: yes === true }, () =>
      ask(face, link, 'group.remove', { group, why }),
    );
  });
};

export const groups = verbs({ ls: list, add, set, members, rm: remove });
