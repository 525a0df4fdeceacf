// What config.json may say of sinks and alerts, as SINKS.md tells it, and what makes the start refuse.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, onTestFinished, test } from 'vitest';
import { openMemoryLog } from '../fixtures/memory-log.ts';
import { openMemoryTrail } from '../fixtures/memory-trail.ts';
import { code, good, problem } from '../fixtures/outcome.ts';
import { openTrailBoard } from './audit/trail-board.ts';
import { configSchema } from './config.ts';
import { realChance } from './outside/chance.ts';
import { realClock } from './outside/clock.ts';
import { dataFolder } from './outside/data-folder.ts';
import { realDisk } from './outside/disk.ts';
import { openSignals } from './signals.ts';

const told = await readFile(new URL('SINKS.md', import.meta.url), 'utf8');
const example: unknown = JSON.parse(/```json\n([\s\S]*?)```/.exec(told)?.[1] ?? '');
const provider = { issuer: 'https://issuer.example', clientId: 'sallyport' };

async function openWith(more: object) {
  const root = await mkdtemp(join(tmpdir(), 'sallyport-signals-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const secretFile = join(root, 'siem.secret');
  await writeFile(secretFile, 's'.repeat(32), { mode: 0o600 });
  const read = v.safeParse(configSchema, { version: 1, name: 'test', listen: '127.0.0.1:0', provider, ...more });
  if (!read.success) return read.issues[0].message;
  const config = {
    ...read.output,
    sinks: read.output.sinks.map((sink) => (sink.kind === 'webhook' ? { ...sink, secretFile } : sink)),
  };
  const log = openMemoryLog(realClock);
  const board = openTrailBoard(openMemoryTrail());
  const opened = await openSignals(config, dataFolder(root), {
    disk: realDisk,
    clock: realClock,
    chance: realChance,
    log,
    board,
  });
  if (opened.ok) await opened.value.close();
  return opened;
}

test('S77, S78: what SINKS.md shows is what config.json takes; it names every built-in rule', async () => {
  const opened = await openWith(Object(example));
  if (typeof opened === 'string') throw new Error(opened);
  const { signals } = good(opened);
  expect(signals.sinks.rows().map(({ name, kind, format }) => [name, kind, format])).toEqual([
    ['siem', 'webhook', 'row'],
    ['all', 'file', 'row'],
    ['collector', 'syslog', 'ocsf'],
  ]);
  expect(signals.rules.find(({ name }) => name === 'root-shells')).toMatchObject({ builtin: false, by: 'actor', count: 1 });
  expect(signals.rules.some(({ name }) => name === 'first-time-server')).toBe(false);
  expect(signals.rules.some(({ name }) => name === 'off-hours')).toBe(true);
  for (const { name } of signals.rules) expect(told).toContain(`${name}`);
});

const file = { kind: 'file', name: 'all', path: '/nowhere/events.jsonl' };
const wrong: Readonly<Record<string, readonly [more: object, says: string]>> = {
  'two sinks of one name': [{ sinks: [file, file] }, 'two sinks all'],
  'a query that is none': [{ sinks: [{ ...file, query: 'colour:red' }] }, 'sink all'],
  'a path that is not absolute': [{ sinks: [{ ...file, path: 'events.jsonl' }] }, 'absolute'],
  'an authority that is not there': [
    { sinks: [{ kind: 'syslog', name: 'far', host: 'logs.example', port: 6514, caFile: '/nowhere/ca.pem' }] },
    '/nowhere/ca.pem',
  ],
  'an alert whose query is none': [{ alerts: [{ name: 'mine', query: 'colour:red' }] }, 'alert mine'],
  'hours of a place that is none': [{ trail: { workHours: { from: 8, to: 18, zone: 'Mars/Olympus' } } }, 'Mars/Olympus'],
};
test.each(Object.entries(wrong))('A4: %s makes the start refuse, and say so', async (_, [more, says]) => {
  const opened = await openWith(more);
  if (typeof opened === 'string') throw new Error(opened);
  expect([code(opened), problem(opened)?.detail]).toEqual(['bad-request', expect.stringContaining(says)]);
});
