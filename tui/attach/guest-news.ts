// What the gateway tells somebody beside the keyboard, as lines over what they look at (B1: none takes input).
import type { Push } from '../../gateway/protocol/operator.ts';
import type { Notices } from './notices.ts';

const endingMs = 30_000;

export type GuestNews = {
  readonly heard: (notice: Extract<Push, { readonly type: 'session.notice' }>) => void;
  /** On a new seat what is the matter is said anew. */
  readonly forget: () => void;
};

export type GuestHears = {
  /** Something changed that stands in the session's row. */
  readonly changed: () => void;
  /** They are to show that they are there. */
  readonly wanted: () => void;
  /** The keyboard is theirs. */
  readonly handed: () => void;
};

export function openGuestNews(notices: Notices, hears: GuestHears): GuestNews {
  /** Something stops the keys, or the server is away. */
  let matter = false;
  return {
    heard: ({ notice, text }) => {
      switch (notice) {
        case 'frozen':
        case 'pending':
        case 'agent-away':
          matter = true;
          notices.stay('session', text);
          return hears.changed();
        case 'resumed':
        case 'agent-back':
          notices.stay('session', undefined);
          // That a shell opens as it should is no news.
          if (matter) notices.pass(text);
          matter = false;
          return hears.changed();
        case 'ending-soon':
          return notices.pass(text, { tone: 'bad', ms: endingMs, about: 'ending' });
        case 'message':
          return notices.message(text);
        case 'break-glass':
          return notices.stay('break-glass', text, 'bad');
        case 'presence':
          return hears.wanted();
        case 'handed':
          return hears.handed();
        case 'asked':
        case 'clipboard':
        case 'advised':
        case 'watched':
        case 'unwatched':
          // For the driver.
          return undefined;
        default:
          return notice satisfies never;
      }
    },
    forget: () => {
      matter = false;
      notices.stay('session', undefined);
    },
  };
}
