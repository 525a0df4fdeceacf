// That a code is spent for ever, through the real log: on disk before anybody hears of it, and after a restart (T10).
import { generateSync } from 'otplib';
import { expect, test } from 'vitest';
import { HandClock, seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { openKeptLog } from '../../fixtures/kept-log.ts';
import { rows } from '../audit/state.ts';
import { newSeed, verifyCode } from '../outside/totp.ts';
import type { NewEvent } from '../protocol/events.ts';
import { type IdPrefix, idRandomBytes, mintId } from '../protocol/ids.ts';
import { digestOf, subjectDigest } from './digest.ts';
import { confirmEnrolment, proveFactor } from './factor.ts';

const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;

test('[T10] a spent code is on disk before the answer, and stays spent after a restart with the clock set back', async () => {
  const disk = new PowerDisk();
  const clock = new HandClock();
  const chance = seededChance('durable');
  const id = <P extends IdPrefix>(prefix: P) => mintId(prefix, chance.bytes(idRandomBytes));
  const seed = newSeed();
  const open = async () => {
    const log = await openKeptLog({ disk, root: '/d', clock, chance });
    if (!log.ok) throw new Error(log.problem.code);
    return log.value;
  };

  const [person, device, login] = [id('usr'), id('dev'), id('lgn')];
  const setting: NewEvent[] = [
    {
      ...quiet,
      type: 'person.added',
      data: { person, role: 'user' },
      personal: { name: 'ana', claim: { kind: 'sub', value: 'ana' } },
    },
    {
      ...quiet,
      type: 'person.bound',
      data: { person, issuer: 'https://i.example', subjectDigest: subjectDigest('https://i.example', 'ana') },
      personal: { subject: 'ana' },
    },
    { ...quiet, type: 'device.registered', data: { device, person, key: 'A'.repeat(43) }, personal: { machine: 'm' } },
    {
      ...quiet,
      type: 'login.succeeded',
      data: { login, person, device, tokenDigest: digestOf('t'), expiresAt: clock.now() + 43_200_000, idleMs: 1 },
      personal: { address: '192.0.2.1', machine: 'm' },
    },
    { ...quiet, type: 'factor.enrolment-started', data: { person, login, secretDigest: digestOf(seed) } },
  ];
  let log = await open();
  await log.commit(() => ({
    events: [
      {
        ...quiet,
        type: 'workspace.initialised',
        data: {
          chain: log.chain,
          gatewayKey: 'A'.repeat(43),
          caDigest: digestOf(''),
          issuer: 'https://i.example',
          clientId: 'c',
          name: 'w',
        },
      },
      ...setting,
    ],
    answer: undefined,
  }));

  const code = () => generateSync({ secret: seed, epoch: Math.floor(clock.now() / 1000) });
  const about = (typed: string) => ({
    address: '192.0.2.1',
    request: undefined,
    check: (lastStep: number, now: number) => verifyCode({ seed, code: typed, lastStep, now }),
  });
  const rowsOf = (state: typeof log.settled) => ({
    person: state.people[person],
    login: state.logins[login],
    device: state.devices[device],
  });
  const prove = (typed: string) =>
    log.commit((state, now) =>
      proveFactor(
        rowsOf(state),
        rows(state.logins),
        { ...about(typed), recoveryDigest: undefined, action: 'shell.open', target: undefined, forMs: 1000 },
        now,
      ),
    );

  const confirming = code();
  const confirmed = await log.commit((state, now) =>
    confirmEnrolment(rowsOf(state), { ...about(confirming), secretDigest: digestOf(seed), recoveryDigests: [] }, now),
  );
  expect(confirmed.ok).toBe(true);
  clock.pass(60_000);
  const typed = code();
  const answers = await Promise.all(Array.from({ length: 100 }, () => prove(typed)));
  expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
  const [step] = [log.settled.people[person]?.factor?.lastStep];

  await log.close();
  clock.step(-30_000);
  log = await open();
  expect(log.settled.people[person]?.factor?.lastStep).toBe(step);
  for (const old of [typed, confirming, code()])
    expect(await prove(old)).toMatchObject({ ok: false, problem: { code: expect.stringMatching(/^code-(used|wrong)$/) } });
  expect(await prove(typed)).toMatchObject({ problem: { code: 'code-used' } });
  await log.close();
});
