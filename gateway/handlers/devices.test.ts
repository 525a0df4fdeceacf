import { expect, test } from 'vitest';
import { eventually, type Line, newDevice, openEntrance, openLine } from '../../fixtures/entrance.ts';
import { listDevice, listLogin, revokeDevice, revokeLogin } from './devices.ts';
import { endLogin } from './login.ts';

const gateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const problem = (code: string) => ({ ok: false, problem: expect.objectContaining({ code }) });

async function withUma() {
  const office = await openEntrance(undefined, 'devices');
  await office.invite('uma');
  await office.invite('ana', 'superuser');
  async function come(name: string, at = '192.0.2.7', device = newDevice()): Promise<Line> {
    office.script.subject = name;
    const line = openLine(at);
    const signed = await office.signIn(line, device);
    if (!signed.ok) throw new Error(signed.problem.code);
    return line;
  }
  return { ...office, come };
}

test('[S27] one’s own sign-ins and devices are listed: where, since when, which one is this, and whether a factor vouched for it', async () => {
  const office = await withUma();
  const first = await office.come('uma');
  const second = await office.come('uma', '198.51.100.4');
  const here = office.callOn(second);
  const logins = await listLogin(here, {});
  expect(logins).toMatchObject({ ok: true, value: { logins: [{ mine: true }, { mine: true }] } });
  if (!logins.ok) return;
  const current = logins.value.logins.find((one) => one.current);
  expect(current).toMatchObject({
    id: here.caller.login.id,
    address: '198.51.100.4',
    connections: 1,
    known: false,
    breakGlass: false,
  });
  const devices = await listDevice(here, {});
  expect(devices.ok && devices.value.devices.map(({ current: now, logins: of }) => ({ now, of }))).toEqual(
    expect.arrayContaining([
      { now: true, of: 1 },
      { now: false, of: 1 },
    ]),
  );
  expect(first.ended).toBeUndefined();
});

test('[S27, T8] a sign-in is taken away by itself: its connections end with the reason, the others go on', async () => {
  const office = await withUma();
  const [lost, kept] = [await office.come('uma'), await office.come('uma')];
  const { id } = office.callOn(lost).caller.login;
  expect(await revokeLogin(office.callOn(kept), { login: id, why: 'left on a train' })).toMatchObject({ ok: true });
  await eventually(() => expect(lost.ended).toMatchObject({ code: 'login-revoked', detail: 'left on a train' }));
  expect(kept.ended).toBeUndefined();
  expect(office.log.events.at(-1)).toMatchObject({ type: 'login.ended', data: { cause: 'revoked', why: 'left on a train' } });
});

test('[S27] a device that is taken away is forgotten with its sign-ins, and new when it comes again', async () => {
  const office = await withUma();
  const device = newDevice();
  const lost = await office.come('uma', '192.0.2.7', device);
  const kept = await office.come('uma');
  const { caller } = office.callOn(lost);
  await office.commit({ ...gateway, type: 'device.trusted', data: { device: caller.device.id, person: caller.person.id } });
  expect(await revokeDevice(office.callOn(kept), { device: caller.device.id, why: 'stolen' })).toEqual({
    ok: true,
    value: { logins: 1 },
  });
  await eventually(() => expect(lost.ended).toMatchObject({ code: 'login-revoked', detail: 'stolen' }));
  const again = await office.come('uma', '192.0.2.7', device);
  expect(office.callOn(again).caller.device).toMatchObject({ trustedAt: undefined });
  expect(office.callOn(again).caller.device.id).not.toBe(caller.device.id);
});

test('who takes away the sign-in they come by hears the answer before the connection ends', async () => {
  const office = await withUma();
  const line = await office.come('uma');
  const { id } = office.callOn(line).caller.login;
  expect(await revokeLogin(office.callOn(line), { login: id, why: 'w' })).toMatchObject({ ok: true });
  expect(line.ended).toBeUndefined();
  office.clock.pass(200);
  expect(line.ended).toMatchObject({ code: 'login-revoked' });
});

test('[S34] those of somebody else take the right to manage people, and a factor; to others they do not exist', async () => {
  const office = await withUma();
  const [uma, ana] = [await office.come('uma'), await office.come('ana')];
  const { login, device } = office.callOn(ana).caller;
  expect(await listLogin(office.callOn(uma), { person: 'ana' })).toEqual(problem('not-found'));
  expect(await revokeLogin(office.callOn(uma), { login: login.id, why: 'w' })).toEqual(problem('not-found'));
  expect(await revokeDevice(office.callOn(uma), { device: device.id, why: 'w' })).toEqual(problem('not-found'));
  expect(await listDevice(office.callOn(ana), { person: 'uma' })).toEqual(problem('step-up'));
});

test('[T23] a new device and a new address are told to the person wherever else they are, and to nobody on a known one', async () => {
  const office = await withUma();
  const calls = (line: Line) => line.pushed.flatMap((push) => (push.type === 'access.called' ? [push] : []));
  const device = newDevice();
  const desk = await office.come('uma');
  const laptop = await office.come('uma', '192.0.2.7', device);
  expect(calls(desk)).toEqual([
    {
      type: 'access.called',
      what: 'signed-in',
      about: office.callOn(laptop).caller.login.id,
      text: expect.stringContaining('a new device: laptop, from 192.0.2.7'),
    },
  ]);
  expect(calls(laptop)).toEqual([]);
  // A factor was proven there: it is known from now on, and so is the place; another is not.
  const { person, login } = office.callOn(laptop).caller;
  const common = { person: person.id, login: login.id };
  await office.commit(
    { ...gateway, type: 'factor.enrolment-started', data: { ...common, secretDigest: 'd'.repeat(64) } },
    { ...gateway, type: 'factor.enrolled', data: { ...common, step: 1, recoveryDigests: [] } },
  );
  await endLogin(office.callOn(laptop), {});
  await office.come('uma', '192.0.2.7', device);
  expect(calls(desk)).toHaveLength(1);
  await office.come('uma', '203.0.113.5', device);
  expect(calls(desk).at(-1)).toMatchObject({ text: expect.stringContaining('a new address: laptop, from 203.0.113.5') });
});

test('[T23] a sign-in from a new address gets no shell before a factor, on a known device too; the factor that was set up there counts', async () => {
  const office = await withUma();
  await office.group('web', ['uma'], [{ servers: { name: '*' }, level: 'terminal', users: [] }]);
  const server = await office.server('web-1');
  const device = newDevice();
  const shell = (line: Line): string =>
    office.enforcer.decide(office.callOn(line).caller, 'shell.open', { kind: 'server', server }).verdict;
  const home = await office.come('uma', '192.0.2.7', device);
  expect(shell(home)).toBe('challenge');
  const { caller } = office.callOn(home);
  const common = { person: caller.person.id, login: caller.login.id };
  await office.commit(
    { ...gateway, type: 'factor.enrolment-started', data: { ...common, secretDigest: 'd'.repeat(64) } },
    { ...gateway, type: 'factor.enrolled', data: { ...common, step: 1, recoveryDigests: [] } },
    { ...gateway, type: 'device.trusted', data: { device: caller.device.id, person: caller.person.id } },
  );
  expect(shell(home)).toBe('allow');

  const away = await office.come('uma', '2001:db8:7::5', device);
  expect(shell(away)).toBe('challenge');
  const proof = { person: caller.person.id, login: office.callOn(away).caller.login.id, method: 'totp', step: 2 } as const;
  const until = office.clock.now() + 1_000;
  await office.commit({
    ...gateway,
    type: 'factor.proven',
    data: { ...proof, action: 'self.manage', until },
    personal: { address: '2001:db8:7::5' },
  });
  // Another address of the same network is the same place.
  const near = await office.come('uma', '2001:db8:7::99', device);
  expect(shell(near)).toBe('allow');
});
