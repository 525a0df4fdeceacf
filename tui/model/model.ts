// What the face knows, as one value. Nothing here is a promise, a socket or a component.
import type { RequestRow } from '../../gateway/protocol/access-nouns.ts';
import type { Problem, Result } from '../../gateway/protocol/errors.ts';
import type { AuditRow, InviteRow, Self, ServerRow, SessionRow, TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { Gives } from '../../gateway/protocol/operator.ts';
import type { routes } from '../keys/keymap.ts';
import type { LineFigures } from '../link/meter.ts';
import type { SignInCode, SignInProgress } from '../link/sign-in.ts';
import type { Ask, Challenge } from './ask.ts';
import { type AuditTail, emptyTail } from './audit-tail.ts';
import type { Call } from './calls.ts';
import type { Purpose } from './form.ts';
import type { FormField } from './form-field.ts';
import { emptyListing, type Listing } from './listing.ts';
import { emptyLists, type ListRoute, type Lists } from './lists.ts';
import type { Looking } from './looking.ts';
import { serverKind, sessionKind } from './row-kinds.ts';
import type { TextField } from './text-field.ts';
import { noTrailSeen, type TrailSeen } from './trail.ts';

export type Route = (typeof routes)[number];

/** The line to the gateway, as it is shown. */
export type Line =
  | { readonly line: 'connecting'; readonly attempt: number }
  | { readonly line: 'open' }
  | { readonly line: 'waiting'; readonly attempt: number; readonly retryAt: number; readonly problem: Problem }
  | { readonly line: 'refused'; readonly problem: Problem };

export type SignIn =
  | { readonly signIn: 'starting'; readonly because: Problem | undefined }
  | { readonly signIn: 'code'; readonly code: SignInCode; readonly startedAt: number; readonly progress: SignInProgress }
  | { readonly signIn: 'failed'; readonly problem: Problem };

export type Enrolment =
  | { readonly enrolment: 'starting' }
  | {
      readonly enrolment: 'scan';
      readonly secret: string;
      readonly uri: string;
      readonly field: TextField;
      readonly checking: boolean;
      readonly problem: Problem | undefined;
    }
  | { readonly enrolment: 'failed'; readonly problem: Problem };

/** What fills the screen. */
export type Stage =
  /** Nothing is known yet: no connection has ever stood. */
  | { readonly stage: 'connecting' }
  | { readonly stage: 'sign-in'; readonly signIn: SignIn }
  /** `afterwards` is asked as soon as the factor stands. */
  | { readonly stage: 'enrolment'; readonly enrolment: Enrolment; readonly afterwards: Ask | undefined }
  /** Recovery codes, shown this once (T17). */
  | { readonly stage: 'codes'; readonly codes: readonly string[]; readonly afterwards: Ask | undefined }
  | { readonly stage: 'workspace' };

/** What lies over the lists. */
export type Overlay =
  | { readonly overlay: 'help'; readonly top: number }
  | { readonly overlay: 'messages'; readonly top: number }
  /** `past` = how far back in the history, 0 = what is being typed. */
  | { readonly overlay: 'command'; readonly field: TextField; readonly past: number }
  /** `before` comes back with esc. */
  | { readonly overlay: 'filter'; readonly field: TextField; readonly before: string }
  | {
      readonly overlay: 'form';
      readonly purpose: Purpose;
      readonly fields: readonly FormField[];
      /** The field one types in. */
      readonly at: number;
      /** What was missing at the last enter. */
      readonly lacks: string | undefined;
    }
  /** A page about one thing: all of a row, the history of the policies, or why something is so. */
  | { readonly overlay: 'card'; readonly card: Card; readonly top: number }
  /** What was refused, and what leads on. */
  | { readonly overlay: 'refused'; readonly ask: Ask; readonly problem: Problem }
  /** A request as it was displayed when it was opened, and what of it would be given (M5). */
  | {
      readonly overlay: 'review';
      readonly request: RequestRow;
      readonly level: RequestRow['terms']['level'];
      readonly minutes: number;
    }
  /** `at` = length of `sessions`: a new shell. */
  | {
      readonly overlay: 'resume';
      readonly server: string;
      readonly name: string;
      readonly sessions: readonly SessionRow[];
      readonly at: number;
    }
  /** The code of an invitation, shown this once. */
  | { readonly overlay: 'invited'; readonly code: string; readonly invite: InviteRow; readonly name: string }
  | {
      readonly overlay: 'step-up';
      readonly ask: Ask;
      readonly challenge: Challenge;
      readonly field: TextField;
      readonly checking: boolean;
      readonly problem: Problem | undefined;
      /** Wall clock, ms: no code is looked at before (throttled). */
      readonly refusedUntil: number | undefined;
    };

export type Card =
  | { readonly card: 'row'; readonly route: ListRoute; readonly id: string }
  | { readonly card: 'policy-history' }
  /** A record of the log; `records` = all of its session, once they are read, where it ended one. */
  | { readonly card: 'record'; readonly row: AuditRow; readonly records: Result<readonly AuditRow[]> | undefined }
  | {
      readonly card: 'explained';
      readonly name: string;
      readonly given: Gives<'policy.explain'>;
      /** What was refused, to be asked again once it may be. */
      readonly again: Ask | undefined;
    };

/** What is known of the policies as a set: which version is in force, who made it, what a set on trial would do. */
export type PolicySet = Omit<Gives<'policy.list'>, 'policies' | 'added'>;

export type Tone = 'good' | 'bad' | 'plain';
export type Message = { readonly id: number; readonly at: number; readonly tone: Tone; readonly text: string };

export type Model = {
  /** Wall clock at the last tick, ms. Ticks are minutes, seconds while something counts down. */
  readonly now: number;
  readonly size: TerminalSize;
  readonly readonly: boolean;
  readonly url: string;
  readonly line: Line;
  readonly gatewayName: string | undefined;
  readonly self: Self | undefined;
  /** Whose lists these are: they outlive a lost sign-in, not a change of person. */
  readonly listsOf: string | undefined;
  /** ms; changes with the minute, so that an idle screen stays as it is. */
  readonly roundTripMs: number | undefined;
  /** Of the line since the start of the program; changes with the minute, too. */
  readonly figures: LineFigures | undefined;
  readonly stage: Stage;
  readonly route: Route;
  readonly servers: Listing<ServerRow>;
  /** Undefined before the first subscription on this line. */
  readonly looking: Looking | undefined;
  readonly sessions: Listing<SessionRow>;
  readonly audit: AuditTail;
  readonly lists: Lists;
  readonly policySet: PolicySet | undefined;
  readonly trail: TrailSeen;
  /** Sealed codes that are left; undefined = not told. */
  readonly sealedLeft: number | undefined;
  /** Whose devices and sign-ins are listed: undefined = one's own. */
  readonly whose: string | undefined;
  /** The tail is told as it grows: while one looks at it. */
  readonly followsAudit: boolean;
  /** Why a list is empty, when the gateway said no. */
  readonly refusals: Readonly<Partial<Record<Route, Problem>>>;
  readonly overlay: Overlay | undefined;
  /** What was asked and is not answered yet. */
  readonly asking: Ask | undefined;
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** Id of the message shown now. */
  readonly toast: number | undefined;
  readonly history: readonly string[];
  /** Who wants one, oldest first. */
  readonly calls: readonly Call[];
  /** The hint about one's own detached sessions was given. */
  readonly greeted: boolean;
  /** One's own session that the hint spoke of: under the bar on the first way to the sessions. */
  readonly spokenOf: string | undefined;
  /** Somebody else owns the terminal. */
  readonly away: boolean;
};

export type Beginning = {
  readonly now: number;
  readonly size: TerminalSize;
  readonly readonly: boolean;
  readonly url: string;
};

export const beginModel = ({ now, size, readonly, url }: Beginning): Model => ({
  now,
  size,
  readonly,
  url,
  line: { line: 'connecting', attempt: 0 },
  gatewayName: undefined,
  self: undefined,
  listsOf: undefined,
  roundTripMs: undefined,
  figures: undefined,
  stage: { stage: 'connecting' },
  route: 'servers',
  servers: emptyListing(serverKind),
  looking: undefined,
  sessions: emptyListing(sessionKind),
  audit: emptyTail(''),
  lists: emptyLists(),
  policySet: undefined,
  trail: noTrailSeen,
  sealedLeft: undefined,
  whose: undefined,
  followsAudit: false,
  refusals: {},
  overlay: undefined,
  asking: undefined,
  messages: [],
  toast: undefined,
  history: [],
  calls: [],
  greeted: false,
  spokenOf: undefined,
  away: false,
});
