// What one asks of access control from the dashboard, as values: the part of ask.ts that is about requests, grants, people, devices and reviews.
import type { AccessTerms, GrantRow, RequestRow } from '../../gateway/protocol/access-nouns.ts';
import type {
  BreakGlassId,
  CampaignId,
  CampaignItemId,
  DeviceId,
  GrantId,
  LoginId,
  PersonId,
  RequestId,
} from '../../gateway/protocol/ids.ts';
import type { PersonRow, Role, Selector } from '../../gateway/protocol/nouns.ts';
import type { Gives } from '../../gateway/protocol/operator.ts';

/** `name` is what a person calls the thing asked about. */
type Named = { readonly name: string };

export type AccessAsk = Named &
  (
    | { readonly ask: 'request'; readonly terms: AccessTerms; readonly why: string }
    | {
        readonly ask: 'approve';
        readonly request: RequestId;
        /** Of the row as it was displayed. */
        readonly digest: string;
        /** Where less is given than was asked. */
        readonly terms: AccessTerms | undefined;
        /** What the code is bound to: `req_…#digest` of what is given (M5). */
        readonly bound: string;
      }
    | { readonly ask: 'deny'; readonly request: RequestId; readonly bound: string; readonly why: string }
    | { readonly ask: 'withdraw'; readonly request: RequestId }
    | { readonly ask: 'revoke-grant' | 'prolong'; readonly grant: GrantId; readonly why: string }
    | { readonly ask: 'set-role'; readonly person: PersonId; readonly role: Role; readonly why: string }
    | {
        readonly ask: 'set-status';
        readonly person: PersonId;
        readonly status: Exclude<PersonRow['status'], 'invited'>;
        readonly why: string;
      }
    | { readonly ask: 'revoke-device'; readonly device: DeviceId; readonly why: string }
    | { readonly ask: 'revoke-login'; readonly login: LoginId; readonly why: string }
    | { readonly ask: 'admit'; readonly entrance: BreakGlassId; readonly why: string }
    | { readonly ask: 'find'; readonly entrance: BreakGlassId; readonly finding: string }
    | {
        readonly ask: 'judge';
        readonly campaign: CampaignId;
        readonly item: CampaignItemId;
        readonly answer: 'keep' | 'revoke';
        readonly why: string;
      }
    | { readonly ask: 'start-review'; readonly days: number; readonly why: string }
    | {
        readonly ask: 'batch';
        readonly servers: Selector;
        readonly minutes: number;
        readonly why: string;
        readonly code: string;
      }
    | {
        readonly ask: 'explain';
        /** Undefined = oneself. */
        readonly person: string | undefined;
        readonly action: string;
        readonly target: string | undefined;
      }
  );

export type AccessGiven =
  | { readonly ask: 'request'; readonly request: RequestRow }
  | { readonly ask: 'approve'; readonly request: RequestRow; readonly grant: GrantRow | undefined }
  | { readonly ask: 'prolong'; readonly grant: GrantRow; readonly request: RequestRow | undefined }
  /** How many sessions or sign-ins ended with it. */
  | { readonly ask: 'revoke-grant' | 'revoke-device' | 'revoke-login'; readonly ended: number }
  | { readonly ask: 'batch'; readonly until: number; readonly count: number }
  | { readonly ask: 'explain'; readonly given: Gives<'policy.explain'> }
  | { readonly ask: 'deny' | 'withdraw' | 'set-role' | 'set-status' | 'admit' | 'find' | 'judge' | 'start-review' };

/** In words, after "to". */
export function accessAskWords(ask: AccessAsk): string {
  const { name } = ask;
  switch (ask.ask) {
    case 'request':
      return `ask for ${ask.terms.level} on ${name}`;
    case 'approve':
      return `approve ${name}`;
    case 'deny':
      return `deny ${name}`;
    case 'withdraw':
      return `take back ${name}`;
    case 'revoke-grant':
      return `end the grant of ${name}`;
    case 'prolong':
      return `prolong the grant of ${name}`;
    case 'set-role':
      return `make ${name} ${ask.role}`;
    case 'set-status':
      return ask.status === 'suspended' ? `suspend ${name}` : `let ${name} in again`;
    case 'revoke-device':
      return `forget the device ${name}`;
    case 'revoke-login':
      return `end the sign-in of ${name}`;
    case 'admit':
      return `let ${name} in by break-glass`;
    case 'find':
      return `review the break-glass of ${name}`;
    case 'judge':
      return `${ask.answer} ${name}`;
    case 'start-review':
      return `begin the review ${name}`;
    case 'batch':
      return `prove one code for ${name}`;
    case 'explain':
      return `explain ${name}`;
    default:
      return ask satisfies never;
  }
}

/** For a gateway that named no decision: the action the request maps to. */
export function accessActionOf(ask: AccessAsk): string {
  switch (ask.ask) {
    case 'request':
      return 'server.request';
    case 'approve':
    case 'deny':
      return 'request.review';
    case 'withdraw':
    case 'batch':
      return 'self.manage';
    case 'revoke-grant':
      return 'grant.revoke';
    case 'prolong':
      return 'grant.extend';
    case 'set-role':
      return 'role.manage';
    case 'set-status':
    case 'revoke-device':
    case 'revoke-login':
      return 'person.manage';
    case 'admit':
      return 'breakglass.approve';
    case 'find':
      return 'breakglass.review';
    case 'judge':
      return 'review.answer';
    case 'start-review':
      return 'review.manage';
    case 'explain':
      return 'policy.explain';
    default:
      return ask satisfies never;
  }
}

/** What a code for this is bound to, where it is bound to one thing; undefined = to the action alone. */
export function accessTargetOf(ask: AccessAsk): string | undefined {
  switch (ask.ask) {
    case 'approve':
    case 'deny':
      return ask.bound;
    case 'revoke-grant':
    case 'prolong':
      return ask.grant;
    case 'set-role':
    case 'set-status':
      return ask.person;
    case 'request':
    case 'withdraw':
    case 'revoke-device':
    case 'revoke-login':
    case 'admit':
    case 'find':
    case 'judge':
    case 'start-review':
    case 'batch':
    case 'explain':
      return undefined;
    default:
      return ask satisfies never;
  }
}
