// Signing in with the device flow, as seen from this end: ask for a code, show it, wait, keep the token. The provider's own tokens never
// come here (D1). A line that drops meanwhile is no reason to begin again: the handle is redeemed on the next connection.
import { hostname } from 'node:os';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { Self } from '../../gateway/protocol/nouns.ts';
import { type CredentialsFile, type Gives, loginStatement } from '../../gateway/protocol/operator.ts';
import { withoutLogin, writeCredentials } from './credentials.ts';
import { type DeviceKey, makeDeviceKey, readDeviceKey } from './device-key.ts';
import type { Link } from './link.ts';

/** What the person needs to confirm the sign-in, and to see that it is theirs (T21). */
export type SignInCode = Omit<Gives<'login.start'>, 'handle'> & { readonly machine: string };
export type SignInProgress = 'waiting' | 'slowed' | 'confirmed';

export type SignInOptions = {
  readonly link: Link;
  readonly credentialsPath: string;
  /** PEM that belongs to this gateway, kept with the credentials. */
  readonly ca?: string | undefined;
  readonly machine?: string;
  readonly onCode: (code: SignInCode) => void;
  readonly onProgress?: (progress: SignInProgress) => void;
  readonly signal?: AbortSignal;
};

/**
 * Signs in on this link and writes the credentials file. Errors: `code-expired`, `login-denied`, `not-invited`, `suspended`,
 * `provider-down`, `credentials`, `unreachable`; `usage` when `signal` called it off.
 */
export async function signIn(options: SignInOptions): Promise<Result<Self>> {
  const { link, signal, onProgress } = options;
  const before = link.credentials();
  const key = deviceKeyFor(before);
  const machine = (options.machine ?? hostname()).slice(0, 128);
  const started = await link.request('login.start', { deviceKey: key.publicKey, machine });
  if (!started.ok) return started;
  const { handle, ...code } = started.value;
  const stopListening = link.onPush((push) => {
    if (push.type === 'login.progress' && push.handle === handle) onProgress?.(push.state);
  });
  try {
    options.onCode({ ...code, machine });
    const finished = await redeem(link, key, handle, signal, {
      ask: (proof) => link.request('login.finish', { handle, proof }, Number.POSITIVE_INFINITY),
      cancel: () => void link.request('login.cancel', { handle }),
    });
    return finished.ok ? await keep(options, key, finished.value) : finished;
  } finally {
    stopListening();
  }
}

export type GlassOptions = Pick<SignInOptions, 'link' | 'credentialsPath' | 'ca' | 'machine' | 'signal'> & {
  readonly person: string;
  readonly code: string;
  readonly sealed: string | undefined;
  readonly why: string;
  /** waiting: for a second person, until then. */
  readonly onState: (state: 'open' | 'waiting', expiresAt: number) => void;
};

/** Breaks the glass (S53): past the identity provider. Errors: `breakglass-refused`, `code-throttled`, `busy`, `credentials`, `unreachable`. */
export async function breakGlass(options: GlassOptions): Promise<Result<Self>> {
  const { link, signal, person, code, sealed, why } = options;
  const key = deviceKeyFor(link.credentials());
  const machine = (options.machine ?? hostname()).slice(0, 128);
  const given = { person, code, why, machine, deviceKey: key.publicKey, ...(sealed === undefined ? {} : { sealed }) };
  const started = await link.request('breakglass.start', given);
  if (!started.ok) return started;
  const { handle, state, expiresAt } = started.value;
  options.onState(state, expiresAt);
  const finished = await redeem(link, key, handle, signal, {
    ask: (proof) => link.request('breakglass.finish', { handle, proof }, Number.POSITIVE_INFINITY),
    cancel: () => undefined,
  });
  return finished.ok ? keep(options, key, finished.value) : finished;
}

/** Writes what a sign-in gave, and goes on as that person on this link. */
async function keep(
  { link, credentialsPath, ca: given }: Pick<SignInOptions, 'link' | 'credentialsPath' | 'ca'>,
  key: DeviceKey,
  { token, self }: Gives<'login.finish'>,
): Promise<Result<Self>> {
  const now = link.state();
  if (now.state !== 'open') return refuse('unreachable', 'the line broke after the sign-in');
  const ca = given ?? link.credentials()?.gateway.ca;
  const credentials: CredentialsFile = {
    version: 1,
    gateway: { url: link.url, key: now.welcome.gateway, name: now.welcome.name, ...(ca === undefined ? {} : { ca }) },
    device: { id: self.device, key: key.secret },
    token,
    person: self.name,
    login: self.login,
  };
  const written = await writeCredentials(credentialsPath, credentials);
  // Signed in all the same: this run goes on, only the next one will ask again.
  link.adopt(credentials, self);
  return written.ok ? { ok: true, value: self } : written;
}

function deviceKeyFor(credentials: CredentialsFile | undefined): DeviceKey {
  const known = credentials === undefined ? undefined : readDeviceKey(credentials.device.key);
  return known?.ok === true ? known.value : makeDeviceKey();
}

async function redeem(
  link: Link,
  key: DeviceKey,
  handle: string,
  signal: AbortSignal | undefined,
  how: { readonly ask: (proof: string) => Promise<Result<Gives<'login.finish'>>>; readonly cancel: () => void },
): Promise<Result<Gives<'login.finish'>>> {
  for (;;) {
    if (signal?.aborted === true) return refuse('usage', 'the sign-in was called off');
    const now = link.state();
    if (now.state === 'refused') return { ok: false, problem: now.problem };
    if (now.state === 'open') {
      const proof = key.sign(loginStatement(now.welcome.gateway, now.welcome.nonce, handle));
      const answer = await calledOff(how.ask(proof), signal);
      if (answer === undefined) {
        how.cancel();
        return refuse('usage', 'the sign-in was called off');
      }
      if (answer.ok || answer.problem.code !== 'unreachable') return answer;
    }
    await calledOff(link.whenOpen(), signal);
  }
}

/** What the promise gives, or undefined once the signal was given. */
function calledOff<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve(undefined);
    const stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener('abort', stop);
        resolve(value);
      },
      (cause: unknown) => reject(cause instanceof Error ? cause : new Error(String(cause))),
    );
  });
}

/** Ends this login (or all of one's logins) at the gateway and forgets the token here; the device key stays. */
export async function signOut(link: Link, credentialsPath: string, all: boolean): Promise<Result<{ readonly ended: number }>> {
  const ended = await link.request('login.end', all ? { all } : {});
  const before = link.credentials();
  if (before !== undefined && (ended.ok || signedOutAnyway.has(ended.problem.code))) {
    const after = withoutLogin(before);
    const written = await writeCredentials(credentialsPath, after);
    link.adopt(after, undefined);
    if (!written.ok) return written;
  }
  return ended;
}

const signedOutAnyway: ReadonlySet<string> = new Set(['not-signed-in', 'login-expired', 'login-revoked']);
