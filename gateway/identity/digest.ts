// SHA-256 of secrets and names, in hex: what the state and the log hold instead of them (T4).
import { createHash, timingSafeEqual } from 'node:crypto';

export const digestOf = (secret: string | Uint8Array): string => createHash('sha256').update(secret).digest('hex');

/** Whether two hex digests are equal, in time that does not depend on where they differ (T5). */
export function sameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a, 'hex');
  const right = Buffer.from(b, 'hex');
  return left.length === 32 && right.length === 32 && timingSafeEqual(left, right);
}

/** A person at the provider, as the state knows them: issuer and subject under one hash, with a length between them. */
export const subjectDigest = (issuer: string, subject: string): string =>
  digestOf(`sallyport-subject-v1\0${issuer.length}\0${issuer}\0${subject}`);
