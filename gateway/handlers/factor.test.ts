import { generateSync } from 'otplib';
import { expect, test } from 'vitest';
import { newDevice, openEntrance, openLine } from '../../fixtures/entrance.ts';
import { actions } from '../policy/actions.ts';
import { problemSentence } from '../protocol/errors.ts';
import { callerOf } from './caller.ts';
import { codesFactor, confirmFactor, enrollFactor, proveFactor } from './factor.ts';
import { startLogin } from './login.ts';

const problem = (code: string, more: object = {}) => ({ ok: false, problem: expect.objectContaining({ code, ...more }) });
const stepMs = 30_000;

/** Ana, signed in, with a server to open a shell on; her authenticator once she has one. */
async function withAna(options: { readonly enrolled?: boolean } = {}) {
  const entrance = await openEntrance(undefined, 'factor');
  const { clock } = entrance;
  const person = await entrance.invite('ana', 'superuser');
  const server = await entrance.server('db-1', { env: 'production' });
  const other = await entrance.server('db-2', {});
  const line = openLine();
  const device = newDevice();
  const signed = await entrance.signIn(line, device);
  if (!signed.ok) throw new Error(problemSentence(signed.problem));
  let seed = '';
  const ana = {
    ...entrance,
    person,
    line,
    device,
    server,
    other,
    token: signed.value.token,
    get seed() {
      return seed;
    },
    /** The code the authenticator shows, some steps away from now. */
    code: (steps = 0): string => generateSync({ secret: seed, epoch: Math.floor(clock.now() / 1000) + steps * 30 }),
    async enroll() {
      const begun = await enrollFactor(entrance.callOn(line), {});
      if (begun.ok) seed = begun.value.secret;
      return begun;
    },
    confirm: (code: string, on = line) => confirmFactor(entrance.callOn(on), { code }),
    prove: (code: string, target: string = server.name, action = 'shell.open', on = line) =>
      proveFactor(entrance.callOn(on), { code, action, target }),
    row: () => {
      const row = entrance.log.settled.people[person];
      if (row === undefined) throw new Error('ana is gone');
      return row;
    },
    last: () => entrance.log.events.at(-1),
    count: (type: string): number => entrance.types().filter((one) => one === type).length,
    recovery: [] as readonly string[],
  };
  if (options.enrolled !== false) {
    await ana.enroll();
    const confirmed = await ana.confirm(ana.code());
    if (!confirmed.ok) throw new Error(problemSentence(confirmed.problem));
    ana.recovery = confirmed.value.recoveryCodes;
    clock.pass(2 * stepMs);
  }
  return ana;
}

test('[S22] enrolment: a seed and its address once, one valid code, ten recovery codes once, and the device is known', async () => {
  const ana = await withAna({ enrolled: false });
  const begun = await ana.enroll();
  expect(begun).toMatchObject({
    ok: true,
    value: { secret: expect.stringMatching(/^[A-Z2-7]{32}$/), uri: expect.stringMatching(/^otpauth:\/\/totp\//) },
  });
  expect(ana.vault.names()).toContain(`enrolling:${ana.person}`);
  expect(await ana.confirm('000000')).toEqual(problem('code-wrong'));
  const confirmed = await ana.confirm(ana.code());
  expect(confirmed.ok && new Set(confirmed.value.recoveryCodes).size).toBe(10);
  expect(ana.vault.names()).toContain(`factor:${ana.person}`);
  expect(ana.vault.names()).not.toContain(`enrolling:${ana.person}`);
  expect(ana.types().slice(-2)).toEqual(['factor.enrolled', 'device.trusted']);
  expect(await ana.enroll()).toEqual(problem('factor-already'));
  expect(await ana.confirm(ana.code(1))).toEqual(problem('factor-already'));
  // [T16] Neither seed nor codes are anywhere in what is written.
  const written = JSON.stringify(ana.log.events);
  for (const secret of [ana.seed, ...(confirmed.ok ? confirmed.value.recoveryCodes : [])]) expect(written).not.toContain(secret);
});

test('[T16] enrolment needs a fresh sign-in, and belongs to the sign-in that began it', async () => {
  const ana = await withAna({ enrolled: false });
  const elsewhere = openLine();
  await ana.signIn(elsewhere, newDevice());
  await ana.enroll();
  expect(await ana.confirm(ana.code(), elsewhere)).toEqual(problem('bad-request'));
  ana.clock.pass(10 * 60_000 + 1);
  expect(await ana.confirm(ana.code())).toEqual(problem('timeout'));
  ana.clock.pass(5 * 60_000);
  expect(await ana.enroll()).toEqual(problem('login-expired'));
  expect(ana.row().factor).toBeUndefined();
});

test('[T11] the code that ended the enrolment is spent', async () => {
  const ana = await withAna({ enrolled: false });
  await ana.enroll();
  const code = ana.code();
  await ana.confirm(code);
  expect(await ana.prove(code)).toEqual(problem('code-used'));
});

test('[T18] a proof is for one action on one target, for the window of that action', async () => {
  const ana = await withAna();
  const proven = await ana.prove(ana.code());
  expect(proven).toEqual({ ok: true, value: { until: ana.clock.now() + actions['shell.open'].windowMs } });
  const proof = callerOf(ana.parts, ana.line);
  expect(proof.ok && proof.value.login.proofs).toMatchObject([{ action: 'shell.open', target: ana.server.id, method: 'totp' }]);
  expect(ana.line.pushed.at(-1)).toMatchObject({
    type: 'self.changed',
    self: { proofs: [{ action: 'shell.open', target: ana.server.id }] },
  });
  const verdict = (target: typeof ana.server) => {
    const caller = callerOf(ana.parts, ana.line);
    if (!caller.ok) throw new Error(caller.problem.code);
    return ana.enforcer.decide(caller.value, 'shell.open', { kind: 'server', server: target }).verdict;
  };
  expect(verdict(ana.server)).toBe('allow');
  ana.clock.pass(actions['shell.open'].windowMs - 1000);
  expect(verdict(ana.server)).toBe('allow');
  ana.clock.pass(1000);
  expect(verdict(ana.server)).toBe('challenge');
  expect(await ana.prove(ana.code(), ana.server.name, 'no.such')).toEqual(problem('bad-request'));
  expect(await ana.prove(ana.code(), 'nowhere')).toEqual(problem('not-found'));
});

test('[T10] of 100 submissions of one code on two connections, exactly one passes', async () => {
  const ana = await withAna();
  const second = openLine();
  await ana.resume(second, ana.device, ana.token);
  const code = ana.code();
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, nth) => ana.prove(code, ana.server.name, 'shell.open', nth % 2 === 0 ? ana.line : second)),
  );
  expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
  for (const answer of answers) if (!answer.ok) expect(answer.problem.code).toBe('code-used');
  // Reusing a right code is no guess: nobody is locked out by it.
  expect(ana.row().attempts.consecutive).toBe(0);
  ana.clock.pass(stepMs);
  expect(await ana.prove(ana.code())).toMatchObject({ ok: true });
});

test('[T10] [T11] neither an older code nor a clock set back makes a spent step good again', async () => {
  const ana = await withAna();
  const older = ana.code(-1);
  const now = ana.code();
  expect(await ana.prove(now)).toMatchObject({ ok: true });
  expect(await ana.prove(older)).toEqual(problem('code-used'));
  ana.clock.step(-3_600_000);
  expect(await ana.prove(now)).toEqual(problem('code-wrong'));
  expect(await ana.prove(ana.code())).toEqual(problem('code-used'));
});

test('[T12] what is not exactly six digits is refused before compare, and counted', async () => {
  const ana = await withAna();
  const good = ana.code();
  for (const typed of [
    ` ${good}`,
    `${good} `,
    `+${good}`,
    [...good].map((d) => String.fromCodePoint(0xff10 + Number(d))).join(''),
  ])
    expect(await ana.prove(typed)).toEqual(problem('code-wrong'));
  expect(ana.row().attempts.consecutive).toBe(4);
  expect(ana.last()).toMatchObject({ type: 'factor.refused', data: { cause: 'malformed' } });
  expect(await ana.prove(good)).toMatchObject({ ok: true });
  expect(ana.row().attempts.consecutive).toBe(0);
});

test('[T13] five failures make everybody wait, the right code too; the wait doubles to an hour; fifty lock until an administrator lifts it', async () => {
  const ana = await withAna();
  const waits: number[] = [];
  const seen: string[] = [];
  for (let failure = 1; failure <= 50; failure += 1) {
    const answer = await ana.prove('000000');
    if (answer.ok) throw new Error('a guess was right');
    seen.push(answer.problem.code);
    const wait = answer.problem.retryAfterMs;
    if (wait === undefined) continue;
    waits.push(wait);
    ana.clock.pass(wait - 1);
    if (failure === 5) {
      expect(await ana.prove(ana.code())).toEqual(problem('code-throttled', { retryAfterMs: 1 }));
      expect(ana.last()).toMatchObject({ type: 'factor.refused', data: { cause: 'throttled' } });
    }
    ana.clock.pass(1);
    // Watching alone lets a sign-in fall idle; here somebody keeps trying, on new sign-ins.
    if (!callerOf(ana.parts, ana.line).ok) await ana.signIn(ana.line, ana.device);
  }
  expect(seen.slice(0, 49)).toEqual(Array.from({ length: 49 }, () => 'code-wrong'));
  expect(seen[49]).toBe('code-throttled');
  expect(waits.slice(0, 9)).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600].map((s) => s * 1000));
  ana.clock.pass(86_400_000);
  await ana.signIn(ana.line, ana.device);
  expect(await ana.prove(ana.code())).toEqual(problem('code-throttled'));
  expect(await ana.prove(ana.recovery[0] ?? '')).toEqual(problem('code-throttled'));

  const gateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
  await ana.commit({ ...gateway, type: 'person.suspended', data: { person: ana.person, why: 'locked' } });
  await ana.commit({ ...gateway, type: 'person.restored', data: { person: ana.person, why: 'it was her' } });
  const back = openLine();
  await ana.signIn(back, ana.device);
  expect(await ana.prove(ana.code(), ana.server.name, 'shell.open', back)).toMatchObject({ ok: true });
});

test('[T13] the count is the person’s: another connection or device does not begin anew', async () => {
  const ana = await withAna();
  const elsewhere = openLine('198.51.100.4');
  await ana.signIn(elsewhere, newDevice());
  for (let i = 0; i < 5; i += 1) await ana.prove('000000', ana.server.name, 'shell.open', i % 2 === 0 ? ana.line : elsewhere);
  expect(await ana.prove(ana.code(), ana.server.name, 'shell.open', elsewhere)).toEqual(problem('code-throttled'));
});

test('[T14] a stranger cannot lock anybody: without a sign-in no code is looked at', async () => {
  const ana = await withAna();
  for (let i = 0; i < 30; i += 1) await startLogin(ana.open(openLine('198.51.100.4')), { deviceKey: 'AAAA', machine: 'm' });
  expect(ana.row().attempts.consecutive).toBe(0);
  expect(await ana.prove(ana.code())).toMatchObject({ ok: true });
});

test('[T15] a suspended person gets nowhere: not with a code, a recovery code, or by enrolling', async () => {
  const ana = await withAna();
  const call = ana.callOn(ana.line);
  const gateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
  await ana.commit({ ...gateway, type: 'person.suspended', data: { person: ana.person, why: 'left' } });
  // The call was let in a moment before: staged state has the last word.
  for (const answer of [
    await proveFactor(call, { code: ana.code(), action: 'shell.open', target: ana.server.name }),
    await proveFactor(call, { code: ana.recovery[0] ?? '', action: 'self.manage' }),
    await enrollFactor(call, {}),
    await codesFactor(call, {}),
  ])
    expect(answer.ok).toBe(false);
  expect(ana.count('factor.proven')).toBe(0);
  expect(callerOf(ana.parts, ana.line)).toEqual(problem('not-signed-in'));
});

test('[T17] a recovery code works once, in any spelling, and takes the person’s other sign-ins and the other codes with it', async () => {
  const ana = await withAna();
  const elsewhere = openLine();
  await ana.signIn(elsewhere, newDevice());
  const [first = '', second = ''] = ana.recovery;
  const proven = await ana.prove(first.toUpperCase().replaceAll('-', ''));
  expect(proven).toMatchObject({ ok: true, value: { recoveryCodes: 0 } });
  expect(ana.log.events.findLast(({ type }) => type === 'factor.proven')?.data).toMatchObject({ codesRevoked: 9 });
  expect(elsewhere.ended).toMatchObject({ code: 'not-signed-in' });
  expect(callerOf(ana.parts, ana.line)).toMatchObject({ ok: true });
  expect(await ana.prove(first)).toEqual(problem('code-wrong'));
  expect(await ana.prove(second)).toEqual(problem('code-wrong'));
  expect(ana.row().factor?.recoveryDigests).toHaveLength(0);
  expect(ana.line.pushed.at(-1)).toMatchObject({ type: 'self.changed', self: { recoveryCodes: 0 } });
});

test('[T17] new recovery codes need a second factor just now, and replace all old ones', async () => {
  const ana = await withAna();
  expect(await codesFactor(ana.callOn(ana.line), {})).toEqual(problem('step-up'));
  await proveFactor(ana.callOn(ana.line), { code: ana.code(), action: 'self.manage' });
  const renewed = await codesFactor(ana.callOn(ana.line), {});
  if (!renewed.ok) throw new Error(renewed.problem.code);
  expect(await ana.prove(ana.recovery[3] ?? '')).toEqual(problem('code-wrong'));
  expect(await ana.prove(renewed.value.recoveryCodes[3] ?? '')).toMatchObject({ ok: true });
});

test('[T23] a new device is known once a factor was proven on it, and only it', async () => {
  const ana = await withAna();
  const [fresh, other] = [openLine(), openLine()];
  await ana.signIn(fresh, newDevice());
  await ana.signIn(other, newDevice());
  expect(ana.callOn(fresh).caller.device.trustedAt).toBeUndefined();
  await ana.prove(ana.code(), ana.server.name, 'shell.open', fresh);
  expect(ana.callOn(fresh).caller.device.trustedAt).toBe(ana.clock.now());
  expect(ana.callOn(other).caller.device.trustedAt).toBeUndefined();
});

test('without a factor there is nothing to prove, and a seed that is lost proves nothing', async () => {
  const none = await withAna({ enrolled: false });
  expect(await none.prove('123456')).toEqual(problem('factor-none'));
  const lost = await withAna();
  await lost.vault.remove([`factor:${lost.person}`]);
  expect(await lost.prove(lost.code())).toEqual(problem('code-wrong'));
});
