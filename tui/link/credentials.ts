// The credentials file: gateway, CA, device key and token of one context (`--ctx`), readable by its owner alone (TRUST B1). What is in
// it is a bearer secret together with the key that proves it, so a file that others could have read or written is refused, not repaired.
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { fitJson } from '../../gateway/protocol/json.ts';
import { type CredentialsFile, credentialsFile } from '../../gateway/protocol/operator.ts';
import { readOwnFile, writeOwnFile } from './own-file.ts';

/** What this machine remembers of logs stands beside the credentials (witness-file.ts), so no context is called so. */
const witnessName = 'witness';
export const witnessPathOf = (credentialsPath: string): string => join(dirname(credentialsPath), `${witnessName}.json`);

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the credentials of a context are by default: `$XDG_CONFIG_HOME/sallyport/<ctx>.json`. */
export function credentialsPathOf(context: string, env: Environment, home: string = homedir()): Result<string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(context)) return refuse('usage', 'a context name is 1–64 of A–Z a–z 0–9 . _ -');
  if (context === witnessName) return refuse('usage', `${witnessName}.json is the file of the witness; choose another name`);
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
  const file = await readOwnFile(path);
  if (!file.ok) return file;
  return file.value === undefined ? { ok: true, value: undefined } : parse(file.value, path);
}

/** Puts the file in place whole, mode 0600 in a folder 0700, durable. Errors: `credentials`. */
export const writeCredentials = (path: string, credentials: CredentialsFile): Promise<Result<void>> =>
  writeOwnFile(path, `${JSON.stringify(credentials, null, 2)}\n`);

/** The same credentials without what a sign-in gave: what stays after sign-out. Device key and pinned gateway remain. */
export function withoutLogin({ version, gateway, device }: CredentialsFile): CredentialsFile {
  return { version, gateway, device: { key: device.key } };
}

function parse(source: string, where: string): Result<CredentialsFile> {
  const fitting = fitJson(credentialsFile, source);
  // The reason names a place, never a value: the values are secrets.
  return fitting.ok ? fitting : refuse('credentials', `${where}: ${fitting.problem.detail ?? 'not a credentials file'}`);
}
