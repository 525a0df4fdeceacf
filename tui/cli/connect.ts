// The line to the gateway for a plain command: credentials, CA and address from flags, environment and file, and one request with step-up.
import { readFile } from 'node:fs/promises';
import { fine, type Problem, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { Self } from '../../gateway/protocol/nouns.ts';
import type { CredentialsFile, Gives, RequestType, Takes } from '../../gateway/protocol/operator.ts';
import { credentialsPathOf, readCredentials } from '../link/credentials.ts';
import { type Link, standing, startLink } from '../link/link.ts';
import type { Face } from './face.ts';
import { withCommands } from './next-steps.ts';
import { askCode } from './prompt.ts';

/** Wrong codes a person may type before the command gives up. */
const attempts = 3;

export function credentialsPath(face: Face): Result<string> {
  const { tokenFile, context } = face.globals;
  return tokenFile === undefined ? credentialsPathOf(context, face.env) : { ok: true, value: tokenFile };
}

/** The credentials of this command; undefined where nobody ever signed in. SALLYPORT_TOKEN counts only where no file is named. */
export async function credentialsOf(face: Face): Promise<Result<CredentialsFile | undefined>> {
  const path = credentialsPath(face);
  return path.ok ? readCredentials(path.value, face.globals.tokenFile === undefined ? face.env : {}) : path;
}

export async function authorityOf(face: Face): Promise<Result<string | undefined>> {
  const { ca } = face.globals;
  if (ca === undefined) return { ok: true, value: undefined };
  try {
    return { ok: true, value: await readFile(ca, 'utf8') };
  } catch {
    return refuse('usage', `${ca} cannot be read`);
  }
}

export type Signed = { readonly link: Link; readonly self: Self };

/** A line that is being opened, where there is something to sign in with. Errors: `not-signed-in`, `credentials`, `usage`. */
async function dial(face: Face): Promise<Result<Link>> {
  const credentials = await credentialsOf(face);
  if (!credentials.ok) return credentials;
  const url = face.globals.gateway ?? credentials.value?.gateway.url;
  if (url === undefined || credentials.value?.token === undefined) return refuse('not-signed-in');
  const ca = await authorityOf(face);
  if (!ca.ok) return ca;
  return startLink({ url, ca: ca.value, credentials: credentials.value, env: face.env });
}

/** A line on which one is signed in, opened here unless it was begun elsewhere. Errors: `not-signed-in`, `credentials`, and what openLink gives. */
export async function connectSignedIn(face: Face, begun?: Link): Promise<Result<Signed>> {
  const dialled = begun === undefined ? await dial(face) : fine(begun);
  if (!dialled.ok) return dialled;
  const link = await standing(dialled.value);
  if (!link.ok) return link;
  const state = link.value.state();
  if (state.state === 'open' && state.self !== undefined) return { ok: true, value: { link: link.value, self: state.self } };
  const problem: Problem = ('problem' in state ? state.problem : undefined) ?? { code: 'not-signed-in' };
  link.value.close();
  return { ok: false, problem };
}

/**
 * Does something on a line of its own, and closes it. `ahead` is called while the line is still being opened: what it asks for with `link.ahead` goes with the
 * proof of who one is, one round trip earlier; what it gives is handed to `act`.
 */
export async function onLine<T, A = undefined>(
  face: Face,
  act: (signed: Signed, asked: A | undefined) => Promise<Result<T>>,
  ahead?: (link: Link) => A,
): Promise<Result<T>> {
  const begun = ahead === undefined ? undefined : await dial(face);
  if (begun?.ok === false) return begun;
  const asked = begun === undefined ? undefined : ahead?.(begun.value);
  const signed = await connectSignedIn(face, begun?.value);
  if (!signed.ok) return signed;
  try {
    return await withCommands(face, signed.value.link, await act(signed.value, asked));
  } finally {
    signed.value.link.close();
  }
}

/**
 * One request; where it needs a fresh second factor, asks for the code (on the terminal, or the first line of stdin with `--totp-stdin`),
 * proves it for exactly this action and target (O7), and asks again. Without either: `step-up`, exit 5. `asked`: the answer, where it was asked ahead.
 */
export async function ask<T extends RequestType>(
  face: Face,
  link: Link,
  type: T,
  body: Takes<T>,
  timeoutMs?: number,
  asked?: Promise<Result<Gives<T>> | undefined>,
): Promise<Result<Gives<T>>> {
  const first = (await asked) ?? (await link.request(type, body, timeoutMs));
  if (first.ok || first.problem.code !== 'step-up' || first.problem.decision === undefined) return first;
  const { action, target } = first.problem.decision;
  let hint = '';
  for (let attempt = 1; ; attempt += 1) {
    const code = await askCode(
      face,
      `${hint}Code of your authenticator for ${action}${target === undefined ? '' : ` on ${target}`}: `,
    );
    if (!code.ok) return code;
    if (code.value === undefined) return first;
    const proven = await link.request('factor.prove', { code: code.value, action, ...(target === undefined ? {} : { target }) });
    if (proven.ok) {
      if (proven.value.recoveryCodes === 0) face.note(codesGone);
      return link.request(type, body, timeoutMs);
    }
    const again = proven.problem.code === 'code-wrong' || proven.problem.code === 'code-used';
    if (!again || !face.stdin.isTTY || face.globals.totpStdin || attempt === attempts) return proven;
    hint =
      proven.problem.code === 'code-used' ? 'That code was already used; wait for the next one. ' : 'That code is not right. ';
  }
}

const codesGone =
  'That was a recovery code: your other sign-ins are over, and the other codes are worth nothing now. Make new ones: sallyport totp codes';

/** A problem where the command was started read-only. */
export function mayChange(face: Face): Result<void> {
  return face.globals.readonly ? refuse('readonly') : { ok: true, value: undefined };
}
