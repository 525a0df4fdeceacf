// Random text for nonces and handles, from the port of chance.
import type { Chance } from '../ports.ts';

/** `bytes` random bytes as base64url. */
export const newRandom = (chance: Chance, bytes: number): string => Buffer.from(chance.bytes(bytes)).toString('base64url');
