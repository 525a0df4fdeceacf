// vault.json: secrets, each sealed with AES-256-GCM under keys/vault.key, which stands outside the file. lowdb over the durable adapter, like
// the checkpoint. The name of a secret is bound into its seal, so values cannot be swapped. Known limit: deleting the newest generation and
// putting an older file in its place is not seen here, but by the digests that events carry.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { dirname } from 'node:path';
import { type Adapter, Low } from 'lowdb';
import * as v from 'valibot';
import { AuditUnavailable } from '../audit/commit.ts';
import type { Chance, Vault } from '../ports.ts';
import { type Result, refuse } from '../protocol/errors.ts';
import { causeOf, type Disk } from './disk.ts';
import { readWhole, sweepTemporary, writeDurably } from './durable-file.ts';

const vaultSchema = v.strictObject({
  version: v.literal(1),
  generation: v.pipe(v.number(), v.integer(), v.minValue(0)),
  entries: v.array(v.strictTuple([v.pipe(v.string(), v.maxLength(256)), v.pipe(v.string(), v.base64())])),
});
type VaultFile = v.InferOutput<typeof vaultSchema>;

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

function sealSecret(key: Uint8Array, chance: Chance, name: string, secret: Uint8Array): string {
  const nonce = chance.bytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name));
  return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

function unsealSecret(key: Uint8Array, name: string, sealed: string): Uint8Array | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < nonceBytes + tagBytes) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes))
    .setAAD(Buffer.from(name))
    .setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}

type Paths = { readonly file: string; readonly key: string };

/** Makes the vault's key. Error: `already-initialised`. */
export async function createVaultKey(disk: Disk, chance: Chance, path: string): Promise<Result<object>> {
  if ((await readWhole(disk, path)) !== undefined) return refuse('already-initialised', path);
  await disk.makeFolder(dirname(path));
  await writeDurably(disk, chance, path, chance.bytes(keyBytes));
  return { ok: true, value: {} };
}

/** Opens the vault; no file = empty. Errors: `not-initialised` without a key, `state-altered` when a secret does not open with it. */
export async function openVault(disk: Disk, chance: Chance, paths: Paths): Promise<Result<Vault>> {
  const key = await readWhole(disk, paths.key);
  if (key?.length !== keyBytes) return refuse('not-initialised', paths.key);
  await sweepTemporary(disk, dirname(paths.file));
  const adapter: Adapter<VaultFile> = {
    read: async () => {
      const bytes = await readWhole(disk, paths.file);
      return bytes === undefined ? null : v.parse(vaultSchema, JSON.parse(Buffer.from(bytes).toString()));
    },
    write: (file) => writeDurably(disk, chance, paths.file, Buffer.from(JSON.stringify(file))),
  };
  const database = new Low<VaultFile>(adapter, { version: 1, generation: 0, entries: [] });
  try {
    await database.read();
  } catch {
    return refuse('state-altered', `${paths.file} is not a vault`);
  }
  const entries = new Map(database.data.entries);
  for (const [name, sealed] of entries)
    if (unsealSecret(key, name, sealed) === undefined) return refuse('state-altered', `${paths.file}: ${name} was changed`);
  return { ok: true, value: vaultOver(database, key, chance, entries) };
}

function vaultOver(database: Low<VaultFile>, key: Uint8Array, chance: Chance, first: ReadonlyMap<string, string>): Vault {
  /** What is on disk; only that is ever given out. */
  let durable = first;
  let queued: ((entries: Map<string, string>) => void)[] = [];
  let writing: Promise<void> | undefined;

  /** Everything asked for while a write is under way goes into the next. */
  function change(how: (entries: Map<string, string>) => void): Promise<void> {
    queued.push(how);
    const turn = (writing ?? Promise.resolve()).catch(() => undefined).then(flush);
    writing = turn;
    return turn;
  }
  let lastWrite: Promise<void> = Promise.resolve();
  function flush(): Promise<void> {
    // The write of an earlier turn took this change along.
    if (queued.length === 0) return lastWrite;
    const changes = queued;
    queued = [];
    const next = new Map(durable);
    for (const how of changes) how(next);
    const before = database.data;
    database.data = { version: 1, generation: before.generation + 1, entries: [...next] };
    lastWrite = database.write().then(
      () => {
        durable = next;
      },
      (error: unknown) => {
        database.data = before;
        // What rests on a secret may not happen without it, as nothing may without the log.
        throw new AuditUnavailable(causeOf(error));
      },
    );
    return lastWrite;
  }

  return {
    put: (name, secret) => {
      const sealed = sealSecret(key, chance, name, secret);
      return change((entries) => entries.set(name, sealed));
    },
    get: (name) => {
      const sealed = durable.get(name);
      return sealed === undefined ? undefined : unsealSecret(key, name, sealed);
    },
    remove: (names) =>
      names.some((name) => durable.has(name)) || queued.length > 0
        ? change((entries) => {
            for (const name of names) entries.delete(name);
          })
        : Promise.resolve(),
    names: () => [...durable.keys()],
    // Sealed anew it is another text, for its nonce is.
    mark: (name) => durable.get(name),
  };
}
