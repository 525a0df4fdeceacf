import { afterEach, expect, onTestFinished, test } from 'vitest';
import { eventually, newDevice, openEntrance, openLine } from '../../fixtures/entrance.ts';
import { signIn as walkIn } from '../../fixtures/identity-provider/browser.ts';
import { type OpenedProvider, openProvider } from '../../fixtures/identity-provider/provider.ts';
import { openIdentityProvider } from '../outside/oidc.ts';
import { loginStatement } from '../protocol/operator.ts';
import { callerOf, touch } from './caller.ts';
import { openRefresher } from './continuous.ts';
import { finishLogin } from './login.ts';

const minute = 60_000;
const every = 15 * minute;
const gateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const opened: OpenedProvider[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((provider) => provider.close()));
});

async function signedIn() {
  const entrance = await openEntrance(undefined, 'continuous');
  const person = await entrance.invite('ana');
  const line = openLine();
  const device = newDevice();
  const signed = await entrance.signIn(line, device);
  if (!signed.ok) throw new Error(signed.problem.code);
  const { login } = signed.value.self;
  const open = () => {
    const refresher = openRefresher(entrance.parts);
    onTestFinished(() => refresher.close());
    return refresher;
  };
  return {
    ...entrance,
    person,
    line,
    device,
    login,
    token: signed.value.token,
    open,
    row: () => entrance.log.settled.logins[login],
    kept: () => {
      const kept = entrance.vault.get(`refresh:${login}`);
      return kept && Buffer.from(kept).toString();
    },
    told: (from: number) =>
      entrance.log.events.slice(from).map(({ type, data }) => ('cause' in data ? `${type} ${data.cause}` : type)),
  };
}

test('[S25] [T26] while somebody is in, the provider is asked every quarter of an hour; the rotated token replaces the old, and that it began is durable first', async () => {
  const ana = await signedIn();
  const refresher = ana.open();
  await refresher.round();
  expect(ana.refreshes).toEqual([]);
  ana.clock.pass(every);
  const from = ana.log.events.length;
  let begun = false;
  ana.script.refresh = (token) => {
    begun = ana.row()?.refresh?.pending === true && ana.log.events.at(-1)?.type === 'identity.refresh-started';
    return { outcome: 'refreshed', claims: ana.claims('ana'), refreshToken: `${token}+` };
  };
  await refresher.round();
  expect(begun).toBe(true);
  expect(ana.refreshes).toEqual(['r0']);
  expect(ana.kept()).toBe('r0+');
  expect(ana.told(from)).toEqual(['identity.refresh-started', 'identity.refreshed']);
  expect(ana.row()?.refresh?.pending).toBe(false);
  await refresher.round();
  expect(ana.refreshes).toEqual(['r0']);
  ana.clock.pass(every);
  await refresher.round();
  expect(ana.refreshes).toEqual(['r0', 'r0+']);
});

test('[S25] the clock asks by itself, and nobody is asked about who is not in', async () => {
  const ana = await signedIn();
  ana.open();
  await eventually(() => {
    ana.clock.pass(minute);
    expect(ana.refreshes).toEqual(['r0']);
  });
  const gone = await signedIn();
  gone.line.cut();
  const refresher = gone.open();
  gone.clock.pass(every);
  await refresher.round();
  expect(gone.refreshes).toEqual([]);
  // A live session of an absent driver counts as being in.
  const server = await gone.server('db-1', {});
  await gone.session(server, 'ana');
  await refresher.round();
  expect(gone.refreshes).toEqual(['r0']);
});

test('[D1] a stale token asks to sign in again; nothing ends', async () => {
  const ana = await signedIn();
  const refresher = ana.open();
  const from = ana.log.events.length;
  ana.script.refresh = () => ({ outcome: 'invalid-grant' });
  ana.clock.pass(every);
  await refresher.round();
  expect(ana.told(from)).toEqual(['identity.refresh-started', 'identity.refresh-failed invalid-grant']);
  expect(ana.line.ended).toBeUndefined();
  expect(callerOf(ana.parts, ana.line)).toMatchObject({ ok: true });
  expect(ana.row()?.refresh).toBeUndefined();
  expect(ana.kept()).toBeUndefined();
  // Said once.
  ana.clock.pass(every);
  await refresher.round();
  expect(ana.log.events).toHaveLength(from + 2);
});

test('[D1] who is disabled at the provider is out, on every device', async () => {
  const ana = await signedIn();
  const other = openLine();
  await ana.signIn(other, newDevice());
  const refresher = ana.open();
  const from = ana.log.events.length;
  ana.script.refresh = () => ({ outcome: 'disabled' });
  ana.clock.pass(every);
  await refresher.round();
  expect(ana.told(from).slice(-3)).toEqual(['identity.refresh-failed disabled', 'login.ended provider', 'login.ended provider']);
  await eventually(() => expect([ana.line.ended?.code, other.ended?.code]).toEqual(['login-revoked', 'login-revoked']));
  await eventually(() => expect(ana.vault.names()).toEqual([]));
});

test('[B5] a provider that is down ends nothing, and is asked again', async () => {
  const ana = await signedIn();
  const refresher = ana.open();
  ana.script.refresh = () => ({ outcome: 'provider-down', cause: 'ECONNREFUSED' });
  for (let i = 0; i < 3; i += 1) {
    ana.clock.pass(every - 1);
    expect(ana.refreshes).toHaveLength(i);
    ana.clock.pass(1);
    await refresher.round();
    touch(ana.parts, ana.line);
  }
  expect(ana.refreshes.every((token) => token === 'r0')).toBe(true);
  expect(ana.kept()).toBe('r0');
  expect(ana.line.ended).toBeUndefined();
  expect(ana.row()?.refresh).toMatchObject({ pending: false });
});

test('[D1] a refresh that never ended, in a process that is gone, is not tried with the old token', async () => {
  const ana = await signedIn();
  await ana.commit({ ...gateway, type: 'identity.refresh-started', data: { login: ana.login, person: ana.person } });
  const from = ana.log.events.length;
  ana.open();
  await eventually(() => expect(ana.told(from)).toEqual(['identity.refresh-failed unfinished']));
  expect(ana.refreshes).toEqual([]);
  expect(callerOf(ana.parts, ana.line)).toMatchObject({ ok: true });
});

test('[D1] a provider without refresh tokens: sign in again, said once', async () => {
  const none = await openEntrance(undefined, 'none');
  none.script.refreshToken = undefined;
  await none.invite('ana');
  const line = openLine();
  await none.signIn(line, newDevice());
  const refresher = openRefresher(none.parts);
  onTestFinished(() => refresher.close());
  const from = none.log.events.length;
  for (let i = 0; i < 3; i += 1) {
    none.clock.pass(every);
    touch(none.parts, line);
    await refresher.round();
  }
  expect(none.log.events.slice(from).filter(({ type }) => type === 'identity.refresh-failed')).toMatchObject([
    { data: { cause: 'no-refresh-token' } },
  ]);
  expect(line.ended).toBeUndefined();
});

test('[T25] a refresh that suddenly speaks of somebody else is not believed', async () => {
  const ana = await signedIn();
  const refresher = ana.open();
  ana.script.refresh = () => ({ outcome: 'refreshed', claims: ana.claims('eve'), refreshToken: 'evil' });
  ana.clock.pass(every);
  await refresher.round();
  expect(ana.log.events.at(-1)).toMatchObject({ type: 'identity.refresh-failed', data: { cause: 'invalid-grant' } });
  expect(ana.kept()).toBeUndefined();
});

test('the refresh token of a login that is over is given back and forgotten, also if it rotates just then', async () => {
  const ana = await signedIn();
  const refresher = ana.open();
  ana.script.refresh = async (token) => {
    await ana.commit({ ...gateway, type: 'login.ended', data: { login: ana.login, person: ana.person, cause: 'logout' } });
    return { outcome: 'refreshed', claims: ana.claims('ana'), refreshToken: `${token}+` };
  };
  ana.clock.pass(every);
  await refresher.round();
  await eventually(() => expect(ana.revoked).toEqual(['r0+']));
  expect(ana.vault.names()).toEqual([]);
  const plain = await signedIn();
  plain.open();
  await plain.commit({ ...gateway, type: 'person.suspended', data: { person: plain.person, why: 'left' } });
  await eventually(() => expect(plain.revoked).toEqual(['r0']));
});

test('[S25] against the real provider: disabled there, out here', async () => {
  const credentials = { clientId: 'gateway', clientSecret: 'secret' };
  const idp = await openProvider({
    people: [{ sub: 'ana', email: 'a@x.example', name: 'Ana', groups: [] }],
    ...credentials,
    interval: 0.1,
  });
  opened.push(idp);
  const entrance = await openEntrance(openIdentityProvider({ issuer: idp.issuer, ...credentials }), 'real');
  await entrance.invite('ana');
  const line = openLine();
  const device = newDevice();
  const started = await entrance.start(line, device);
  if (!started.ok) throw new Error(started.problem.code);
  const { handle, addressWithCode } = started.value;
  const proof = device.prove(loginStatement(entrance.parts.signer.publicKey, line.nonce, handle));
  const finishing = finishLogin(entrance.open(line), { handle, proof });
  await walkIn(addressWithCode ?? '', 'ana');
  expect(await finishing).toMatchObject({ ok: true });
  const refresher = openRefresher(entrance.parts);
  onTestFinished(() => refresher.close());
  for (const alive of [true, true, false]) {
    if (!alive) idp.disable('ana');
    entrance.clock.pass(every);
    expect(callerOf(entrance.parts, line)).toMatchObject({ ok: true });
    await refresher.round();
    expect(entrance.types().includes('login.ended')).toBe(!alive);
    if (alive) expect(entrance.log.events.at(-1)).toMatchObject({ type: 'identity.refreshed' });
    // Somebody is at the keyboard.
    touch(entrance.parts, line);
  }
  await eventually(() => expect(line.ended).toMatchObject({ code: 'login-revoked' }));
});
