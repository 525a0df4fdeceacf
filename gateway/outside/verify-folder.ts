// Verifies the log of a data folder, reading only, also while a gateway writes it (A40): head and state are read before the log, so the log
// may only have grown; a last line without its end, while a gateway holds the folder, is one being written.
import { type LogLine, type Verification, verifyLines } from '../audit/verify.ts';
import type { CheckpointFile, Head } from '../ports.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { dataFolder } from './data-folder.ts';
import { causeOf, type Disk, errno, realDisk } from './disk.ts';
import { readWhole } from './durable-file.ts';
import { isFolderLocked } from './folder-lock.ts';
import { readHead } from './heads.ts';
import { listSegments, readLines } from './segments.ts';
import { loadSigner } from './signer.ts';

/** Verifies a folder. `publicKey` (base64url) may be given where the key file is not, e.g. by an auditor with a copy of the log. */
export async function verifyFolder(root: string, publicKey?: string, disk: Disk = realDisk): Promise<Verification> {
  const bad = (verdict: Verification['verdict'], reason: string): Verification => ({ verdict, reason, records: 0, erased: 0 });
  const paths = dataFolder(root);
  try {
    const key = publicKey ?? (await ownKey(disk, paths.signerKey));
    if (key === undefined) return bad('unreadable', `there is no gateway key in ${paths.signerKey}`);
    const running = await isFolderLocked(root);
    let head: Head | undefined;
    try {
      head = await readHead(disk, paths.head);
    } catch (error) {
      return errno(error) === undefined
        ? bad('anchor', 'the head beside the log cannot be read')
        : bad('unreadable', causeOf(error));
    }
    let checkpoint: CheckpointFile | undefined;
    try {
      const bytes = await readWhole(disk, paths.state);
      checkpoint = bytes === undefined ? undefined : parseCheckpoint(Buffer.from(bytes).toString());
    } catch (error) {
      return errno(error) === undefined
        ? bad('altered', `the saved state: ${causeOf(error)}`)
        : bad('unreadable', causeOf(error));
    }
    if ((await listSegments(disk, paths.audit)).length === 0 && head === undefined)
      return bad('unreadable', `there is no log in ${paths.audit}`);
    const found = await verifyLines(logLines(disk, paths.audit, running), {
      publicKey: key,
      ...(head === undefined ? {} : { head }),
      ...(checkpoint === undefined ? {} : { checkpoint }),
    });
    // A log in its first second has no head yet, if its gateway still runs.
    if (found.verdict === 'intact' && head === undefined && !running && found.records > 0)
      return { ...found, verdict: 'anchor', reason: 'there is no signed head beside the log: its end may be missing' };
    return found;
  } catch (error) {
    return bad('unreadable', causeOf(error));
  }
}

async function ownKey(disk: Disk, path: string): Promise<string | undefined> {
  const signer = await loadSigner(disk, path);
  return signer.ok ? signer.value.publicKey : undefined;
}

async function* logLines(disk: Disk, folder: string, running: boolean): AsyncGenerator<readonly LogLine[]> {
  const segments = await listSegments(disk, folder);
  for (const [i, { name }] of segments.entries()) {
    const file = await disk.open(`${folder}/${name}`, 'read');
    try {
      for await (const lines of readLines(file, 0, await file.size())) {
        const writing = running && i === segments.length - 1 && lines.at(-1)?.complete === false;
        yield writing ? lines.slice(0, -1) : lines;
      }
    } finally {
      await file.close();
    }
  }
}
