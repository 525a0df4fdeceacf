import { expect, test } from 'vitest';
import type { Claims } from '../ports.ts';
import { mintId } from '../protocol/ids.ts';
import { subjectDigest } from './digest.ts';
import { noAttempts, type Person } from './person.ts';
import { type SignInAsk, signIn } from './sign-in.ts';

const random = (nth: number) => new Uint8Array(26).fill(nth);
const issuer = 'https://idp.example';
const person = (nth: number, more: Partial<Person>): Person => ({
  id: mintId('usr', random(nth)),
  name: `p${nth}`,
  role: 'user',
  status: 'invited',
  claim: { kind: 'sub', value: `sub-${nth}` },
  email: undefined,
  bound: undefined,
  factor: undefined,
  enrolling: undefined,
  attempts: noAttempts,
  lastLoginAt: undefined,
  ...more,
});
const claims = (more: Partial<Claims>): Claims => ({
  issuer,
  subject: 'sub-1',
  email: 'a@x.example',
  emailVerified: true,
  name: undefined,
  groups: [],
  ...more,
});
const ask = (told: Claims): SignInAsk => ({
  claims: told,
  deviceKey: 'A'.repeat(43),
  machine: 'm',
  address: '192.0.2.1',
  login: mintId('lgn', random(1)),
  device: mintId('dev', random(1)),
  tokenDigest: 'd'.repeat(64),
  refreshDigest: undefined,
  loginMs: 1000,
  idleMs: 100,
  deviceFlow: ['user', 'staff', 'superuser'],
  request: undefined,
});
const outcome = (people: readonly Person[], told: Claims) => {
  const { answer } = signIn({ people, devices: [], logins: [] }, ask(told), 5);
  return answer.ok ? answer.value.person : answer.problem.code;
};

const byMail = (nth: number, value: string, more: Partial<Person> = {}) =>
  person(nth, { claim: { kind: 'email', value }, ...more });

test('[T25] subject binds; an address binds once, if vouched for, whatever its case', () => {
  expect(outcome([person(1, {})], claims({}))).toBe(person(1, {}).id);
  expect(outcome([person(1, {})], claims({ subject: 'sub-2' }))).toBe('not-invited');
  expect(outcome([byMail(1, 'A@X.example')], claims({}))).toBe(person(1, {}).id);
  expect(outcome([byMail(1, 'a@x.example')], claims({ emailVerified: false }))).toBe('not-invited');
  expect(outcome([byMail(1, 'a@x.example')], claims({ email: undefined }))).toBe('not-invited');
});

test('[T25] a bound person is known by issuer and subject alone', () => {
  const bound = byMail(1, 'a@x.example', { status: 'active', bound: { issuer, subjectDigest: subjectDigest(issuer, 'sub-1') } });
  expect(outcome([bound], claims({ email: 'new@x.example', emailVerified: false }))).toBe(bound.id);
  expect(outcome([bound], claims({ subject: 'sub-9' }))).toBe('not-invited');
  expect(outcome([bound], claims({ issuer: 'https://other.example' }))).toBe('not-invited');
  // A bound person goes before an invitation that fits as well.
  expect(outcome([byMail(2, 'a@x.example'), bound], claims({}))).toBe(bound.id);
});

test('two invitations that both fit let nobody in; an erased claim fits nobody', () => {
  expect(outcome([byMail(1, 'a@x.example'), byMail(2, 'a@x.example')], claims({}))).toBe('not-invited');
  expect(outcome([person(1, { claim: { kind: 'sub', value: '' } })], claims({ subject: 'x' }))).toBe('not-invited');
});

test('[T15] a suspended person is refused also before the first sign-in, and is not bound by it', () => {
  const { events, answer } = signIn(
    { people: [person(1, { status: 'suspended' })], devices: [], logins: [] },
    ask(claims({})),
    5,
  );
  expect(answer).toMatchObject({ problem: { code: 'suspended' } });
  expect(events.map(({ type }) => type)).toEqual(['login.refused']);
});

test('[T24] a role for which device flow is off is refused, whoever it is, and nothing of it is bound or registered', () => {
  for (const role of ['user', 'staff', 'superuser'] as const) {
    const people = [person(1, { role }), person(2, { role: 'user' })];
    const others = (['user', 'staff', 'superuser'] as const).filter((one) => one !== role);
    const { events, answer } = signIn({ people, devices: [], logins: [] }, { ...ask(claims({})), deviceFlow: others }, 5);
    expect(answer).toMatchObject({ problem: { code: 'device-flow-off' } });
    expect(events).toMatchObject([
      { type: 'login.refused', outcome: 'denied', data: { cause: 'device-flow-off', person: people[0]?.id } },
    ]);
    const only = signIn({ people, devices: [], logins: [] }, { ...ask(claims({})), deviceFlow: [role] }, 5);
    expect(only.answer.ok).toBe(true);
  }
});

test('an absurd subject is no subject', () => {
  for (const subject of ['', 'x'.repeat(255)]) expect(outcome([person(1, {})], claims({ subject }))).toBe('provider-answer');
});

test('issuer and subject cannot trade characters in the digest', () => {
  expect(subjectDigest('ab', 'c')).not.toBe(subjectDigest('a', 'bc'));
});

test('[S34] an invitation that was not taken up in time lets nobody in; who took it up in time stays', () => {
  expect(outcome([person(1, { inviteUntil: 6 })], claims({}))).toBe(person(1, {}).id);
  expect(outcome([person(1, { inviteUntil: 5 })], claims({}))).toBe('not-invited');
  const bound = { issuer, subjectDigest: subjectDigest(issuer, 'sub-1') };
  expect(outcome([person(1, { status: 'active', bound, inviteUntil: 5 })], claims({}))).toBe(person(1, {}).id);
});
