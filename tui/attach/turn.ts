// What follows a turn at a session: it is over, or the person goes on in it from another seat.
import type { Gives } from '../../gateway/protocol/operator.ts';
import type { SessionOutcome } from './ending.ts';

export type Turn =
  /** At the keyboard. `says`: what is shown first. */
  | {
      readonly seat: 'keyboard';
      readonly given: Gives<'session.open'> | Gives<'session.attach'>;
      readonly says?: string;
      /** 1-based row of the cursor, where it is known. */
      readonly row?: number | undefined;
    }
  /** Beside it. `startled`: not by one's own doing, so that keys on their way mean nothing yet. */
  | {
      readonly seat: 'aside';
      readonly given: Gives<'session.watch'> | Gives<'session.join'>;
      readonly says?: string;
      readonly startled?: boolean;
    }
  | { readonly seat: 'none'; readonly outcome: SessionOutcome };
