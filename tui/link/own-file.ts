// A file that is its owner's alone (TRUST B1): read only when nobody else could have read or written it, written whole, mode 0600, durable.
// What is in it is for others to know.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';

/** The text, or undefined when there is no file. Errors: `credentials`, when it is no plain file of one's own with mode 0600. */
export async function readOwnFile(path: string): Promise<Result<string | undefined>> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return { ok: true, value: undefined };
    return refuse('credentials', isErrno(cause, 'ELOOP') ? `${path} is a symbolic link` : `${path} cannot be opened`);
  }
  try {
    const facts = await file.stat();
    if (!facts.isFile()) return refuse('credentials', `${path} is not a file`);
    if (process.getuid !== undefined && facts.uid !== process.getuid())
      return refuse('credentials', `${path} belongs to somebody else`);
    if ((facts.mode & 0o077) !== 0) return refuse('credentials', `${path} has mode ${(facts.mode & 0o777).toString(8)}`);
    return { ok: true, value: await file.readFile('utf8') };
  } finally {
    await file.close();
  }
}

/** Puts the file in place whole, mode 0600 in a folder 0700, durable. Errors: `credentials`. */
export async function writeOwnFile(path: string, text: string): Promise<Result<void>> {
  const folder = dirname(path);
  const passing = join(folder, `.${randomBytes(9).toString('base64url')}.tmp`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await open(passing, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(passing, path);
    const place = await open(folder, constants.O_RDONLY);
    try {
      await place.sync();
    } finally {
      await place.close();
    }
    return { ok: true, value: undefined };
  } catch (cause) {
    await rm(passing, { force: true }).catch(() => undefined);
    return refuse('credentials', `${path} cannot be written${cause instanceof Error ? `: ${cause.message}` : ''}`);
  }
}

function isErrno(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code;
}
