// What is filled in before something is asked: a reason that the driver reads and the log keeps, a line, a person, a time.
import type { LockId } from '../../gateway/protocol/ids.ts';
import { joinableRoles, type LockKind } from '../../gateway/protocol/nouns.ts';
import type { Press } from '../keys/press.ts';
import { type AccessPurpose, accessAskOf, accessFields, accessSlip, mostOf } from './access-form.ts';
import type { Step } from './action.ts';
import { step } from './action.ts';
import type { Ask } from './ask.ts';
import { ask } from './asking.ts';
import { choiceField, type FormField, numberField, textField, typedOf, valueOf } from './form-field.ts';
import type { Model, Overlay } from './model.ts';
import { typeInto } from './text-field.ts';

export type SessionPurpose = 'kill' | 'freeze' | 'message' | 'extend' | 'take-over' | 'invite';
export type Purpose =
  /** `who` opened it. */
  | { readonly purpose: SessionPurpose; readonly session: string; readonly name: string; readonly who: string }
  | { readonly purpose: 'lock'; readonly kind: LockKind; readonly target: string; readonly name: string }
  | { readonly purpose: 'unlock'; readonly lock: LockId; readonly name: string }
  | AccessPurpose;

export type Form = Extract<Overlay, { overlay: 'form' }>;

function fieldsOf(purpose: Purpose): readonly FormField[] {
  switch (purpose.purpose) {
    case 'take-over':
      return [];
    case 'message':
      return [textField('line')];
    case 'invite':
      // Whoever is to do more than look is chosen to (E1).
      return [textField('person'), choiceField('as', joinableRoles, 'observer'), numberField('minutes', '60')];
    case 'lock':
      return [textField('reason'), numberField('minutes', '', 'until it is taken off')];
    case 'kill':
    case 'freeze':
    case 'extend':
    case 'unlock':
      return [textField('reason')];
    default:
      return accessFields(purpose);
  }
}

export function openForm(model: Model, purpose: Purpose): Step {
  // Where the servers are known already, one goes on behind them.
  const at = purpose.purpose === 'request' && purpose.name !== '' ? 1 : 0;
  return step({ ...model, overlay: { overlay: 'form', purpose, fields: fieldsOf(purpose), at, lacks: undefined } });
}

export function formPressed(model: Model, form: Form, press: Press): Step {
  const show = (more: Partial<Form>): Step => step({ ...model, overlay: { ...form, lacks: undefined, ...more } });
  const count = form.fields.length;
  switch (press) {
    case 'esc':
      return step({ ...model, overlay: undefined });
    case 'enter': {
      const lacking = form.fields.findIndex((field) => field.field === 'text' && valueOf(field) === '');
      const empty = form.fields[lacking];
      const slip = empty === undefined ? beyond(form) : { at: lacking, lacks: empty.label };
      if (slip !== undefined) return show(slip);
      return ask({ ...model, overlay: undefined }, askOf(form));
    }
    case 'tab':
    case 'down':
      return count < 2 ? step(model) : show({ at: (form.at + 1) % count });
    case 'shift+tab':
    case 'up':
      return count < 2 ? step(model) : show({ at: (form.at + count - 1) % count });
    default:
  }
  const field = form.fields[form.at];
  if (field === undefined) return step(model);
  const next = field.field === 'choice' ? chosenBy(field, press) : typedInto(field, press);
  return next === field ? step(model) : show({ fields: form.fields.with(form.at, next) });
}

/** What the contract has no place for. */
function beyond({ purpose, fields }: Form): { readonly at: number; readonly lacks: string } | undefined {
  for (const [at, field] of fields.entries()) {
    const typed = typedOf(field);
    if (field.field !== 'text' || field.digits !== true || typed === '') continue;
    const most = mostIn(purpose, field.label);
    if (Number(typed) < 1 || Number(typed) > most) return { at, lacks: `${field.label} from 1 to ${most}` };
  }
  const slip = isAccess(purpose) ? accessSlip(purpose, (label) => valueIn(fields, label)) : undefined;
  return slip === undefined ? undefined : { at: 0, lacks: slip };
}

function mostIn(purpose: Purpose, label: string): number {
  if (purpose.purpose === 'invite') return 1_440;
  return isAccess(purpose) ? mostOf(purpose.purpose, label) : 525_600;
}

const plainPurposes: ReadonlySet<string> = new Set([
  'kill',
  'freeze',
  'message',
  'extend',
  'take-over',
  'invite',
  'lock',
  'unlock',
]);
const isAccess = (purpose: Purpose): purpose is AccessPurpose => !plainPurposes.has(purpose.purpose);

function valueIn(fields: readonly FormField[], label: string): string {
  const field = fields.find((one) => one.label === label);
  return field === undefined ? '' : valueOf(field);
}

type Typed = Extract<FormField, { field: 'text' }>;
type Choice = Extract<FormField, { field: 'choice' }>;

function typedInto(field: Typed, press: Press): FormField {
  if (field.digits === true && press.length === 1 && !/\d/.test(press)) return field;
  const typed = typeInto(field.typed, press);
  return typed === field.typed ? field : { ...field, typed };
}

/** Arrows go on, a letter goes to the one that begins with it. */
function chosenBy(field: Choice, press: Press): FormField {
  const { options, at } = field;
  const to =
    press === 'right' || press === ' '
      ? (at + 1) % options.length
      : press === 'left'
        ? (at + options.length - 1) % options.length
        : options.findIndex((option) => option.startsWith(press));
  return to < 0 || to === at ? field : { ...field, at: to };
}

function askOf(form: Form): Ask {
  const { purpose } = form;
  const value = (label: string): string => valueIn(form.fields, label);
  const why = value('reason');
  switch (purpose.purpose) {
    case 'kill':
    case 'extend':
      return { ask: purpose.purpose, session: purpose.session, name: purpose.name, why };
    case 'freeze':
      return { ask: 'freeze', session: purpose.session, name: purpose.name, freeze: true, why };
    case 'take-over':
      return { ask: 'take-over', session: purpose.session, name: purpose.name };
    case 'message':
      return { ask: 'message', session: purpose.session, name: purpose.name, text: value('line') };
    case 'invite': {
      const { session, name } = purpose;
      const role = joinableRoles.find((one) => one === value('as')) ?? 'observer';
      return { ask: 'share', session, name, person: value('person'), role, minutes: Number(value('minutes')) };
    }
    case 'lock': {
      const { kind, target, name } = purpose;
      const span = value('minutes');
      return { ask: 'lock', kind, target, name, why, minutes: /^\d+$/.test(span) ? Number(span) : undefined };
    }
    case 'unlock':
      return { ask: 'unlock', lock: purpose.lock, name: purpose.name, why };
    default:
      return accessAskOf(purpose, value);
  }
}
