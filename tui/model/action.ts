// What can happen to the face, and what it wants done. `update` turns the one into a new model and the other.
import type { Problem, Result } from '../../gateway/protocol/errors.ts';
import type { AuditRow, TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { Gives, ListWindow, Push } from '../../gateway/protocol/operator.ts';
import type { TtyOutcome } from '../attach-port.ts';
import type { Press } from '../keys/press.ts';
import type { LinkState } from '../link/link.ts';
import type { LineFigures } from '../link/meter.ts';
import type { SignInCode, SignInProgress } from '../link/sign-in.ts';
import type { Ask, Given, Replayed } from './ask.ts';
import type { Model, Route } from './model.ts';
import type { ReadRoute, Told } from './told.ts';
import type { WitnessedLog } from './trail.ts';

export type Action =
  | { readonly action: 'press'; readonly press: Press }
  | { readonly action: 'pasted'; readonly text: string }
  | { readonly action: 'resized'; readonly size: TerminalSize }
  | { readonly action: 'tick'; readonly now: number; readonly roundTripMs: number | undefined; readonly figures?: LineFigures }
  | {
      readonly action: 'line';
      readonly state: LinkState;
      readonly roundTripMs: number | undefined;
      readonly figures?: LineFigures;
      readonly now: number;
    }
  /** A window of that number was asked for a while ago. */
  | { readonly action: 'awaited'; readonly number: number }
  | { readonly action: 'push'; readonly push: Push; readonly figures?: LineFigures; readonly now: number }
  | { readonly action: 'refused-list'; readonly route: Route; readonly problem: Problem }
  /** A list that is read, not followed. */
  | { readonly action: 'listed'; readonly told: Told }
  | { readonly action: 'audit-page'; readonly query: string; readonly older: boolean; readonly page: Gives<'audit.page'> }
  /** Older rows were asked for and did not come. */
  | { readonly action: 'older-lost'; readonly query: string }
  | { readonly action: 'session-records'; readonly session: string; readonly result: Result<readonly AuditRow[]> }
  | { readonly action: 'answered'; readonly ask: Ask; readonly result: Result<Given>; readonly now: number }
  | { readonly action: 'proven'; readonly result: Result<unknown>; readonly now: number }
  | { readonly action: 'sign-in-code'; readonly code: SignInCode; readonly now: number }
  | { readonly action: 'sign-in-progress'; readonly progress: SignInProgress }
  | { readonly action: 'sign-in-over'; readonly result: Result<unknown>; readonly now: number }
  | { readonly action: 'signed-out'; readonly result: Result<{ readonly ended: number }>; readonly now: number }
  | { readonly action: 'enrolment-begun'; readonly result: Result<Gives<'factor.enroll'>> }
  | { readonly action: 'enrolment-over'; readonly result: Result<Gives<'factor.confirm'>> }
  | { readonly action: 'returned'; readonly outcome: TtyOutcome; readonly now: number }
  | { readonly action: 'witnessed'; readonly own: WitnessedLog; readonly now: number }
  | { readonly action: 'toast-gone'; readonly id: number };

export type Effect =
  | { readonly effect: 'retry' }
  | { readonly effect: 'sign-in' }
  | { readonly effect: 'stop-sign-in' }
  | { readonly effect: 'sign-out'; readonly all: boolean }
  /** Looks at the log as its witness (A11). */
  | { readonly effect: 'witness' }
  /** The lists from now on, on a new line or as somebody else. `glass`: who is in past the provider is asked, too, for the banner, and how the log is kept. */
  | { readonly effect: 'subscribe'; readonly window: ListWindow; readonly glass: boolean }
  /** Another window on the servers: the newest wins. */
  | { readonly effect: 'look'; readonly window: ListWindow }
  /** The tail from now on; `after` = records already held, `rows` = of the first page, `instead` = of another query. */
  | {
      readonly effect: 'follow-audit';
      readonly after: number | undefined;
      readonly query: string;
      readonly rows: number;
      readonly instead: boolean;
    }
  | { readonly effect: 'leave-audit' }
  /** Reads a list; `whose` = of that person, where lists are of persons. */
  | { readonly effect: 'list'; readonly route: ReadRoute; readonly whose: string | undefined }
  | { readonly effect: 'older-audit'; readonly before: number; readonly query: string }
  /** All records of a session, for its summary (E43). */
  | { readonly effect: 'session-records'; readonly session: string }
  | { readonly effect: 'ask'; readonly ask: Ask }
  | { readonly effect: 'prove'; readonly code: string; readonly action: string; readonly target: string | undefined }
  | { readonly effect: 'enroll' }
  | { readonly effect: 'confirm-factor'; readonly code: string }
  /** Gives the terminal away until the turn is over. */
  | { readonly effect: 'turn'; readonly turn: Turn }
  | { readonly effect: 'expire-toast'; readonly id: number; readonly afterMs: number }
  | { readonly effect: 'quit' };

export type Turn =
  | { readonly turn: 'drive'; readonly given: Gives<'session.open'> | Gives<'session.attach'> }
  | { readonly turn: 'watch'; readonly given: Gives<'session.watch'> }
  | { readonly turn: 'join'; readonly given: Gives<'session.join'> }
  | { readonly turn: 'replay'; readonly given: Replayed }
  | { readonly turn: 'wall'; readonly sessions: readonly string[] };

export type Step = { readonly model: Model; readonly effects: readonly Effect[] };

export const step = (model: Model, ...effects: readonly Effect[]): Step => ({ model, effects });
