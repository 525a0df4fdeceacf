// Ending somebody's session takes a reason, in words: the driver reads it, and it stands in the log.
import type { Press } from '../keys/press.ts';
import type { Step } from './action.ts';
import { step } from './action.ts';
import { ask } from './asking.ts';
import type { Model, Overlay } from './model.ts';
import { fieldText, typeInto } from './text-field.ts';

type Kill = Extract<Overlay, { overlay: 'kill' }>;

export function killPressed(model: Model, overlay: Kill, press: Press): Step {
  if (press === 'esc') return step({ ...model, overlay: undefined });
  if (press === 'enter') {
    const why = fieldText(overlay.field).trim();
    if (why === '') return step(model);
    return ask({ ...model, overlay: undefined }, { ask: 'kill', session: overlay.session, name: overlay.name, why });
  }
  const field = typeInto(overlay.field, press);
  return step(field === overlay.field ? model : { ...model, overlay: { ...overlay, field } });
}
