// What the forms of access control say: what will happen, to whom it is told, and what leaves everything as it is.
import type { AccessPurpose } from '../model/access-form.ts';
import type { Hue } from './span.ts';

export type FormWords = {
  readonly title: string;
  readonly says: string;
  readonly also?: string;
  readonly does: string;
  readonly leaves: string;
  readonly hue: Hue;
};

const kept = 'The reason is kept in the log.';
const told = 'They read the reason, and the log keeps it.';

export function accessFormWords(purpose: AccessPurpose): FormWords {
  const { name } = purpose;
  const back = 'back';
  switch (purpose.purpose) {
    case 'request':
      return {
        title: 'Ask for access',
        says: 'Who may approve it is told at once, and gives as much as you ask for, or less.',
        also: 'Servers: a name, name*, or label=value, joined by commas. ←→ chooses the level.',
        does: 'ask',
        leaves: back,
        hue: 'accent',
      };
    case 'deny':
      return { title: 'Deny', says: `This denies ${name}.`, also: told, does: 'deny it', leaves: back, hue: 'bad' };
    case 'withdraw':
      return {
        title: 'Take back',
        says: `You asked for ${name}. Nobody needs to answer it any more.`,
        does: 'take it back',
        leaves: back,
        hue: 'accent',
      };
    case 'revoke-grant':
      return {
        title: 'End a grant',
        says: `The grant of ${name} ends now, and with it whatever it alone allowed: live sessions, too.`,
        also: told,
        does: 'end it',
        leaves: 'leave it',
        hue: 'bad',
      };
    case 'prolong':
      return {
        title: 'More time',
        says: `As long again for the grant of ${name}: at once where policy lets you, else it is asked for.`,
        also: kept,
        does: 'prolong it',
        leaves: back,
        hue: 'accent',
      };
    case 'set-role':
      return {
        title: 'Role',
        says: `What ${name} may do changes at once, in live sessions, too.`,
        also: `${kept} ←→ chooses.`,
        does: 'change it',
        leaves: back,
        hue: 'bad',
      };
    case 'suspend':
      return {
        title: 'Suspend',
        says: `${name} is signed out everywhere, and may not sign in until let in again. Their live sessions end.`,
        also: told,
        does: 'suspend',
        leaves: back,
        hue: 'bad',
      };
    case 'restore':
      return {
        title: 'Let in again',
        says: `${name} may sign in again.`,
        also: kept,
        does: 'let in',
        leaves: back,
        hue: 'accent',
      };
    case 'revoke-device':
      return {
        title: 'Forget a device',
        says: `${name}: its sign-ins end with their sessions, and it is new when it comes again.`,
        also: kept,
        does: 'forget it',
        leaves: back,
        hue: 'bad',
      };
    case 'revoke-login':
      return {
        title: 'End a sign-in',
        says: `The sign-in of ${name} ends now, with the sessions opened in it.`,
        also: kept,
        does: 'end it',
        leaves: 'leave it',
        hue: 'bad',
      };
    case 'admit':
      return {
        title: '◆ Break-glass',
        says: `${name} comes in past the identity provider, for at most an hour, if you let them. Be sure that it is ${name} who asks.`,
        also: 'Everybody is told, and it must be reviewed afterwards.',
        does: 'let in',
        leaves: 'leave them out',
        hue: 'bad',
      };
    case 'find':
      return {
        title: 'Review',
        says: `What was the break-glass of ${name} for, and was it right?`,
        also: 'The finding is kept in the log.',
        does: 'review it',
        leaves: back,
        hue: 'accent',
      };
    case 'judge':
      return purpose.answer === 'keep'
        ? { title: 'Keep', says: `${name}: stays as it is.`, also: kept, does: 'keep it', leaves: back, hue: 'accent' }
        : { title: 'Take away', says: `${name}: ends now.`, also: kept, does: 'take it away', leaves: back, hue: 'bad' };
    case 'start-review':
      return {
        title: 'Begin a review',
        says: 'Every membership and grant is to be kept or taken away; what has no answer by then is taken away.',
        also: kept,
        does: 'begin',
        leaves: back,
        hue: 'accent',
      };
    case 'batch':
      return {
        title: '▣ One code for many',
        says: 'One code for shells on all of these servers, for so long, for this purpose. Any other server asks again.',
        also: 'Servers: a name, name*, or label=value, joined by commas.',
        does: 'prove it',
        leaves: back,
        hue: 'accent',
      };
    case 'explain':
      return {
        title: 'Explain',
        says: 'Who may do what, and which policy says so. Actions are words such as shell.open, session.watch, request.review.',
        does: 'explain',
        leaves: back,
        hue: 'accent',
      };
    default:
      return purpose satisfies never;
  }
}
