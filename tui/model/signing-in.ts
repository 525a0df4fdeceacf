// The sign-in screen: code, countdown, endings.
import type { Problem, Result } from '../../gateway/protocol/errors.ts';
import type { SignInCode, SignInProgress } from '../link/sign-in.ts';
import type { Step } from './action.ts';
import { step } from './action.ts';
import { say } from './messages.ts';
import type { Model, SignIn } from './model.ts';

const showing = (model: Model, signIn: SignIn): Model => ({ ...model, stage: { stage: 'sign-in', signIn } });

/** `because` = why an earlier sign-in no longer serves. */
export function beginSignIn(model: Model, because: Problem | undefined): Step {
  return step(showing(model, { signIn: 'starting', because }), { effect: 'sign-in' });
}

export function signInCode(model: Model, code: SignInCode): Step {
  if (model.stage.stage !== 'sign-in') return step(model);
  return step(showing(model, { signIn: 'code', code, startedAt: model.now, progress: 'waiting' }));
}

export function signInProgress(model: Model, progress: SignInProgress): Step {
  if (model.stage.stage !== 'sign-in' || model.stage.signIn.signIn !== 'code') return step(model);
  return step(showing(model, { ...model.stage.signIn, progress }));
}

export function signInOver(model: Model, result: Result<unknown>, now: number): Step {
  if (result.ok) return step(model);
  // Signed in, but not kept: the lists are there already.
  if (model.stage.stage !== 'sign-in')
    return say(
      model,
      now,
      'bad',
      `Signed in for this run only: ${result.problem.detail ?? 'the credentials could not be kept'}.`,
    );
  return step(showing(model, { signIn: 'failed', problem: result.problem }));
}
