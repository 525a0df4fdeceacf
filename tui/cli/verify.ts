// A copy of the log, verified here and offline with the gateway's own pure verifier: one file of lines, or a folder of segments and manifests with
// the head and the key that lie beside it. The saved state is the gateway's to check (`sallyport-gateway verify`).
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type HeadFile, headsIn, readHeads } from '../../gateway/audit/heads-met.ts';
import { holdsLog, type LogFiles, type LogPiece, linesOf, piecesOf } from '../../gateway/audit/log-files.ts';
import { type VerdictDocument, verdictDocument } from '../../gateway/audit/tell-verdict.ts';
import { notVerified, verifyLines } from '../../gateway/audit/verify.ts';
import { fine, type Result, refuse } from '../../gateway/protocol/errors.ts';

export type CopyOptions = {
  /** The key the first record is bound to, base64url. Without it the one in the folder is used, if there is one. */
  readonly key?: string | undefined;
  /** Files of heads that an anchor or a witness kept. */
  readonly headFiles?: readonly string[];
};

/** Errors: `not-found` where there is no log, `usage` for a file of heads that cannot be read. */
export async function verifyCopy(path: string, { key, headFiles = [] }: CopyOptions = {}): Promise<Result<VerdictDocument>> {
  const copy = await copyAt(path);
  if (copy === undefined) return refuse('not-found', `${path} holds no log`);
  const kept = await headFilesAt(headFiles);
  if (!kept.ok) return kept;
  const from = key === undefined ? (copy.key === undefined ? 'none' : 'beside') : 'given';
  const beside = await headsIn(copy.head ?? '', 'head.json', false);
  if (typeof beside === 'number')
    return fine(verdictDocument(notVerified('anchor', 'the head beside the log cannot be read'), from));
  const publicKey = key ?? copy.key;
  const found = await verifyLines(copy.pieces, {
    heads: [beside, ...kept.value],
    ...(publicKey === undefined ? {} : { publicKey }),
  });
  return fine(verdictDocument(found, from));
}

/** What anchors or witnesses kept, one file each. Error: `usage` for one that cannot be read. */
export async function headFilesAt(files: readonly string[]): Promise<Result<readonly HeadFile[]>> {
  const all: HeadFile[] = [];
  for (const file of files) {
    const heads = await readHeads(linesOf(bytesAt(file)), file, true).catch(() => 0);
    if (typeof heads === 'number')
      return refuse('usage', heads === 0 ? `${file} cannot be read` : `line ${heads} of ${file} is not a signed head`);
    all.push(heads);
  }
  return fine(all);
}

type Copy = { readonly pieces: AsyncIterable<LogPiece>; readonly head?: string | undefined; readonly key?: string | undefined };

async function copyAt(path: string): Promise<Copy | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return undefined;
  if (!facts.isDirectory()) return { pieces: linesOf(bytesAt(path)) };
  for (const folder of [path, join(path, 'audit'), join(path, 'log')]) {
    const files = copiedFiles(folder);
    if (!holdsLog(await files.names())) continue;
    const around = dirname(folder);
    return {
      pieces: piecesOf(files),
      head: (await textAt(join(folder, 'head.json'))) ?? (await textAt(join(around, 'head.json'))),
      key: ((await textAt(join(folder, 'root.pub'))) ?? (await textAt(join(around, 'keys', 'root.pub'))))?.trim(),
    };
  }
  return undefined;
}

const copiedFiles = (folder: string): LogFiles => ({
  names: () => readdir(folder).catch(() => []),
  text: (name) => textAt(join(folder, name)),
  bytes: async (name) => bytesAt(join(folder, name)),
});
const textAt = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);
const bytesAt = (path: string): AsyncIterable<Uint8Array> => createReadStream(path, { highWaterMark: 256 * 1024 });
