// Setting up an authenticator: secret, one right code, recovery codes shown once (T16, T17).
import type { Result } from '../../gateway/protocol/errors.ts';
import type { Gives } from '../../gateway/protocol/operator.ts';
import type { Press } from '../keys/press.ts';
import type { Step } from './action.ts';
import { step } from './action.ts';
import type { Ask } from './ask.ts';
import type { Enrolment, Model } from './model.ts';
import { emptyField, fieldText, type TextField, typeInto } from './text-field.ts';

/** `afterwards` is what needed the factor, asked once it stands. */
export function beginEnrolment(model: Model, afterwards: Ask | undefined): Step {
  return step(
    { ...model, overlay: undefined, stage: { stage: 'enrolment', enrolment: { enrolment: 'starting' }, afterwards } },
    { effect: 'enroll' },
  );
}

const showing = (model: Model, enrolment: Enrolment): Model =>
  model.stage.stage === 'enrolment' ? { ...model, stage: { ...model.stage, enrolment } } : model;

export function enrolmentBegun(model: Model, result: Result<Gives<'factor.enroll'>>): Step {
  if (!result.ok) return step(showing(model, { enrolment: 'failed', problem: result.problem }));
  const { secret, uri } = result.value;
  return step(showing(model, { enrolment: 'scan', secret, uri, field: emptyField, checking: false, problem: undefined }));
}

export function enrolmentOver(model: Model, result: Result<Gives<'factor.confirm'>>): Step {
  const { stage } = model;
  if (stage.stage !== 'enrolment' || stage.enrolment.enrolment !== 'scan') return step(model);
  if (!result.ok)
    return step(showing(model, { ...stage.enrolment, field: emptyField, checking: false, problem: result.problem }));
  return step({ ...model, stage: { stage: 'codes', codes: result.value.recoveryCodes, afterwards: stage.afterwards } });
}

export function enrolmentPressed(model: Model, press: Press): Step {
  const { stage } = model;
  if (stage.stage !== 'enrolment') return step(model);
  if (press === 'esc') return step({ ...model, stage: { stage: 'workspace' } });
  const { enrolment } = stage;
  if (enrolment.enrolment !== 'scan' || enrolment.checking) return step(model);
  if (press !== 'enter') {
    const field = typeCode(enrolment.field, press);
    return step(field === enrolment.field ? model : showing(model, { ...enrolment, field, problem: undefined }));
  }
  const code = codeOf(fieldText(enrolment.field));
  if (code === '') return step(model);
  return step(showing(model, { ...enrolment, checking: true, problem: undefined }), { effect: 'confirm-factor', code });
}

/** Authenticators show codes in two groups, and people type what they see. */
export const codeOf = (typed: string): string => typed.replace(/\s+/g, '');

/** Longest thing that is a code: a recovery code in its groups. */
const mostCode = 24;

/** A code being typed: digits, and what recovery codes are made of, in groups or not. Anything else is a slip, and stays out. */
export function typeCode(field: TextField, press: Press): TextField {
  if (press.length === 1 && (!/[a-z0-9 -]/i.test(press) || field.text.length >= mostCode)) return field;
  return /^\P{ASCII}/u.test(press) ? field : typeInto(field, press);
}
