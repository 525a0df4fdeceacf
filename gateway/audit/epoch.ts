// Keys of epochs (TRUST §5, forward security): the key that signs heads lives a day or a segment, certifies the next one together with the last
// record before it, and is destroyed. Who takes the host later can sign no head, and re-hash no record, of an epoch that is over. Pure.
import { createPublicKey, verify } from 'node:crypto';
import type { EpochCertificate } from '../protocol/trail-nouns.ts';

/** The key in force. Epoch 0 is the one the first record is bound to (`genesis`). */
export type EpochKey = { readonly epoch: number; readonly publicKey: string };

/** What the key before signs. */
export const epochStatement = (chain: string, { epoch, publicKey, size, hash }: Omit<EpochCertificate, 'signature'>): string =>
  ['sallyport-epoch-v1', chain, epoch, publicKey, size, hash].join('\0');

/** Whether a key (raw, base64url) signed a statement; false for anything malformed. */
export function isSigned(statement: string, signature: string, publicKey: string): boolean {
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    return verify(null, Buffer.from(statement), key, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}

/** The key that follows, if its certificate is signed by this one; otherwise undefined. */
export const nextEpoch = (key: EpochKey, chain: string, certificate: EpochCertificate): EpochKey | undefined =>
  certificate.epoch === key.epoch + 1 && isSigned(epochStatement(chain, certificate), certificate.signature, key.publicKey)
    ? { epoch: certificate.epoch, publicKey: certificate.publicKey }
    : undefined;
