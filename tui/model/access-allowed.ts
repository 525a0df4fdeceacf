// What an allowed ask of access control leads to: a sentence, a card, and the list read again that it changed.
import type { AccessGiven } from './access-ask.ts';
import { type Step, step } from './action.ts';
import type { Ask } from './ask.ts';
import { hourOf } from './hour.ts';
import { say } from './messages.ts';
import type { Model } from './model.ts';
import { placeWords, spanWords } from './selector-words.ts';
import { readAgain } from './told.ts';

/** `what` was asked for and allowed; `value` is what the gateway gave. `now`: ms since 1970. */
export function accessAllowed(model: Model, what: Ask, value: AccessGiven, now: number): Step {
  const name = 'name' in what ? what.name : '';
  const good = (text: string): Step => say(model, now, 'good', text, ...readAgain(model));
  switch (value.ask) {
    case 'request': {
      const { request } = value;
      const many = request.needs === 1 ? 'an approval' : `${request.needs} approvals`;
      return good(`You asked for ${request.terms.level} on ${placeWords(request)}; it waits for ${many}.`);
    }
    case 'approve': {
      const { request, grant } = value;
      if (grant === undefined)
        return good(`Your approval of ${request.personName}’s request counts: ${request.approvals.length} of ${request.needs}.`);
      return good(
        `${grant.personName} has ${grant.terms.level} on ${placeWords(grant)} for ${spanWords(grant.terms.minutes)}, until ${hourOf(grant.until, now)}.`,
      );
    }
    case 'prolong': {
      const { grant, request } = value;
      return good(
        request === undefined
          ? `The grant on ${placeWords(grant)} holds until ${hourOf(grant.until, now)}.`
          : 'More time takes an approval: it is asked for.',
      );
    }
    case 'revoke-grant':
      return good(`The grant of ${name} is over${endedWords(value.ended, 'session')}.`);
    case 'revoke-device':
      return good(`The device ${name} is forgotten${endedWords(value.ended, 'sign-in')}.`);
    case 'revoke-login':
      return good(`The sign-in of ${name} is over${endedWords(value.ended, 'session')}.`);
    case 'batch':
      return good(
        `Your code holds for ${value.count === 1 ? 'one server' : `${value.count} servers`} until ${hourOf(value.until, now)}.`,
      );
    case 'explain': {
      if (what.ask !== 'explain') return step(model);
      const again = model.overlay?.overlay === 'refused' ? model.overlay.ask : undefined;
      return step({
        ...model,
        overlay: { overlay: 'card', card: { card: 'explained', name, given: value.given, again }, top: 0 },
      });
    }
    case 'deny':
      return good(`Denied: ${name}.`);
    case 'withdraw':
      return good(`Taken back: ${name}.`);
    case 'set-role':
      return good(`${name} is ${what.ask === 'set-role' ? what.role : 'changed'} now.`);
    case 'set-status':
      return good(
        what.ask === 'set-status' && what.status === 'suspended' ? `${name} is suspended.` : `${name} may sign in again.`,
      );
    case 'admit':
      return good(`${name} may come in by break-glass. It must be reviewed afterwards.`);
    case 'find':
      return good(`The break-glass of ${name} is reviewed.`);
    case 'judge':
      return good(what.ask === 'judge' && what.answer === 'keep' ? `Kept: ${name}.` : `Taken away: ${name}.`);
    case 'start-review':
      return good(`The review ${name} is begun.`);
    default:
      return value satisfies never;
  }
}

const endedWords = (count: number, noun: string): string =>
  count === 0 ? '' : `; ${count === 1 ? `one ${noun}` : `${count} ${noun}s`} ended`;
