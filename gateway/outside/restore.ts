// `sallyport-gateway restore`: a backup becomes a data folder again, or nothing does. It is unpacked beside its place, every file held against its sum,
// the whole log verified with the keys that will sign on, and only then moved into place. The folder is marked: the gateway that starts on it
// first says so in the log, and begins a new epoch, because the backup held the key of the one before.
import { createHash, timingSafeEqual } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import type { VerdictDocument } from '../audit/tell-verdict.ts';
import type { Chance } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { count, instant, text } from '../protocol/nouns.ts';
import { digest } from '../protocol/trail-nouns.ts';
import { dataFolder } from './data-folder.ts';
import { causeOf, errno, realDisk } from './disk.ts';
import { type KeyFiles, unsealKeys } from './sealed-keys.ts';
import { readTar, type TarEntry, TarProblem } from './tar.ts';
import { verifyFolder } from './verify-folder.ts';

const toldFile = v.looseObject({
  v: v.literal(1),
  madeAt: instant,
  chain: text(64),
  size: count,
  hash: digest,
  keys: v.picklist(['sealed', 'left-out']),
});
const sumsFile = v.strictObject({ v: v.literal(1), sums: v.record(v.string(), digest) });
const markFile = v.strictObject({ v: v.literal(1), madeAt: instant, size: count, hash: digest });

export type RestoreOptions = {
  readonly file: string;
  /** Undefined = only look whether it could be restored. */
  readonly data: string | undefined;
  readonly passphrase: string | undefined;
  /** The keys folder, for a backup without keys. */
  readonly keys: string | undefined;
  readonly chance: Chance;
};
export type Restored = { readonly madeAt: number; readonly verified: VerdictDocument };

/** What the gateway that starts first on a restored folder must say. */
export type RestoredMark = { readonly madeAt: number; readonly size: number; readonly hash: string };
const markPath = (data: string): string => path.join(data, 'restored.json');

/** The mark of a folder that was restored and not started since. @throws when the file holds something else. */
export async function readRestoredMark(data: string): Promise<RestoredMark | undefined> {
  const held = await fs.readFile(markPath(data), 'utf8').catch((error: unknown) => {
    if (errno(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (held === undefined) return undefined;
  const { madeAt, size, hash } = v.parse(markFile, JSON.parse(held));
  return { madeAt, size, hash };
}
/** After the log tells of it. */
export async function removeRestoredMark(data: string): Promise<void> {
  await fs.rm(markPath(data), { force: true });
  await realDisk.syncFolder(data);
}

/** Errors: already-initialised (the folder is not empty), usage (a passphrase or keys are missing), bad-request, verification, not-found. */
export async function restoreBackup(options: RestoreOptions): Promise<Result<Restored>> {
  const { file, data, chance } = options;
  const target = path.resolve(data ?? file);
  if (data !== undefined && (await fs.readdir(target).catch(() => [])).length > 0) return refuse('already-initialised', target);
  const made = `${target}.new-${Buffer.from(chance.bytes(6)).toString('hex')}`;
  try {
    await fs.mkdir(made, { recursive: true, mode: 0o700 });
    const filled = await fill(made, options);
    if (!filled.ok || data === undefined) return filled;
    // Over an empty folder, or nothing: anything else refuses.
    await fs.rename(made, target);
    await realDisk.syncFolder(path.dirname(target));
    return filled;
  } catch (error) {
    if (error instanceof TarProblem) return refuse('verification', `${file}: ${error.message}`);
    return errno(error) === 'ENOENT' ? refuse('not-found', file) : refuse('bad-request', causeOf(error));
  } finally {
    await fs.rm(made, { recursive: true, force: true });
  }
}

async function fill(made: string, { file, passphrase, keys }: RestoreOptions): Promise<Result<Restored>> {
  const unpacked = await unpack(made, file);
  const told = v.safeParse(toldFile, unpacked.told);
  if (!told.success) return refuse('verification', `${file}: it is no backup of a gateway`);
  let held: KeyFiles;
  if (unpacked.sealed === undefined) {
    if (keys === undefined) return refuse('usage', 'the backup was made without keys: give the keys folder with --keys DIR');
    held = await keysIn(keys);
  } else {
    if (passphrase === undefined) return refuse('usage', 'the keys in the backup are sealed: give --passphrase-file FILE');
    const opened = await unsealKeys(unpacked.sealed, passphrase);
    if (!opened.ok) return opened;
    held = opened.value;
  }
  const folder = dataFolder(made);
  await fs.mkdir(folder.keys, { recursive: true, mode: 0o700 });
  for (const [name, bytes] of held) await writeSynced(path.join(folder.keys, name), [bytes]);
  const verified = await verifyFolder(made);
  if (verified.verdict !== 'intact' && verified.verdict !== 'purged')
    return refuse(
      'verification',
      `the log in it: ${verified.verdict}${verified.seq === undefined ? '' : ` at record ${verified.seq}`}, ${verified.reason}`,
    );
  const { madeAt, size, hash } = told.output;
  await writeSynced(markPath(made), [Buffer.from(JSON.stringify({ v: 1, madeAt, size, hash }))]);
  for (const name of ['', 'audit', 'keys', 'recordings']) await realDisk.makeFolder(path.join(made, name));
  for (const name of ['audit', 'keys', 'recordings', '']) await realDisk.syncFolder(path.join(made, name));
  return fine({ madeAt, verified });
}

/** Unpacks all files, each against its sum. @throws TarProblem. */
async function unpack(made: string, file: string): Promise<{ told: unknown; sealed: string | undefined }> {
  const archive = await fs.open(file, 'r');
  const found = new Map<string, string>();
  const aside = new Map<string, string>();
  try {
    for await (const entry of readTar(archive)) {
      if (found.has(entry.name)) throw new TarProblem(`${entry.name}: it is there twice`);
      if (!/^[a-zA-Z0-9][\w.@-]*(\/[a-zA-Z0-9][\w.@-]*){0,3}$/.test(entry.name))
        throw new TarProblem('a name in it is none of ours');
      const beside = entry.name === 'backup.json' || entry.name === 'keys.sealed' || entry.name === 'sums.json';
      if (beside && entry.size > mostBesideBytes) throw new TarProblem(`${entry.name}: it is too large`);
      found.set(entry.name, beside ? await readAside(entry, aside) : await place(made, entry));
    }
  } finally {
    await archive.close();
  }
  const sums = v.safeParse(sumsFile, parsed(aside.get('sums.json')));
  if (!sums.success) throw new TarProblem('its sums are missing: it is cut off');
  found.delete('sums.json');
  for (const name of new Set([...found.keys(), ...Object.keys(sums.output.sums)])) {
    const is = Buffer.from(found.get(name) ?? '');
    const was = Buffer.from(sums.output.sums[name] ?? '');
    if (is.length !== was.length || !timingSafeEqual(is, was)) throw new TarProblem(`${name}: it is not what was backed up`);
  }
  return { told: parsed(aside.get('backup.json')), sealed: aside.get('keys.sealed') };
}
const mostBesideBytes = 64 * 1024 * 1024;

function parsed(held: string | undefined): unknown {
  try {
    return held === undefined ? undefined : JSON.parse(held);
  } catch {
    return undefined;
  }
}

async function readAside({ name, bytes }: TarEntry, aside: Map<string, string>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  const whole = Buffer.concat(pieces);
  aside.set(name, whole.toString());
  return createHash('sha256').update(whole).digest('hex');
}

async function place(made: string, { name, bytes }: TarEntry): Promise<string> {
  const at = path.join(made, name);
  await fs.mkdir(path.dirname(at), { recursive: true, mode: 0o700 });
  const sum = createHash('sha256');
  const summed = async function* () {
    for await (const piece of bytes) {
      sum.update(piece);
      yield piece;
    }
  };
  await writeSynced(at, summed());
  return sum.digest('hex');
}

async function writeSynced(at: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  const file = await fs.open(at, 'wx', 0o600);
  try {
    for await (const piece of pieces) await file.appendFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function keysIn(folder: string): Promise<KeyFiles> {
  const keys = new Map<string, Uint8Array>();
  for (const entry of await fs.readdir(folder, { withFileTypes: true }))
    if (entry.isFile()) keys.set(entry.name, await fs.readFile(path.join(folder, entry.name)));
  return keys;
}
