// Who this agent is and whom it believes (D11, G3): its Ed25519 key, made here and never sent; the key of its gateway, pinned at enrolment.
// One file, 0600, in a folder of its owner's.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { lstat, mkdir, readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { type Result, refuse } from '../gateway/protocol/errors.ts';
import { serverId } from '../gateway/protocol/ids.ts';
import { fit, parseJson } from '../gateway/protocol/json.ts';
import { serverName } from '../gateway/protocol/nouns.ts';
import { writeWhole } from './state-file.ts';

/** An Ed25519 public key: base64url of its 32 raw bytes. */
const publicKeyText = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, 'a public key is 43 characters of base64url'));

const identityFile = v.strictObject({
  version: v.literal(1),
  server: serverId,
  name: serverName,
  /** Where the gateway is: origin only, http(s). */
  gateway: v.pipe(v.string(), v.url()),
  /** The pinned key of the gateway. */
  gatewayKey: publicKeyText,
  /** PEM of the CA that the gateway's certificate must come from; absent on plain loopback. */
  ca: v.optional(v.string()),
  /** PKCS #8, PEM. */
  privateKey: v.string(),
});
export type Identity = v.InferOutput<typeof identityFile>;

const FILE = 'identity.json';

/** A new key pair: the private half as PEM for {@link Identity}, the public half as it travels. */
export function makeKey(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey: rawPublicKey(publicKey) };
}

/** The public half of a private key in PEM, as it travels. */
export const publicKeyOf = (privateKey: string): string => rawPublicKey(createPublicKey(privateKey));

/** base64url signature over the UTF-8 of a statement. */
export function signStatement(privateKey: string, statement: string): string {
  return sign(null, Buffer.from(statement), createPrivateKey(privateKey)).toString('base64url');
}

/** True when `signature` is that key's over the statement. Any malformed input is simply not a signature. */
export function verifyStatement(publicKey: string, statement: string, signature: string): boolean {
  if (!v.is(publicKeyText, publicKey) || !/^[A-Za-z0-9_-]{86}$/.test(signature)) return false;
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    return verify(null, Buffer.from(statement), key, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}

/** Reads the identity. `not-found` when there is none, `credentials` when it is not this user's alone or not whole. */
export async function readIdentity(folder: string): Promise<Result<Identity>> {
  const path = `${folder}/${FILE}`;
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined)
    return refuse(
      'not-found',
      `no identity in ${folder}; enrol this server first: sallyport-agent enroll URL --token T --state ${folder}`,
    );
  if (!facts.isFile()) return refuse('credentials', `${path} is not a plain file`);
  if ((facts.mode & 0o077) !== 0) return refuse('credentials', `${path} can be read by others; make it mode 0600`);
  if (facts.uid !== process.geteuid?.()) return refuse('credentials', `${path} belongs to another user`);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return refuse('credentials', `${path} cannot be read`);
  const json = parseJson(text);
  if (!json.ok) return refuse('credentials', `${path} is damaged; enrol again`);
  const identity = fit(identityFile, json.value);
  return identity.ok ? identity : refuse('credentials', `${path} is damaged (${identity.problem.detail ?? ''}); enrol again`);
}

/** Writes the identity durably, 0600, in a folder of mode 0700. */
export async function writeIdentity(folder: string, identity: Identity): Promise<Result<undefined>> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeWhole(`${folder}/${FILE}`, `${JSON.stringify(identity, undefined, 2)}\n`);
    return { ok: true, value: undefined };
  } catch (error) {
    return refuse('credentials', `${folder}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function rawPublicKey(key: KeyObject): string {
  return key.export({ format: 'jwk' }).x ?? '';
}
