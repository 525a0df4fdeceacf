// Second factors of people who may do nothing, and what of an authenticator ever leaves the gateway.
import { generateSync } from 'otplib';
import { expect, test } from 'vitest';
import { newDevice, openEntrance, openLine } from '../../fixtures/entrance.ts';
import { fit } from '../protocol/json.ts';
import { type RequestType, requests } from '../protocol/operator.ts';
import { callerOf } from './caller.ts';
import { codesFactor, confirmFactor, enrollFactor, proveFactor } from './factor.ts';

const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;

/** Somebody signed in on two devices, with an authenticator where said. */
async function withUma(enrolled: boolean, seedOf = 'shut') {
  const entrance = await openEntrance(undefined, seedOf);
  const by = await entrance.invite('eva', 'superuser');
  const person = await entrance.invite('uma');
  entrance.script.subject = 'uma';
  const [line, other] = [openLine(), openLine('198.51.100.4')];
  const device = newDevice();
  const signed = await entrance.signIn(line, device);
  await entrance.signIn(other, newDevice());
  if (!signed.ok) throw new Error(signed.problem.code);
  const begun = await enrollFactor(entrance.callOn(line), {});
  if (!begun.ok) throw new Error(begun.problem.code);
  const seed = begun.value.secret;
  const code = (steps = 0) => generateSync({ secret: seed, epoch: Math.floor(entrance.clock.now() / 1000) + steps * 30 });
  let recovery: readonly string[] = [];
  if (enrolled) {
    const confirmed = await confirmFactor(entrance.callOn(line), { code: code() });
    if (!confirmed.ok) throw new Error(confirmed.problem.code);
    recovery = confirmed.value.recoveryCodes;
    entrance.clock.pass(60_000);
  }
  return { ...entrance, by, person, line, other, device, login: signed.value.self.login, seed, code, recovery };
}
type Uma = Awaited<ReturnType<typeof withUma>>;

const lock = ({ commit, by, parts }: Uma, kind: 'person' | 'role' | 'login' | 'device', target: string) =>
  commit({
    ...quiet,
    type: 'lock.added',
    data: { lock: `lck_${'a'.repeat(26)}` as never, kind, target, why: `closed since ${parts.clock.now()}`, by },
  });
const shuttings = {
  'a lock on the person': (uma: Uma) => lock(uma, 'person', uma.person),
  'a lock on the role': (uma: Uma) => lock(uma, 'role', 'user'),
  'a lock on the sign-in': (uma: Uma) => lock(uma, 'login', uma.login),
  'a lock on the device': (uma: Uma) => lock(uma, 'device', uma.callOn(uma.line).caller.device.id),
  'a suspension': ({ commit, person }: Uma) => commit({ ...quiet, type: 'person.suspended', data: { person, why: 'left' } }),
} as const;

test.each(Object.entries(shuttings))(
  '[T15] %s shuts every branch of the second factor: code, recovery code, renewal, enrolment and its end',
  async (_what, shut) => {
    const enrolled = await withUma(true);
    const enrolling = await withUma(false);
    // The requests were under way when the door was shut: settled state has the last word.
    const [call, newcomer] = [enrolled.callOn(enrolled.line), enrolling.callOn(enrolling.line)];
    await shut(enrolled);
    await shut(enrolling);
    const before = enrolled.log.events.length;
    const answers = [
      await proveFactor(call, { code: enrolled.code(), action: 'self.manage' }),
      await proveFactor(call, { code: enrolled.recovery[0] ?? '', action: 'self.manage' }),
      await codesFactor(call, {}),
      await enrollFactor(call, {}),
      await confirmFactor(newcomer, { code: enrolling.code() }),
      await enrollFactor(newcomer, {}),
    ];
    for (const answer of answers)
      expect(['access-locked', 'denied', 'login-revoked']).toContain(answer.ok ? 'ok' : answer.problem.code);
    expect(enrolled.log.settled.people[enrolled.person]?.factor?.recoveryDigests).toHaveLength(10);
    expect(enrolling.log.settled.people[enrolling.person]?.factor).toBeUndefined();
    expect(enrolled.log.events.slice(before).filter(({ outcome }) => outcome === 'ok')).toEqual([]);
  },
);

test('[T11] the last accepted step is the person’s: after a newer code on one device, the step before is spent on every other', async () => {
  const uma = await withUma(true);
  const prove = (on: typeof uma.line, code: string) => proveFactor(uma.callOn(on), { code, action: 'self.manage' });
  const [before, now] = [uma.code(-1), uma.code()];
  expect(await prove(uma.line, now)).toMatchObject({ ok: true });
  expect(await prove(uma.other, before)).toMatchObject({ problem: { code: 'code-used' } });
  expect(await prove(uma.other, now)).toMatchObject({ problem: { code: 'code-used' } });
  expect(await prove(uma.other, uma.code(1))).toMatchObject({ ok: true });
  expect(await prove(uma.line, now)).toMatchObject({ problem: { code: 'code-used' } });
});

test('[T12] a code that is no text never comes to a handler, one that is not six digits never to compare, and each is counted', async () => {
  const { takes } = requests['factor.prove'];
  const uma = await withUma(true);
  const good = uma.code();
  for (const code of [Number(good), [good], { code: good }, null, true, [...good].map(Number), 'x'.repeat(65)])
    expect(fit(takes, { code, action: 'self.manage' })).toMatchObject({ ok: false, problem: { code: 'bad-message' } });
  const corpus = [
    ` ${good}`,
    `${good}\n`,
    `${good}\u0000`,
    `+${good}`,
    `-${good.slice(1)}`,
    `0${good}`,
    good.replace(/^0*/, '').slice(0, 5),
    `${good.slice(0, 3)} ${good.slice(3)}`,
    `${good.slice(0, 3)}-${good.slice(3)}`,
    [...good].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join(''),
    [...good].map((digit) => String.fromCodePoint(0x660 + Number(digit))).join(''),
    [...good].map((digit) => String.fromCodePoint(0x1d7ce + Number(digit))).join(''),
    `${good}e0`,
    `0x${Number(good).toString(16)}`,
    '',
  ];
  for (const [nth, code] of corpus.entries()) {
    const answer = await proveFactor(uma.callOn(uma.line), { code, action: 'self.manage' });
    expect({ code, answer: answer.ok ? 'ok' : answer.problem.code }).toEqual({ code, answer: 'code-wrong' });
    expect(uma.log.events.at(-1)).toMatchObject({ type: 'factor.refused', data: { cause: 'malformed' } });
    expect(uma.log.settled.people[uma.person]?.attempts.consecutive).toBe(nth + 1);
    const until = uma.log.settled.people[uma.person]?.attempts.refusedUntil ?? 0;
    uma.clock.pass(Math.max(0, until - uma.clock.now()));
    if (!callerOf(uma.parts, uma.line).ok) await uma.signIn(uma.line, uma.device);
  }
  expect(await proveFactor(uma.callOn(uma.line), { code: uma.code(), action: 'self.manage' })).toMatchObject({ ok: true });
});

test('[T16] after enrolment no request gives a seed, and no answer, push, event or row holds one', async () => {
  const uma = await withUma(true);
  const gives = Object.entries(requests).flatMap(([type, { gives: schema }]) =>
    JSON.stringify(Object.keys(schema.entries)).includes('secret') ? [type as RequestType] : [],
  );
  expect(gives).toEqual(['factor.enroll']);
  expect(await enrollFactor(uma.callOn(uma.line), {})).toMatchObject({ problem: { code: 'factor-already' } });
  const out = JSON.stringify([uma.log.events, uma.log.settled, uma.line.pushed, uma.other.pushed]);
  for (const secret of [uma.seed, Buffer.from(uma.seed).toString('base64'), ...uma.recovery]) expect(out).not.toContain(secret);
  expect(uma.vault.names().filter((name) => /^(factor|enrolling):/.test(name))).toEqual([`factor:${uma.person}`]);
});
