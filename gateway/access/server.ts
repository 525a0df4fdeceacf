// A server as the workspace knows it, and the one-use enrolment that lets its agent in. Presence is not state: it lives in relay/.
import type { EnrolmentId, ServerId } from '../protocol/ids.ts';
import type { HostFacts, Instant, Labels, Tier } from '../protocol/nouns.ts';

export type Enrolment = {
  readonly id: EnrolmentId;
  readonly server: ServerId;
  readonly tokenDigest: string;
  readonly expiresAt: Instant;
  readonly usedAt: Instant | undefined;
};

export type Server = {
  readonly id: ServerId;
  readonly name: string;
  readonly labels: Labels;
  readonly addedAt: Instant;
  /** Agent's Ed25519 public key, base64url; none before enrolment. */
  readonly key: string | undefined;
  readonly facts: HostFacts | undefined;
};

/** The tier a server's labels give it (S49): `tier=critical|important`, or `env=production` = important, else normal. */
export function tierOf(labels: Labels): Tier {
  const told = labels['tier'];
  if (told === 'critical' || told === 'important' || told === 'normal') return told;
  return labels['env'] === 'production' ? 'important' : 'normal';
}
