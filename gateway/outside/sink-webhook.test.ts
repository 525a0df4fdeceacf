// Against a real HTTPS server of this process, whose signature check is its own.
import { createSecretKey } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { code } from '../../fixtures/outcome.ts';
import { openWebhookReceiver, type WebhookReceiver } from '../../fixtures/webhook-receiver.ts';
import type { SinkLine } from '../audit/sink.ts';
import { realClock } from './clock.ts';
import { realDisk } from './disk.ts';
import { openReceiver } from './receivers.ts';
import { openSinkWebhook, type WebhookOptions, webhookSignature } from './sink-webhook.ts';

let far: WebhookReceiver;
beforeAll(async () => {
  far = await openWebhookReceiver();
});
beforeEach(() => {
  far.deliveries.length = 0;
});
afterAll(() => far.close());

const lines = (...seqs: readonly number[]): readonly SinkLine[] =>
  seqs.map((seq) => ({
    seq,
    at: 1,
    severity: 'info',
    type: 'audit.heartbeat',
    hash: 'h',
    text: JSON.stringify({ seq, name: 'ü' }),
  }));
const hook = (more: Partial<WebhookOptions> = {}) =>
  openSinkWebhook({
    url: far.url,
    secret: createSecretKey(Buffer.from(far.secret)),
    caPem: far.caPem,
    clock: realClock,
    ...more,
  });

test('S77: a delivery is signed over its time and its very bytes, and named the same when it is sent again', async () => {
  far.answers((_, nth) => (nth === 0 ? 503 : 200));
  expect(await hook().deliver(lines(1, 2))).toEqual({ taken: false, cause: 'it answered 503', final: false });
  expect(await hook().deliver(lines(1, 2))).toEqual({ taken: true });
  const [first, second] = far.deliveries;
  expect(far.deliveries.map(({ signed }) => signed)).toEqual([true, true]);
  expect(second?.lines).toEqual([
    { seq: 1, name: 'ü' },
    { seq: 2, name: 'ü' },
  ]);
  expect(second?.headers).toMatchObject({
    'content-type': 'application/x-ndjson',
    'sallyport-delivery': first?.headers['sallyport-delivery'],
  });
  expect(Math.abs(Number(first?.headers['sallyport-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
  // Another secret, time or body has another signature.
  const key = createSecretKey(Buffer.from('k'.repeat(16)));
  const signatures = [webhookSignature(key, '1', 'a'), webhookSignature(key, '1', 'b'), webhookSignature(key, '2', 'a')];
  expect(new Set(signatures).size).toBe(3);
});

const answers = [
  [201, { taken: true }],
  [429, { taken: false, final: false }],
  [408, { taken: false, final: false }],
  [500, { taken: false, final: false }],
  [400, { taken: false, final: true }],
  [401, { taken: false, final: true }],
  [404, { taken: false, final: true }],
  [413, { taken: false, final: false, tooMuch: true }],
  [302, { taken: false, final: true, cause: expect.stringContaining('redirects are not followed') }],
] as const;
test.each(answers)('S77: an answer of %d', async (status, told) => {
  far.answers(() => ({ status, headers: { location: `${far.url}/elsewhere` } }));
  expect(await hook().deliver(lines(1))).toMatchObject(told);
  expect(far.deliveries).toHaveLength(1);
});

test('S77: Retry-After is minded in seconds and as a date, bounded, and only where trying again helps', async () => {
  const wait = async (status: number, said: string) => {
    far.answers(() => ({ status, headers: { 'retry-after': said } }));
    const delivery = await hook().deliver(lines(1));
    return delivery.taken ? undefined : delivery.retryAfterMs;
  };
  expect(await wait(503, '7')).toBe(7000);
  expect(await wait(429, '999999')).toBe(600_000);
  expect(await wait(503, new Date(Date.now() + 30_000).toUTCString())).toBeGreaterThan(20_000);
  expect(await wait(503, new Date(0).toUTCString())).toBe(0);
  expect(await wait(503, 'soon')).toBe(undefined);
  expect(await wait(400, '7')).toBe(undefined);
});

test('S77: no answer in time, nobody there, a certificate nobody vouches for, plain http beyond this machine: not taken, each with its cause', async () => {
  far.answers(() => 'silent');
  const hasty = { ...realClock, after: (ms: number, call: () => void) => realClock.after(ms / 100, call) };
  expect(await hook({ clock: hasty }).deliver(lines(1))).toMatchObject({ taken: false, cause: 'no answer in time' });
  expect(await hook({ url: 'https://127.0.0.1:1/' }).deliver(lines(1))).toMatchObject({
    taken: false,
    cause: expect.stringContaining('ECONNREFUSED'),
  });
  far.deliveries.length = 0;
  expect(await hook({ caPem: undefined }).deliver(lines(1))).toMatchObject({
    taken: false,
    cause: expect.stringContaining('certificate'),
  });
  expect(await hook({ url: 'http://192.0.2.1/' }).deliver(lines(1))).toMatchObject({ taken: false, final: true });
  expect(far.deliveries).toEqual([]);
});

test('A4: the secret is a file of its own, nobody else’s to read, and long enough; the start refuses otherwise', async () => {
  const config = { kind: 'webhook', name: 'siem', query: '', format: 'row', url: far.url, secretFile: far.secretFile } as const;
  const open = (more = {}) => openReceiver({ ...config, ...more }, { disk: realDisk, clock: realClock });
  expect(code(await open())).toBe('ok');
  await chmod(far.secretFile, 0o640);
  expect(await open()).toMatchObject({ problem: { code: 'bad-request', detail: expect.stringContaining('siem') } });
  await chmod(far.secretFile, 0o600);
  expect(code(await open({ secretFile: `${far.secretFile}.none` }))).toBe('bad-request');
  expect(code(await open({ caFile: `${far.secretFile}.none` }))).toBe('bad-request');
  const short = `${far.secretFile}.short`;
  await writeFile(short, 'hunter2\n', { mode: 0o600 });
  expect(code(await open({ secretFile: short }))).toBe('bad-request');
});
