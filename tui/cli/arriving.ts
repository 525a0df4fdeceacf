// On the way in, before anybody is signed in: where to, with what, and a line that Ctrl-C lets go of. Shared by every way of signing in.
import { fine, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { CredentialsFile } from '../../gateway/protocol/operator.ts';
import { type Link, openLink } from '../link/link.ts';
import { authorityOf, credentialsOf, credentialsPath } from './connect.ts';
import type { Face } from './face.ts';

type Arrival = {
  readonly url: string;
  readonly credentialsPath: string;
  readonly ca: string | undefined;
  /** Of the last sign-in from here, at whichever gateway. */
  readonly before: CredentialsFile | undefined;
};

/** Where a sign-in goes: to the gateway that is named, else to the last one. Errors: `usage`, `credentials`. */
export async function arrivalOf(face: Face, named: string | undefined): Promise<Result<Arrival>> {
  const path = credentialsPath(face);
  if (!path.ok) return path;
  const before = await credentialsOf(face);
  if (!before.ok) return before;
  const ca = await authorityOf(face);
  if (!ca.ok) return ca;
  const url = named ?? face.globals.gateway ?? before.value?.gateway.url;
  if (url === undefined) return refuse('usage', 'the address of the gateway is missing: --gateway URL');
  return fine({ url, credentialsPath: path.value, ca: ca.value, before: before.value });
}

/** Does something on a line to where one arrives, and closes it. `signal`: somebody called it off. Errors: what openLink gives. */
export async function onArrival<T>(
  face: Face,
  { url, ca, before, credentialsPath: path }: Arrival,
  act: (way: {
    readonly link: Link;
    readonly credentialsPath: string;
    readonly ca: string | undefined;
    readonly signal: AbortSignal;
  }) => Promise<Result<T>>,
): Promise<Result<T>> {
  // Another gateway has another key: what is known of the old one does not bind it.
  const same = before !== undefined && sameGateway(url, before.gateway.url);
  const link = await openLink({ url, ca, credentials: same ? before : undefined, env: face.env });
  if (!link.ok) return link;
  const calledOff = new AbortController();
  const stop = (): void => calledOff.abort();
  process.once('SIGINT', stop);
  try {
    return await act({ link: link.value, credentialsPath: path, ca, signal: calledOff.signal });
  } finally {
    process.off('SIGINT', stop);
    link.value.close();
  }
}

function sameGateway(given: string, known: string): boolean {
  const plain = (url: string): string => url.replace(/^[a-z]+:\/\//, '').replace(/\/+$/, '');
  return plain(given) === plain(known);
}
