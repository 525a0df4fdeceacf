// The shape of the enforcement point (law 3); handlers/enforce.ts implements it, and is the only caller of decide.
import type { Lock } from '../access/lock.ts';
import type { Result } from '../protocol/errors.ts';
import type { Action } from './actions.ts';
import type { Caller, Decision, Target } from './decision.ts';
import type { Facts } from './facts.ts';
import type { PolicySets } from './in-force.ts';
import type { Judge } from './judgements.ts';
import type { TrialTold } from './trial.ts';

export interface Enforcer {
  /** Decides with fresh facts, records a denial or challenge (A38: one record), and gives the decision, or the problem to answer (denied, step-up, approval-needed, not-found; login-revoked when the sign-in is gone meanwhile). */
  enforce(caller: Caller, action: Action, target: Target, request?: string): Promise<Result<Decision>>;
  /** Decides without recording: rows of lists, `needs` columns, explain, and re-checks of live sessions (there only `deny` ends: a proof grows old by itself). */
  decide(caller: Caller, action: Action, target: Target): Decision;
  /** Records that somebody named something that is not there, and gives the same answer as for what they may not see. */
  unknown(caller: Caller, action: Action, request?: string): Promise<Result<never>>;
  /** The decision with all it rests on (S9). Records nothing. */
  explain(caller: Caller, action: Action, target: Target): Explanation;
  /** SHA-256 hex of the policies in force. */
  readonly policyDigest: string;
  /** The lock that stands in somebody's way, if one does. */
  lockOn(caller: Caller, target: Target): Lock | undefined;
  /** The policies in force and on trial, and how others are made ready. */
  readonly sets: PolicySets;
  /** What the set on trial would have done otherwise. */
  trial(): TrialTold | undefined;
  /** The decision that other policies would come to, over the facts as they are now or as `change` makes them. Records nothing. */
  under(judge: Judge, caller: Caller, action: Action, target: Target, change?: (facts: Facts) => Facts): Decision;
  /** Whether any policy advises against lines typed in a live shell (S43); where none does, no line is read. */
  readonly advises: boolean;
  /** The policies that advise against entering this line, and what they say; nothing where none does. Neither remembered nor recorded here. */
  advice(caller: Caller, target: Extract<Target, { kind: 'session' }>, line: string): Advice | undefined;
  /** How many moderators the policies that deny a shell alone ask for (E2). */
  moderators(policies: readonly string[]): number;
  /** How many approvals the policies that deny a grant by one ask for. */
  approvals(policies: readonly string[]): number;
}

/** `words`: the @advice of the first that has one. */
export type Advice = { readonly policies: readonly string[]; readonly words: string | undefined };

type Explanation = {
  readonly decision: Decision;
  readonly facts: Facts;
  /** Text of each policy that decided, comment and all. */
  readonly policyText: readonly string[];
};
