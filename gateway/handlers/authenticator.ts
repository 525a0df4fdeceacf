// A code of somebody's authenticator, looked at with the seed that the vault holds: the one place where seeds are read.
import { digestOf } from '../identity/digest.ts';
import type { CodeVerdict } from '../identity/factor.ts';
import type { Person } from '../identity/person.ts';
import { newSeed, verifyCode } from '../outside/totp.ts';
import type { Vault } from '../ports.ts';
import type { Instant } from '../protocol/nouns.ts';

type Check = (lastStep: number, now: Instant) => CodeVerdict;

/** Of nobody: what is looked at where there is no seed, so that it takes as long. */
const nobodys = newSeed();

const secretIn = (vault: Pick<Vault, 'get'>, name: string): string | undefined => {
  const kept = vault.get(name);
  return kept && Buffer.from(kept).toString('utf8');
};

/** Looks with a seed; without one nothing is right, and a code is still told apart from what is none. */
export const checkWith =
  (seed: string | undefined, code: string): Check =>
  (lastStep, now) => {
    const looked = verifyCode({ seed: seed ?? nobodys, code, lastStep: seed === undefined ? -1 : lastStep, now });
    return seed === undefined && looked.verdict !== 'malformed' ? { verdict: 'wrong' } : looked;
  };

/** The seed that somebody is setting up. */
export const enrollingSeed = (vault: Pick<Vault, 'get'>, person: string): string | undefined =>
  secretIn(vault, `enrolling:${person}`);

/** Looks at a code of somebody, with their seed if it is the one the log speaks of. */
export function checkOf(vault: Pick<Vault, 'get'>, person: Person | undefined, code: string): Check {
  const seed = secretIn(vault, `factor:${person?.id ?? ''}`);
  return checkWith(seed !== undefined && digestOf(seed) === person?.factor?.secretDigest ? seed : undefined, code);
}
