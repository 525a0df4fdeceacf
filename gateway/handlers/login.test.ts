import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { eventually, newDevice, openEntrance, openLine, scriptedProvider } from '../../fixtures/entrance.ts';
import { signIn as walkIn } from '../../fixtures/identity-provider/browser.ts';
import { type OpenedProvider, openProvider } from '../../fixtures/identity-provider/provider.ts';
import { tokenDigest } from '../identity/token.ts';
import { openIdentityProvider } from '../outside/oidc.ts';
import type { DeviceSignIn } from '../ports.ts';
import { fine, refuse } from '../protocol/errors.ts';
import { operatorStatement } from '../protocol/operator.ts';
import { callerOf } from './caller.ts';
import { cancelLogin, endLogin, mostConnections, resumeLogin, showSelf, startLogin } from './login.ts';
import { mostPerAddress } from './parked.ts';
import { mostWrong, strangersOf } from './strangers.ts';

const problem = (code: string) => ({ ok: false, problem: expect.objectContaining({ code }) });
const opened: OpenedProvider[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((provider) => provider.close()));
});

type Decided = Awaited<ReturnType<DeviceSignIn['finish']>>;

/** A promise the test settles. */
function later<T>() {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

test('[D1] through the real device flow: invited by e-mail, bound by subject, signed in, resumed, signed out', async () => {
  const credentials = { clientId: 'gateway', clientSecret: 'secret' };
  const people = [{ sub: 'p-ana', email: 'Ana@harbour.example', name: 'Ana', groups: [] }];
  const idp = await openProvider({ people, ...credentials, interval: 0.1 });
  opened.push(idp);
  const entrance = await openEntrance(openIdentityProvider({ issuer: idp.issuer, ...credentials }));
  const ana = await entrance.invite('ana', 'superuser', { kind: 'email', value: 'ana@harbour.example' });
  const line = openLine();
  const device = newDevice();

  const started = await entrance.start(line, device);
  if (!started.ok) throw new Error(started.problem.code);
  expect(started.value).toMatchObject({ peer: line.address, expiresAt: entrance.clock.now() + 600_000 });
  const finishing = entrance.finish(line, device, started.value.handle);
  await walkIn(started.value.addressWithCode ?? '', 'p-ana');
  const finished = await finishing;
  if (!finished.ok) throw new Error(finished.problem.code);
  const { token, self } = finished.value;
  expect(self).toMatchObject({ person: ana, name: 'ana', role: 'superuser', deviceKnown: false, factor: 'none' });
  expect(line.pushed).toEqual([
    { type: 'login.progress', handle: started.value.handle, state: 'waiting' },
    { type: 'login.progress', handle: started.value.handle, state: 'confirmed' },
  ]);
  expect(entrance.types().slice(-4)).toEqual(['login.started', 'person.bound', 'device.registered', 'login.succeeded']);
  expect(entrance.vault.names()).toEqual([`refresh:${self.login}`]);

  const again = openLine();
  expect(await entrance.resume(again, device, token)).toMatchObject({ ok: true, value: { self: { login: self.login } } });
  expect(await showSelf(entrance.callOn(again), {})).toMatchObject({ ok: true, value: { self: { person: ana } } });

  expect(await endLogin(entrance.callOn(again), {})).toEqual(fine({ ended: 1 }));
  await eventually(() => expect(line.ended).toMatchObject({ code: 'not-signed-in' }));
  expect(again.ended).toBeUndefined();
  entrance.clock.pass(200);
  expect(again.ended).toMatchObject({ code: 'not-signed-in' });
  expect(await entrance.resume(openLine(), device, token)).toEqual(problem('not-signed-in'));
});

test('[T4] neither token nor refresh token nor handle stands in any event', async () => {
  const entrance = await openEntrance();
  await entrance.invite('ana');
  const line = openLine();
  const device = newDevice();
  const started = await entrance.start(line, device);
  const finished = started.ok && (await entrance.finish(line, device, started.value.handle));
  if (!finished || !finished.ok) throw new Error('not signed in');
  const written = JSON.stringify(entrance.log.events);
  for (const secret of [finished.value.token, started.value.handle, '"r0"', 'ABCD-EFGH']) expect(written).not.toContain(secret);
  expect(written).toContain(tokenDigest(finished.value.token));
});

test('who is not invited, suspended, or comes with a borrowed e-mail is refused, recorded, and leaves nothing in the vault', async () => {
  const entrance = await openEntrance();
  const { script, claims } = entrance;
  expect(await entrance.signIn(openLine(), newDevice())).toEqual(problem('not-invited'));
  const ana = await entrance.invite('ana', 'user', { kind: 'email', value: 'ana@harbour.example' });

  script.decide = fine({ claims: { ...claims('ana'), emailVerified: false }, refreshToken: 'r' });
  expect(await entrance.signIn(openLine(), newDevice())).toEqual(problem('not-invited'));
  script.decide = undefined;
  expect(await entrance.signIn(openLine(), newDevice())).toMatchObject({ ok: true });

  // [T25] The address is taken; another subject that comes with it is nobody.
  script.decide = fine({ claims: { ...claims('eve'), email: 'ana@harbour.example' }, refreshToken: 'r' });
  expect(await entrance.signIn(openLine(), newDevice())).toEqual(problem('not-invited'));
  // The same subject of another issuer is another person.
  script.decide = fine({ claims: { ...claims('ana'), issuer: 'https://other.example' }, refreshToken: 'r' });
  expect(await entrance.signIn(openLine(), newDevice())).toEqual(problem('not-invited'));

  script.decide = undefined;
  await entrance.commit({
    type: 'person.suspended',
    actor: { kind: 'gateway' },
    outcome: 'ok',
    data: { person: ana, why: 'left' },
    personal: {},
  });
  expect(await entrance.signIn(openLine(), newDevice())).toEqual(problem('suspended'));
  expect(entrance.types().filter((type) => type === 'login.refused')).toHaveLength(5);
  expect(entrance.revoked.length).toBe(5);
  expect(entrance.vault.names()).toHaveLength(1);
});

test('[T22] a handle is worth nothing without the key that began, and is redeemed once', async () => {
  const entrance = await openEntrance();
  await entrance.invite('ana');
  const line = openLine();
  const device = newDevice();
  const started = await entrance.start(line, device);
  if (!started.ok) throw new Error(started.problem.code);
  const { handle } = started.value;
  const thief = openLine('198.51.100.1');
  expect(await entrance.finish(thief, newDevice(), handle)).toEqual(problem('device'));
  expect(entrance.log.events.at(-1)).toMatchObject({ type: 'login.refused', data: { cause: 'device' } });
  const both = await Promise.all([entrance.finish(line, device, handle), entrance.finish(openLine(), device, handle)]);
  expect(both.filter(({ ok }) => ok)).toHaveLength(1);
  // With the key or without it, and also long after: a second redeemer is refused, and the log says that there was one.
  for (const late of [device, newDevice()]) {
    expect(await entrance.finish(openLine('198.51.100.1'), late, handle)).toEqual(problem('login-denied'));
    expect(entrance.log.events.at(-1)).toMatchObject({
      type: 'login.refused',
      outcome: 'denied',
      data: { cause: 'second redeemer', deviceKey: device.key },
      personal: { address: '198.51.100.1' },
    });
  }
  entrance.clock.pass(600_000);
  expect(await entrance.finish(openLine(), device, handle)).toEqual(problem('code-expired'));
  expect(entrance.types().filter((type) => type === 'login.succeeded')).toHaveLength(1);
});

test('a link that is cut while waiting costs nothing: the same device fetches its sign-in on the next', async () => {
  const entrance = await openEntrance();
  await entrance.invite('ana');
  const { promise, settle } = later<Decided>();
  entrance.script.decide = promise;
  const first = openLine();
  const device = newDevice();
  const started = await entrance.start(first, device);
  if (!started.ok) throw new Error(started.problem.code);
  const cut = entrance.finish(first, device, started.value.handle);
  await eventually(() => expect(first.pushed).toHaveLength(1));
  first.cut();
  expect(await cut).toEqual(problem('unreachable'));
  const second = openLine();
  const finishing = entrance.finish(second, device, started.value.handle);
  settle(fine({ claims: entrance.claims('ana'), refreshToken: undefined }));
  expect(await finishing).toMatchObject({ ok: true });
});

test('a half-dead connection is replaced by a newer one of the same device', async () => {
  const entrance = await openEntrance();
  await entrance.invite('ana');
  const { promise, settle } = later<Decided>();
  entrance.script.decide = promise;
  const [first, second] = [openLine(), openLine()];
  const device = newDevice();
  const started = await entrance.start(first, device);
  if (!started.ok) throw new Error(started.problem.code);
  const old = entrance.finish(first, device, started.value.handle);
  const young = entrance.finish(second, device, started.value.handle);
  expect(await old).toEqual(problem('login-denied'));
  settle(fine({ claims: entrance.claims('ana'), refreshToken: undefined }));
  expect(await young).toMatchObject({ ok: true });
});

test('a sign-in can be called off, is refused by the person, or runs out', async () => {
  const entrance = await openEntrance();
  const device = newDevice();
  entrance.script.decide = later<Decided>().promise;
  const line = openLine();
  const started = await entrance.start(line, device);
  if (!started.ok) throw new Error(started.problem.code);
  const waiting = entrance.finish(line, device, started.value.handle);
  expect(await cancelLogin(entrance.open(line), { handle: started.value.handle })).toEqual(fine({}));
  expect(await waiting).toEqual(problem('login-denied'));

  entrance.script.decide = refuse('login-denied');
  expect(await entrance.signIn(openLine(), device)).toEqual(problem('login-denied'));
  expect(entrance.log.events.at(-1)).toMatchObject({ type: 'login.refused', data: { cause: 'login-denied' } });

  const late = openLine();
  const old = await entrance.start(late, device);
  entrance.clock.pass(600_000);
  expect(old.ok && (await entrance.finish(late, device, old.value.handle))).toEqual(problem('code-expired'));
});

test('what was confirmed but never fetched is given back to the provider', async () => {
  const entrance = await openEntrance();
  const { promise, settle } = later<Decided>();
  entrance.script.decide = promise;
  const line = openLine();
  const device = newDevice();
  const started = await entrance.start(line, device);
  if (!started.ok) throw new Error(started.problem.code);
  const waiting = entrance.finish(line, device, started.value.handle);
  line.cut();
  await waiting;
  settle(fine({ claims: entrance.claims('ana'), refreshToken: 'unfetched' }));
  await promise;
  entrance.clock.pass(600_000);
  await eventually(() => expect(entrance.revoked).toEqual(['unfetched']));
});

test('[E22] an address parks three sign-ins; the fourth waits its turn, unless one was left behind', async () => {
  const entrance = await openEntrance();
  const lines = Array.from({ length: mostPerAddress }, () => openLine());
  for (const line of lines) expect(await entrance.start(line, newDevice())).toMatchObject({ ok: true });
  expect(await entrance.start(openLine(), newDevice())).toEqual(problem('busy'));
  expect(await entrance.start(openLine('198.51.100.9'), newDevice())).toMatchObject({ ok: true });
  lines[0]?.cut();
  expect(await entrance.start(openLine(), newDevice())).toMatchObject({ ok: true });
  expect(await entrance.start(openLine(), newDevice())).toEqual(problem('busy'));
});

test('[B5] a provider that is down refuses new sign-ins and keeps no place', async () => {
  const entrance = await openEntrance();
  entrance.script.down = true;
  for (let i = 0; i < 5; i += 1) expect(await entrance.start(openLine(), newDevice())).toEqual(problem('provider-down'));
  entrance.script.down = false;
  expect(await entrance.start(openLine(), newDevice())).toMatchObject({ ok: true });
});

test('[T6] a token comes with its device key, on this connection and this gateway, or not at all', async () => {
  const entrance = await openEntrance();
  await entrance.invite('ana');
  const device = newDevice();
  const signed = await entrance.signIn(openLine(), device);
  if (!signed.ok) throw new Error(signed.problem.code);
  const { token } = signed.value;
  const stolen = openLine('198.51.100.1');
  expect(await entrance.resume(stolen, newDevice(), token)).toEqual(problem('device'));
  expect(entrance.log.events.at(-1)).toMatchObject({
    type: 'login.refused',
    data: { cause: 'device', person: signed.value.self.person },
  });
  expect(callerOf(entrance.parts, stolen)).toEqual(problem('not-signed-in'));
  // A proof made for another connection.
  const [here, there] = [openLine(), openLine()];
  const proof = device.prove(operatorStatement(entrance.parts.signer.publicKey, here.nonce, tokenDigest(token)));
  expect(await resumeLogin(entrance.open(here), { token, proof })).toMatchObject({ ok: true });
  expect(await resumeLogin(entrance.open(there), { token, proof })).toEqual(problem('device'));
});

test('[T6] signing in again on a device ends its former login, not those of other devices', async () => {
  const entrance = await openEntrance();
  await entrance.invite('ana');
  const [laptop, desktop] = [newDevice(), newDevice()];
  const [first, other] = [openLine(), openLine()];
  const before = await entrance.signIn(first, laptop);
  const elsewhere = await entrance.signIn(other, desktop);
  // The very connection signs in anew: it stays.
  const after = await entrance.signIn(first, laptop);
  if (!before.ok || !after.ok || !elsewhere.ok) throw new Error('not signed in');
  expect(after.value.self.login).not.toBe(before.value.self.login);
  expect(after.value.self.device).toBe(before.value.self.device);
  expect(first.ended).toBeUndefined();
  expect(callerOf(entrance.parts, first)).toMatchObject({ ok: true });
  expect(await entrance.resume(openLine(), laptop, before.value.token)).toEqual(problem('not-signed-in'));
  expect(callerOf(entrance.parts, other)).toMatchObject({ ok: true });
  expect(await endLogin(entrance.callOn(other), { all: true })).toEqual(fine({ ended: 2 }));
  await eventually(() => expect(first.ended).toMatchObject({ code: 'not-signed-in' }));
});

test('[R8] one sign-in has a bounded number of connections; one that closes makes room', async () => {
  const entrance = await openEntrance();
  await entrance.invite('ana');
  const laptop = newDevice();
  const first = openLine();
  const signed = await entrance.signIn(first, laptop);
  if (!signed.ok) throw new Error(signed.problem.code);
  const { token } = signed.value;
  for (let i = 1; i < mostConnections; i += 1) expect((await entrance.resume(openLine(), laptop, token)).ok).toBe(true);
  const late = openLine();
  expect(await entrance.resume(late, laptop, token)).toEqual(problem('limit'));
  expect(late.login).toBe(undefined);
  // Coming back on a connection it already has is no new one.
  expect((await entrance.resume(first, laptop, token)).ok).toBe(true);
  first.cut();
  expect((await entrance.resume(late, laptop, token)).ok).toBe(true);
});

test('[T20] a peer that is wrong too often waits; others do not; the record is one a minute, with a count', async () => {
  const entrance = await openEntrance();
  await entrance.invite('ana');
  const laptop = newDevice();
  const before = await entrance.signIn(openLine(), laptop);
  if (!before.ok) throw new Error(before.problem.code);
  const bad = { token: 'spt_guess', proof: 'x' };
  for (let i = 0; i < mostWrong; i += 1)
    expect(await resumeLogin(entrance.open(openLine()), bad)).toEqual(problem('not-signed-in'));
  const blocked = { ok: false, problem: { code: 'busy', retryAfterMs: 60_000 } };
  expect(await resumeLogin(entrance.open(openLine()), bad)).toEqual(blocked);
  expect(await startLogin(entrance.open(openLine()), { deviceKey: newDevice().key, machine: 'm' })).toEqual(blocked);
  expect(await entrance.signIn(openLine('198.51.100.9'), newDevice())).toMatchObject({ ok: true });
  expect(await entrance.resume(openLine(), laptop, before.value.token)).toMatchObject({ ok: true });
  expect(await entrance.resume(openLine(), newDevice(), before.value.token)).toEqual(blocked);
  expect(entrance.types()).not.toContain('stranger.refused');
  entrance.clock.pass(60_000);
  await eventually(() =>
    expect(entrance.log.events.filter(({ type }) => type === 'stranger.refused')).toMatchObject([
      { data: { cause: 'token', count: mostWrong }, personal: { address: '192.0.2.7' } },
    ]),
  );
  expect(await entrance.signIn(openLine(), newDevice())).toMatchObject({ ok: true });
  await strangersOf(entrance.parts).close();
});

test('a device key that is none is refused before the provider is asked', async () => {
  const scripted = scriptedProvider();
  const asked = vi.spyOn(scripted.provider, 'startDevice');
  onTestFinished(() => asked.mockRestore());
  const entrance = await openEntrance(scripted.provider);
  expect(await startLogin(entrance.open(openLine()), { deviceKey: 'AAAA', machine: 'm' })).toEqual(problem('bad-request'));
  expect(asked).not.toHaveBeenCalled();
});
