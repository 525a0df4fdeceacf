// An entrance in an emergency (S53): past the identity provider, with one's authenticator and a sealed code or a second person.
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
  readonly how?: 'sealed' | 'approved';
  readonly by?: PersonId;
  readonly until?: Instant;
  readonly overAt?: Instant;
  readonly reviewed?: { readonly by: PersonId; readonly at: Instant; readonly finding: string };
};
