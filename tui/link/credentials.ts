// The credentials file: gateway, CA, device key and token of one context (`--ctx`), readable by its owner alone (TRUST B1). What is in
// it is a bearer secret together with the key that proves it, so a file that others could have read or written is refused, not repaired.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { fit, parseJson } from '../../gateway/protocol/json.ts';
import { type CredentialsFile, credentialsFile } from '../../gateway/protocol/operator.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the credentials of a context are by default: `$XDG_CONFIG_HOME/sallyport/<ctx>.json`. */
export function credentialsPathOf(context: string, env: Environment, home: string = homedir()): Result<string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(context)) return refuse('usage', 'a context name is 1–64 of A–Z a–z 0–9 . _ -');
  const root = env['XDG_CONFIG_HOME'];
  return {
    ok: true,
    // The XDG base directory rules: a relative path is invalid and ignored.
    value: join(root?.startsWith('/') === true ? root : join(home, '.config'), 'sallyport', `${context}.json`),
  };
}

/**
 * The credentials from `SALLYPORT_TOKEN` when it is set (the file's JSON, or base64url of it), otherwise from the file; `undefined` when
 * there is no file. Errors: `credentials`.
 */
export async function readCredentials(path: string, env: Environment = {}): Promise<Result<CredentialsFile | undefined>> {
  const given = env['SALLYPORT_TOKEN'];
  if (given !== undefined && given !== '') {
    const source = given.trimStart().startsWith('{') ? given : Buffer.from(given, 'base64url').toString('utf8');
    return parse(source, 'SALLYPORT_TOKEN');
  }
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
    return parse(await file.readFile('utf8'), path);
  } finally {
    await file.close();
  }
}

/** Puts the file in place whole, mode 0600 in a folder 0700, durable. Errors: `credentials`. */
export async function writeCredentials(path: string, credentials: CredentialsFile): Promise<Result<void>> {
  const folder = dirname(path);
  const passing = join(folder, `.${randomBytes(9).toString('base64url')}.tmp`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await open(passing, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    try {
      await file.writeFile(`${JSON.stringify(credentials, null, 2)}\n`);
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

/** The same credentials without what a sign-in gave: what stays after sign-out. Device key and pinned gateway remain. */
export function withoutLogin({ version, gateway, device }: CredentialsFile): CredentialsFile {
  return { version, gateway, device: { key: device.key } };
}

function parse(source: string, where: string): Result<CredentialsFile> {
  const json = parseJson(source);
  const fitting = json.ok ? fit(credentialsFile, json.value) : json;
  // The reason names a place, never a value: the values are secrets.
  return fitting.ok ? fitting : refuse('credentials', `${where}: ${fitting.problem.detail ?? 'not a credentials file'}`);
}

function isErrno(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code;
}
