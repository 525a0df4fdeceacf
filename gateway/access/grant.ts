// A grant: a level on some servers, for one person, until a moment (S44). Pure: what it is, and where it holds now.
import type { AccessTerms, grantEndings } from '../protocol/access-nouns.ts';
import type { GrantId, PersonId, RequestId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import { chooser } from './selector.ts';
import type { Server } from './server.ts';

export type Grant = {
  readonly id: GrantId;
  readonly request?: RequestId;
  readonly person: PersonId;
  readonly terms: AccessTerms;
  readonly why: string;
  readonly by: readonly PersonId[];
  readonly at: Instant;
  readonly until: Instant;
  /** False while a recurring window is shut; turned by an event, never by a clock that is read here. */
  readonly open: boolean;
  readonly extended?: number;
  readonly ended?: {
    readonly cause: (typeof grantEndings)[number];
    readonly by?: PersonId;
    readonly why?: string;
    readonly at: Instant;
  };
};

/** The grants of somebody that hold on a server now. Grants end, open and shut by events. */
export const grantsOn = (grants: Iterable<Grant>, person: PersonId, server: Server): readonly Grant[] => {
  const holding: Grant[] = [];
  for (const grant of grants)
    if (grant.person === person && grant.open && grant.ended === undefined && chooser(grant.terms.servers)(server))
      holding.push(grant);
  return holding;
};
