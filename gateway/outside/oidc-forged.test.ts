// What a hostile provider, or somebody between, may answer: one test a claim (T25). The provider here is made by hand so that it can lie.
import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { describeProvider, openIdentityProvider } from './oidc.ts';

const clientId = 'gateway';
const now = () => Math.floor(Date.now() / 1000);
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = (key: KeyObject, more: object) => ({ ...key.export({ format: 'jwk' }), use: 'sig', ...more });

type Lie = {
  claims?: (issuer: string) => object;
  header?: object;
  sign?: (input: string) => string;
  /** Instead of a signed token. */
  token?: (signed: string) => string;
  metadata?: (issuer: string) => object;
  userinfo?: object;
  /** Answers to polls before the tokens. */
  first?: readonly { readonly status: number; readonly body: string }[];
  keys?: () => readonly object[];
  refreshError?: object;
  /** How long its codes live, s. */
  expires?: number;
};

const rs256 = (key: KeyObject) => (input: string) => signBytes('sha256', Buffer.from(input), key).toString('base64url');

async function lying(lie: Lie, scope?: string, clientSecret = 's') {
  const scopes: string[] = [];
  const credentials = new Set<string | undefined>();
  let issuer = '';
  const before = [...(lie.first ?? [])];
  const polls: number[] = [];
  const server = createServer(async (request, response) => {
    const say = (value: unknown, status = 200): void => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(typeof value === 'string' ? value : JSON.stringify(value));
    };
    const form = new URLSearchParams(await text(request));
    switch (request.url) {
      case '/.well-known/openid-configuration':
        return say({
          issuer,
          token_endpoint: `${issuer}/token`,
          device_authorization_endpoint: `${issuer}/device`,
          jwks_uri: `${issuer}/keys`,
          userinfo_endpoint: `${issuer}/me`,
          id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none', 'EdDSA'],
          ...lie.metadata?.(issuer),
        });
      case '/device':
        credentials.add(request.headers.authorization);
        scopes.push(form.get('scope') ?? '');
        return say({
          device_code: 'd',
          user_code: 'ABCD',
          verification_uri: `${issuer}/v`,
          expires_in: lie.expires ?? 60,
          interval: 0.02,
        });
      case '/keys':
        return say({
          keys: lie.keys?.() ?? [jwk(rsa.publicKey, { kid: 'r', alg: 'RS256' }), jwk(ed.publicKey, { kid: 'e', alg: 'EdDSA' })],
        });
      case '/me':
        return say(lie.userinfo ?? { sub: 'p-1', email: 'a@x.example', email_verified: true });
      case '/token': {
        credentials.add(request.headers.authorization);
        polls.push(performance.now());
        const early = before.shift();
        if (early !== undefined) return say(early.body, early.status);
        if (form.get('grant_type') === 'refresh_token' && lie.refreshError !== undefined) return say(lie.refreshError, 400);
        const claims = { iss: issuer, aud: clientId, sub: 'p-1', iat: now(), exp: now() + 300, ...lie.claims?.(issuer) };
        const input = `${part({ alg: 'RS256', kid: 'r', ...lie.header })}.${part(claims)}`;
        const signed = `${input}.${(lie.sign ?? rs256(rsa.privateKey))(input)}`;
        return say({ access_token: 'a', token_type: 'bearer', refresh_token: 'r2', id_token: lie.token?.(signed) ?? signed });
      }
      default:
        return say({}, 404);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = openIdentityProvider({ issuer, clientId, clientSecret, timeoutMs: 5_000, scope });
  return { issuer, gateway, polls, scopes, credentials };
}

async function outcome(lie: Lie) {
  const { gateway } = await lying(lie);
  const started = await gateway.startDevice(new AbortController().signal);
  return started.ok ? started.value.finish(() => {}) : started;
}

const distrusted = { ok: false, problem: { code: 'provider-answer' } };

test('an honest token is believed (or the rest of this file would prove nothing)', async () => {
  expect(await outcome({})).toMatchObject({ ok: true, value: { claims: { subject: 'p-1', emailVerified: true } } });
  const sign = (input: string) => signBytes(null, Buffer.from(input), ed.privateKey).toString('base64url');
  expect(await outcome({ header: { alg: 'EdDSA', kid: 'e' }, sign })).toMatchObject({ ok: true });
});

const publicPem = rsa.publicKey.export({ format: 'pem', type: 'spki' });
const publicDer = rsa.publicKey.export({ format: 'der', type: 'spki' });
const forged: readonly (readonly [string, Lie])[] = [
  ['alg none', { header: { alg: 'none' }, sign: () => '' }],
  ['alg None, in another case', { header: { alg: 'None' }, sign: () => '' }],
  [
    'HS256 with the public key as PEM',
    { header: { alg: 'HS256' }, sign: (i) => createHmac('sha256', publicPem).update(i).digest('base64url') },
  ],
  [
    'HS256 with the public key as DER',
    { header: { alg: 'HS256' }, sign: (i) => createHmac('sha256', publicDer).update(i).digest('base64url') },
  ],
  [
    'HS256 with the client secret',
    { header: { alg: 'HS256' }, sign: (i) => createHmac('sha256', 's').update(i).digest('base64url') },
  ],
  ['the key of somebody else', { sign: rs256(foreign.privateKey) }],
  ['a key in the header', { header: { jwk: jwk(foreign.publicKey, {}), kid: undefined }, sign: rs256(foreign.privateKey) }],
  ['an unknown key id', { header: { kid: 'other' } }],
  ['a critical header nobody knows', { header: { crit: ['x'], x: 1 } }],
  ['a changed payload', { token: (t) => t.replace(/\.[^.]+\./, `.${part({ sub: 'p-2' })}.`) }],
  [
    'a nested signature',
    { token: (t) => `${part({ alg: 'RS256', kid: 'r', cty: 'JWT' })}.${Buffer.from(t).toString('base64url')}.AA` },
  ],
  ['an encrypted token', { token: () => 'a.b.c.d.e' }],
  ['no token at all, only words', { token: () => 'yes' }],
  ['another issuer', { claims: () => ({ iss: 'https://idp.example' }) }],
  ['another audience', { claims: () => ({ aud: 'another-client' }) }],
  ['a further audience without a party', { claims: () => ({ aud: [clientId, 'another-client'] }) }],
  ['another authorised party', { claims: () => ({ azp: 'another-client' }) }],
  ['a nonce of another sign-in', { claims: () => ({ nonce: 'n' }) }],
  ['expired a minute and a bit ago', { claims: () => ({ exp: now() - 62 }) }],
  ['issued in the future', { claims: () => ({ iat: now() + 120 }) }],
  ['not valid yet', { claims: () => ({ nbf: now() + 120 }) }],
  ['no expiry', { claims: () => ({ exp: undefined }) }],
  ['no subject', { claims: () => ({ sub: undefined }) }],
  ['a subject that is not text', { claims: () => ({ sub: 1 }) }],
  ['an empty subject', { claims: () => ({ sub: '' }), userinfo: { sub: '' } }],
  ['userinfo of somebody else', { userinfo: { sub: 'p-2', email: 'admin@x.example', email_verified: true } }],
  ['metadata of another issuer', { metadata: () => ({ issuer: 'https://idp.example' }) }],
  [
    'metadata without an acceptable signature',
    { metadata: () => ({ id_token_signing_alg_values_supported: ['none', 'HS256'] }) },
  ],
  ['keys over a plain line elsewhere', { metadata: () => ({ jwks_uri: 'http://idp.example/keys' }) }],
];
for (const [name, lie] of forged)
  test(`[T25] refused: ${name}`, async () => {
    expect(await outcome(lie)).toMatchObject(distrusted);
  });

test('[B5] clocks a minute apart are no reason to refuse', async () => {
  expect(await outcome({ claims: () => ({ iat: now() + 50, exp: now() - 50 }) })).toMatchObject({ ok: true });
});

test('[T25] an address that the provider does not vouch for is told as such; word and address come from one place', async () => {
  expect(await outcome({ userinfo: { sub: 'p-1', email: 'a@x.example', email_verified: 'true' } })).toMatchObject({
    value: { claims: { email: 'a@x.example', emailVerified: false } },
  });
  expect(
    await outcome({ claims: () => ({ email_verified: true }), userinfo: { sub: 'p-1', email: 'boss@x.example' } }),
  ).toMatchObject({ value: { claims: { email: 'boss@x.example', emailVerified: false } } });
});

test('[T25] group claims that overflow, or are not names, are no groups', async () => {
  const many = Array.from({ length: 201 }, (_, nth) => `g${nth}`);
  for (const groups of [many, ['a', 1], 'admins', { 0: 'admins' }])
    expect(await outcome({ userinfo: { sub: 'p-1', groups } })).toMatchObject({ value: { claims: { groups: [] } } });
});

test('[T25] keys that were turned since the last sign-in are fetched', async () => {
  const next = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let turned = false;
  const { gateway } = await lying({
    keys: () => [turned ? jwk(next.publicKey, { kid: 'n', alg: 'RS256' }) : jwk(rsa.publicKey, { kid: 'r', alg: 'RS256' })],
    token: (honest) => {
      if (!turned) return honest;
      const input = `${part({ alg: 'RS256', kid: 'n' })}.${honest.split('.')[1] ?? ''}`;
      return `${input}.${rs256(next.privateKey)(input)}`;
    },
  });
  for (const turn of [false, true]) {
    turned = turn;
    const started = await gateway.startDevice(new AbortController().signal);
    expect(started.ok && (await started.value.finish(() => {})).ok).toBe(true);
  }
});

test('a scope the provider does not offer is not asked for; one the administrator chose is', async () => {
  const asked = async (offered: readonly string[] | undefined, scope?: string) => {
    const { gateway, scopes } = await lying({ metadata: () => ({ scopes_supported: offered }) }, scope);
    await gateway.startDevice(new AbortController().signal);
    return scopes[0];
  };
  expect(await asked(undefined)).toBe('openid profile email groups offline_access');
  expect(await asked(['openid', 'email', 'profile'])).toBe('openid profile email');
  expect(await asked(['openid', 'email'], 'openid email team offline_access')).toBe('openid email team');
});

const slowDown = { status: 400, body: '{"error":"slow_down"}' };
const pending = { status: 400, body: '{"error":"authorization_pending"}' };

test('[T20] slow_down is told, and makes the next poll five seconds later', async () => {
  const { gateway, polls } = await lying({ first: [pending, slowDown] });
  const started = await gateway.startDevice(new AbortController().signal);
  let slowed = 0;
  expect(
    started.ok &&
      (
        await started.value.finish(() => {
          slowed += 1;
        })
      ).ok,
  ).toBe(true);
  expect(slowed).toBe(1);
  const [, second = 0, third = 0] = polls;
  expect(third - second).toBeGreaterThanOrEqual(4_900);
});

test('[T20] a code lives ten minutes at most, whatever the provider says, and as long as it says where that is less', async () => {
  for (const [told, kept] of [
    [86_400, 600],
    [601, 600],
    [600, 600],
    [59, 59],
  ] as const) {
    const { gateway } = await lying({ expires: told });
    expect(await gateway.startDevice(new AbortController().signal)).toMatchObject({ ok: true, value: { expiresIn: kept } });
  }
});

test('a proxy that answers for a dead provider does not end the wait for a code', async () => {
  expect(await outcome({ first: [pending, { status: 502, body: '<html>' }] })).toMatchObject({ ok: true });
});

test('[D1] a refresh is told apart: stale token, person gone, provider in trouble, forged answer', async () => {
  const told = async (lie: Lie) => (await lying(lie)).gateway.refresh('r1');
  expect(await told({})).toMatchObject({ outcome: 'refreshed', refreshToken: 'r2' });
  expect(await told({ refreshError: { error: 'invalid_grant' } })).toEqual({ outcome: 'invalid-grant' });
  for (const error_description of ['User disabled', 'Account has been deleted', 'user account is locked', 'User not found'])
    expect(await told({ refreshError: { error: 'invalid_grant', error_description } })).toEqual({ outcome: 'disabled' });
  for (const error_description of ['Token is not active', 'Session not active', 'Refresh token expired'])
    expect(await told({ refreshError: { error: 'invalid_grant', error_description } })).toEqual({ outcome: 'invalid-grant' });
  expect(await told({ refreshError: { error: 'temporarily_unavailable' } })).toMatchObject({ outcome: 'provider-down' });
  expect(await told({ sign: rs256(foreign.privateKey) })).toEqual({ outcome: 'invalid-grant' });
});

test('RFC 6749 appendix B: a secret is form-encoded and no more: providers that do not decode know a generated one all the same', async () => {
  const said = async (clientSecret: string): Promise<readonly string[]> => {
    const { gateway, credentials } = await lying({}, undefined, clientSecret);
    const started = await gateway.startDevice(new AbortController().signal);
    if (started.ok) await started.value.finish(() => {});
    return [...credentials].map((header) => Buffer.from(header?.replace(/^Basic /, '') ?? '', 'base64').toString());
  };
  expect(await said('Az09-_.*')).toEqual([`${clientId}:Az09-_.*`]);
  expect(await said('a b:+%/é')).toEqual([`${clientId}:a+b%3A%2B%25%2F%C3%A9`]);
});

test('S32: a provider is described as a sign-in would find it, and nothing is begun there', async () => {
  const described = async (lie: Lie) => {
    const { issuer, polls, scopes } = await lying(lie);
    const told = await describeProvider({ issuer, clientId });
    expect([...polls, ...scopes]).toEqual([]);
    return told;
  };
  expect(await described({})).toEqual({ ok: true, value: { deviceFlow: true, algorithms: ['RS256', 'EdDSA'], keys: 2 } });
  expect(await described({ metadata: () => ({ device_authorization_endpoint: undefined }), keys: () => [] })).toEqual({
    ok: true,
    value: { deviceFlow: false, algorithms: ['RS256', 'EdDSA'], keys: 0 },
  });
  expect(await described({ metadata: () => ({ id_token_signing_alg_values_supported: ['HS256'] }) })).toMatchObject(distrusted);
  expect(await described({ metadata: () => ({ issuer: 'https://elsewhere.example' }) })).toMatchObject(distrusted);
  expect(await described({ metadata: () => ({ jwks_uri: undefined }) })).toMatchObject(distrusted);
  expect(await described({ metadata: (issuer) => ({ jwks_uri: `${issuer}/v` }) })).toMatchObject({
    ok: true,
    value: { keys: 0 },
  });
  expect(await describeProvider({ issuer: 'http://127.0.0.1:9', clientId })).toMatchObject({
    problem: { code: 'provider-down' },
  });
});
