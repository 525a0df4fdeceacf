// Keys of epochs (TRUST §5, forward security): the key that signs heads lives a day or a segment, certifies the next one together with the last
// record before it, and is destroyed. Who takes the host later can sign no head, and re-hash no record, of an epoch that is over. Pure.
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import * as v from 'valibot';
import { type EpochCertificate, epochCertificate } from '../protocol/trail-nouns.ts';

/** The key in force. Epoch 0 is the one the first record is bound to (`genesis`). */
export type EpochKey = { readonly epoch: number; readonly publicKey: string };

/** What the key before signs. */
export const epochStatement = (chain: string, { epoch, publicKey, size, hash }: Omit<EpochCertificate, 'signature'>): string =>
  ['sallyport-epoch-v1', chain, epoch, publicKey, size, hash].join('\0');

// The same key signs thousands of heads in a row.
let newest: { readonly publicKey: string; readonly key: KeyObject } | undefined;
function keyObjectOf(publicKey: string): KeyObject {
  if (newest?.publicKey !== publicKey)
    newest = { publicKey, key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' }) };
  return newest.key;
}

/** Whether a key (raw, base64url) signed a statement; false for anything malformed. */
export function isSigned(statement: string, signature: string, publicKey: string): boolean {
  try {
    return verify(null, Buffer.from(statement), keyObjectOf(publicKey), Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}

/** The key that follows, if its certificate is signed by this one; otherwise undefined. */
export const nextEpoch = (key: EpochKey, chain: string, certificate: EpochCertificate): EpochKey | undefined =>
  certificate.epoch === key.epoch + 1 && isSigned(epochStatement(chain, certificate), certificate.signature, key.publicKey)
    ? { epoch: certificate.epoch, publicKey: certificate.publicKey }
    : undefined;

/** The epoch in which record `seq` was written: `epoch.began` is the first of its own. */
export function epochOf(seq: number, certificates: readonly EpochCertificate[]): number {
  let before = certificates.length;
  while (before > 0 && (certificates[before - 1]?.size ?? 0) > seq) before -= 1;
  return before;
}

/** Public half of the key of an epoch, base64url; undefined when there is no such epoch. */
export const keyOf = (epoch: number, rootKey: string, certificates: readonly EpochCertificate[]): string | undefined =>
  epoch === 0 ? rootKey : certificates[epoch - 1]?.publicKey;

/** The key in force after these certificates; they are believed. */
export const keyInForce = (rootKey: string, certificates: readonly EpochCertificate[] = []): EpochKey => ({
  epoch: certificates.length,
  publicKey: certificates.at(-1)?.publicKey ?? rootKey,
});

/** The same, of certificates that are not yet believed; undefined when one of them is not signed by the key before it, or out of order. */
export function verifiedKey(
  rootKey: string,
  chain: string,
  certificates: readonly EpochCertificate[] = [],
): EpochKey | undefined {
  let key: EpochKey | undefined = { epoch: 0, publicKey: rootKey };
  let size = -1;
  for (const certificate of certificates) {
    key = certificate.size > size ? key && nextEpoch(key, chain, certificate) : undefined;
    size = certificate.size;
  }
  return key;
}

/** The key in force after a record, or why the record cannot stand where it does as far as epochs go. `key` = the one in force before it. */
export function epochAfter(
  key: EpochKey,
  record: {
    readonly chain: string;
    readonly seq: number;
    readonly prev: string;
    readonly epoch: number;
    readonly type: string;
    readonly data: unknown;
  },
): EpochKey | string {
  let after: EpochKey | undefined = key;
  if (record.type === 'epoch.began') {
    const certificate = v.safeParse(epochCertificate, record.data);
    if (!certificate.success || certificate.output.size !== record.seq || certificate.output.hash !== record.prev)
      return 'its key is certified for another place';
    after = nextEpoch(key, record.chain, certificate.output);
    if (after === undefined) return 'its key is not certified by the one before';
  }
  return record.epoch === after.epoch ? after : `it says epoch ${record.epoch}, and stands in epoch ${after.epoch}`;
}
