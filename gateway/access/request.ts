// A request for access (S44, S45): what somebody asks for, and what its reviewers said. Pure: what it is, and what it would give now.
import type { AccessRequestState, AccessTerms } from '../protocol/access-nouns.ts';
import type { GrantId, PersonId, RequestId, ServerId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import { chooser } from './selector.ts';
import type { Server } from './server.ts';

export type AccessRequest = {
  readonly id: RequestId;
  readonly person: PersonId;
  /** As they were asked for. */
  readonly terms: AccessTerms;
  /** The servers chosen when it was made. Absent = whatever the selector chooses. */
  readonly servers?: readonly ServerId[];
  readonly why: string;
  readonly at: Instant;
  readonly expiresAt: Instant;
  /** Approvals it takes. */
  readonly needs: number;
  readonly digest: string;
  readonly extends?: GrantId;
  readonly state: AccessRequestState;
  /** `terms` = as this approver gives them: never wider than those of the approval before. */
  readonly approvals: readonly { readonly by: PersonId; readonly at: Instant; readonly terms: AccessTerms }[];
  readonly by?: PersonId;
  readonly because?: string;
  readonly endedAt?: Instant;
  readonly grant?: GrantId;
};

/** What it gives as far as those who approved so far would give it: each approval narrows what the next one is shown. */
export const termsNow = (request: Pick<AccessRequest, 'terms' | 'approvals'>): AccessTerms =>
  request.approvals.at(-1)?.terms ?? request.terms;

/**
 * The servers it would give now, in the order of their names: those it chose when it was made, as far as they are still there and fit every narrowing.
 * A server that appears later, or comes to fit, is not in it: nobody who approved was shown it.
 */
export function serversAsked(
  servers: Readonly<Record<string, Server>>,
  request: Pick<AccessRequest, 'terms' | 'approvals' | 'servers'>,
): readonly Server[] {
  const fits = [request, ...request.approvals].map(({ terms }) => chooser(terms.servers));
  const rows = request.servers === undefined ? Object.values(servers) : request.servers.flatMap((id) => servers[id] ?? []);
  return rows.filter((row) => fits.every((chooses) => chooses(row))).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
