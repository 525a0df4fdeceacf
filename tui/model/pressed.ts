// A key: to the field when text is typed, otherwise through the keymap to a command.
import { commandFor } from '../keys/keymap.ts';
import { type Press, pastedPresses } from '../keys/press.ts';
import type { Step } from './action.ts';
import { step } from './action.ts';
import { stepUpPressed } from './asking.ts';
import { commandLinePressed } from './command-line.ts';
import { commanded } from './commanded.ts';
import { enrolmentPressed } from './enrolment.ts';
import { filterPressed } from './filter-line.ts';
import { formPressed } from './form.ts';
import type { Model } from './model.ts';
import { placeOf } from './place.ts';

export function pressed(model: Model, press: Press): Step {
  if (model.away) return step(model);
  const place = placeOf(model);
  if (place !== undefined) {
    const command = commandFor(press, place, model.readonly);
    // A key says that one has read on: what was said goes, and may be read again with `m`.
    if (command !== undefined) return commanded(model.toast === undefined ? model : { ...model, toast: undefined }, command);
    return step(model);
  }
  return typed(model, press === 'ctrl+c' ? 'esc' : press);
}

/** Pasted text goes into the field one types in. Where there is none it means nothing: its letters are no keys. */
export function pasted(model: Model, text: string): Step {
  if (model.away || placeOf(model) !== undefined) return step(model);
  return pastedPresses(text).reduce<Step>((before, press) => {
    const next = typed(before.model, press);
    return { model: next.model, effects: [...before.effects, ...next.effects] };
  }, step(model));
}

function typed(model: Model, press: Press): Step {
  if (model.stage.stage === 'enrolment') return enrolmentPressed(model, press);
  const { overlay } = model;
  switch (overlay?.overlay) {
    case 'command':
      return commandLinePressed(model, overlay, press);
    case 'filter':
      return filterPressed(model, overlay, press);
    case 'form':
      return formPressed(model, overlay, press);
    case 'step-up':
      return stepUpPressed(model, overlay, press);
    case 'help':
    case 'messages':
    case 'card':
    case 'refused':
    case 'review':
    case 'resume':
    case 'invited':
    case undefined:
      return step(model);
    default:
      return overlay satisfies never;
  }
}
