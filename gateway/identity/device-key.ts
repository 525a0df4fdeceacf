// Proof of a device key: an Ed25519 signature over one of the statements of protocol/operator.ts. Pure; the key is 32 raw bytes.
import { createPublicKey, verify } from 'node:crypto';

/** Bytes of a text that is canonical base64url of exactly `length` bytes; one value has one spelling. */
function exactly(text: string, length: number): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === length && bytes.toString('base64url') === text ? bytes : undefined;
}

/** Whether a text can be a device's public key: canonical base64url of 32 bytes. */
export const isDeviceKey = (key: string): boolean => exactly(key, 32) !== undefined;

/** Whether `signature` (base64url, 64 bytes) over the UTF-8 of `statement` was made with the key whose public half is `key` (base64url, 32 bytes). */
export function provesKey(key: string, statement: string, signature: string): boolean {
  const signed = exactly(signature, 64);
  if (signed === undefined || !isDeviceKey(key)) return false;
  try {
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key }, format: 'jwk' });
    return verify(null, Buffer.from(statement, 'utf8'), publicKey, signed);
  } catch {
    // Not a point of the curve.
    return false;
  }
}
