// The bearer token of a login: `spt_`, 43 characters of base64url (256 bits) and six of checksum (T3). Shown once; only its digest is
// kept (T4). The checksum tells a mistyped or cut token from a revoked one without a look-up; it proves nothing.
import { crc32 } from 'node:zlib';
import { digestOf } from './digest.ts';

export const tokenRandomBytes = 32;
const form = /^(spt_[A-Za-z0-9_-]{43})([A-Za-z0-9_-]{6})$/;

function checksum(body: string): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return sum.toString('base64url');
}

/** @throws when fewer than {@link tokenRandomBytes} random bytes are given (a bug of the caller). */
export function mintToken(random: Uint8Array): string {
  if (random.length !== tokenRandomBytes) throw new Error('a token needs 32 random bytes');
  const body = `spt_${Buffer.from(random).toString('base64url')}`;
  return body + checksum(body);
}

/** Whether a text has the form of a token; says nothing about whether it is one. */
export function looksLikeToken(text: string): boolean {
  const [, body, sum] = form.exec(text) ?? [];
  return body !== undefined && checksum(body) === sum;
}

/** What the state keeps, and what the device key signs (`operatorStatement`): SHA-256 of the whole token, hex. */
export const tokenDigest = digestOf;
