// The only file that knows openid-client: the gateway as a confidential client of the identity provider (D1). Device flow (RFC 8628),
// refresh with rotation, revocation; every claim of an ID token is checked before anybody is believed (TRUST B5, T25). Tokens of the
// provider leave here only as the refresh token for the vault. Nothing is thrown for what a provider does; every failure is a value.
import type {
  ClientAuth,
  Configuration,
  IDToken,
  ServerMetadata,
  TokenEndpointResponse,
  TokenEndpointResponseHelpers,
} from 'openid-client';
import type { Claims, DeviceSignIn, IdentityProvider, RefreshOutcome } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { isLoopback, isPrivateEnough, type ProviderRequest, ProviderUnreachable, providerFetch } from './provider-fetch.ts';

export type ProviderOptions = {
  /** Pinned: metadata and tokens must name exactly it. Plain http only for one on this machine. */
  readonly issuer: string;
  readonly clientId: string;
  /** Without one the gateway is a public client. */
  readonly clientSecret?: string | undefined;
  /** PEM of the authority of the provider's certificate, beside the public ones. */
  readonly caPem?: string | undefined;
  /** Default: openid profile email groups offline_access, as far as the provider offers them. */
  readonly scope?: string | undefined;
  /** For one exchange with the provider, ms. */
  readonly timeoutMs?: number | undefined;
};

type Library = typeof import('openid-client');
type Tokens = TokenEndpointResponse & TokenEndpointResponseHelpers;
type Fetch = (address: string, ask: ProviderRequest) => Promise<Response>;

/** Signatures believed: asymmetric ones only, so a public key can never pass for a shared secret (T25). */
const algorithms: readonly string[] = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];
const scopes = ['openid', 'profile', 'email', 'groups', 'offline_access'];
/** For one exchange, ms. */
const patienceMs = 10_000;
const skewSeconds = 60;
/** A code lives ten minutes at most, whatever the provider says (T20), s. */
const longestCode = 600;
/** RFC 8628 §3.5: between polls without word from the provider, and added by each slow_down, s. */
const pace = 5;
const mostPause = 60;
const timerSlackMs = 50;
/** What the provider says of itself is asked again after this, ms. */
const metadataMs = 3_600_000;
const mostGroups = 200;

export function openIdentityProvider(options: ProviderOptions): IdentityProvider {
  const issuer = new URL(options.issuer);
  const timeoutMs = options.timeoutMs ?? patienceMs;
  const ask = providerFetch(options.caPem, timeoutMs);
  let known: { readonly metadata: Promise<ServerMetadata>; readonly at: number } | undefined;

  /** The provider's own description, kept for an hour; a failure is not kept. */
  async function metadata(library: Library): Promise<ServerMetadata> {
    if (known !== undefined && performance.now() - known.at < metadataMs) return known.metadata;
    const fresh = discover(library, options, ask).catch(async (error: unknown) => {
      if (unreachable(error) === undefined) throw error;
      return discover(library, options, ask);
    });
    const mine = { metadata: fresh, at: performance.now() };
    known = mine;
    fresh.catch(() => {
      if (known === mine) known = undefined;
    });
    return fresh;
  }

  /** A client for one conversation. It knows no keys yet, so keys that were turned a moment ago are fetched (JWKS rotation, T25). */
  async function configure(library: Library, fetching: Fetch): Promise<Configuration> {
    const described = await metadata(library);
    const { clientSecret } = options;
    const methods = described.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const authentication =
      clientSecret === undefined
        ? library.None()
        : methods.includes('client_secret_basic')
          ? basicAuthentication(clientSecret)
          : library.ClientSecretPost(clientSecret);
    const config = new library.Configuration(
      described,
      options.clientId,
      { [library.clockTolerance]: skewSeconds },
      authentication,
    );
    config.timeout = timeoutMs / 1000 + 1;
    config[library.customFetch] = fetching;
    library.enableNonRepudiationChecks(config);
    if (isLoopback(issuer)) library.allowInsecureRequests(config);
    return config;
  }

  /** What is asked for. Google and others refuse a request that names a scope they do not offer, `offline_access` above all. */
  function scopeFor(described: ServerMetadata): string {
    const offered = described.scopes_supported;
    const mayDrop = options.scope === undefined ? scopes.slice(1) : ['offline_access'];
    return (options.scope?.split(' ') ?? scopes)
      .filter((scope) => offered === undefined || offered.includes(scope) || !mayDrop.includes(scope))
      .join(' ');
  }

  /** The claims of tokens just received, with what userinfo adds about the same subject. */
  async function claimsOf(library: Library, config: Configuration, tokens: Tokens): Promise<Claims> {
    const token = tokens.claims();
    if (token !== undefined) believe(token, tokens.id_token ?? '', options.clientId);
    const endpoint = config.serverMetadata().userinfo_endpoint;
    if (endpoint === undefined && token === undefined) throw new Distrust('no ID token');
    const info =
      endpoint === undefined
        ? undefined
        : await library
            .fetchUserInfo(config, tokens.access_token, token?.sub ?? library.skipSubjectCheck)
            .catch((error: unknown) => {
              if (refusedAccess(library, error)) throw new PersonGone();
              throw error;
            });
    return merge(config.serverMetadata().issuer, token, info);
  }

  async function startDevice(signal: AbortSignal): Promise<Result<DeviceSignIn>> {
    const library = await import('openid-client');
    try {
      const config = await configure(library, (address, request) =>
        ask(address, { ...request, signal: request.signal ?? signal }),
      );
      const shown = await library.initiateDeviceAuthorization(config, { scope: scopeFor(config.serverMetadata()) });
      const complete = shown.verification_uri_complete;
      for (const address of [shown.verification_uri, complete])
        if (address !== undefined && (address.length > 2048 || !isPrivateEnough(new URL(address))))
          throw new Distrust('the address to confirm the code at');
      if (shown.user_code.length > 64) throw new Distrust('the code');
      const expiresIn = Math.min(Math.floor(shown.expires_in), longestCode);
      const endsAt = performance.now() + expiresIn * 1000;
      return fine({
        userCode: shown.user_code,
        address: shown.verification_uri,
        addressWithCode: complete,
        expiresIn,
        finish: (slowed) => finish(library, shown, endsAt, signal, slowed),
      });
    } catch (error) {
      return refusal(library, error);
    }
  }

  type Shown = Awaited<ReturnType<Library['initiateDeviceAuthorization']>>;

  /** Polls until the person has decided. A provider that is away for a while is asked again, more and more rarely, until the code has expired. */
  async function finish(
    library: Library,
    shown: Shown,
    endsAt: number,
    signal: AbortSignal,
    slowed: () => void,
  ): ReturnType<DeviceSignIn['finish']> {
    let interval = shown.interval ?? pace;
    let pause = 0;
    for (;;) {
      const left = endsAt - performance.now();
      if (left <= 0) return refuse('code-expired');
      const expiry = AbortSignal.timeout(Math.ceil(left));
      let tokenEndpoint: string | undefined;
      try {
        const config = await configure(library, async (address, request) => {
          const response = await ask(address, request);
          if (address === tokenEndpoint) {
            pause = 0;
            if (await saysSlowDown(response)) {
              interval += pace;
              slowed();
            }
          }
          return response;
        });
        tokenEndpoint = new URL(config.serverMetadata().token_endpoint ?? '', issuer).href;
        const tokens = await library.pollDeviceAuthorizationGrant(config, { ...shown, interval: interval + pause }, undefined, {
          signal: AbortSignal.any([signal, expiry]),
        });
        const claims = await claimsOf(library, config, tokens);
        return fine({ claims, refreshToken: tokens.refresh_token });
      } catch (error) {
        // Who keeps the sign-in gives it up at the same moment; then it still ended because its time was over. Timers may be a little early.
        if (expiry.aborted || performance.now() >= endsAt - timerSlackMs) return refuse('code-expired');
        if (signal.aborted) return refuse('login-denied', 'the sign-in was called off');
        const away = unreachable(error);
        // Once the tokens are handed out the code is spent: only the poll itself may be repeated.
        if (away === undefined || (tokenEndpoint !== undefined && away.url !== tokenEndpoint)) return refusal(library, error);
        pause = Math.min(mostPause, Math.max(pace, pause * 2));
      }
    }
  }

  async function refresh(refreshToken: string): Promise<RefreshOutcome> {
    const library = await import('openid-client');
    let tokens: Tokens | undefined;
    try {
      const config = await configure(library, ask);
      tokens = await library.refreshTokenGrant(config, refreshToken);
      const claims = await claimsOf(library, config, tokens);
      return { outcome: 'refreshed', claims, refreshToken: tokens.refresh_token };
    } catch (error) {
      if (error instanceof PersonGone) return { outcome: 'disabled' };
      const token = tokens?.claims();
      const away = unreachable(error);
      // Userinfo is away but the tokens are here: throwing a rotated token away would end what only needs patience.
      if (away !== undefined && tokens !== undefined && token !== undefined)
        return { outcome: 'refreshed', claims: merge(token.iss, token, undefined), refreshToken: tokens.refresh_token };
      if (away !== undefined) return { outcome: 'provider-down', cause: away.message };
      if (error instanceof library.ResponseBodyError) return refusedGrant(error.error, error.error_description);
      // An answer that must not be trusted: nobody is believed, and only signing in again can help.
      return { outcome: 'invalid-grant' };
    }
  }

  async function revoke(refreshToken: string): Promise<void> {
    const library = await import('openid-client');
    try {
      const config = await configure(library, ask);
      if (config.serverMetadata().revocation_endpoint === undefined) return;
      await library.tokenRevocation(config, refreshToken, { token_type_hint: 'refresh_token' });
    } catch {
      // The token is forgotten here in any case; it dies at the provider by its age.
    }
  }

  return { startDevice, refresh, revoke };
}

async function discover(library: Library, options: ProviderOptions, ask: Fetch): Promise<ServerMetadata> {
  const issuer = new URL(options.issuer);
  const found = await library.discovery(issuer, options.clientId, undefined, undefined, {
    [library.customFetch]: ask,
    timeout: (options.timeoutMs ?? patienceMs) / 1000 + 1,
    execute: isLoopback(issuer) ? [library.allowInsecureRequests] : [],
  });
  const described: ServerMetadata = found.serverMetadata();
  if (new URL(described.issuer).href !== issuer.href) throw new Distrust('another issuer');
  const endpoints = ['token_endpoint', 'device_authorization_endpoint', 'jwks_uri', 'userinfo_endpoint', 'revocation_endpoint'];
  for (const name of endpoints) {
    const address = described[name];
    if (address !== undefined && (typeof address !== 'string' || !isPrivateEnough(new URL(address))))
      throw new Distrust(`the address of ${name}`);
  }
  const offered = described.id_token_signing_alg_values_supported?.filter((name) => algorithms.includes(name)) ?? ['RS256'];
  if (offered.length === 0) throw new Distrust('no acceptable signature');
  return Object.assign({}, described, { id_token_signing_alg_values_supported: offered });
}

/** What a provider says of itself, as far as sign-in rests on it. */
export type ProviderDescription = {
  readonly deviceFlow: boolean;
  /** Signatures it makes and we believe. */
  readonly algorithms: readonly string[];
  /** How many keys it publishes. */
  readonly keys: number;
};

/** Asks a provider for its description and its keys; nothing is begun there. Errors: provider-down, provider-answer. */
export async function describeProvider(options: ProviderOptions): Promise<Result<ProviderDescription>> {
  const library = await import('openid-client');
  try {
    const ask = providerFetch(options.caPem, options.timeoutMs ?? patienceMs);
    const described = await discover(library, options, ask);
    const { jwks_uri: address } = described;
    if (address === undefined) throw new Distrust('no address of its keys');
    const answer: unknown = await (await ask(address, { method: 'GET', headers: { accept: 'application/json' } })).json();
    const keys =
      typeof answer === 'object' && answer !== null && 'keys' in answer && Array.isArray(answer.keys) ? answer.keys.length : 0;
    const algorithmsOffered = described.id_token_signing_alg_values_supported ?? [];
    return fine({ deviceFlow: described.device_authorization_endpoint !== undefined, algorithms: algorithmsOffered, keys });
  } catch (error) {
    if (error instanceof SyntaxError) return refuse('provider-answer', 'its keys are not JSON');
    return refusal(library, error);
  }
}

/**
 * HTTP Basic as RFC 6749 §2.3.1 and appendix B have it: form-encoded, and no more than that. The library escapes `-`, `_` and `.` too, and a provider
 * that does not decode (glewlwyd for one) then refuses most generated secrets and many client names.
 */
const basicAuthentication =
  (clientSecret: string): ClientAuth =>
  (_server, client, _body, headers) => {
    const encoded = [client.client_id, clientSecret].map((value) => new URLSearchParams([['', value]]).toString().slice(1));
    headers.set('authorization', `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`);
  };

/** The provider said something that must not be believed. */
class Distrust extends Error {}
/** Userinfo refuses the access token it has just been given for: the person may no longer come. */
class PersonGone extends Error {}

/** What the library leaves open: who may be the authorised party, a nonce nobody asked for, the issuing time, the algorithm. */
function believe(token: IDToken, jwt: string, clientId: string): void {
  const [header = ''] = jwt.split('.');
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { alg?: unknown };
  if (typeof alg !== 'string' || !algorithms.includes(alg)) throw new Distrust('the signature');
  if (token.azp !== undefined && token.azp !== clientId) throw new Distrust('the authorised party');
  // The device flow sends no nonce: a token with one was made for somebody else's browser.
  if (token.nonce !== undefined) throw new Distrust('a nonce');
  if (token.iat > Date.now() / 1000 + skewSeconds) throw new Distrust('the issuing time');
}

type Described = Readonly<Record<string, unknown>>;

function merge(issuer: string, token: IDToken | undefined, info: (Described & { readonly sub: string }) | undefined): Claims {
  const subject = token?.sub ?? info?.sub;
  if (subject === undefined || subject === '') throw new Distrust('no subject');
  // An address and the provider's word for it come from one place, never mixed.
  const source: Described = typeof info?.['email'] === 'string' ? info : (token ?? {});
  const either = (name: string): unknown => info?.[name] ?? token?.[name];
  const email = source['email'];
  const name = either('name');
  return {
    issuer,
    subject,
    email: typeof email === 'string' ? email : undefined,
    emailVerified: source['email_verified'] === true,
    name: typeof name === 'string' ? name.slice(0, 256) : undefined,
    groups: groupsOf(either('groups')),
  };
}

/** Too many, or anything that is not a list of names, is none: a part of the groups must not pass for all of them (T25). */
function groupsOf(told: unknown): readonly string[] {
  if (!Array.isArray(told) || told.length > mostGroups) return [];
  const names = told.filter((name): name is string => typeof name === 'string' && name.length <= 256);
  return names.length === told.length ? names : [];
}

function unreachable(error: unknown): ProviderUnreachable | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof ProviderUnreachable) return at;
    if ('code' in at && at.code === 'OAUTH_TIMEOUT') return new ProviderUnreachable('', 'no answer in time');
  }
  return undefined;
}

const refusedAccess = (library: Library, error: unknown): boolean =>
  (error instanceof library.WWWAuthenticateChallengeError || error instanceof library.ResponseBodyError) &&
  (error.status === 401 || error.status === 403);

/** `invalid_grant` says that a token is no longer good. That the person is gone is told apart by its words alone; words may end, never allow (law 10). */
function refusedGrant(code: string, description: string | undefined): RefreshOutcome {
  if (code === 'access_denied') return { outcome: 'disabled' };
  if (code === 'temporarily_unavailable' || code === 'server_error') return { outcome: 'provider-down', cause: code };
  const gone =
    /\b(user|account|person)\b.{0,40}\b(disabled|deactivated|deleted|suspended|blocked|locked|inactive|not found|does not exist|removed)\b/i;
  return { outcome: description !== undefined && gone.test(description) ? 'disabled' : 'invalid-grant' };
}

async function saysSlowDown(response: Response): Promise<boolean> {
  if (response.status !== 400) return false;
  try {
    const told: unknown = await response.clone().json();
    return typeof told === 'object' && told !== null && 'error' in told && told.error === 'slow_down';
  } catch {
    return false;
  }
}

/** Why a sign-in did not come about, without a word of any token. */
function refusal(library: Library, error: unknown): ReturnType<typeof refuse> {
  const away = unreachable(error);
  if (away !== undefined) return refuse('provider-down', away.message);
  if (error instanceof PersonGone) return refuse('login-denied');
  if (error instanceof Distrust) return refuse('provider-answer', error.message);
  if (error instanceof library.ResponseBodyError)
    switch (error.error) {
      case 'access_denied':
        return refuse('login-denied');
      // The second: a code that was taken back, or whose answer was lost on the way.
      case 'expired_token':
      case 'invalid_grant':
        return refuse('code-expired');
      case 'server_error':
      case 'temporarily_unavailable':
        return refuse('provider-down', error.error);
      default:
        return refuse('provider-answer', error.error.slice(0, 100));
    }
  if (error instanceof library.ClientError) return refuse('provider-answer', error.message);
  if (error instanceof library.WWWAuthenticateChallengeError) return refuse('provider-answer', 'it refuses this client');
  if (error instanceof TypeError) return refuse('provider-answer', 'a malformed answer');
  throw error;
}
