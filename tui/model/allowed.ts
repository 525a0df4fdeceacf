// What an ask that the gateway allowed leads to: a turn at the terminal, a list, a code to tell, or a sentence.

import { accessAllowed } from './access-allowed.ts';
import type { Step } from './action.ts';
import { step } from './action.ts';
import type { Ask, Given } from './ask.ts';
import { withoutCall } from './calls.ts';
import { hourOf } from './hour.ts';
import { say } from './messages.ts';
import type { Model } from './model.ts';
import { readAgain } from './told.ts';

export function allowed(model: Model, what: Ask, value: Given, now: number): Step {
  const name = 'name' in what ? what.name : '';
  const away = (): Model => ({ ...model, away: true, toast: undefined });
  switch (value.ask) {
    case 'open':
    case 'attach':
      return step(away(), { effect: 'turn', turn: { turn: 'drive', given: value.given } });
    case 'watch':
      return step(withoutCall(away(), value.given.session.id), { effect: 'turn', turn: { turn: 'watch', given: value.given } });
    case 'join':
      return step(withoutCall(away(), value.given.session.id), { effect: 'turn', turn: { turn: 'join', given: value.given } });
    case 'replay':
      return step(away(), { effect: 'turn', turn: { turn: 'replay', given: value.given } });
    case 'kill':
      return say(model, now, 'good', `The session on ${name} was ended.`);
    case 'freeze':
      return say(
        model,
        now,
        'good',
        what.ask === 'freeze' && !what.freeze
          ? `The session on ${name} takes keys again.`
          : `The session on ${name} takes no keys; what runs goes on.`,
      );
    case 'message':
      return say(model, now, 'good', `Everybody in the session on ${name} reads it.`);
    case 'extend':
      return say(model, now, 'good', `The session on ${name} may go on until ${hourOf(value.until, now)}.`);
    case 'share': {
      const { code, invite } = value.given;
      return step({ ...model, overlay: { overlay: 'invited', code, invite, name } });
    }
    case 'lock': {
      const { sessions, lock } = value;
      const ended = sessions === 0 ? '' : `; ${sessions === 1 ? 'one session' : `${sessions} sessions`} ended`;
      const until = lock.until === undefined ? '' : ` until ${hourOf(lock.until, now)}`;
      return say(model, now, 'good', `${name} is locked${until}${ended}. :locks takes it off.`, ...readAgain(model));
    }
    case 'unlock':
      return say(model, now, 'good', `The lock on ${name} is off.`, ...readAgain(model));
    case 'codes':
      return step({ ...model, stage: { stage: 'codes', codes: value.codes, afterwards: undefined } });
    default:
      return accessAllowed(model, what, value, now);
  }
}
