// A grant: a level on some servers, for one person, until a moment (S44). Pure: what it is, and where it holds now.
import type { AccessTerms, grantEndings } from '../protocol/access-nouns.ts';
import type { GrantId, PersonId, RequestId, ServerId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import { chooser } from './selector.ts';
import type { Server } from './server.ts';

export type Grant = {
  readonly id: GrantId;
  readonly request?: RequestId;
  readonly person: PersonId;
  readonly terms: AccessTerms;
  /** The servers that were displayed to whoever approved it: it covers no other. Absent = whatever the selector chooses. */
  readonly servers?: readonly ServerId[];
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

/** Whether a server is among those a grant is for: displayed when it was approved, and still chosen by its selector. */
export const coversServer = (grant: Pick<Grant, 'terms' | 'servers'>, server: Server): boolean =>
  (grant.servers === undefined || grant.servers.includes(server.id)) && chooser(grant.terms.servers)(server);

/** The grants of somebody that hold on a server now. Grants end, open and shut by events. */
export const grantsOn = (grants: Iterable<Grant>, person: PersonId, server: Server): readonly Grant[] => {
  const holding: Grant[] = [];
  for (const grant of grants)
    if (grant.person === person && grant.open && grant.ended === undefined && coversServer(grant, server)) holding.push(grant);
  return holding;
};
