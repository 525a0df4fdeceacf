// Where connections may come from: ranges of addresses for the workspace, and for chosen servers (S51, S52).
import type { AddressRuleRow } from '../../gateway/protocol/access-nouns.ts';
import { refuse } from '../../gateway/protocol/errors.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import { when } from './face.ts';
import { readArgs } from './globals.ts';
import { readSelector, selectorText } from './selector.ts';
import { verbs } from './verbs.ts';

const endedText = (sessions: number): string =>
  sessions === 0 ? 'No live session ended by it.' : `${sessions} live session${sessions === 1 ? '' : 's'} ended.`;
const ruleText = ({ cidr, effect, servers }: AddressRuleRow): string =>
  `${effect === 'allow' ? 'allowed' : 'denied'}: ${cidr} ${servers === undefined ? 'for the workspace' : `for ${selectorText(servers)}`}`;

const list: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'address.list', {});
    if (!listed.ok) return listed;
    const { rules, peer } = listed.value;
    face.document(listed.value);
    face.table(
      ['RULE', 'EFFECT', 'ADDRESSES', 'FOR', 'BY', 'SINCE', 'NOTE'],
      rules.map((one) => [
        one.id,
        { text: one.effect, paint: one.effect === 'allow' ? 'good' : 'bad' },
        one.cidr,
        one.servers === undefined ? 'workspace' : selectorText(one.servers),
        one.by,
        when(one.at),
        one.note,
      ]),
    );
    face.note(rules.length === 0 ? `Every address may connect. You come from ${peer}.` : `You come from ${peer}.`);
    return { ok: true, value: 0 };
  });
};

const add: Run = async (face, args) => {
  const own = {
    deny: { type: 'boolean' },
    servers: { type: 'string' },
    note: { type: 'string' },
    force: { type: 'boolean' },
  } as const;
  const read = readArgs(args, own, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { deny, servers: given, note, force } = read.value.values;
  const servers = given === undefined ? undefined : readSelector(given);
  if (servers?.ok === false) return servers;
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const added = await ask(face, link, 'address.add', {
      cidr: read.value.words[0] ?? '',
      effect: deny === true ? 'deny' : 'allow',
      note: note ?? '',
      ...(servers === undefined ? {} : { servers: servers.value }),
      ...(force === true ? { force } : {}),
    });
    if (!added.ok) return added;
    const { rule, sessions, warning } = added.value;
    face.document(added.value);
    face.line(`${ruleText(rule)} (${rule.id})`);
    face.line(endedText(sessions));
    if (warning !== undefined) face.note(`Mind: ${warning}.`);
    return { ok: true, value: 0 };
  });
};

/** By its id, or by its range where only one rule has it. */
const remove: Run = async (face, args) => {
  const own = { why: { type: 'string' }, force: { type: 'boolean' } } as const;
  const read = readArgs(args, own, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { why, force } = read.value.values;
  const [name = ''] = read.value.words;
  if (why === undefined) return refuse('usage', '--why is missing');
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'address.list', {});
    if (!listed.ok) return listed;
    const found = listed.value.rules.filter(({ id, cidr }) => id === name || cidr === name);
    const [rule] = found;
    if (rule === undefined) return refuse('not-found', name);
    if (found.length > 1) return refuse('ambiguous', found.map(({ id }) => id).join(', '));
    const done = await ask(face, link, 'address.remove', { rule: rule.id, why, ...(force === true ? { force } : {}) });
    if (!done.ok) return done;
    face.document(done.value);
    face.line(`No longer ${ruleText(rule)}`);
    face.line(endedText(done.value.sessions));
    return { ok: true, value: 0 };
  });
};

export const allowlist = verbs({ ls: list, add, rm: remove });
