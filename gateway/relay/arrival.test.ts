import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { place } from './arrival.ts';

const bytesAt = (from: number, to: number): Uint8Array => Uint8Array.from({ length: to - from }, (_, i) => (from + i) % 251);

test('[law 5] output cut and sent again anywhere arrives once, whole and in order', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.array(fc.record({ back: fc.nat(300), length: fc.integer({ min: 1, max: 300 }) }), { maxLength: 60 }),
      (total, sends) => {
        const got: number[] = [];
        let sent = 0;
        for (const { back, length } of [...sends, { back: total, length: total }]) {
          // A connection goes on at or before what arrived, never after it.
          const from = Math.max(0, sent - back);
          const run = bytesAt(from, Math.min(total, from + length));
          const arrived = place(got.length, from, run);
          if (arrived.verdict === 'new') got.push(...arrived.bytes);
          expect(arrived.verdict).not.toBe('gap');
          sent = Math.max(sent, from + run.length);
        }
        expect(got).toEqual([...bytesAt(0, got.length)]);
        expect(got.length).toBe(total);
      },
    ),
  );
});

test('bytes from beyond what is here are a gap, whatever they hold', () => {
  expect(place(10, 11, new Uint8Array(5))).toEqual({ verdict: 'gap' });
  expect(place(10, 3, new Uint8Array(7))).toEqual({ verdict: 'known' });
  expect(place(10, 3, new Uint8Array(8))).toMatchObject({ verdict: 'new', bytes: { length: 1 } });
});
