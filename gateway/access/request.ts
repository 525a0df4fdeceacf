// A request for access (S44, S45): what somebody asks for, and what its reviewers said.
import type { AccessRequestState, AccessTerms } from '../protocol/access-nouns.ts';
import type { GrantId, PersonId, RequestId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';

export type AccessRequest = {
  readonly id: RequestId;
  readonly person: PersonId;
  readonly terms: AccessTerms;
  readonly why: string;
  readonly at: Instant;
  readonly expiresAt: Instant;
  /** Approvals it takes. */
  readonly needs: number;
  readonly digest: string;
  readonly extends?: GrantId;
  readonly state: AccessRequestState;
  /** `terms` = as this approver gives them. */
  readonly approvals: readonly { readonly by: PersonId; readonly at: Instant; readonly terms: AccessTerms }[];
  readonly by?: PersonId;
  readonly because?: string;
  readonly endedAt?: Instant;
  readonly grant?: GrantId;
};
