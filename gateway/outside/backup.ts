// `sallyport-gateway backup`: the whole data folder in one file, reading only, also while a gateway writes it. What is in it belongs together: the
// saved state and the head are read before the log, the vault after it, so the log holds every record they rest on and the vault every secret it
// names. When a segment is purged, an erasure runs or an epoch turns meanwhile, it begins again.
//
// Left out: what is made anew (tree, indexes), the lock, the generation of the state before this one. Recordings are as long as they are when their turn
// comes; a chunk that is being written is cut off when the session is found again. The backup holds names and addresses, and what is
// erased later is still in it.
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { segmentOfManifest } from '../audit/log-names.ts';
import type { Chance } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { programVersion } from '../protocol/version.ts';
import { dataFolder } from './data-folder.ts';
import { causeOf, errno, realDisk } from './disk.ts';
import { isFolderLocked } from './folder-lock.ts';
import { readHead } from './heads.ts';
import { type KeyFiles, leastPassphrase, sealKeys } from './sealed-keys.ts';
import { listSegments, seqOfLine } from './segments.ts';
import { piecesOf, TarProblem, writeEnd, writeEntry } from './tar.ts';

export type BackupTold = {
  readonly madeAt: number;
  readonly chain: string;
  readonly size: number;
  readonly hash: string;
  readonly keys: 'sealed' | 'left-out';
  readonly version: string;
};
export type BackupMade = BackupTold & { readonly files: number; readonly bytes: number };

export type BackupOptions = {
  readonly data: string;
  readonly out: string;
  /** Undefined = without the keys. */
  readonly passphrase: string | undefined;
  readonly chance: Chance;
  readonly now: () => number;
};

/** Something changed that must not change meanwhile. */
class Again extends Error {}
const mostTimes = 8;
/** Longest a head is waited for that covers the end of the log, ms. */
const headMs = 3000;
const tailBytes = 256 * 1024;

/** Errors: not-initialised, exists, bad-request, busy (it changed too often), and with the cause: audit-unavailable. */
export async function makeBackup(options: BackupOptions): Promise<Result<BackupMade>> {
  const { data, out, passphrase } = options;
  if (passphrase !== undefined && passphrase.length < leastPassphrase)
    return refuse('bad-request', `the passphrase has fewer than ${leastPassphrase} characters`);
  const folder = dataFolder(data);
  if ((await fs.stat(folder.config).catch(() => undefined)) === undefined) return refuse('not-initialised', data);
  const target = path.resolve(out);
  if (target.startsWith(`${path.resolve(data)}${path.sep}`))
    return refuse('bad-request', 'the backup must not stand in the folder it is of');
  if ((await fs.lstat(target).catch(() => undefined)) !== undefined) return refuse('exists', out);
  const fresh = `${target}.${Buffer.from(options.chance.bytes(6)).toString('hex')}.part`;
  try {
    for (let time = 1; ; time += 1) {
      const file = await fs.open(fresh, 'wx', 0o600);
      try {
        const made = await new Pack(options, file).fill();
        await file.sync();
        await fs.link(fresh, target);
        await realDisk.syncFolder(path.dirname(target));
        return fine(made);
      } catch (error) {
        const changed = error instanceof Again || error instanceof TarProblem || errno(error) === 'ENOENT';
        if (!changed) throw error;
        if (time === mostTimes) return refuse('busy', causeOf(error));
      } finally {
        await file.close();
        await fs.rm(fresh, { force: true });
      }
      await wait(100 * time);
    }
  } catch (error) {
    return errno(error) === 'EEXIST' ? refuse('exists', out) : refuse('audit-unavailable', causeOf(error));
  }
}

class Pack {
  readonly #options: BackupOptions;
  readonly #out: fs.FileHandle;
  readonly #sums: Record<string, string> = {};
  #bytes = 0;

  constructor(options: BackupOptions, out: fs.FileHandle) {
    this.#options = options;
    this.#out = out;
  }

  async fill(): Promise<BackupMade> {
    const { data, passphrase, chance, now } = this.#options;
    const folder = dataFolder(data);
    const keys = await readKeys(folder.keys);
    if (await isErasing(folder.audit)) throw new Again('somebody is being erased');
    const state = await fs.readFile(folder.state);
    const head = await headAtEnd(data);
    const headBytes = Buffer.from(`${JSON.stringify(head)}\n`);
    const told: BackupTold = {
      madeAt: now(),
      chain: head.chain,
      size: head.size,
      hash: head.hash,
      keys: passphrase === undefined ? 'left-out' : 'sealed',
      version: programVersion,
    };
    await this.#text('backup.json', JSON.stringify({ v: 1, ...told }));
    await this.#whole('state.json', state);
    await this.#whole('head.json', headBytes);
    await this.#log(folder.audit);
    await this.#others(data, '');
    if (passphrase !== undefined) await this.#text('keys.sealed', await sealKeys(keys, passphrase, chance));
    const after = await readKeys(folder.keys);
    if (!sameFiles(keys, after)) throw new Again('an epoch turned meanwhile');
    if (await isErasing(folder.audit)) throw new Again('somebody is being erased');
    const files = Object.keys(this.#sums).length;
    const sums = Buffer.from(JSON.stringify({ v: 1, sums: this.#sums }));
    await this.#whole('sums.json', sums);
    await writeEnd(this.#out);
    return { ...told, files, bytes: this.#bytes };
  }

  async #whole(name: string, bytes: Uint8Array): Promise<void> {
    const one = async function* () {
      yield bytes;
    };
    await this.#add(name, bytes.length, one());
  }
  #text = (name: string, text: string): Promise<void> => this.#whole(name, Buffer.from(text));

  async #add(name: string, size: number, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const sum = createHash('sha256');
    const summed = async function* () {
      for await (const piece of bytes) {
        sum.update(piece);
        yield piece;
      }
    };
    await writeEntry(this.#out, { name, size, bytes: summed() }, Math.floor(this.#options.now() / 1000));
    this.#sums[name] = sum.digest('hex');
    this.#bytes += size;
  }

  /** A file as long as it is now, or as `cut` says. */
  async #file(name: string, cut?: (file: fs.FileHandle, size: number) => Promise<number>): Promise<void> {
    const file = await fs.open(path.join(this.#options.data, name), 'r');
    try {
      const { size } = await file.stat();
      const end = cut === undefined ? size : await cut(file, size);
      await this.#add(name, end, piecesOf(file, 0, end));
    } finally {
      await file.close();
    }
  }

  async #log(folder: string): Promise<void> {
    const segments = await listSegments(realDisk, folder);
    const newest = segments.at(-1)?.name;
    for (const { name } of segments) await this.#file(`audit/${name}`, name === newest ? lastLineEnd : undefined);
    for (const name of await fs.readdir(folder))
      if (segmentOfManifest(name) !== undefined || /^torn-.*\.bin$/.test(name)) await this.#file(`audit/${name}`);
  }

  /** Everything else in the folder, by and by. */
  async #others(data: string, under: string): Promise<void> {
    for (const entry of await fs.readdir(path.join(data, under), { withFileTypes: true })) {
      const name = under === '' ? entry.name : `${under}/${entry.name}`;
      if (leftOut.has(name) || /\.(tmp|part|new)$/.test(name) || Object.hasOwn(this.#sums, name)) continue;
      if (entry.isDirectory()) await this.#others(data, name);
      else if (entry.isFile()) await this.#file(name);
    }
  }
}

const leftOut: ReadonlySet<string> = new Set([
  'audit',
  'keys',
  'gateway.lock',
  'reserve',
  'state.json.previous',
  'restored.json',
  'backup.json',
  'sums.json',
  'keys.sealed',
]);

/** Where the last whole line ends. */
async function lastLineEnd(file: fs.FileHandle, size: number): Promise<number> {
  const { bytes, from } = await tailOf(file, size);
  const last = bytes.lastIndexOf(0x0a);
  if (last === -1) return size <= tailBytes ? 0 : size;
  return from + last + 1;
}
async function tailOf(file: fs.FileHandle, size: number): Promise<{ bytes: Buffer; from: number }> {
  const from = Math.max(0, size - tailBytes);
  const bytes = Buffer.alloc(size - from);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
  return { bytes: bytes.subarray(0, bytesRead), from };
}

/** The newest head; of a gateway that runs, one that covers the log as it is now, if it comes in time. */
async function headAtEnd(data: string) {
  const folder = dataFolder(data);
  const end = (await isFolderLocked(data)) ? await lastSeq(folder.audit) : -1;
  for (let waited = 0; ; waited += 100) {
    const head = await readHead(realDisk, folder.head);
    if (head !== undefined && (head.size > end || waited >= headMs)) return head;
    if (waited >= headMs) throw new Again('there is no signed head yet');
    await wait(100);
  }
}
async function lastSeq(folder: string): Promise<number> {
  const newest = (await listSegments(realDisk, folder)).at(-1);
  if (newest === undefined) return -1;
  const file = await fs.open(`${folder}/${newest.name}`, 'r');
  try {
    const { bytes } = await tailOf(file, (await file.stat()).size);
    const lines = bytes.toString().split('\n').slice(0, -1);
    return seqOfLine(Buffer.from(lines.at(-1) ?? '')) ?? newest.first - 1;
  } finally {
    await file.close();
  }
}

const isErasing = async (audit: string): Promise<boolean> => (await fs.readdir(audit)).includes('erasing.json');

async function readKeys(folder: string): Promise<KeyFiles> {
  const keys = new Map<string, Uint8Array>();
  for (const entry of await fs.readdir(folder, { withFileTypes: true }))
    if (entry.isFile() && !entry.name.endsWith('.tmp')) keys.set(entry.name, await fs.readFile(path.join(folder, entry.name)));
  return keys;
}
const sameFiles = (one: KeyFiles, other: KeyFiles): boolean =>
  one.size === other.size && [...one].every(([name, bytes]) => Buffer.from(bytes).equals(other.get(name) ?? Buffer.alloc(0)));
