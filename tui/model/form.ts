// What is filled in before something is asked: a reason that the driver reads and the log keeps, a line, a person, a time.
import type { LockId } from '../../gateway/protocol/ids.ts';
import { joinableRoles } from '../../gateway/protocol/nouns.ts';
import type { Press } from '../keys/press.ts';
import type { Step } from './action.ts';
import { step } from './action.ts';
import type { Ask } from './ask.ts';
import { ask } from './asking.ts';
import type { Model, Overlay } from './model.ts';
import { emptyField, fieldOf, fieldText, type TextField, typeInto } from './text-field.ts';

export type SessionPurpose = 'kill' | 'freeze' | 'message' | 'extend' | 'take-over' | 'invite';
export type Purpose =
  /** `who` opened it. */
  | { readonly purpose: SessionPurpose; readonly session: string; readonly name: string; readonly who: string }
  | { readonly purpose: 'lock'; readonly kind: 'person' | 'server'; readonly target: string; readonly name: string }
  | { readonly purpose: 'unlock'; readonly lock: LockId; readonly name: string };

export type FormField =
  | {
      readonly field: 'text';
      readonly label: string;
      readonly typed: TextField;
      /** What stands in for an empty one; absent = it must be filled in. */
      readonly otherwise?: string;
      readonly digits?: true;
    }
  | { readonly field: 'choice'; readonly label: string; readonly options: readonly string[]; readonly at: number };

export type Form = Extract<Overlay, { overlay: 'form' }>;

const text = (label: string): FormField => ({ field: 'text', label, typed: emptyField });
const minutes = (typed: string, otherwise?: string): FormField => ({
  field: 'text',
  label: 'minutes',
  typed: fieldOf(typed),
  digits: true,
  ...(otherwise === undefined ? {} : { otherwise }),
});

function fieldsOf(purpose: Purpose['purpose']): readonly FormField[] {
  switch (purpose) {
    case 'take-over':
      return [];
    case 'message':
      return [text('line')];
    case 'invite':
      // Whoever is to do more than look is chosen to (E1).
      return [
        text('person'),
        { field: 'choice', label: 'as', options: joinableRoles, at: joinableRoles.indexOf('observer') },
        minutes('60'),
      ];
    case 'lock':
      return [text('reason'), minutes('', 'until it is taken off')];
    case 'kill':
    case 'freeze':
    case 'extend':
    case 'unlock':
      return [text('reason')];
    default:
      return purpose satisfies never;
  }
}

export function openForm(model: Model, purpose: Purpose): Step {
  return step({ ...model, overlay: { overlay: 'form', purpose, fields: fieldsOf(purpose.purpose), at: 0, lacks: undefined } });
}

export function formPressed(model: Model, form: Form, press: Press): Step {
  const show = (more: Partial<Form>): Step => step({ ...model, overlay: { ...form, lacks: undefined, ...more } });
  const count = form.fields.length;
  switch (press) {
    case 'esc':
      return step({ ...model, overlay: undefined });
    case 'enter': {
      const lacking = form.fields.findIndex((field) => field.field === 'text' && valueOf(field) === '');
      const lacks = form.fields[lacking]?.label ?? beyond(form);
      if (lacks !== undefined) return show({ at: Math.max(0, lacking < 0 ? count - 1 : lacking), lacks });
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

/** What stands in a field, or in for it; '' = nothing does. */
function valueOf(field: FormField): string {
  if (field.field === 'choice') return field.options[field.at] ?? '';
  const typed = fieldText(field.typed).trim();
  return typed === '' ? (field.otherwise ?? '') : typed;
}

/** Minutes that the contract has no place for. */
function beyond(form: Form): string | undefined {
  const most = form.purpose.purpose === 'invite' ? 1_440 : 525_600;
  const field = form.fields.find((one) => one.label === 'minutes');
  const typed = field?.field === 'text' ? fieldText(field.typed).trim() : '';
  if (typed === '') return undefined;
  return Number(typed) >= 1 && Number(typed) <= most ? undefined : `minutes from 1 to ${most}`;
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
  const value = (label: string): string => {
    const field = form.fields.find((one) => one.label === label);
    return field === undefined ? '' : valueOf(field);
  };
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
      return purpose satisfies never;
  }
}
