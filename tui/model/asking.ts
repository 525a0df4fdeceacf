// Asking for something and getting an answer: yes leads on, a challenge opens the step-up over what one was doing, a right code asks
// the very same thing again (T18), anything else is said.
import type { Problem, Result } from '../../gateway/protocol/errors.ts';
import type { Press } from '../keys/press.ts';
import type { Step } from './action.ts';
import { step } from './action.ts';
import { allowed } from './allowed.ts';
import { type Ask, actionOf, type Given, targetOf } from './ask.ts';
import { beginEnrolment, codeOf, typeCode } from './enrolment.ts';
import { sayProblem } from './messages.ts';
import type { Model, Overlay } from './model.ts';
import { emptyField, fieldText } from './text-field.ts';
import { openingRefused } from './trail.ts';

type StepUp = Extract<Overlay, { overlay: 'step-up' }>;

/** One thing at a time: while an answer is out, a second press of enter asks nothing. */
export function ask(model: Model, what: Ask): Step {
  if (model.asking !== undefined) return step(model);
  const refused = openingRefused(model, what.ask);
  if (refused !== undefined) return sayProblem(model, model.now, refused);
  return step({ ...model, asking: what }, { effect: 'ask', ask: what });
}

export function answered(model: Model, what: Ask, result: Result<Given>, now: number): Step {
  const free: Model = { ...model, asking: undefined };
  if (!result.ok) return refused(free, what, result.problem, now);
  const calm: Model = { ...free, overlay: free.overlay?.overlay === 'step-up' ? undefined : free.overlay };
  return allowed(calm, what, result.value, now);
}

function refused(model: Model, what: Ask, problem: Problem, now: number): Step {
  if (problem.code === 'factor-none') return beginEnrolment(model, what);
  if (problem.code !== 'step-up') return toldNo({ ...model, overlay: withoutStepUp(model) }, what, problem, now);
  // M5: a code is bound to what is displayed here, not to what the gateway says it is asked for.
  if (what.ask === 'approve' && problem.decision?.target !== undefined && problem.decision.target !== what.bound)
    return toldNo({ ...model, overlay: withoutStepUp(model) }, what, { code: 'not-as-displayed' }, now);
  if (model.self?.factor === 'none') return beginEnrolment(model, what);
  const { decision } = problem;
  const before = model.overlay?.overlay === 'step-up' ? model.overlay : undefined;
  const overlay: StepUp = {
    overlay: 'step-up',
    ask: what,
    challenge: {
      action: decision?.action ?? actionOf(what),
      target: decision?.target ?? targetOf(what),
      missing: decision?.missing ?? [],
    },
    field: emptyField,
    checking: false,
    problem: undefined,
    refusedUntil: before?.refusedUntil,
  };
  return step({ ...model, overlay });
}

const withoutStepUp = (model: Model): Overlay | undefined => (model.overlay?.overlay === 'step-up' ? undefined : model.overlay);

/** Said; and where policy said no, a box that leads on: why, and how to ask for it. */
function toldNo(model: Model, what: Ask, problem: Problem, now: number): Step {
  const said = sayProblem(model, now, problem);
  const byPolicy = problem.code === 'denied' || problem.code === 'approval-needed';
  if (!byPolicy || model.overlay !== undefined || what.ask === 'explain') return said;
  return { ...said, model: { ...said.model, overlay: { overlay: 'refused', ask: what, problem }, toast: undefined } };
}

export function stepUpPressed(model: Model, overlay: StepUp, press: Press): Step {
  if (press === 'esc') return step({ ...model, overlay: undefined, asking: undefined });
  if (overlay.checking) return step(model);
  if (press !== 'enter') {
    const field = typeCode(overlay.field, press);
    return step(field === overlay.field ? model : { ...model, overlay: { ...overlay, field, problem: undefined } });
  }
  const code = codeOf(fieldText(overlay.field));
  const throttled = overlay.refusedUntil !== undefined && model.now < overlay.refusedUntil;
  if (code === '' || throttled) return step(model);
  const { action, target } = overlay.challenge;
  return step(
    { ...model, overlay: { ...overlay, checking: true, problem: undefined } },
    { effect: 'prove', code, action, target },
  );
}

export function proven(model: Model, result: Result<unknown>, now: number): Step {
  const { overlay } = model;
  // Left meanwhile: the proof stands at the gateway, and nothing is opened behind somebody's back.
  if (overlay?.overlay !== 'step-up') return step(model);
  if (result.ok) return ask({ ...model, asking: undefined }, overlay.ask);
  const { problem } = result;
  const wait = problem.retryAfterMs;
  const refusedUntil = wait === undefined ? overlay.refusedUntil : now + wait;
  return step({ ...model, now, overlay: { ...overlay, field: emptyField, checking: false, problem, refusedUntil } });
}
