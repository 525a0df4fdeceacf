// A login: one sign-in of one person on one device, and what it has proven since. The token exists here only as a digest.
import type { BreakGlassId, DeviceId, LoginId, PersonId } from '../protocol/ids.ts';
import type { Instant, Selector } from '../protocol/nouns.ts';

/** A second factor proven for one kind of action on one target, until an instant (T18). */
export type Proof = {
  readonly action: string;
  readonly target: string | undefined;
  readonly method: 'totp' | 'recovery';
  readonly at: Instant;
  readonly until: Instant;
  /** Of a declared batch (M15): the servers it serves; then `target` is absent. */
  readonly servers?: Selector;
};

export type Login = {
  readonly id: LoginId;
  readonly person: PersonId;
  readonly device: DeviceId;
  readonly tokenDigest: string;
  readonly startedAt: Instant;
  readonly expiresAt: Instant;
  readonly idleMs: number;
  readonly proofs: readonly Proof[];
  /** The provider's refresh token, in the vault under `refresh:<login>`. `pending` = a refresh was begun and its end is not known (D1). */
  readonly refresh: { readonly digest: string; readonly pending: boolean } | undefined;
  /** Since when the provider no longer vouches for it, and why (D1). Absent = it does, as far as is known. */
  readonly stale?: { readonly cause: 'invalid-grant' | 'unfinished' | 'no-refresh-token'; readonly since: Instant };
  readonly address: string;
  /** Made by breaking the glass (S53): every event of it is flagged. */
  readonly breakGlass?: BreakGlassId;
};

export type Device = {
  readonly id: DeviceId;
  readonly person: PersonId;
  /** Ed25519 public key, base64url. */
  readonly key: string;
  readonly machine: string;
  readonly registeredAt: Instant;
  /** When a factor was first proven on it; until then the device is new (T23). */
  readonly trustedAt: Instant | undefined;
};
