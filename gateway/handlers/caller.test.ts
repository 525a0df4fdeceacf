import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, newDevice, openEntrance, openLine } from '../../fixtures/entrance.ts';
import type { HandClock } from '../../fixtures/faults/hand-clock.ts';
import { callerOf, touch } from './caller.ts';
import { lifetimesBeatMs, openLifetimes } from './lifetimes.ts';

const problem = (code: string) => ({ ok: false, problem: expect.objectContaining({ code }) });
const minute = 60_000;
const gateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;

async function signedIn() {
  const entrance = await openEntrance(undefined, 'caller');
  const person = await entrance.invite('ana');
  const line = openLine();
  const device = newDevice();
  const signed = await entrance.signIn(line, device);
  if (!signed.ok) throw new Error(signed.problem.code);
  return { ...entrance, person, line, device, token: signed.value.token, login: signed.value.self.login };
}

/** Lets time pass beat by beat, with room for what each beat sets off. */
async function beats(clock: HandClock, ms: number, each: () => void): Promise<void> {
  for (let passed = 0; passed < ms; passed += lifetimesBeatMs) {
    clock.pass(lifetimesBeatMs);
    each();
    await turn();
  }
}

test('[S19] nobody is behind a connection that proved nothing', async () => {
  const { parts } = await signedIn();
  expect(callerOf(parts, openLine())).toEqual(problem('not-signed-in'));
});

test('[S25] a caller is read afresh: a changed role is there at the next request, and told at once', async () => {
  const { parts, line, commit, person } = await signedIn();
  const before = callerOf(parts, line);
  await commit({ ...gateway, type: 'person.role-set', data: { person, before: 'user', after: 'staff', why: 'promoted' } });
  expect(before.ok && before.value.person.role).toBe('user');
  expect(callerOf(parts, line)).toMatchObject({ ok: true, value: { person: { role: 'staff' } } });
  expect(line.pushed.at(-1)).toMatchObject({ type: 'self.changed', self: { role: 'staff' } });
});

test('[T7] an unused login is idle after its time; one that is used is not; the longest life ends both', async () => {
  const { parts, line, clock } = await signedIn();
  clock.pass(30 * minute - 1);
  expect(callerOf(parts, line)).toMatchObject({ ok: true });
  touch(parts, line);
  clock.pass(30 * minute - 1);
  expect(callerOf(parts, line)).toMatchObject({ ok: true });
  clock.pass(1);
  expect(callerOf(parts, line)).toEqual(problem('login-expired'));
  // A late request does not wake it.
  touch(parts, line);
  expect(callerOf(parts, line)).toEqual(problem('login-expired'));

  const busy = await signedIn();
  const end = busy.clock.now() + 12 * 60 * minute;
  while (busy.clock.now() < end - minute) {
    busy.clock.pass(minute);
    touch(busy.parts, busy.line);
  }
  expect(callerOf(busy.parts, busy.line)).toMatchObject({ ok: true });
  busy.clock.pass(minute);
  expect(callerOf(busy.parts, busy.line)).toEqual(problem('login-expired'));
});

test('[R11] a wall clock set back gives no login a longer life, set forward it ends it', async () => {
  const back = await signedIn();
  back.clock.step(-86_400_000);
  for (let half = 0; half < 25; half += 1) {
    back.clock.pass(29 * minute);
    touch(back.parts, back.line);
  }
  expect(callerOf(back.parts, back.line)).toEqual(problem('login-expired'));
  const forward = await signedIn();
  forward.clock.step(86_400_000);
  expect(callerOf(forward.parts, forward.line)).toEqual(problem('login-expired'));
});

test('[T7] live connections end too, with the reason, and the log says so', async () => {
  const idle = await signedIn();
  onTestFinished(openLifetimes(idle.parts));
  await beats(idle.clock, 30 * minute + lifetimesBeatMs, () => undefined);
  await eventually(() => expect(idle.line.ended).toMatchObject({ code: 'login-expired' }));
  expect(idle.log.events.at(-1)).toMatchObject({ type: 'login.ended', data: { cause: 'idle', login: idle.login } });

  const old = await signedIn();
  onTestFinished(openLifetimes(old.parts));
  await beats(old.clock, 12 * 60 * minute + lifetimesBeatMs, () => touch(old.parts, old.line));
  await eventually(() => expect(old.line.ended).toMatchObject({ code: 'login-expired' }));
  expect(old.log.events.at(-1)).toMatchObject({ type: 'login.ended', data: { cause: 'expired' } });
});

test('[T8] suspension and removal end every connection of the person, with the reason', async () => {
  for (const [type, code] of [
    ['person.suspended', 'suspended'],
    ['person.removed', 'login-revoked'],
  ] as const) {
    const { line, commit, person, parts, resume, device, token } = await signedIn();
    const second = openLine();
    await resume(second, device, token);
    await commit({ ...gateway, type, data: { person, why: 'left' } });
    await eventually(() => expect([line.ended?.code, second.ended?.code]).toEqual([code, code]));
    expect(callerOf(parts, line)).toEqual(problem('not-signed-in'));
    expect(await resume(openLine(), device, token)).toEqual(problem('not-signed-in'));
  }
});

test('a login that ends takes only its own connections with it', async () => {
  const entrance = await signedIn();
  await entrance.invite('omar');
  entrance.script.subject = 'omar';
  const his = openLine();
  await entrance.signIn(his, newDevice());
  await entrance.commit({
    ...gateway,
    type: 'login.ended',
    data: { login: entrance.login, person: entrance.person, cause: 'revoked' },
  });
  await eventually(() => expect(entrance.line.ended).toMatchObject({ code: 'login-revoked' }));
  expect(his.ended).toBeUndefined();
  expect(callerOf(entrance.parts, his)).toMatchObject({ ok: true, value: { person: { name: 'omar' } } });
});
