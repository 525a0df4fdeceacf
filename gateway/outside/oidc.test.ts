// Against the real provider of the fixtures. Forged answers: oidc-forged.test.ts.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { signIn } from '../../fixtures/identity-provider/browser.ts';
import { type OpenedProvider, openProvider, type ProviderOptions } from '../../fixtures/identity-provider/provider.ts';
import type { DeviceSignIn, IdentityProvider } from '../ports.ts';
import { makeAuthority, serverCertificate } from './ca.ts';
import { openIdentityProvider } from './oidc.ts';

const people = [
  { sub: 'p-ana', email: 'ana@harbour.example', name: 'Ana Reyes', groups: ['sre', 'admins'] },
  { sub: 'p-omar', email: 'omar@harbour.example', name: 'Omar Haddad', groups: [] },
];
const credentials = { clientId: 'gateway', clientSecret: 'a secret: of the test/+' };
const opened: OpenedProvider[] = [];
const patient = (): AbortSignal => new AbortController().signal;

afterEach(async () => {
  await Promise.all(opened.splice(0).map((provider) => provider.close()));
});

async function open(options: Partial<ProviderOptions> = {}): Promise<{ idp: OpenedProvider; gateway: IdentityProvider }> {
  const idp = await openProvider({ people, ...credentials, interval: 0.1, ...options });
  opened.push(idp);
  return { idp, gateway: openIdentityProvider({ issuer: idp.issuer, ...credentials }) };
}

async function begin(gateway: IdentityProvider, signal = patient()): Promise<DeviceSignIn> {
  const started = await gateway.startDevice(signal);
  if (!started.ok) throw new Error(started.problem.code);
  return started.value;
}

async function signedIn(gateway: IdentityProvider): Promise<string> {
  const device = await begin(gateway);
  const waiting = device.finish(() => {});
  await signIn(device.addressWithCode ?? '', 'p-ana');
  const ended = await waiting;
  if (!ended.ok) throw new Error(ended.problem.code);
  return ended.value.refreshToken ?? '';
}

test('[D1] a device flow ends in checked claims, with the groups of userinfo, and a refresh token', async () => {
  const { idp, gateway } = await open();
  const device = await begin(gateway);
  expect(device).toMatchObject({ expiresIn: 600, userCode: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/) });
  expect(device.address.startsWith(idp.issuer)).toBe(true);
  const waiting = device.finish(() => {});
  expect((await signIn(device.addressWithCode ?? '', 'p-ana')).state).toBe('signed-in');
  expect(await waiting).toEqual({
    ok: true,
    value: {
      claims: {
        issuer: idp.issuer,
        subject: 'p-ana',
        email: 'ana@harbour.example',
        emailVerified: true,
        name: 'Ana Reyes',
        groups: ['sre', 'admins'],
      },
      refreshToken: expect.any(String),
    },
  });
});

test('a person who says no is login-denied, a code nobody confirms is code-expired', async () => {
  const denied = await begin((await open()).gateway);
  const waiting = denied.finish(() => {});
  await signIn(denied.addressWithCode ?? '', 'p-ana', { deny: true });
  expect(await waiting).toMatchObject({ ok: false, problem: { code: 'login-denied' } });
  const { gateway } = await open({ deviceCodeTtl: 1 });
  expect(await (await begin(gateway)).finish(() => {})).toMatchObject({ ok: false, problem: { code: 'code-expired' } });
});

test('a sign-in that is called off stops waiting at once', async () => {
  const { gateway } = await open({ interval: 60 });
  const abort = new AbortController();
  const waiting = (await begin(gateway, abort.signal)).finish(() => {});
  abort.abort();
  expect(await waiting).toMatchObject({ ok: false, problem: { code: 'login-denied' } });
});

test('[T26] a refresh rotates the token; the old one is worth nothing afterwards', async () => {
  const { gateway } = await open();
  const first = await signedIn(gateway);
  const second = await gateway.refresh(first);
  expect(second).toMatchObject({ outcome: 'refreshed', claims: { subject: 'p-ana', groups: ['sre', 'admins'] } });
  expect(second.outcome === 'refreshed' && second.refreshToken !== first).toBe(true);
  expect(await gateway.refresh(first)).toEqual({ outcome: 'invalid-grant' });
});

test('[S25] changed groups, a disabled and a removed person are seen at the next refresh', async () => {
  const { idp, gateway } = await open();
  const token = await signedIn(gateway);
  idp.change('p-ana', { groups: ['sre'] });
  const again = await gateway.refresh(token);
  expect(again).toMatchObject({ outcome: 'refreshed', claims: { groups: ['sre'] } });
  idp.disable('p-ana');
  expect(await gateway.refresh((again.outcome === 'refreshed' && again.refreshToken) || '')).toEqual({ outcome: 'disabled' });
  idp.enable('p-ana');
  const other = await signedIn(gateway);
  idp.remove('p-ana');
  expect(await gateway.refresh(other)).toEqual({ outcome: 'disabled' });
});

test('a revoked refresh token is an invalid grant, not a disabled person', async () => {
  const { gateway } = await open();
  const token = await signedIn(gateway);
  await gateway.revoke(token);
  expect(await gateway.refresh(token)).toEqual({ outcome: 'invalid-grant' });
});

test('[B5] a provider that is down is a value, for sign-in and refresh; the same gateway goes on when it is back', async () => {
  const { idp, gateway } = await open();
  const token = await signedIn(gateway);
  await idp.pause();
  expect(await gateway.startDevice(patient())).toMatchObject({ ok: false, problem: { code: 'provider-down' } });
  expect(await gateway.refresh(token)).toMatchObject({ outcome: 'provider-down' });
  await expect(gateway.revoke(token)).resolves.toBeUndefined();
  await idp.resume();
  expect(await gateway.refresh(token)).toMatchObject({ outcome: 'refreshed' });

  const unborn = openIdentityProvider({ issuer: 'http://127.0.0.1:1', ...credentials });
  expect(await unborn.startDevice(patient())).toMatchObject({ ok: false, problem: { code: 'provider-down' } });
});

test('a provider that is down when the gateway starts is discovered later', async () => {
  const { idp, gateway } = await open();
  await idp.pause();
  expect(await gateway.startDevice(patient())).toMatchObject({ ok: false });
  await idp.resume();
  expect(await gateway.startDevice(patient())).toMatchObject({ ok: true });
});

test('a wrong client secret is an answer of the provider, never an exception', async () => {
  const { idp } = await open();
  const gateway = openIdentityProvider({ issuer: idp.issuer, clientId: 'gateway', clientSecret: 'wrong' });
  expect(await gateway.startDevice(patient())).toMatchObject({ ok: false, problem: { code: 'provider-answer' } });
});

test('[D10] a provider with a private authority is trusted by that authority only', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'oidc-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const caPem = await makeAuthority({ ca: `${folder}/ca.pem`, keys: folder }, 'fixture', Date.now(), randomBytes(20));
  const { certificatePem, keyPem } = await serverCertificate(
    { ca: `${folder}/ca.pem`, keys: folder },
    ['127.0.0.1'],
    Date.now(),
    randomBytes(20),
  );
  const { idp, gateway } = await open({ tls: { key: keyPem, cert: certificatePem } });
  expect(await gateway.startDevice(patient())).toMatchObject({ ok: false, problem: { code: 'provider-down' } });
  const trusting = openIdentityProvider({ issuer: idp.issuer, ...credentials, caPem });
  const device = await begin(trusting);
  const waiting = device.finish(() => {});
  await signIn(device.addressWithCode ?? '', 'p-omar', { ca: caPem });
  expect(await waiting).toMatchObject({ ok: true, value: { claims: { subject: 'p-omar', groups: [] } } });
});

test('[D10] plain http is for this machine only', async () => {
  for (const issuer of ['http://idp.example', 'http://192.0.2.1', 'http://127.0.0.1.idp.example']) {
    const started = await openIdentityProvider({ issuer, ...credentials }).startDevice(patient());
    expect(started.ok).toBe(false);
  }
});
