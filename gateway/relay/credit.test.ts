import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstWindowBytes, leastWindowBytes, mostWindowBytes, openCredit } from './credit.ts';

/** Always as much under way as allowed, over a line of `rate` bytes a ms and `tripMs` there and back. */
function saturate(rate: number, tripMs: number, forMs: number): number {
  const credit = openCredit(0);
  let now = 0;
  let freeAt = 0;
  const acks: { readonly at: number; readonly upTo: number }[] = [];
  while (now < forMs) {
    const room = credit.window - credit.inFlight;
    if (room >= 512) {
      credit.sent(room, now);
      freeAt = Math.max(now, freeAt) + room / rate;
      acks.push({ at: Math.ceil(freeAt + tripMs), upTo: credit.sentBytes });
      continue;
    }
    const ack = acks.shift();
    if (ack === undefined) break;
    now = Math.max(now, ack.at);
    expect(credit.seen(ack.upTo, now)).toBe(true);
  }
  return credit.window;
}

test('on 64 kbit/s and 300 ms the window holds less than a second of the line', () => {
  expect(saturate(8, 300, 60_000)).toBeLessThanOrEqual(8 * 1000);
  expect(saturate(8, 300, 60_000)).toBeGreaterThanOrEqual(leastWindowBytes);
});

test('a good line gets a window that lets a burst through', () => {
  expect(saturate(20_000, 1, 5_000)).toBeGreaterThanOrEqual(64 * 1024);
});

test('a pause says nothing against the line: the window stays', () => {
  const credit = openCredit(0);
  credit.sent(2_000, 0);
  credit.seen(2_000, 2);
  const { window } = credit;
  expect(window).toBeGreaterThanOrEqual(60_000);
  for (let at = 1_000; at < 60_000; at += 200) {
    credit.sent(1, at);
    credit.seen(credit.sentBytes, at + 3);
  }
  expect(credit.window).toBe(window);
});

test('[R8] the window stays in its bounds and a lie is found out, whatever is acknowledged when', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ send: fc.nat(300_000), ack: fc.nat(400_000), ms: fc.nat(5_000) }), { maxLength: 100 }),
      (steps) => {
        const credit = openCredit(0);
        let now = 0;
        let acked = 0;
        for (const { send, ack, ms } of steps) {
          if (send > 0) credit.sent(send, now);
          now += ms;
          const told = acked + ack;
          expect(credit.seen(told, now)).toBe(told <= credit.sentBytes);
          if (told <= credit.sentBytes) acked = told;
          expect(credit.inFlight).toBe(credit.sentBytes - acked);
          expect(credit.window).toBeGreaterThanOrEqual(Math.min(leastWindowBytes, firstWindowBytes));
          expect(credit.window).toBeLessThanOrEqual(mostWindowBytes);
          expect(credit.waitingSince === undefined).toBe(credit.inFlight === 0);
        }
      },
    ),
  );
});
