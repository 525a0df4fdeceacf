// Changes to the policies that admins add: pure transitions. Each version holds the whole text, and what it was before stands in the version before.
import type { By } from '../access/change.ts';
import type { State } from '../audit/state.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { PersonId } from '../protocol/ids.ts';
import type { PolicyText } from './cedar.ts';
import type { Policies } from './policies.ts';

export type Applied = { readonly version: number; readonly digest: string };
type Made<T> = { readonly events: readonly NewEvent[]; readonly answer: Result<T> };

/** The policies that admins added, as far as they differ: ids. */
export type PolicyDiff = {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
};

const addedOf = ({ byId, added }: Policies): ReadonlyMap<string, string> =>
  new Map([...byId.values()].flatMap(({ id, text }) => (added.has(id) ? [[id, text] as const] : [])));

/** Ids of the added policies that a new set adds, changes and takes away; the built-in ones are in every set. */
export function differing(before: Policies, after: readonly Pick<PolicyText, 'id' | 'text'>[]): PolicyDiff {
  const had = addedOf(before);
  const has = new Map(after.map(({ id, text }) => [id, text]));
  return {
    added: [...has.keys()].filter((id) => !had.has(id)),
    changed: [...has].flatMap(([id, text]) => (had.has(id) && had.get(id) !== text ? [id] : [])),
    removed: [...had.keys()].filter((id) => !has.has(id)),
  };
}

export const versionOf = (state: Pick<State, 'policy'>): number => state.policy?.current?.version ?? 0;

/** The text of an earlier version; 0 = only the built-in policies. Undefined when it is no longer kept. */
export function textOfVersion({ policy }: Pick<State, 'policy'>, version: number): string | undefined {
  if (version === 0) return '';
  return [...(policy?.current === undefined ? [] : [policy.current]), ...(policy?.before ?? [])].find(
    (one) => one.version === version,
  )?.policies;
}

/** Errors: changed-meanwhile. What is in force already makes no event. */
export const applyPolicies =
  (
    by: By & { readonly person: PersonId },
    given: {
      readonly text: string;
      readonly next: Policies;
      readonly before: Policies;
      readonly expect: number;
      readonly why: string;
      readonly rollbackTo?: number;
    },
  ) =>
  (state: State): Made<Applied> => {
    const version = versionOf(state);
    if (version !== given.expect)
      return { events: [], answer: refuse('changed-meanwhile', `version ${version} is in force, not ${given.expect}`) };
    if ((state.policy?.current?.policies ?? '') === given.text)
      return { events: [], answer: fine({ version, digest: given.before.digest }) };
    const { person, ...about } = by;
    const { added, changed, removed } = differing(
      given.before,
      [...given.next.byId.values()].filter(({ id }) => given.next.added.has(id)),
    );
    return {
      events: [
        {
          ...about,
          type: 'policy.applied',
          outcome: 'ok',
          data: {
            version: version + 1,
            before: given.before.digest,
            after: given.next.digest,
            policies: given.text,
            added: [...added],
            changed: [...changed],
            removed: [...removed],
            by: person,
            why: given.why,
            ...(given.rollbackTo === undefined ? {} : { rollbackTo: given.rollbackTo }),
          },
          personal: {},
        },
      ],
      answer: fine({ version: version + 1, digest: given.next.digest }),
    };
  };

/** Without a set, the end of the trial; ending none makes no event. */
export const setTrial =
  (by: By & { readonly person: PersonId }, given: { readonly text: string; readonly digest: string } | undefined) =>
  (state: State): Made<object> => {
    if (given === undefined && state.policy?.trial === undefined) return { events: [], answer: fine({}) };
    const { person, ...about } = by;
    const had = state.policy?.trial?.digest;
    const set = {
      ...(given === undefined ? {} : { policies: given.text, digest: given.digest }),
      ...(had === undefined ? {} : { before: had }),
    };
    return {
      events: [{ ...about, type: 'policy.trial-set', outcome: 'ok', data: { by: person, ...set }, personal: {} }],
      answer: fine({}),
    };
  };
