// Verifies the log of a data folder, reading only, also while a gateway writes it (A40): heads and state are read before the log, so the log
// may only have grown; a last line without its end, while a gateway holds the folder, is one being written; what is purged
// meanwhile makes it begin again.
import { HeadFile, headsIn, readHeads } from '../audit/heads-met.ts';
import { holdsLog, type LogFiles, LogMoved, linesOf, piecesOf } from '../audit/log-files.ts';
import { type KeyFrom, type VerdictDocument, verdictDocument } from '../audit/tell-verdict.ts';
import { notVerified, type Verdict, type Verification, verifyLines } from '../audit/verify.ts';
import type { CheckpointFile } from '../ports.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { dataFolder } from './data-folder.ts';
import { causeOf, type Disk, errno, realDisk } from './disk.ts';
import { readWhole } from './durable-file.ts';
import { readRootKey } from './epoch-keys.ts';
import { isFolderLocked } from './folder-lock.ts';
import { loadSigner } from './signer.ts';

type Options = {
  /** The key the first record is bound to, base64url. Without it the one in the folder is used. */
  readonly key?: string | undefined;
  /** Files of heads from outside: anchors, witnesses. */
  readonly headFiles?: readonly string[];
  readonly disk?: Disk;
};

/** A finding that ends the verification before the log is read. */
class Found extends Error {
  readonly verdict: Verdict;
  constructor(verdict: Verdict, reason: string) {
    super(reason);
    this.verdict = verdict;
  }
}

/** How often a log may be purged under the reader before it gives up. */
const mostTimes = 10;

/** Verifies a folder. Never throws: what cannot be read is `unreadable`. */
export async function verifyFolder(root: string, options: Options = {}): Promise<VerdictDocument> {
  const { key: given, disk = realDisk, headFiles = [] } = options;
  let from: KeyFrom = given === undefined ? 'none' : 'given';
  try {
    const publicKey = given ?? (await keyIn(disk, root));
    if (given === undefined) from = 'beside';
    const outside: HeadFile[] = [];
    for (const file of headFiles) outside.push(await keptHeads(disk, file));
    for (let time = 1; ; time += 1) {
      try {
        return verdictDocument(await once(root, disk, publicKey, outside), from);
      } catch (error) {
        if (!(error instanceof LogMoved) || time === mostTimes) throw error;
      }
    }
  } catch (error) {
    const verdict = error instanceof Found ? error.verdict : 'unreadable';
    return verdictDocument(notVerified(verdict, causeOf(error)), from);
  }
}

async function once(root: string, disk: Disk, publicKey: string, outside: readonly HeadFile[]): Promise<Verification> {
  const paths = dataFolder(root);
  const running = await isFolderLocked(root);
  const beside = await headBeside(disk, paths.head);
  const stateBytes = await readWhole(disk, paths.state);
  const checkpoint = checkpointIn(stateBytes);
  const files = folderFiles(disk, root, running);
  const empty = !holdsLog(await files.names());
  if (empty && beside.count === 0) throw new Found('unreadable', `there is no log in ${paths.audit}`);
  const found = await verifyLines(piecesOf(files), {
    publicKey,
    heads: [beside, ...outside],
    ...(checkpoint === undefined ? {} : { checkpoint }),
  });
  // A state that was saved anew meanwhile may be the one that fits: what the old one was of may be purged since.
  if (found.verdict === 'altered' && found.seq === undefined && !isSame(await readWhole(disk, paths.state), stateBytes))
    throw new LogMoved('the saved state was written anew');
  // A log in its first second has no head yet, if its gateway still runs.
  if (found.verdict === 'intact' && beside.count === 0 && !running && found.records > 0)
    return { ...found, verdict: 'anchor', reason: 'there is no signed head beside the log: its end may be missing' };
  return found;
}

/** The key of epoch 0; in workspaces made before there were epochs, the gateway's own. */
async function keyIn(disk: Disk, root: string): Promise<string> {
  const { rootKey, signerKey } = dataFolder(root);
  const bound = await readRootKey(disk, rootKey);
  if (!bound.ok) throw new Found('unreadable', bound.problem.detail ?? bound.problem.code);
  if (bound.value !== undefined) return bound.value;
  const signer = await loadSigner(disk, signerKey);
  if (!signer.ok) throw new Found('unreadable', `there is no key in ${rootKey} or ${signerKey}`);
  return signer.value.publicKey;
}

/** What an anchor or a witness kept. */
async function keptHeads(disk: Disk, path: string): Promise<HeadFile> {
  const file = await disk.open(path, 'read');
  const heads = await readHeads(linesOf(bytesOf(file)), path, true);
  if (typeof heads === 'number') throw new Found('unreadable', `line ${heads} of ${path} is not a signed head`);
  return heads;
}

async function headBeside(disk: Disk, path: string): Promise<HeadFile> {
  const bytes = await readWhole(disk, path);
  if (bytes === undefined) return new HeadFile('head.json', false);
  const heads = await headsIn(Buffer.from(bytes).toString(), 'head.json', false);
  if (typeof heads === 'number') throw new Found('anchor', 'the head beside the log cannot be read');
  return heads;
}

function checkpointIn(bytes: Uint8Array | undefined): CheckpointFile | undefined {
  try {
    return bytes === undefined ? undefined : parseCheckpoint(Buffer.from(bytes).toString());
  } catch (error) {
    throw new Found('altered', `the saved state: ${causeOf(error)}`);
  }
}
const isSame = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;

const pieceBytes = 256 * 1024;

function folderFiles(disk: Disk, root: string, running: boolean): LogFiles {
  const folder = dataFolder(root).audit;
  return {
    names: () => disk.list(folder),
    text: async (name) => {
      const bytes = await readWhole(disk, `${folder}/${name}`);
      return bytes === undefined ? undefined : Buffer.from(bytes).toString();
    },
    bytes: async (name) => {
      try {
        return bytesOf(await disk.open(`${folder}/${name}`, 'read'));
      } catch (error) {
        if (errno(error) === 'ENOENT') return undefined;
        throw error;
      }
    },
    isWritten: async (name, read) => {
      if (running || (await isFolderLocked(root))) return true;
      // Its gateway stopped meanwhile, or never ran: then the file ends as it was read.
      const file = await disk.open(`${folder}/${name}`, 'read');
      try {
        return (await file.size()) !== read;
      } finally {
        await file.close();
      }
    },
  };
}

/** The next piece is read while the one before is verified. */
async function* bytesOf(file: Awaited<ReturnType<Disk['open']>>): AsyncGenerator<Uint8Array> {
  let next: Promise<Uint8Array> | undefined;
  try {
    const size = await file.size();
    const pieceAt = (at: number): Promise<Uint8Array> => {
      const piece = file.read(at, Math.min(pieceBytes, size - at));
      // Whoever awaits it hears of a failure; until then nobody does.
      piece.catch(() => undefined);
      return piece;
    };
    next = pieceAt(0);
    for (let at = 0; at < size; ) {
      const piece = await next;
      if (piece.length === 0) return;
      at += piece.length;
      next = pieceAt(at);
      yield piece;
    }
  } finally {
    await next?.catch(() => undefined);
    await file.close();
  }
}
