// The keys of epochs on disk (TRUST §5, forward security): `keys/epoch.key` signs heads now, `keys/epoch.next` is there only while an epoch turns,
// `keys/root.pub` is the public half of epoch 0, which the first record is bound to. PKCS#8 PEM, 0600; private halves stay in here.
//
// A key that is over is written over in its place, then loses its name. Known limits: a disk that writes elsewhere (SSD, copy on write, a backup
// made by others) may keep the old bytes, and the memory of this process is not wiped. A workspace of 0.1.0 has no root.pub: its epoch 0 is
// signed by the gateway's own key, which goes on living, so its records before the first turn are only as safe as that key.
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { dirname } from 'node:path';
import * as v from 'valibot';
import type { Chance, EpochKeys, Signer } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { publicKey } from '../protocol/trail-nouns.ts';
import type { dataFolder } from './data-folder.ts';
import { type Disk, errno } from './disk.ts';
import { readWhole, sweepTemporary, writeDurably } from './durable-file.ts';
import { rawPublicKey } from './signer.ts';

type Paths = Pick<ReturnType<typeof dataFolder>, 'epochKey' | 'nextEpochKey' | 'rootKey'>;
type Key = { readonly publicKey: string; readonly sign: (statement: string) => string };

const keyOf = (key: KeyObject): Key => ({
  publicKey: rawPublicKey(key),
  sign: (statement) => sign(null, Buffer.from(statement), key).toString('base64url'),
});

async function makeKey(disk: Disk, chance: Chance, path: string): Promise<Key> {
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeDurably(disk, chance, path, Buffer.from(privateKey.export({ format: 'pem', type: 'pkcs8' })));
  return keyOf(privateKey);
}

/** Makes the key of epoch 0 of a new workspace, whose keys folder is there. Error: `already-initialised`. @throws when the disk fails. */
export async function createEpochKeys(disk: Disk, chance: Chance, paths: Paths): Promise<Result<undefined>> {
  if ((await readWhole(disk, paths.rootKey)) !== undefined) return refuse('already-initialised', paths.rootKey);
  const { publicKey } = await makeKey(disk, chance, paths.epochKey);
  await writeDurably(disk, chance, paths.rootKey, Buffer.from(`${publicKey}\n`));
  return fine(undefined);
}

/** The key in root.pub, base64url; undefined without the file: then the first record is bound to the gateway's own key. Error: `epoch-key` when it holds none. */
export async function readRootKey(disk: Disk, path: string): Promise<Result<string | undefined>> {
  const bytes = await readWhole(disk, path);
  if (bytes === undefined) return fine(undefined);
  const text = Buffer.from(bytes).toString().trim();
  return v.is(publicKey, text) ? fine(text) : refuse('epoch-key', `${path} holds no Ed25519 key`);
}

/** The keys there are; which of them is in force the log says (`settle`). Error: `epoch-key` when root.pub is no key. @throws when the disk fails. */
export async function openEpochKeys(disk: Disk, chance: Chance, paths: Paths, gateway: Signer): Promise<Result<EpochKeys>> {
  const root = await readRootKey(disk, paths.rootKey);
  if (!root.ok) return root;
  const rootKey = root.value ?? gateway.publicKey;
  const folder = dirname(paths.epochKey);
  await sweepTemporary(disk, folder);
  const held = new Map<string, Key>();
  for (const path of [paths.epochKey, paths.nextEpochKey]) {
    const key = await loadKey(disk, path);
    if (key !== undefined) held.set(path, key);
  }
  // Epoch 0 of a workspace of 0.1.0; it has no file to destroy.
  const lasting: readonly Key[] = rootKey === gateway.publicKey ? [gateway] : [];
  let inForce: string | undefined;
  const all = (): readonly Key[] => [...held.values(), ...lasting];

  return fine({
    rootKey,
    settle(publicKey) {
      if (!all().some((key) => key.publicKey === publicKey))
        return refuse('epoch-key', `no key in ${folder} is that of the epoch in force, ${publicKey}`);
      inForce = publicKey;
      return fine(undefined);
    },
    async clean() {
      // What is there is read anew: a try before this one may have failed after it had done its work.
      const isInForce = async (path: string): Promise<boolean> => (await loadKey(disk, path))?.publicKey === inForce;
      const [now, next] = [await isInForce(paths.epochKey), await isInForce(paths.nextEpochKey)];
      if (!now && (await overwrite(disk, paths.epochKey)) && !next) await disk.remove(paths.epochKey);
      if (!now && next) await disk.rename(paths.nextEpochKey, paths.epochKey);
      // A power cut in the middle of renaming may have left one file under both names.
      else if (next || (await overwrite(disk, paths.nextEpochKey))) await disk.remove(paths.nextEpochKey);
      await disk.syncFolder(folder);
      const key = [...held.values()].find(({ publicKey }) => publicKey === inForce);
      held.clear();
      if (key !== undefined) held.set(paths.epochKey, key);
    },
    async prepare() {
      const made = held.get(paths.nextEpochKey);
      if (made !== undefined && made.publicKey !== inForce) return made.publicKey;
      const key = await makeKey(disk, chance, paths.nextEpochKey);
      held.set(paths.nextEpochKey, key);
      return key.publicKey;
    },
    sign(publicKey, statement) {
      const key = all().find((one) => one.publicKey === publicKey);
      if (key === undefined) throw new Error('the key of this epoch is not here');
      return key.sign(statement);
    },
  });
}

/** The key in a file; undefined without one, or when it holds none: it may have been written over already. */
async function loadKey(disk: Disk, path: string): Promise<Key | undefined> {
  const pem = await readWhole(disk, path);
  if (pem === undefined) return undefined;
  try {
    const key = createPrivateKey(Buffer.from(pem));
    return key.asymmetricKeyType === 'ed25519' ? keyOf(key) : undefined;
  } catch {
    return undefined;
  }
}

/** Writes zeros over what a file holds, on the disk. @returns whether there was a file. */
async function overwrite(disk: Disk, path: string): Promise<boolean> {
  let file: Awaited<ReturnType<Disk['open']>>;
  try {
    file = await disk.open(path, 'over');
  } catch (error) {
    if (errno(error) === 'ENOENT') return false;
    throw error;
  }
  try {
    await file.write(new Uint8Array(await file.size()));
    await file.datasync();
    return true;
  } finally {
    await file.close();
  }
}
