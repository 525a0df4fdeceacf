// An entrance past the identity provider (S53): who asked, who let them in, until when, and what was found of it. What happens to one is in break-glass.ts.
import type { BreakGlassId, LoginId, PersonId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';

export type Entrance = {
  readonly id: BreakGlassId;
  readonly person: PersonId;
  readonly why: string;
  readonly machine: string;
  readonly address: string;
  readonly deviceKey: string;
  readonly at: Instant;
  /** When asking is over. */
  readonly expiresAt: Instant;
  readonly login?: LoginId;
  /** Absent = a second person is waited for. */
  readonly how?: 'sealed' | 'approved';
  readonly by?: PersonId;
  readonly until?: Instant;
  readonly overAt?: Instant;
  readonly reviewed?: { readonly by: PersonId; readonly at: Instant; readonly finding: string };
};

/** waiting: for a second person, or for the one who was let in to come · open · over · refused: never came in. */
export type EntranceState = 'waiting' | 'open' | 'over' | 'refused';
export function entranceState({ login, overAt, expiresAt }: Entrance, now: Instant): EntranceState {
  if (login !== undefined) return overAt === undefined ? 'open' : 'over';
  return overAt === undefined && now < expiresAt ? 'waiting' : 'refused';
}

/** Somebody came in by it, and nobody else has looked at that yet. */
export const unreviewed = ({ login, reviewed }: Entrance): boolean => login !== undefined && reviewed === undefined;
