// What the keyboard is talking to now.
import type { Place } from '../keys/keymap.ts';
import { countsInSeconds } from './countdown.ts';
import type { Model } from './model.ts';

/** `undefined` while text is typed: then every press belongs to the field. */
export function placeOf(model: Model): Place | undefined {
  const { stage, overlay } = model;
  switch (stage.stage) {
    case 'connecting':
      return 'waiting';
    case 'sign-in':
      return 'sign-in';
    case 'enrolment':
      return stage.enrolment.enrolment === 'scan' ? undefined : 'enrolment';
    case 'codes':
      return 'codes';
    case 'workspace':
      if (overlay === undefined) return model.route;
      switch (overlay.overlay) {
        case 'help':
        case 'messages':
        case 'refused':
        case 'review':
        case 'resume':
        case 'invited':
          return overlay.overlay;
        case 'card':
          return overlay.card.card === 'explained' ? 'explained' : 'card';
        case 'command':
        case 'filter':
        case 'form':
        case 'step-up':
          return undefined;
        default:
          return overlay satisfies never;
      }
    default:
      return stage satisfies never;
  }
}

/** Something on the screen counts down: ticks come every second instead of every minute. */
export function countsDown(model: Model): boolean {
  if (model.away) return false;
  if (model.line.line === 'waiting') return true;
  if (model.stage.stage === 'sign-in') return model.stage.signIn.signIn === 'code';
  if (countsInSeconds(model)) return true;
  const { overlay } = model;
  return overlay?.overlay === 'step-up' && overlay.refusedUntil !== undefined && overlay.refusedUntil > model.now;
}
