// What a signed head says (TRUST §5, heads): so many records, the last with this hash.
import { createPublicKey, verify } from 'node:crypto';
import * as v from 'valibot';
import type { Head } from '../ports.ts';
import { count, instant, text } from '../protocol/nouns.ts';

/** The statement the gateway's key signs. */
export const headStatement = (head: Omit<Head, 'signature'>): string =>
  ['sallyport-head-v1', head.chain, head.size, head.hash, head.ts].join('\0');

export const headFile = v.strictObject({ chain: text(64), size: count, hash: text(64), ts: instant, signature: text(128) });

/** Whether the key (raw, base64url) signed this head; false for anything malformed. */
export function headIsSigned(head: Head, publicKey: string): boolean {
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    return verify(null, Buffer.from(headStatement(head)), key, Buffer.from(head.signature, 'base64url'));
  } catch {
    return false;
  }
}
