// The shape of the enforcement point (law 3); handlers/enforce.ts implements it, and is the only caller of decide.
import type { Result } from '../protocol/errors.ts';
import type { Action } from './actions.ts';
import type { Caller, Decision, Target } from './decision.ts';

export interface Enforcer {
  /** Decides with fresh facts, records a denial or challenge (A38: one record), and gives the decision, or the problem to answer (denied, step-up, approval-needed, not-found). */
  enforce(caller: Caller, action: Action, target: Target, request?: string): Promise<Result<Decision>>;
  /** Decides without recording: rows of lists, `needs` columns, explain, and re-checks of live sessions. */
  decide(caller: Caller, action: Action, target: Target): Decision;
}
