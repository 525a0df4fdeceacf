// The only file that knows otplib: seeds, their QR text, and codes (RFC 6238, SHA-1, six digits, 30 s, as every authenticator does).
// otplib throws at a malformed code and tells a spent one from a wrong one only if asked twice; here both are answers (T11, T12).
import { generateSecret, generateURI, verifySync } from 'otplib';
import type { CodeVerdict } from '../identity/factor.ts';

const periodSeconds = 30;
const secretBytes = 20;

/** A new seed: 160 bits from the CSPRNG of the platform, base32. */
export const newSeed = (): string => generateSecret({ length: secretBytes });

/** What an authenticator scans. `issuer` and `account` are shown there; a colon in them would change their meaning, so it goes. */
export const seedUri = (seed: string, issuer: string, account: string): string =>
  generateURI({ strategy: 'totp', issuer: issuer.replaceAll(':', ' '), label: account.replaceAll(':', ' '), secret: seed });

/**
 * Looks at a code with a tolerance of one time step either way.
 * @param lastStep the last step accepted for the person, −1 before the first: only a later one is right (T10, T11)
 * @param now wall clock, ms
 */
export function verifyCode(ask: {
  readonly seed: string;
  readonly code: unknown;
  readonly lastStep: number;
  readonly now: number;
}): CodeVerdict {
  const { seed, code, lastStep } = ask;
  if (typeof code !== 'string' || !/^[0-9]{6}$/.test(code)) return { verdict: 'malformed' };
  const epoch = Math.floor(ask.now / 1000);
  const look = (after: number | undefined) =>
    verifySync({
      strategy: 'totp',
      secret: seed,
      token: code,
      epoch,
      epochTolerance: periodSeconds,
      ...(after === undefined ? {} : { afterTimeStep: after }),
    });
  // After a step back of the clock every step of the window is spent; otplib refuses that question with a throw.
  const newest = Math.floor((epoch + periodSeconds) / periodSeconds);
  if (lastStep < newest) {
    const fresh = look(lastStep < 0 ? undefined : lastStep);
    if (fresh.valid && 'timeStep' in fresh) return { verdict: 'right', step: fresh.timeStep };
  }
  return look(undefined).valid ? { verdict: 'used' } : { verdict: 'wrong' };
}
