// Conditions of policies in plain sentences: what would have to be so, and how it is (law 4). Every condition that a built-in policy has is worded
// here (words.test.ts asks for it); what an admin writes in other ways is told as Cedar writes it. Pure.
import { cutAt, type Expression, negated, pathOf, sourceOf } from './expression.ts';
import type { Facts } from './facts.ts';
import { type Asked, valueOf } from './holds.ts';

/** Whom it is told about: `you`, or a name. */
export type Whom = { readonly self: boolean; readonly name: string };

export type Worded = {
  /** What would have to be so. */
  readonly need: string;
  /** How it is, where that says more than the opposite. */
  readonly is: string | undefined;
  /** Nobody put it into words: it stands as Cedar writes it. */
  readonly raw: boolean;
};

type Sentence = readonly [yes: string, no: string, is?: string | undefined];

const list = (parts: readonly string[], by: string): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} ${by} ${parts.at(-1) ?? ''}`;

/** An expression in words, as it must hold or, with `wanted` false, must not. */
export function wordsFor(of: Expression, wanted: boolean, asked: Asked, whom: Whom): Worded {
  if (of.op === 'call' && of.name === '!' && of.args[0] !== undefined) return wordsFor(of.args[0], !wanted, asked, whom);
  if (of.op === 'call' && (of.name === '&&' || of.name === '||')) {
    const tag = labelIn(of);
    if (tag !== undefined) return worded(labelWords(tag, asked), wanted);
    const parts = mergedRoles(of.name === '&&' ? conjunctsOf(of) : cutAt('||', of)).map((part) =>
      wordsFor(part, wanted, asked, whom),
    );
    const by = (of.name === '&&') === wanted ? 'and' : 'or';
    const known = [...new Set(parts.flatMap(({ is }) => is ?? []))];
    return {
      need: list([...new Set(parts.map(({ need }) => need))], by),
      is: known.length === 0 ? undefined : known.join(', '),
      raw: parts.some(({ raw }) => raw),
    };
  }
  const sentence = sentenceFor(of, asked, speaker(whom));
  if (sentence !== undefined) return worded(sentence, wanted);
  return { need: sourceOf(wanted ? of : negated(of)), is: undefined, raw: true };
}

const worded = ([yes, no, is]: Sentence, wanted: boolean): Worded => ({ need: wanted ? yes : no, is, raw: false });

/** `role a || role b` is one condition about one role. */
function mergedRoles(parts: readonly Expression[]): readonly Expression[] {
  const roles = parts.filter((part) => roleIn(part) !== undefined);
  if (roles.length < 2) return parts;
  const items = roles.flatMap((part) => (part.op === 'call' && part.args[1] !== undefined ? [part.args[1]] : []));
  const whole: Expression = {
    op: 'call',
    name: 'in',
    args: [
      { op: 'var', name: 'principal' },
      { op: 'set', items },
    ],
  };
  return [whole, ...parts.filter((part) => !roles.includes(part))];
}
const roleIn = (of: Expression): string | undefined => {
  if (of.op !== 'call' || of.name !== 'in' || of.args[0]?.op !== 'var' || of.args[0].name !== 'principal') return undefined;
  const role = of.args[1];
  return role?.op === 'entity' && role.type === 'Role' ? role.id : undefined;
};

type Label = { readonly key: string; readonly value: string };
/** `resource.hasTag("k") && resource.getTag("k") == "v"`. */
function labelIn(of: Expression): Label | undefined {
  if (of.op !== 'call' || of.name !== '&&') return undefined;
  const [has, get] = of.args;
  if (has?.op !== 'call' || has.name !== 'hasTag' || get?.op !== 'call' || get.name !== '==') return undefined;
  const [tag, value] = get.args;
  const key = has.args[1];
  if (tag?.op !== 'call' || tag.name !== 'getTag' || tag.args[1]?.op !== 'value' || value?.op !== 'value') return undefined;
  return key?.op === 'value' && key.value === tag.args[1].value
    ? { key: String(key.value), value: String(value.value) }
    : undefined;
}
/** Cut at `&&`, but a label and its value stay together. */
export function conjunctsOf(body: Expression): readonly Expression[] {
  const together: Expression[] = [];
  for (const part of cutAt('&&', body)) {
    const before = together.at(-1);
    const pair: Expression | undefined = before && { op: 'call', name: '&&', args: [before, part] };
    if (pair !== undefined && labelIn(pair) !== undefined) together.splice(-1, 1, pair);
    else together.push(part);
  }
  return together;
}

function labelWords({ key, value }: Label, { facts }: Asked): Sentence {
  const told = 'tags' in facts.resource && Object.hasOwn(facts.resource.tags, key) ? facts.resource.tags[key] : undefined;
  const yes = `${thing(facts)} has the label ${key}=${value}`;
  const no = `${thing(facts)} has not the label ${key}=${value}`;
  return [yes, no, told === undefined ? `it has no label ${key}` : `it has ${key}=${told}`];
}

type Speaker = {
  readonly you: string;
  readonly your: string;
  readonly are: string;
  readonly have: string;
  readonly was: (verb: string) => string;
  readonly does: (verb: string) => string;
  readonly doesNot: string;
};
const speaker = ({ self, name }: Whom): Speaker =>
  self
    ? {
        you: 'you',
        your: 'your',
        are: 'you are',
        have: 'you have',
        was: (verb) => `you ${verb}`,
        does: (verb) => `you ${verb}`,
        doesNot: 'you do not',
      }
    : {
        you: name,
        your: `${name}'s`,
        are: `${name} is`,
        have: `${name} has`,
        was: (verb) => `${name} ${verb}`,
        does: (verb) => `${name} ${verb}s`,
        doesNot: `${name} does not`,
      };

/** What the decision is about. */
function thing({ resource }: Facts): string {
  switch (resource.kind) {
    case 'workspace':
      return 'the workspace';
    case 'self':
    case 'person':
      return 'that person';
    case 'server':
      return 'this server';
    case 'session':
    case 'recording':
      return 'the server of it';
    case 'request':
      return 'some server it asks for';
    case 'grant':
      return 'some server it is for';
    default:
      return resource satisfies never;
  }
}

const roleName: Readonly<Record<string, string>> = { user: 'a user', staff: 'staff', superuser: 'a superuser' };
const role = (name: string): string => roleName[name] ?? name;

const flags: Readonly<Record<string, (who: Speaker) => Sentence>> = {
  'context.factor.fresh': ({ was, have }) => [
    `${was('proved')} a second factor for just this, recently enough`,
    `${have} proven no second factor for this`,
  ],
  'context.factor.enrolled': ({ have }) => [`${have} set up a second factor`, `${have} no second factor`],
  'context.device.trusted': () => [
    'a second factor was proven on this device before',
    'this device never proved a second factor',
  ],
  'context.device.familiar': () => [
    'a second factor was proven from the address of this sign-in before',
    'no second factor was ever proven from the address of this sign-in',
  ],
  'context.approved': ({ you }) => [`a grant that somebody approved for ${you} holds here`, `no grant for ${you} holds here`],
  'context.locked': ({ you, your }) => [
    `a lock is on ${you} or ${your} role, group, sign-in or device`,
    `no lock is on ${you} or ${your} role, group, sign-in or device`,
  ],
  'context.closed': () => ['a lock is on this server', 'no lock is on this server'],
  'context.outside': ({ your }) => [
    `${your} address is outside what the address rules allow`,
    `${your} address is one that the address rules allow`,
  ],
  'context.breakGlass': () => ['the sign-in was made by breaking the glass', 'the sign-in was not made by breaking the glass'],
  'context.factorRequired': () => [
    'the workspace asks everybody for a second factor',
    'the workspace does not ask everybody for a second factor',
  ],
  'context.trailStale': () => [
    'no anchor has taken the audit log for too long',
    'an anchor vouches for the audit log, or none is set up',
  ],
  'resource.keyboard': ({ your, you }) => [
    `its keyboard is ${your === 'your' ? 'yours' : your}`,
    `its keyboard is not with ${you}`,
  ],
  'resource.moderates': ({ does, doesNot }) => [`${does('moderate')} it right now`, `${doesNot} moderate it`],
  'resource.extended': () => ['it was prolonged before', 'it was not prolonged before'],
  'resource.closed': () => ['the recording is closed', 'the recording is not closed'],
};

const owners: Readonly<Record<string, (who: Speaker) => Sentence>> = {
  'resource.driver': ({ you, was }) => [`${was('opened')} it`, `somebody else than ${you} opened it`],
  'resource.requester': ({ you, was }) => [`${was('made')} the request`, `somebody else than ${you} made the request`],
  'resource.holder': ({ your, you }) => [
    `the grant is ${your === 'your' ? 'yours' : your}`,
    `the grant is of somebody else than ${you}`,
  ],
  resource: ({ you }) => [`it is about ${you === 'you' ? 'yourself' : `${you} alone`}`, `it is about somebody else than ${you}`],
};

function sentenceFor(of: Expression, asked: Asked, who: Speaker): Sentence | undefined {
  const path = pathOf(of);
  if (path !== undefined) return flags[path]?.(who);
  if (of.op === 'value') return of.value === true ? ['always', 'never'] : ['never', 'always'];
  if (of.op === 'is') return [`it is about a ${of.type.toLowerCase()}`, `it is not about a ${of.type.toLowerCase()}`];
  if (of.op !== 'call') return undefined;
  const [left, right] = of.args;
  if (left === undefined || right === undefined) return undefined;
  switch (of.name) {
    case 'contains':
      return pathOf(left) === 'context.reach' ? reachWords(right, asked, who) : undefined;
    case 'in':
      return inWords(left, right, asked.facts, who);
    case '==':
    case '!=': {
      const made = equalWords(left, right, asked, who) ?? equalWords(right, left, asked, who);
      return made === undefined || of.name === '==' ? made : [made[1], made[0], made[2]];
    }
    case '<':
    case '<=':
    case '>':
    case '>=':
      return timeWords(of.name, left, right, asked);
    case 'isInRange': {
      const range = right.op === 'call' && right.args[0]?.op === 'value' ? String(right.args[0].value) : undefined;
      if (pathOf(left) !== 'context.address' || range === undefined) return undefined;
      const { address } = asked.facts.context;
      return [
        `${who.your} address is in ${range}`,
        `${who.your} address is not in ${range}`,
        address === undefined ? 'it is not known' : `it is ${address}`,
      ];
    }
    default:
      return undefined;
  }
}

function reachWords(level: Expression, asked: Asked, { your }: Speaker): Sentence {
  const wanted = valueOf(level, asked);
  const more = wanted === 'full' ? '' : ' or more';
  const of = level.op === 'value' ? '' : ', the level it was opened with,';
  const reached = asked.facts.context.reach.at(-1);
  const here = asked.facts.resource.kind === 'server' ? 'on this server' : 'on its server';
  return [
    `${your} groups and grants give ${String(wanted)}${more}${of} ${here}`,
    `${your} groups and grants give less than ${String(wanted)} ${here}`,
    reached === undefined ? 'they give nothing there' : `they give ${reached}`,
  ];
}

function inWords(left: Expression, right: Expression, facts: Facts, who: Speaker): Sentence | undefined {
  const items = right.op === 'set' ? right.items : [right];
  const roles = items.flatMap((item) => (item.op === 'entity' && item.type === 'Role' ? [role(item.id)] : []));
  const groups = items.flatMap((item) => (item.op === 'entity' && item.type === 'Group' ? [item.id] : []));
  const about = left.op === 'var' ? left.name : undefined;
  if (about === 'principal' && roles.length === items.length)
    return [`${who.are} ${list(roles, 'or')}`, `${who.are} not ${list(roles, 'or')}`, `${who.are} ${role(facts.principal.role)}`];
  if (groups.length !== items.length) return undefined;
  const named = `the group${groups.length === 1 ? '' : 's'} ${list(groups, 'or')}`;
  if (about === 'principal') return [`${who.are} in ${named}`, `${who.are} not in ${named}`];
  return about === 'resource' ? [`${thing(facts)} is in ${named}`, `${thing(facts)} is not in ${named}`] : undefined;
}

function equalWords(left: Expression, right: Expression, asked: Asked, who: Speaker): Sentence | undefined {
  const path = pathOf(left);
  if (path === undefined) return undefined;
  if (right.op === 'var' && right.name === 'principal') return owners[path]?.(who);
  if (right.op === 'var' && right.name === 'resource' && path === 'principal') return owners['resource']?.(who);
  if (path === 'action' && right.op === 'entity') return [`it is ${right.id}`, `it is not ${right.id}`, `it is ${asked.action}`];
  if (path === 'principal' && right.op === 'entity') return [`${who.are} ${right.id}`, `${who.are} not ${right.id}`];
  if (right.op !== 'value') return undefined;
  const wanted = String(right.value);
  const is = valueOf(left, asked);
  const known = is === undefined ? undefined : `it is ${String(is)}`;
  switch (path) {
    case 'resource.tier':
      return [`${thing(asked.facts)} is ${wanted}`, `${thing(asked.facts)} is not ${wanted}`, known];
    case 'resource.level':
      return [`its level is ${wanted}`, `its level is not ${wanted}`, known];
    case 'resource.invited':
      return wanted === 'none'
        ? [`${who.are} not invited to it`, `${who.are} invited to it`]
        : [`${who.are} invited to it as ${wanted}`, `${who.are} not invited to it as ${wanted}`];
    case 'resource.role':
      return [
        `that person is ${role(wanted)}`,
        `that person is not ${role(wanted)}`,
        is === undefined ? undefined : `they are ${role(String(is))}`,
      ];
    case 'resource.status':
      return [`that person is ${wanted}`, `that person is not ${wanted}`, known];
    case 'principal.status':
      return [`${who.your} account is ${wanted}`, `${who.your} account is not ${wanted}`, known];
    case 'principal.role':
      return [`${who.are} ${role(wanted)}`, `${who.are} not ${role(wanted)}`, `${who.are} ${role(asked.facts.principal.role)}`];
    default:
      return moments[path] === undefined
        ? undefined
        : [`${moments[path]} is ${wanted}`, `${moments[path]} is not ${wanted}`, known];
  }
}

const moments: Readonly<Record<string, string>> = {
  'context.now.hour': 'the hour (UTC)',
  'context.now.minute': 'the minute',
  'context.now.weekday': 'the day of the week (1 = Monday)',
};

function timeWords(name: string, left: Expression, right: Expression, asked: Asked): Sentence | undefined {
  const what = moments[pathOf(left) ?? ''];
  if (what === undefined || right.op !== 'value') return undefined;
  const said: Readonly<Record<string, readonly [string, string]>> = {
    '<': ['before', 'or later'],
    '<=': ['at most', 'after'],
    '>': ['after', 'at most'],
    '>=': ['or later', 'before'],
  };
  const [yes, no] = said[name] ?? ['', ''];
  const put = (word: string): string =>
    word === 'or later' ? `${what} is ${String(right.value)} or later` : `${what} is ${word} ${String(right.value)}`;
  const is = valueOf(left, asked);
  return [put(yes), put(no), is === undefined ? undefined : `it is ${String(is)}`];
}
