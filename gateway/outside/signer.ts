// The gateway's Ed25519 key: `keys/gateway.key`, PKCS#8 PEM, 0600. Made once at init, never overwritten; the private half stays in here.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { dirname } from 'node:path';
import type { Chance, Signer } from '../ports.ts';
import { type Result, refuse } from '../protocol/errors.ts';
import type { Disk } from './disk.ts';
import { readWhole, writeDurably } from './durable-file.ts';

/** The 32 raw bytes of the public half, base64url. */
export const rawPublicKey = (key: KeyObject): string => createPublicKey(key).export({ format: 'jwk' }).x ?? '';

function signerOf(key: KeyObject): Signer {
  return {
    publicKey: rawPublicKey(key),
    sign: (statement) => sign(null, Buffer.from(statement), key).toString('base64url'),
  };
}

/** Makes the key. Error: `already-initialised` when there is one. */
export async function createSigner(disk: Disk, chance: Chance, path: string): Promise<Result<Signer>> {
  if ((await readWhole(disk, path)) !== undefined) return refuse('already-initialised', path);
  const { privateKey } = generateKeyPairSync('ed25519');
  await disk.makeFolder(dirname(path));
  await writeDurably(disk, chance, path, Buffer.from(privateKey.export({ format: 'pem', type: 'pkcs8' })));
  return { ok: true, value: signerOf(privateKey) };
}

/** Errors: `not-initialised`, `gateway-key` when the file is no Ed25519 key. */
export async function loadSigner(disk: Disk, path: string): Promise<Result<Signer>> {
  const pem = await readWhole(disk, path);
  if (pem === undefined) return refuse('not-initialised', path);
  try {
    const key = createPrivateKey(Buffer.from(pem));
    if (key.asymmetricKeyType === 'ed25519') return { ok: true, value: signerOf(key) };
  } catch {
    // falls through: the file is not a key
  }
  return refuse('gateway-key', `${path} holds no Ed25519 key`);
}
