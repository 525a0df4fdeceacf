// The policies in force: the built-in ones and what admins added last, as the state says. They change with the event that says so and never in between;
// what is not prepared by then is prepared on the spot, so that there is no moment without policies.
import { createHash } from 'node:crypto';
import type { State } from '../audit/state.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { readAdded } from './added.ts';
import { readPolicy } from './cedar.ts';
import { type Judge, openJudge } from './judgements.ts';
import { joined, type Policies, policySchema } from './policies.ts';

export type PolicySet = { readonly policies: Policies; readonly judge: Judge };

export interface PolicySets {
  readonly base: Policies;
  now(): PolicySet;
  /** The set on trial, if one is. */
  onTrial(): PolicySet | undefined;
  /** Prepared ahead, for when the log says that it is in force or on trial: the change then costs nothing. */
  offer(text: string, policies: Policies): void;
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Built-in and added policies together. Errors: bad-request, naming what does not fit. */
export function withAdded(base: Policies, text: string): Result<Policies> {
  const read = readAdded(text, base);
  const wrong = read.problems[0];
  if (wrong !== undefined)
    return refuse('bad-request', `${wrong.policy === undefined ? '' : `${wrong.policy}: `}${wrong.message}`);
  return fine(joined(policySchema(), base, read.policies));
}

/**
 * Whether the policies that the log holds can be served by this program: its schema may be newer than they are. Errors: bad-request.
 */
export function servable(base: Policies, state: Pick<State, 'policy'>): Result<void> {
  const text = state.policy?.current?.policies;
  if (text === undefined || text === '') return fine(undefined);
  const read = readAdded(text, base);
  const wrong = read.problems[0];
  if (wrong === undefined) return fine(undefined);
  return refuse(
    'bad-request',
    `the policies of version ${state.policy?.current?.version} no longer fit this release: ${wrong.policy ?? 'policies'}: ${wrong.message}. Start the release before it, mend or remove that policy there (sallyport policy apply), then upgrade`,
  );
}

type Held = { readonly text: string; readonly set: PolicySet };

/** `base`: the built-in policies. `policy`: what the state says was applied last, read anew at each decision. */
export function openPolicySets(base: Policies, policy: () => State['policy']): PolicySets {
  const builtin: Held = { text: '', set: { policies: base, judge: openJudge(base) } };
  let held = builtin;
  let trial: Held | undefined;
  // Rows are values: the same row is the same text, and a text of 48 KiB is not compared at each decision.
  let heldRow: unknown;
  let trialRow: unknown;
  const offered = new Map<string, Policies>();

  function made(text: string): Held {
    if (text === '') return builtin;
    const key = digestOf(text);
    const ready = offered.get(key);
    offered.delete(key);
    const policies = ready ?? knownFit(base, text);
    return { text, set: { policies, judge: openJudge(policies) } };
  }
  const done = (old: Held | undefined): void => {
    if (old !== undefined && old !== builtin && old !== held && old !== trial) old.set.policies.forget();
  };

  return {
    base,
    now() {
      const row = policy()?.current;
      if (row === heldRow) return held.set;
      heldRow = row;
      const text = row?.policies ?? '';
      if (text !== held.text) {
        const old = held;
        held = trial?.text === text ? trial : made(text);
        done(old);
      }
      return held.set;
    },
    onTrial() {
      const row = policy()?.trial;
      if (row === trialRow) return trial?.set;
      trialRow = row;
      const text = row?.policies;
      if (text !== trial?.text) {
        const old = trial;
        trial = text === undefined ? undefined : text === held.text ? held : made(text);
        done(old);
      }
      return trial?.set;
    },
    offer(text, policies) {
      // Whatever was offered before and never came is forgotten: there is one change at a time.
      for (const [key, old] of offered) {
        offered.delete(key);
        old.forget();
      }
      if (text !== '') offered.set(digestOf(text), policies);
    },
  };
}

/**
 * For a text that the log holds: it was found fit before it came there, by this program or by another. What this one cannot read it must not pass over:
 * a forbid left out would be a hole (A6), so then nothing is allowed.
 */
function knownFit(base: Policies, text: string): Policies {
  const { policies, problems } = readAdded(text, base);
  const shut = problems.length === 0 ? undefined : readPolicy(unreadable);
  return joined(policySchema(), base, shut !== undefined && 'parsed' in shut ? [...policies, shut] : policies);
}
const unreadable = `// The policies in force cannot be read by this release: nothing is allowed until it is the right one.
@id("policies-that-cannot-be-read")
forbid (principal, action, resource);`;
