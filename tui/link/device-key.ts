// The Ed25519 key of this device (D1): made at first sign-in, kept in the credentials file, proves every connection. Never sent.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';

export type DeviceKey = {
  /** base64url of the 32 raw bytes. */
  readonly publicKey: string;
  /** base64url of the PKCS#8 DER, as the credentials file holds it. */
  readonly secret: string;
  /** base64url signature over the UTF-8 of a statement. */
  readonly sign: (statement: string) => string;
};

export function makeDeviceKey(): DeviceKey {
  return deviceKeyOf(generateKeyPairSync('ed25519').privateKey);
}

/** The key as the credentials file holds it. Error: `credentials`. */
export function readDeviceKey(secret: string): Result<DeviceKey> {
  try {
    const key = createPrivateKey({ key: Buffer.from(secret, 'base64url'), format: 'der', type: 'pkcs8' });
    if (key.asymmetricKeyType !== 'ed25519') return refuse('credentials', 'the device key is not an Ed25519 key');
    return { ok: true, value: deviceKeyOf(key) };
  } catch {
    return refuse('credentials', 'the device key cannot be read');
  }
}

function deviceKeyOf(key: KeyObject): DeviceKey {
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    // The last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key itself (RFC 8410 §4).
    publicKey: der.subarray(-32).toString('base64url'),
    secret: key.export({ format: 'der', type: 'pkcs8' }).toString('base64url'),
    sign: (statement) => sign(null, Buffer.from(statement, 'utf8'), key).toString('base64url'),
  };
}
