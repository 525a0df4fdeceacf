import { afterEach, expect, test } from 'vitest';
import { good } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { type Metrics, openMetrics } from './metrics.ts';

let metrics: Metrics | undefined;
afterEach(() => metrics?.close());

/** The value of a sample, as a monitoring system reads it. */
const sample = (text: string, name: string): number | undefined => {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.split(' ')[1]);
};

test('E45: counts and ages are there for a monitoring system, and no name of anybody', async () => {
  const { parts, person, server, clock, commit } = await openWorkspace();
  metrics = good(await openMetrics('127.0.0.1:0', parts));
  await person('uma', 'user');
  await server('web-1');
  parts.board.anchor({ name: 'vault', kind: 'file', state: 'ok', size: 3, at: clock.now() - 12_000, behind: 2 });
  await commit({ type: 'clock.stepped', actor: { kind: 'gateway' }, outcome: 'ok', data: { byMs: 1 }, personal: {} });
  const answer = await fetch(`http://127.0.0.1:${metrics.port}/metrics`);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  const text = await answer.text();
  expect(sample(text, 'sallyport_audit_records')).toBe(parts.log.settled.seq + 1);
  expect(sample(text, 'sallyport_servers{state="offline"}')).toBe(1);
  expect(sample(text, 'sallyport_anchor_age_seconds{anchor="vault"}')).toBe(12);
  expect(sample(text, 'sallyport_anchor_behind{anchor="vault"}')).toBe(2);
  expect(sample(text, 'sallyport_audit_events_total{severity="warning",outcome="ok"}')).toBe(1);
  expect(sample(text, 'process_resident_memory_bytes')).toBeGreaterThan(0);
  expect(text).not.toMatch(/uma|web-1/);
  expect((await fetch(`http://127.0.0.1:${metrics.port}/`)).status).toBe(404);
});

test('E45: metrics ask nobody who they are, so they are on loopback only', async () => {
  const { parts } = await openWorkspace();
  expect(await openMetrics('0.0.0.0:0', parts)).toMatchObject({ ok: false, problem: { code: 'bad-request' } });
});
