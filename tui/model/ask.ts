// Something one asked the gateway to allow: kept as a value, so that it can be asked again, unchanged, after a step-up.
import type { LockId } from '../../gateway/protocol/ids.ts';
import type { JoinableRole, LockKind, LockRow } from '../../gateway/protocol/nouns.ts';
import type { Gives, Takes } from '../../gateway/protocol/operator.ts';
import { type AccessAsk, type AccessGiven, accessActionOf, accessAskWords, accessTargetOf } from './access-ask.ts';

/** `session` is what the gateway is asked with, `name` what a person calls it. */
type OfSession = { readonly session: string; readonly name: string };

export type Ask =
  | { readonly ask: 'open'; readonly server: string; readonly name: string }
  | (OfSession & { readonly ask: 'attach' | 'take-over' | 'watch' })
  /** Without a role: that of the invitation. */
  | (OfSession & { readonly ask: 'join'; readonly role: JoinableRole | undefined })
  | (OfSession & { readonly ask: 'kill' | 'extend'; readonly why: string })
  | (OfSession & { readonly ask: 'freeze'; readonly freeze: boolean; readonly why: string })
  | (OfSession & { readonly ask: 'message'; readonly text: string })
  | (OfSession & { readonly ask: 'share'; readonly person: string; readonly role: JoinableRole; readonly minutes: number })
  | {
      readonly ask: 'lock';
      readonly kind: LockKind;
      readonly target: string;
      readonly name: string;
      readonly why: string;
      /** Absent = until it is taken off. */
      readonly minutes: number | undefined;
    }
  | { readonly ask: 'unlock'; readonly lock: LockId; readonly name: string; readonly why: string }
  | { readonly ask: 'codes' }
  /** The recording of a session that is over, from a few seconds before that moment; ms. */
  | (OfSession & { readonly ask: 'replay'; readonly at: number })
  | AccessAsk;

/** A recording that one may read: its first piece, as asciicast; the rest is fetched while it plays. */
export type Replayed = {
  readonly session: string;
  /** Where to begin, ms on the gateway's clock. */
  readonly at: number;
  readonly first: Gives<'recording.export'>;
};

/** What an ask that was allowed gave. */
export type Given =
  | { readonly ask: 'open'; readonly given: Gives<'session.open'> }
  | { readonly ask: 'attach'; readonly given: Gives<'session.attach'> }
  | { readonly ask: 'watch'; readonly given: Gives<'session.watch'> }
  | { readonly ask: 'join'; readonly given: Gives<'session.join'> }
  | { readonly ask: 'extend'; readonly until: number }
  | { readonly ask: 'share'; readonly given: Gives<'session.share'> }
  | { readonly ask: 'lock'; readonly lock: LockRow; readonly sessions: number }
  | { readonly ask: 'codes'; readonly codes: Gives<'factor.codes'>['recoveryCodes'] }
  | { readonly ask: 'replay'; readonly given: Replayed }
  | { readonly ask: 'kill' | 'freeze' | 'message' | 'unlock' }
  | AccessGiven;

/** What a code would be proven for. */
export type Challenge = {
  readonly action: Takes<'factor.prove'>['action'];
  readonly target: string | undefined;
  readonly missing: readonly string[];
};

/** In words, after "to": "open a shell on db-1". */
export function askWords(ask: Ask): string {
  switch (ask.ask) {
    case 'open':
      return `open a shell on ${ask.name}`;
    case 'attach':
      return `go back to your session on ${ask.name}`;
    case 'take-over':
      return `take over the session on ${ask.name}`;
    case 'watch':
      return `watch the session on ${ask.name}`;
    case 'join':
      return `join the session on ${ask.name}${ask.role === undefined ? '' : ` as ${ask.role}`}`;
    case 'kill':
      return `end the session on ${ask.name}`;
    case 'freeze':
      return `${ask.freeze ? 'freeze' : 'free'} the session on ${ask.name}`;
    case 'message':
      return `write to the session on ${ask.name}`;
    case 'extend':
      return `put off the end of the session on ${ask.name}`;
    case 'share':
      return `invite ${ask.person} to the session on ${ask.name}`;
    case 'lock':
      return `lock ${ask.name}`;
    case 'unlock':
      return `take the lock off ${ask.name}`;
    case 'codes':
      return 'make new recovery codes';
    case 'replay':
      return `see the recording of the session on ${ask.name}`;
    default:
      return accessAskWords(ask);
  }
}

/** For a gateway that named no decision: the action the request maps to. */
export function actionOf(ask: Ask): string {
  switch (ask.ask) {
    case 'open':
      return 'shell.open';
    case 'join':
      return ask.role === 'moderator' ? 'session.moderate' : ask.role === 'observer' ? 'session.watch' : 'session.join';
    case 'attach':
    case 'take-over':
    case 'watch':
    case 'kill':
    case 'freeze':
    case 'message':
    case 'extend':
    case 'share':
      return `session.${ask.ask}`;
    case 'lock':
    case 'unlock':
      return 'lock.manage';
    case 'codes':
      return 'self.manage';
    case 'replay':
      return 'recording.export';
    default:
      return accessActionOf(ask);
  }
}

export function targetOf(ask: Ask): string | undefined {
  switch (ask.ask) {
    case 'open':
      return ask.server;
    case 'lock':
    case 'unlock':
    case 'codes':
      return undefined;
    case 'attach':
    case 'take-over':
    case 'watch':
    case 'join':
    case 'kill':
    case 'extend':
    case 'freeze':
    case 'message':
    case 'share':
    case 'replay':
      return ask.session;
    default:
      return accessTargetOf(ask);
  }
}
