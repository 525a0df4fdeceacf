import { expect, test } from 'vitest';
import { HandClock, seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { openKeptLog } from '../../fixtures/kept-log.ts';
import { hostFacts } from '../../fixtures/workspace.ts';
import { enrolTokenPattern } from '../protocol/agent.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { enrolmentDigest, mintEnrolmentToken, useEnrolment } from './enrolment.ts';
import { addServer } from './servers.ts';

async function durableLog() {
  const disk = new PowerDisk();
  const clock = new HandClock();
  const chance = seededChance('enrolment');
  const log = await openKeptLog({ disk, root: '/d', clock, chance });
  if (!log.ok) throw new Error(log.problem.code);
  const opened = log.value;
  await opened.commit(() => ({
    events: [
      {
        type: 'workspace.initialised',
        actor: { kind: 'gateway' },
        outcome: 'ok',
        data: {
          chain: opened.chain,
          gatewayKey: 'k'.repeat(43),
          caDigest: '0'.repeat(64),
          issuer: 'https://issuer.example',
          clientId: 'c',
          name: 'w',
        },
        personal: {},
      },
    ],
    answer: undefined,
  }));
  return { log: opened, chance };
}

test('[G1] of fifty uses of a token at once, through the durable log, one succeeds and 49 are recorded as refused', async () => {
  const { log, chance } = await durableLog();
  const token = mintEnrolmentToken(chance.bytes(32), 'ab'.repeat(32));
  expect(token).toMatch(enrolTokenPattern);
  const tokenDigest = enrolmentDigest(token);
  const enrolment = mintId('enr', chance.bytes(idRandomBytes));
  const server = mintId('srv', chance.bytes(idRandomBytes));
  await log.commit(
    addServer({ actor: { kind: 'gateway' } }, { enrolment, server, name: 'web-1', labels: {}, tokenDigest, minutes: 15 }),
  );
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      log.commit(useEnrolment({ tokenDigest, key: String(i).padStart(43, 'k'), facts: hostFacts, address: '192.0.2.9' })),
    ),
  );
  expect(answers.filter(({ ok }) => ok)).toEqual([{ ok: true, value: { server, name: 'web-1' } }]);
  const told: string[] = [];
  for await (const { event } of log.read(-1)) told.push(event.type);
  expect(told.filter((type) => type === 'server.enrolled').length).toBe(1);
  expect(told.filter((type) => type === 'enrolment.refused').length).toBe(49);
  await log.close();
});

test('[G1] no token lives longer than 15 minutes, whatever was asked for', async () => {
  const { log, chance } = await durableLog();
  const ids = { enrolment: mintId('enr', chance.bytes(idRandomBytes)), server: mintId('srv', chance.bytes(idRandomBytes)) };
  const added = await log.commit(
    addServer({ actor: { kind: 'gateway' } }, { ...ids, name: 'web-1', labels: {}, tokenDigest: 'd'.repeat(64), minutes: 9999 }),
  );
  const row = log.settled.enrolments[ids.enrolment];
  expect(added).toEqual({ ok: true, value: { server: ids.server, expiresAt: row?.expiresAt } });
  expect((row?.expiresAt ?? 0) - (log.settled.servers[ids.server]?.addedAt ?? 0)).toBe(900_000);
  await log.close();
});
