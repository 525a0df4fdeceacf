import { expect, test } from 'vitest';
import { openForwarded } from './forwarded.ts';

function reader(...proxies: readonly string[]) {
  const opened = openForwarded(proxies);
  if (!opened.ok) throw new Error(opened.problem.detail);
  return (peer: string | undefined, forwarded?: string) =>
    opened.value(peer, forwarded === undefined ? {} : { 'x-forwarded-for': forwarded });
}

test('[S51, TRUST B2] what somebody who is no trusted proxy says of their address is ignored, and noticed', () => {
  const read = reader('10.0.0.1');
  expect(read('203.0.113.9', '192.0.2.7')).toEqual({ address: '203.0.113.9', forged: true });
  expect(read('203.0.113.9')).toEqual({ address: '203.0.113.9', forged: false });
  expect(reader()('127.0.0.1', '192.0.2.7')).toEqual({ address: '127.0.0.1', forged: true });
  const opened = openForwarded([]);
  for (const name of ['forwarded', 'x-real-ip', 'cf-connecting-ip'])
    expect(opened.ok && opened.value('203.0.113.9', { [name]: '192.0.2.7' })).toEqual({ address: '203.0.113.9', forged: true });
});

test('[S51] from a trusted proxy X-Forwarded-For is read from the right, through trusted proxies and no further', () => {
  const read = reader('10.0.0.0/8', '2001:db8::/32');
  expect(read('10.0.0.1', '192.0.2.7').address).toBe('192.0.2.7');
  // The left end is what the client itself sent.
  expect(read('10.0.0.1', '192.0.2.7, 203.0.113.9').address).toBe('203.0.113.9');
  expect(read('10.0.0.1', '192.0.2.7, 203.0.113.9, 10.0.0.2,2001:db8::5').address).toBe('203.0.113.9');
  expect(read('10.0.0.1').address).toBe('10.0.0.1');
  expect(read('10.0.0.1', '10.0.0.3').address).toBe('10.0.0.3');
});

test('[S51] a hop that cannot be read ends the reading: nothing to the left of it is believed', () => {
  const read = reader('10.0.0.1');
  for (const hidden of ['unknown', '_secret', '', 'fe80::1%eth0', '192.0.2.7.'])
    expect(read('10.0.0.1', `192.0.2.7, ${hidden}`).address).toBe('10.0.0.1');
  expect(read('10.0.0.1', '192.0.2.7:4711').address).toBe('192.0.2.7');
  expect(read('10.0.0.1', '[2001:db8::7]:4711').address).toBe('2001:db8::7');
});

test('[S51] IPv4 in IPv6 clothes is IPv4: as the peer, as a proxy, and as who is behind it', () => {
  const read = reader('::ffff:10.0.0.1');
  for (const peer of ['10.0.0.1', '::ffff:10.0.0.1', '::FFFF:a00:1'])
    expect(read(peer, '::ffff:192.0.2.7').address).toBe('192.0.2.7');
  expect(read('::ffff:203.0.113.9').address).toBe('203.0.113.9');
});

test('a trusted proxy that is no plain range stops the start, and the plain form is proposed', () => {
  expect(openForwarded(['10.0.0.1/8'])).toMatchObject({ ok: false, problem: { detail: expect.stringContaining('10.0.0.0/8') } });
  expect(openForwarded(['proxy.example'])).toMatchObject({ ok: false, problem: { code: 'bad-request' } });
});
