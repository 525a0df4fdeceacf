// Whether anything that a client brings along, early or late, decides who it is.
import { expect, test } from 'vitest';
import { newDevice, openEntrance, openLine } from '../../fixtures/entrance.ts';
import { tokenDigest } from '../identity/token.ts';
import { fit } from '../protocol/json.ts';
import { loginStatement, operatorStatement, requests } from '../protocol/operator.ts';
import { callerOf } from './caller.ts';
import { finishLogin, resumeLogin } from './login.ts';

const problem = (code: string) => ({ ok: false, problem: expect.objectContaining({ code }) });
const preset = `lgn_${'a'.repeat(26)}`;

test('[T6] a sign-in takes no id, token or handle that somebody brought along: they are made here, new at each sign-in, and the ones before are dead', async () => {
  for (const more of [{ login: preset }, { id: preset }, { session: preset }, { token: 'spt_preset' }, { device: 'dev_x' }]) {
    expect(fit(requests['login.start'].takes, { deviceKey: newDevice().key, machine: 'm', ...more }).ok).toBe(false);
    expect(fit(requests['login.finish'].takes, { handle: 'h', proof: 'p', ...more }).ok).toBe(false);
  }
  const entrance = await openEntrance(undefined, 'fixation');
  await entrance.invite('ana');
  const device = newDevice();
  const line = openLine();
  // A connection that already claims to be a login is nobody until a login is proven on it.
  line.login = preset as typeof line.login;
  expect(callerOf(entrance.parts, line)).toEqual(problem('not-signed-in'));
  const first = await entrance.signIn(line, device);
  const second = await entrance.signIn(line, device);
  if (!first.ok || !second.ok) throw new Error('not signed in');
  const ids = [preset, first.value.self.login, second.value.self.login];
  expect(new Set(ids).size).toBe(3);
  expect(new Set([first.value.token, second.value.token]).size).toBe(2);
  expect(await entrance.resume(openLine(), device, first.value.token)).toEqual(problem('not-signed-in'));
  expect(entrance.log.settled.logins[first.value.self.login]).toBeUndefined();
  expect(line.login).toBe(second.value.self.login);
});

test('[T6] a sign-in that a stranger began is worth nothing to who is led to confirm it, and nothing to the stranger without their own key', async () => {
  const entrance = await openEntrance(undefined, 'led');
  await entrance.invite('ana');
  const [stranger, victim] = [newDevice(), newDevice()];
  const theirs = openLine('198.51.100.1');
  const begun = await entrance.start(theirs, stranger);
  if (!begun.ok) throw new Error(begun.problem.code);
  const { handle } = begun.value;
  // The victim's program redeems with the victim's key: it is not the key that began.
  expect(await entrance.finish(openLine(), victim, handle)).toEqual(problem('device'));
  expect(entrance.types()).not.toContain('login.succeeded');
  // A proof for one connection, or one handle, serves no other.
  const proof = stranger.prove(loginStatement(entrance.parts.signer.publicKey, theirs.nonce, handle));
  expect(await finishLogin(entrance.open(openLine('198.51.100.1')), { handle, proof })).toEqual(problem('device'));
});

test('[T29] who signs in is who the provider said in the first step: nothing said later changes it', async () => {
  const entrance = await openEntrance(undefined, 'steps');
  const ana = await entrance.invite('ana', 'superuser');
  const uma = await entrance.invite('uma');
  entrance.script.subject = 'uma';
  const line = openLine();
  const device = newDevice();
  const started = await entrance.start(line, device);
  if (!started.ok) throw new Error(started.problem.code);
  const { handle } = started.value;
  const proof = device.prove(loginStatement(entrance.parts.signer.publicKey, line.nonce, handle));
  for (const named of [{ person: 'ana' }, { name: 'ana' }, { subject: 'ana' }, { user: ana }, { role: 'superuser' }])
    expect(fit(requests['login.finish'].takes, { handle, proof, ...named })).toMatchObject({ problem: { code: 'bad-message' } });
  for (const named of [{ person: 'ana' }, { name: 'ana' }])
    expect(fit(requests['breakglass.finish'].takes, { handle, proof, ...named }).ok).toBe(false);
  const finished = await entrance.finish(line, device, handle);
  expect(finished).toMatchObject({ ok: true, value: { self: { person: uma, name: 'uma', role: 'user' } } });
  if (!finished.ok) return;
  // Nor does a token of one bring the rights of another, whatever key proves.
  const { token } = finished.value;
  for (const field of [{ person: ana }, { login: preset }, { role: 'superuser' }])
    expect(fit(requests['login.resume'].takes, { token, proof, ...field }).ok).toBe(false);
  expect(callerOf(entrance.parts, line)).toMatchObject({ ok: true, value: { person: { id: uma } } });
});

test('[T29] a key that is offered is no proof: a public key, an empty or a foreign signature, and one over other words sign nobody in', async () => {
  const entrance = await openEntrance(undefined, 'offer');
  await entrance.invite('ana');
  const device = newDevice();
  const signed = await entrance.signIn(openLine(), device);
  if (!signed.ok) throw new Error(signed.problem.code);
  const { token } = signed.value;
  const line = openLine();
  const { publicKey } = entrance.parts.signer;
  const statement = operatorStatement(publicKey, line.nonce, tokenDigest(token));
  const offers = [
    device.key,
    '',
    'A'.repeat(86),
    newDevice().prove(statement),
    device.prove(loginStatement(publicKey, line.nonce, token)),
    device.prove(operatorStatement(publicKey, 'another', tokenDigest(token))),
    device.prove(operatorStatement('another', line.nonce, tokenDigest(token))),
    device.prove(operatorStatement(publicKey, line.nonce, tokenDigest('another'))),
  ];
  for (const proof of offers) {
    expect(await resumeLogin(entrance.open(line), { token, proof })).toEqual(problem('device'));
    expect(line.login).toBeUndefined();
  }
  expect(await resumeLogin(entrance.open(line), { token, proof: device.prove(statement) })).toMatchObject({ ok: true });
});

test('[T7] where nobody set anything, a sign-in is idle after 30 minutes at most and over after 12 hours at most', async () => {
  const { parts } = await openEntrance(undefined, 'lives');
  expect(parts.settings.loginIdleMs).toBeLessThanOrEqual(30 * 60_000);
  expect(parts.settings.loginMs).toBeLessThanOrEqual(12 * 3_600_000);
});

test('[T4] of 1,000 tokens given out not one stands in the log, the state or a push; what is kept is a digest', async () => {
  const entrance = await openEntrance(undefined, 'thousand');
  await entrance.invite('ana');
  const device = newDevice();
  const tokens: string[] = [];
  const line = openLine();
  // A peer may begin sixty in a minute.
  for (let round = 0; round < 1_000; round += 1) {
    if (round % 50 === 0) entrance.clock.pass(60_000);
    const signed = await entrance.signIn(line, device);
    if (!signed.ok) throw new Error(`${round}: ${signed.problem.code}`);
    tokens.push(signed.value.token);
  }
  expect(new Set(tokens).size).toBe(1_000);
  const kept = JSON.stringify([entrance.log.events, entrance.log.settled, line.pushed]);
  expect(tokens.filter((token) => kept.includes(token) || kept.includes(token.slice(4, 40)))).toEqual([]);
  expect(kept).toContain(tokenDigest(tokens.at(-1) ?? ''));
});
