// The policies in force: text, ids, annotations, and the digest that sessions carry. Built-in ones ship as readable files beside this one; those that
// admins add come on top and never instead of them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Level, levels } from '../protocol/nouns.ts';
import { type Action, actions } from './actions.ts';
import { cutPolicies, dropSet, misfits, PolicyFault, type PolicyText, prepare, takeSet } from './cedar.ts';
import { type Spoken, spokenBy } from './spoken.ts';
import { type Topic, topicsOf } from './topics.ts';

export type Policies = {
  /** SHA-256 hex over schema and policies. */
  readonly digest: string;
  readonly byId: ReadonlyMap<string, PolicyText>;
  /** Ids of those that admins added. */
  readonly added: ReadonlySet<string>;
  /** The name they are prepared under. */
  readonly set: string;
  /** Facts that some policy speaks of. */
  readonly spoken: Spoken;
  /** What each policy speaks of that could change. */
  readonly topics: ReadonlyMap<string, ReadonlySet<Topic>>;
  /** Ids of those that advise against lines typed in a live shell (S43): forbids that name `command.type`. Mostly none. */
  readonly advising: ReadonlySet<string>;
  /** Those about one action; prepared when it is first asked for, which takes some milliseconds. */
  readonly on: (action: Action) => OnAction;
  /** Whoever still decides by these is denied from now on. */
  readonly forget: () => void;
};

export type OnAction = {
  /** Facts that some of them speaks of. */
  readonly spoken: Spoken;
  /** What the permits among them speak of that could change. */
  readonly openedBy: ReadonlySet<Topic>;
};

const builtin = ['roles', 'doors', 'levels', 'requests', 'sessions', 'moderation', 'recordings', 'step-up', 'trail'] as const;
const asset = createRequire(import.meta.url);
/** Through package.json "imports", because the built program stands in another folder than these files. */
const read = (name: string): string => readFileSync(asset.resolve(`#policy/${name}`), 'utf8');

/** Longest words of an @advice: they stand in one line over a screen. */
const mostAdvice = 200;

const isAction = (name: string): name is Action => Object.hasOwn(actions, name);

let schema: string | undefined;
export const policySchema = (): string => (schema ??= read('sallyport.cedarschema'));

/** Built-in policies, checked against the schema. @throws PolicyFault: then nothing may be decided and the gateway must not start. */
export const builtinPolicies = (): Policies =>
  policiesFrom(
    policySchema(),
    builtin.map((name) => ({ name: `${name}.cedar`, source: read(`builtin/${name}.cedar`) })),
  );

/** @throws PolicyFault */
export function policiesFrom(schema: string, files: readonly { readonly name: string; readonly source: string }[]): Policies {
  const cut = files.flatMap(({ name, source }) => cutPolicies(name, source));
  for (const policy of cut) {
    const wrong = annotationFault(policy);
    if (wrong !== undefined) throw new PolicyFault(`${policy.id}: ${wrong}`);
  }
  if (new Set(cut.map(({ id }) => id)).size !== cut.length) throw new PolicyFault('two policies have the same @id');
  const misfit = misfits(schema, cut)[0];
  if (misfit !== undefined) throw new PolicyFault(`${misfit.policy ?? 'policies'}: ${misfit.message}`);
  return made(schema, cut, []);
}

/** The built-in ones of these policies, and others on top of them that were read and found fit. */
export const joined = (schema: string, base: Policies, added: readonly PolicyText[]): Policies =>
  made(
    schema,
    [...base.byId.values()].filter(({ id }) => !base.added.has(id)),
    added,
  );

function made(schema: string, base: readonly PolicyText[], added: readonly PolicyText[]): Policies {
  const all = [...base, ...added];
  const set = takeSet();
  const topics = new Map(all.map(({ id, parsed }) => [id, topicsOf(parsed)] as const));
  const known = new Map<Action, OnAction>();
  let forgotten = false;
  const hash = createHash('sha256').update(schema);
  for (const { id, text } of all) hash.update(JSON.stringify([id, text]));
  return {
    digest: hash.digest('hex'),
    byId: new Map(all.map((policy) => [policy.id, policy])),
    added: new Set(added.map(({ id }) => id)),
    set,
    spoken: spokenBy(all.map(({ parsed }) => parsed)),
    topics,
    advising: new Set(all.filter(({ parsed }) => advises(parsed)).map(({ id }) => id)),
    on(action) {
      const had = known.get(action);
      if (had !== undefined) return had;
      const about = all.filter((policy) => holdsFor(policy, action));
      if (!forgotten) prepare(set, action, about);
      const permits = about.filter(({ parsed }) => parsed.effect === 'permit');
      const one = {
        spoken: spokenBy(about.map(({ parsed }) => parsed)),
        openedBy: new Set(permits.flatMap(({ id }) => [...(topics.get(id) ?? [])])),
      };
      known.set(action, one);
      return one;
    },
    forget() {
      forgotten = true;
      dropSet(set, known.keys());
    },
  };
}

const advises = ({ effect, actions: named }: PolicyText['parsed']): boolean =>
  effect === 'forbid' && named !== 'all' && named.includes('command.type');

/**
 * Whether a policy can hold for an action. Cedar looks at every policy of a set at each decision, and one whose scope names other actions only can
 * neither decide nor err; so each action gets a set without those. When in doubt it can: the schema has no groups of actions, and a scope that
 * names what is no action of ours is kept everywhere.
 */
export const holdsFor = ({ parsed }: PolicyText, action: Action): boolean =>
  parsed.actions === 'all' || parsed.actions.includes(action) || parsed.actions.some((name) => !isAction(name));

/** What is wrong with the annotations of a policy; those that we do not know are refused, never ignored (A6). */
export function annotationFault({ annotations }: PolicyText): string | undefined {
  for (const [name, value] of Object.entries(annotations))
    switch (name) {
      case 'id':
        break;
      case 'level':
        if (!levels.some((level) => level === value)) return `@level("${value}") is no level`;
        break;
      case 'moderators':
      case 'approvals':
        if (!/^[1-9]$/.test(value)) return `@${name}("${value}") is not 1 to 9`;
        break;
      case 'advice':
        if (value.trim() === '' || value.length > mostAdvice) return `@advice takes 1 to ${mostAdvice} characters`;
        break;
      case 'approvers':
        return '@approvers is not known here: who approves is a policy of its own, about request.review';
      default:
        return `@${name} is not known here`;
    }
  return undefined;
}

/** The level a permit gives by itself, where it has a @level. */
export function levelGiven(policies: Policies, ids: readonly string[]): Level {
  let best = 0;
  for (const id of ids)
    best = Math.max(
      best,
      levels.findIndex((level) => level === policies.byId.get(id)?.annotations['level']),
    );
  return levels[best] ?? 'none';
}

/** How many moderators the policies that denied a shell alone ask for (E2): the most that one of them names in @moderators, at least one. */
export function moderatorsAsked(policies: Policies, ids: readonly string[]): number {
  return Math.max(1, ...ids.map((id) => Number(policies.byId.get(id)?.annotations['moderators'] ?? 1)));
}

/** How many approvals the policies that denied a single one ask for (N of M): the most that one of them names in @approvals, at least two. */
export function approvalsAsked(policies: Policies, ids: readonly string[]): number {
  return Math.max(2, ...ids.map((id) => Number(policies.byId.get(id)?.annotations['approvals'] ?? 2)));
}
