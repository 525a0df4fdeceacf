// The `/` line. Lists follow every key; the audit log is asked once, on enter.
import type { Press } from '../keys/press.ts';
import type { Step } from './action.ts';
import { step } from './action.ts';
import { commanded, refilter } from './commanded.ts';
import type { Model, Overlay } from './model.ts';
import { fieldText, typeInto } from './text-field.ts';

type Filter = Extract<Overlay, { overlay: 'filter' }>;

export function filterPressed(model: Model, overlay: Filter, press: Press): Step {
  const closed: Model = { ...model, overlay: undefined };
  if (press === 'esc') return refilter(closed, overlay.before);
  if (press === 'enter') return refilter(closed, fieldText(overlay.field));
  // The list stays within reach while one types.
  if (model.route !== 'audit' && (press === 'up' || press === 'down')) return commanded(model, press);
  const field = typeInto(overlay.field, press);
  if (field === overlay.field) return step(model);
  const typed: Model = { ...model, overlay: { ...overlay, field } };
  return model.route === 'audit' ? step(typed) : refilter(typed, fieldText(field));
}
