import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { goodputMs, openRate, socketBytes } from './meter.ts';

test('the rate is what came in the last five seconds, and nothing once the line is still', () => {
  const rate = openRate();
  expect(rate.perSecond(0, 0)).toBe(0);
  for (let at = 0; at <= 20_000; at += 50) rate.note(at, at);
  expect(rate.perSecond(20_000, 20_000)).toBeGreaterThan(950);
  expect(rate.perSecond(20_000, 20_000)).toBeLessThanOrEqual(1_000);
  expect(rate.perSecond(20_000, 22_500)).toBeLessThan(600);
  expect(rate.perSecond(20_000, 20_000 + goodputMs)).toBe(0);
  rate.note(20_100, 90_000);
  expect(rate.perSecond(20_100, 90_000)).toBeLessThan(10);
});

test('bytes of a plain socket are what went over it', async () => {
  const server = createServer((far) => far.end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  near.write('abc');
  const [first] = await once(near, 'data');
  expect(String(first)).toBe('hello');
  expect(socketBytes(near)).toEqual({ in: 5, out: 3 });
  near.destroy();
  server.close();
});
