// The keys of a gateway under a passphrase, for a backup: scrypt and AES-256-GCM. Without the passphrase the keys are lost, and with them every
// secret in the vault and every recording.
import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto';
import * as v from 'valibot';
import type { Chance } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';

/** Shortest passphrase, characters. */
export const leastPassphrase = 12;
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 192 * 1024 * 1024 } as const;
const name = 'sallyport-keys-v1';

const base64 = v.pipe(v.string(), v.base64());
const sealedFile = v.strictObject({
  v: v.literal(1),
  kdf: v.literal('scrypt'),
  N: v.number(),
  r: v.number(),
  p: v.number(),
  salt: base64,
  nonce: base64,
  tag: base64,
  data: base64,
});
const keyFiles = v.record(v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/)), base64);

export type KeyFiles = ReadonlyMap<string, Uint8Array>;

const keyFrom = (passphrase: string, salt: Uint8Array): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    scrypt(passphrase.normalize('NFC'), salt, 32, cost, (error, key) => (error === null ? resolve(key) : reject(error))),
  );

/** Text of the sealed keys. */
export async function sealKeys(keys: KeyFiles, passphrase: string, chance: Chance): Promise<string> {
  const salt = chance.bytes(16);
  const nonce = chance.bytes(12);
  const cipher = createCipheriv('aes-256-gcm', await keyFrom(passphrase, salt), nonce).setAAD(Buffer.from(name));
  const plain = JSON.stringify(
    Object.fromEntries([...keys].map(([file, bytes]) => [file, Buffer.from(bytes).toString('base64')])),
  );
  const data = Buffer.concat([cipher.update(plain), cipher.final()]);
  const encoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const { N, r, p } = cost;
  return JSON.stringify({
    v: 1,
    kdf: 'scrypt',
    N,
    r,
    p,
    salt: encoded(salt),
    nonce: encoded(nonce),
    tag: encoded(cipher.getAuthTag()),
    data: encoded(data),
  });
}

/** Errors: bad-request (another passphrase, or altered). */
export async function unsealKeys(text: string, passphrase: string): Promise<Result<KeyFiles>> {
  try {
    const sealed = v.parse(sealedFile, JSON.parse(text));
    // What a file asks of this machine is not believed: only the cost that we write.
    if (sealed.N !== cost.N || sealed.r !== cost.r || sealed.p !== cost.p)
      return refuse('bad-request', 'the keys are sealed in a way this release does not know');
    const key = await keyFrom(passphrase, Buffer.from(sealed.salt, 'base64'));
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(sealed.nonce, 'base64'))
      .setAAD(Buffer.from(name))
      .setAuthTag(Buffer.from(sealed.tag, 'base64'));
    const plain = Buffer.concat([decipher.update(Buffer.from(sealed.data, 'base64')), decipher.final()]).toString();
    return fine(
      new Map(Object.entries(v.parse(keyFiles, JSON.parse(plain))).map(([file, bytes]) => [file, Buffer.from(bytes, 'base64')])),
    );
  } catch {
    return refuse('bad-request', 'the keys in it do not open with this passphrase');
  }
}
