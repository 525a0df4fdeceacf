// Alerts as the gateway raises them: events in the log, toasts to those who may read it, and what a start makes of what was there. Real memory files.
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLine } from '../../fixtures/entrance.ts';
import { until } from '../../fixtures/live-world.ts';
import { good } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { alertRules } from '../audit/alert-rules.ts';
import { openAlertMemory } from '../outside/alert-memory-file.ts';
import { realChance } from '../outside/chance.ts';
import { realClock } from '../outside/clock.ts';
import { realDisk } from '../outside/disk.ts';
import type { NewEvent } from '../protocol/events.ts';
import { openAlerting } from './alerting.ts';
import { callersOf } from './caller.ts';

const minute = 60_000;

async function watched() {
  const workspace = await openWorkspace('alerting');
  for (const [name, role] of [
    ['ana', 'superuser'],
    ['omar', 'staff'],
    ['uma', 'user'],
  ] as const)
    await workspace.person(name, role);
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-alerts-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'alerts.json');
  const { log, clock, parts } = workspace;
  const hasty = {
    now: clock.now,
    mono: realClock.mono,
    after: (ms: number, call: () => void) => realClock.after(ms / 50, call),
  };
  const rules = good(alertRules([], undefined, 'UTC', clock.now()));
  const uma = workspace.caller('uma');
  const denied = (): NewEvent => ({
    type: 'access.denied',
    actor: { kind: 'person', id: uma.person.id, login: uma.login.id, device: uma.device.id },
    outcome: 'denied',
    data: { action: 'shell.open', policies: [], missing: [] },
    personal: { address: '192.0.2.7' },
  });
  return {
    ...workspace,
    file,
    uma,
    open() {
      const alerting = openAlerting({ ...parts, clock: hasty }, rules, openAlertMemory(realDisk, realChance, file));
      const looked = () => until('all is looked at', () => alerting.seq === log.events.length - 1);
      return {
        looked,
        async close(): Promise<void> {
          await looked();
          await alerting.close();
        },
      };
    },
    line(name: string) {
      const line = openLine();
      callersOf(parts).bring(line, workspace.caller(name).login.id);
      return {
        told: () => line.pushed.flatMap((push) => (push.type === 'access.called' && push.what === 'alert' ? [push.text] : [])),
      };
    },
    async deny(times: number): Promise<void> {
      for (let i = 0; i < times; i += 1) await workspace.commit(denied());
    },
    raised: () => log.events.flatMap((event) => (event.type === 'alert.raised' ? [event] : [])),
  };
}

test('S78: ten denials of one person raise one alert, in the log before anybody is told; who may read the log is told, and nobody else', async () => {
  const office = await watched();
  const lines = { ana: office.line('ana'), omar: office.line('omar'), uma: office.line('uma') };
  const alerting = office.open();
  await office.deny(9);
  await alerting.looked();
  expect(office.raised()).toEqual([]);
  await office.deny(6);
  await until('it is raised', () => office.raised().length > 0);
  await until('they are told', () => lines.ana.told().length > 0 && lines.omar.told().length > 0);
  await alerting.close();
  const [alert, ...others] = office.raised().filter(({ data }) => data.rule === 'denied-burst');
  expect(others).toEqual([]);
  const { id } = office.uma.person;
  expect(alert).toMatchObject({ target: id, data: { count: 10, about: id, severity: 'alert', withinMs: 5 * minute } });
  expect(alert?.data.seqs).toHaveLength(10);
  expect(alert?.data.seqs.map((seq) => office.log.events[seq]?.type)).toEqual(Array.from({ length: 10 }, () => 'access.denied'));
  const words = 'ALERT denied-burst about uma: denied again and again, 10 events within 5 min';
  expect([lines.ana.told(), lines.omar.told(), lines.uma.told()]).toEqual([[words], [words], []]);
});

test('S78: what says only that something is new is in the log, and no toast; the glass has its own', async () => {
  const office = await watched();
  const ana = office.line('ana');
  const alerting = office.open();
  const server = await office.server('web-1');
  await office.session(server, 'uma');
  await until('it is raised', () => office.raised().some(({ data }) => data.rule === 'first-time-server'));
  await alerting.close();
  expect(ana.told()).toEqual([]);
});

test('S78: however many alerts there are, five a minute are told, and that there is more', async () => {
  const office = await watched();
  const ana = office.line('ana');
  const alerting = office.open();
  for (let i = 0; i < 9; i += 1)
    await office.commit({
      ...gatewayEvent,
      type: 'stranger.refused',
      actor: { kind: 'stranger' },
      data: { cause: 'token', count: 20 },
      personal: { address: `203.0.113.${i}` },
    });
  // Nobody outside can make room for what they do by that: another rule is heard.
  await office.commit({ ...gatewayEvent, type: 'witness.conflict', outcome: 'failed', data: { size: 1, root: 'd'.repeat(64) } });
  await alerting.close();
  expect(office.raised()).toHaveLength(10);
  expect(ana.told()).toHaveLength(7);
  expect(ana.told().slice(4)).toEqual([
    'ALERT refused-burst from 203.0.113.4: sign-ins and proofs refused again and again, 20 events within 5 min',
    'ALERT there is more of it in the log',
    expect.stringContaining('witness-conflict'),
  ]);
});

test('S78: a start raises nothing again, and what came while nobody looked; also after a kill that forgot the last minute', async () => {
  const office = await watched();
  const first = office.open();
  await office.deny(3);
  await first.close();
  // Killed before it had looked at these.
  await office.deny(7);
  expect(office.raised()).toEqual([]);
  await copyFile(office.file, `${office.file}.before`);
  const second = office.open();
  await until('what was missed is raised', () => office.raised().length === 1);
  await second.close();
  expect(office.raised()).toHaveLength(1);
  // Killed before it had written down what it remembers: it goes through the same once more.
  await copyFile(`${office.file}.before`, office.file);
  const third = office.open();
  await office.deny(4);
  await third.close();
  expect(office.raised()).toHaveLength(1);
  office.clock.pass(6 * minute);
  const fourth = office.open();
  await office.deny(10);
  await until('another span, another alert', () => office.raised().length === 2);
  await fourth.close();
  expect(office.raised()).toHaveLength(2);
});

test('S78: without what it remembered, the past is learned from: what is old raises nothing, what is young does', async () => {
  const office = await watched();
  const server = await office.server('web-1');
  const { session } = await office.session(server, 'uma');
  await office.deny(10);
  office.clock.pass(120 * minute);
  await office.deny(10);
  await writeFile(office.file, '{"torn', { mode: 0o600 });
  const alerting = office.open();
  await until('the young is raised', () => office.raised().length === 1);
  await office.session(server, 'uma');
  await office.commit({
    ...gatewayEvent,
    type: 'session.marked',
    session: session.id,
    data: { session: session.id, by: office.uma.person.id, position: 0, label: 'x' },
  });
  await alerting.close();
  // Not the old burst, and no first time on a server where she has been.
  expect(office.raised().map(({ data }) => data.rule)).toEqual(['denied-burst']);
});

test('S78: a log that went on while nobody watched raises a hundred alerts and one that says there are more, once', async () => {
  const office = await watched();
  const first = office.open();
  await office.deny(1);
  await first.close();
  await copyFile(office.file, `${office.file}.before`);
  for (let i = 0; i < 300; i += 1)
    await office.commit({
      ...gatewayEvent,
      type: 'stranger.refused',
      actor: { kind: 'stranger' },
      data: { cause: 'token', count: 20 },
      personal: { address: `203.0.113.${i % 250}` },
    });
  const second = office.open();
  await second.close();
  const raised = office.raised().map(({ data }) => data);
  expect(raised).toHaveLength(101);
  expect(raised.at(-1)).toMatchObject({ rule: 'more-alerts', count: 150, severity: 'alert' });
  // Killed before it had written down what it remembers.
  await copyFile(`${office.file}.before`, office.file);
  const third = office.open();
  await third.close();
  expect(office.raised()).toHaveLength(101);
});

test('S78: what was remembered of another log counts for nothing', async () => {
  const office = await watched();
  const first = office.open();
  await office.deny(9);
  await first.close();
  const other = await watched();
  await copyFile(office.file, other.file);
  const second = other.open();
  await other.deny(2);
  await second.close();
  // Ten in all, of two logs.
  expect(other.raised()).toEqual([]);
  expect(await openAlertMemory(realDisk, realChance, other.file).read()).toMatchObject({ seq: other.log.events.length - 1 });
});

const gatewayEvent = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
