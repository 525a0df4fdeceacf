// Codes on paper, 80 bits each, shown once, of which only digests are kept: recovery codes, ten for the day the authenticator is lost (T17); and sealed
// codes, locked away for the day nobody can sign in (S53).
import { digestOf } from './digest.ts';

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
const form = /^[a-km-z2-9]{16}$/;
const letters = 16;

export const recoveryCount = 10;
/** Random bytes for a whole set. */
export const recoveryRandomBytes = recoveryCount * letters;

/** Ten codes such as `abcd-efgh-ijkm-npqr`, from {@link recoveryRandomBytes} random bytes. @throws when fewer are given. */
export const mintRecoveryCodes = (random: Uint8Array): readonly string[] => mint(random, recoveryCount);

export const sealedCount = 5;
/** Random bytes for a whole set. */
export const sealedRandomBytes = sealedCount * letters;
/** Five codes of the same form, from {@link sealedRandomBytes} random bytes. @throws when fewer are given. */
export const mintSealedCodes = (random: Uint8Array): readonly string[] => mint(random, sealedCount);

function mint(random: Uint8Array, count: number): readonly string[] {
  if (random.length < count * letters) throw new Error(`codes need ${count * letters} random bytes`);
  return Array.from({ length: count }, (_, nth) => {
    const of = Array.from(random.subarray(nth * letters, (nth + 1) * letters), (byte) => alphabet[byte & 31] ?? '');
    return [0, 4, 8, 12].map((from) => of.slice(from, from + 4).join('')).join('-');
  });
}

/** The digest of what a person typed, when it has the form of a recovery code (case and hyphens do not matter), else undefined. */
export const recoveryDigest = (typed: string): string | undefined => codeDigest('sallyport-recovery-v1', typed);
/** The same of a sealed code. */
export const sealedDigest = (typed: string): string | undefined => codeDigest('sallyport-sealed-v1', typed);

function codeDigest(kind: string, typed: string): string | undefined {
  if (typed.length > 32) return undefined;
  const bare = typed.replaceAll('-', '').toLowerCase();
  return form.test(bare) ? digestOf(`${kind}\0${bare}`) : undefined;
}
