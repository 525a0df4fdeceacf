// The answer of `decide`, always with its reasons (law 4), and what it is asked about.
import type { Grant } from '../access/grant.ts';
import type { AccessRequest } from '../access/request.ts';
import type { Server } from '../access/server.ts';
import type { Device, Login } from '../identity/login.ts';
import type { Person } from '../identity/person.ts';
import type { RequestId } from '../protocol/ids.ts';
import type { DecisionTold, Level } from '../protocol/nouns.ts';
import type { Recording, Session } from '../session/session.ts';
import type { Action } from './actions.ts';

/** Who asks: re-read from settled state for every request, never kept (S25). */
export type Caller = { readonly person: Person; readonly login: Login; readonly device: Device; readonly address: string };

export type Target =
  | { readonly kind: 'workspace' }
  | { readonly kind: 'self' }
  | { readonly kind: 'server'; readonly server: Server }
  | { readonly kind: 'session'; readonly session: Session; readonly server: Server | undefined }
  | { readonly kind: 'recording'; readonly recording: Recording; readonly session: Session; readonly server: Server | undefined }
  | { readonly kind: 'person'; readonly person: Person | undefined }
  /** `servers` = those it chooses now; `digest` = of what is displayed, which a proof for it is bound to (M5). */
  | { readonly kind: 'request'; readonly request: AccessRequest; readonly servers: readonly Server[]; readonly digest: string }
  | { readonly kind: 'grant'; readonly grant: Grant; readonly servers: readonly Server[] };

/** What a proof to review a request is bound to: the request, and the digest of what was displayed (M5). 63 characters. */
export const reviewedId = (request: RequestId, digest: string): string => `${request}#${digest.slice(0, 32)}`;

/** Id that a step-up proof for this target is bound to; undefined for the workspace and oneself. */
export function targetId(target: Target): string | undefined {
  switch (target.kind) {
    case 'workspace':
    case 'self':
      return undefined;
    case 'server':
      return target.server.id;
    case 'session':
      return target.session.id;
    case 'recording':
      return target.recording.id;
    case 'person':
      return target.person?.id;
    case 'request':
      return reviewedId(target.request.id, target.digest);
    case 'grant':
      return target.grant.id;
    default:
      return target satisfies never;
  }
}

export type Decision = {
  readonly verdict: 'allow' | 'challenge' | 'ask' | 'deny';
  readonly action: Action;
  /** Ids of the policies that decided. */
  readonly policies: readonly string[];
  /** What is missing, in words; empty when allowed. */
  readonly missing: readonly string[];
  /** The target is invisible to the caller: answer as if it did not exist. */
  readonly hidden: boolean;
  /** For servers: the caller's level there and the OS users allowed, first = default. */
  readonly level: Level;
  readonly users: readonly string[];
};

export const tellDecision = (d: Decision, target: string | undefined): DecisionTold => ({
  verdict: d.verdict,
  action: d.action,
  ...(target === undefined ? {} : { target }),
  policies: [...d.policies],
  missing: [...d.missing],
});
