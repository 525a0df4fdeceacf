// Recovery codes: ten, 80 bits each, for the day the authenticator is lost (T17). Shown once; only digests are kept.
import { digestOf } from './digest.ts';

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
const form = /^[a-km-z2-9]{16}$/;
const letters = 16;

export const recoveryCount = 10;
/** Random bytes for a whole set. */
export const recoveryRandomBytes = recoveryCount * letters;

/** Ten codes such as `abcd-efgh-ijkm-npqr`, from {@link recoveryRandomBytes} random bytes. @throws when fewer are given. */
export function mintRecoveryCodes(random: Uint8Array): readonly string[] {
  if (random.length < recoveryRandomBytes) throw new Error('recovery codes need 160 random bytes');
  return Array.from({ length: recoveryCount }, (_, nth) => {
    const of = Array.from(random.subarray(nth * letters, (nth + 1) * letters), (byte) => alphabet[byte & 31] ?? '');
    return [0, 4, 8, 12].map((from) => of.slice(from, from + 4).join('')).join('-');
  });
}

/** The digest of what a person typed, when it has the form of a recovery code (case and hyphens do not matter), else undefined. */
export function recoveryDigest(typed: string): string | undefined {
  if (typed.length > 32) return undefined;
  const bare = typed.replaceAll('-', '').toLowerCase();
  return form.test(bare) ? digestOf(`sallyport-recovery-v1\0${bare}`) : undefined;
}
