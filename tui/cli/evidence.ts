// Evidence: taking it away as a file, and verifying such a file here, without an account or a line.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isEvidence, mostEvidenceLine, verifyEvidence } from '../../gateway/audit/evidence.ts';
import { linesOf } from '../../gateway/audit/log-files.ts';
import { type EvidenceDocument, evidenceDocument, evidenceSays, evidenceSentence } from '../../gateway/audit/tell-evidence.ts';
import { fine, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { Gives, Takes } from '../../gateway/protocol/operator.ts';
import type { StoredHead } from '../../gateway/protocol/trail-nouns.ts';
import type { Link } from '../link/link.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import type { Face } from './face.ts';
import { readArgs } from './globals.ts';
import { nextLine } from './prompt.ts';
import { headFilesAt } from './verify.ts';

/** A turn may wait for the disk of the gateway. */
const turnTimeoutMs = 120_000;

/** `audit export`: errors of `audit.export`, and `usage`. Ends with 7 where what the gateway gave does not verify. */
export const exportEvidence: Run = async (face, args) => {
  const own = { session: { type: 'string' }, query: { type: 'string' }, out: { type: 'string' } } as const;
  const read = readArgs(args, own, { least: 0, most: 0 });
  if (!read.ok) return read;
  const { session, query, out } = read.value.values;
  if ((session === undefined) === (query === undefined))
    return refuse('usage', '--session S or --query Q, one of the two; --query "" is the whole log');
  const asked = session === undefined ? { query: query ?? '' } : { session };
  if (out === undefined && face.stdout.isTTY) return refuse('usage', '--out FILE is missing');
  return onLine(face, async ({ link }) => {
    if (out !== undefined) return written(face, link, asked, out);
    const given = await takeEvidence(face, link, asked, (text) => new Promise((done) => face.stdout.write(text, () => done())));
    return given.ok ? fine(0) : given;
  });
};

async function written(face: Face, link: Link, asked: Asked, out: string): Promise<Result<number>> {
  const saved = await saveEvidence(face, link, asked, out);
  if (!saved.ok) return saved;
  const { bytes, sha256, document } = saved.value;
  face.document({ file: out, bytes, sha256, ...document });
  face.line(`${out}: ${evidenceSentence(document)}`);
  face.line(`sha256 ${sha256}`);
  face.note(`It verifies and plays without us: sallyport audit verify ${out}, sallyport play ${out}; AUDITOR.md says how else.`);
  if (document.about !== undefined && 'session' in document.about.asked && document.recording === undefined)
    face.note('It has no recording: there is none any more, or its beginning was purged.');
  return fine(document.verdict === 'intact' ? 0 : 7);
}

type Asked = Pick<Takes<'audit.export'>, 'session' | 'query'>;
export type SavedEvidence = { readonly bytes: number; readonly sha256: string; readonly document: EvidenceDocument };

/** Into a new file, 0600, verified once it is there; what came of it is gone where it could not be finished. Errors: also `usage` for the file. */
export async function saveEvidence(face: Face, link: Link, asked: Asked, out: string): Promise<Result<SavedEvidence>> {
  const kept = await keepText(out, (write) => takeEvidence(face, link, asked, write));
  return kept.ok ? fine({ ...kept.value, document: await verifyEvidenceFile(out, undefined) }) : kept;
}

type Write = (text: string) => Promise<void>;
/**
 * What `give` writes, in a new file, 0600, durable when it resolves with its digest; with anything else there is no such file. Errors: those of `give`,
 * and `usage` with the cause when the file is there or the disk fails.
 */
export async function keepText(
  out: string,
  give: (write: Write) => Promise<Result<void>>,
): Promise<Result<{ readonly bytes: number; readonly sha256: string }>> {
  const file = await open(out, 'wx', 0o600).catch(() => undefined);
  if (file === undefined) return refuse('usage', `${out} is there already, or cannot be written`);
  const digest = createHash('sha256');
  let bytes = 0;
  let failed: Error | undefined;
  const onDisk = (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => {
      failed = error instanceof Error ? error : new Error(String(error));
      throw failed;
    });
  let whole = false;
  try {
    const given = await give(async (text) => {
      const piece = Buffer.from(text);
      digest.update(piece);
      bytes += piece.length;
      // All of it: `write` may take less when a disk fills up.
      await onDisk(file.appendFile(piece));
    });
    if (!given.ok) return given;
    await onDisk(file.sync());
    await onDisk(syncFolder(dirname(out)));
    whole = true;
  } catch (error) {
    if (error !== failed) throw error;
    return refuse('usage', `${out} cannot be written: ${failed?.message}`);
  } finally {
    await file.close();
    if (!whole) await rm(out, { force: true }).catch(() => undefined);
  }
  return fine({ bytes, sha256: digest.digest('hex') });
}

async function syncFolder(folder: string): Promise<void> {
  const place = await open(folder, 'r');
  try {
    await place.sync();
  } finally {
    await place.close();
  }
}

/** All turns in order, each handed on before the next is asked for. */
async function takeEvidence(face: Face, link: Link, asked: Asked, write: Write): Promise<Result<void>> {
  for (let next: string | undefined; ; ) {
    const turn = await oneTurn(face, link, { ...asked, ...(next === undefined ? {} : { next }) });
    if (!turn.ok) return turn;
    for (const text of turn.value.lines) await write(text);
    ({ next } = turn.value);
    if (next === undefined) return fine(undefined);
  }
}

/** Evidence of a session of somebody else takes two codes: for the log, and for the recording. With `--totp-stdin` the second is the next line. */
async function oneTurn(face: Face, link: Link, body: Takes<'audit.export'>): Promise<Result<Gives<'audit.export'>>> {
  const turn = await ask(face, link, 'audit.export', body, turnTimeoutMs);
  if (turn.ok || turn.problem.code !== 'step-up' || turn.problem.decision === undefined) return turn;
  if (!face.globals.totpStdin) return face.stdin.isTTY ? ask(face, link, 'audit.export', body, turnTimeoutMs) : turn;
  const { action, target } = turn.problem.decision;
  const code = await nextLine(face.stdin);
  const proven = await link.request('factor.prove', { code, action, ...(target === undefined ? {} : { target }) });
  return proven.ok ? link.request('audit.export', body, turnTimeoutMs) : proven;
}

/** A file of evidence, verified here. `key`: what the first record is bound to, from outside; `kept`: heads from outside. */
export async function verifyEvidenceFile(
  path: string,
  key: string | undefined,
  kept: readonly StoredHead[] = [],
): Promise<EvidenceDocument> {
  const pieces = createReadStream(path, { highWaterMark: 256 * 1024 });
  const found = await verifyEvidence(linesOf(pieces, mostEvidenceLine), key === undefined ? {} : { rootKey: key });
  return evidenceDocument(found, key === undefined ? 'file' : 'given', kept);
}

/** Heads that an anchor or a witness kept, one a line. Errors: `usage`, naming the file. */
export async function keptHeads(files: readonly string[]): Promise<Result<readonly StoredHead[]>> {
  const kept = await headFilesAt(files);
  return kept.ok ? fine(kept.value.flatMap((file) => Array.from({ length: file.count }, (_, n) => file.head(n)))) : kept;
}

/** Whether a file means to be evidence. */
export async function isEvidenceFile(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  try {
    const { buffer, bytesRead } = (await file?.read(Buffer.alloc(4096), 0, 4096, 0)) ?? { buffer: Buffer.alloc(0), bytesRead: 0 };
    return isEvidence(buffer.toString('latin1', 0, bytesRead));
  } catch {
    return false;
  } finally {
    await file?.close();
  }
}

/** `audit verify` of a file of evidence. */
export async function sayEvidence(face: Face, document: EvidenceDocument): Promise<number> {
  face.document(document);
  face.line(evidenceSentence(document));
  const says = evidenceSays(document);
  if (says !== undefined) face.line(says);
  for (const note of document.notes) face.note(note);
  return document.verdict === 'intact' ? 0 : 7;
}
