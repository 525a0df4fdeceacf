// A person of the workspace, and the second factor they hold. Values only; changes are transitions elsewhere in this folder.
import type { PersonId } from '../protocol/ids.ts';
import type { Instant, Role } from '../protocol/nouns.ts';

export type Claim = { readonly kind: 'email' | 'sub'; readonly value: string };

/** The authenticator of a person. The seed itself is in the vault under `factor:<person>`; recovery codes exist only as digests. */
export type Factor = {
  readonly secretDigest: string;
  readonly enrolledAt: Instant;
  /** Last TOTP time step accepted: it only grows, so a code is good once, for the person, for ever (T10, T11). */
  readonly lastStep: number;
  readonly recoveryDigests: readonly string[];
};

/** Wrong codes of a person, after the first factor only (T13, T14). */
export type Attempts = {
  /** When the recent wrong ones were (those of the last five minutes count). */
  readonly recent: readonly Instant[];
  readonly consecutive: number;
  /** No code is looked at before this instant. */
  readonly refusedUntil: Instant;
};

export type Person = {
  readonly id: PersonId;
  readonly name: string;
  readonly role: Role;
  readonly status: 'invited' | 'active' | 'suspended';
  /** How the person is recognised at first sign-in; afterwards only issuer and subject count (T25). */
  readonly claim: Claim;
  readonly email: string | undefined;
  readonly bound: { readonly issuer: string; readonly subjectDigest: string } | undefined;
  readonly factor: Factor | undefined;
  /** An enrolment under way: begun by this login, seed in the vault under `enrolling:<person>`. */
  readonly enrolling: { readonly login: string; readonly secretDigest: string; readonly at: Instant } | undefined;
  readonly attempts: Attempts;
  readonly lastLoginAt: Instant | undefined;
  /** An invitation that is not taken up by then is over. */
  readonly inviteUntil?: Instant;
  /** One of two people asked to take the authenticator away; the second must come by then. */
  readonly resetAsked?: { readonly by: PersonId; readonly until: Instant; readonly why: string };
  /** Sign-in addresses from which a factor was proven, newest first (T23): IPv4 whole, IPv6 by its /64. */
  readonly addresses?: readonly string[];
};

export const noAttempts: Attempts = { recent: [], consecutive: 0, refusedUntil: 0 };
