import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HandClock } from '../../fixtures/faults/hand-clock.ts';
import { aloneMs, echoMs, openEchoAck } from './echo-ack.ts';

function stage() {
  const clock = new HandClock();
  const at = { position: 0, shown: 0, expected: false };
  const said: number[] = [];
  const ack = openEchoAck({
    clock,
    position: () => at.position,
    shown: () => at.shown,
    expected: () => at.expected,
    say: (offset) => said.push(offset),
  });
  return { clock, at, said, ack };
}

test('[F4] keys are told 50 ms after the pty had them, with the next frame, or alone after a while', () => {
  const { clock, at, said, ack } = stage();
  ack.applied(1);
  at.position = at.shown = 1;
  ack.framed();
  expect(said).toEqual([]);
  clock.pass(echoMs);
  expect(said).toEqual([]);
  at.position = at.shown = 2;
  ack.framed();
  expect(said).toEqual([1]);
  ack.applied(2);
  clock.pass(echoMs + aloneMs - 1);
  expect(said).toEqual([1]);
  clock.pass(1);
  expect(said).toEqual([1, 2]);
  ack.applied(3);
  at.expected = true;
  clock.pass(10_000);
  expect(said).toEqual([1, 2]);
  ack.framed();
  expect(said).toEqual([1, 2, 3]);
});

test('[F4] a picture that credit holds back holds the word back, however long', () => {
  const { clock, at, said, ack } = stage();
  at.position = 100;
  ack.applied(3);
  clock.pass(10_000);
  at.shown = 99;
  ack.framed();
  expect(said).toEqual([]);
  at.shown = 100;
  ack.framed();
  expect(said).toEqual([3]);
});

test('a paste is told on without company, and what is asked again is said again at once', () => {
  const { clock, said, ack } = stage();
  ack.applied(20_000);
  clock.pass(echoMs);
  expect(said).toEqual([20_000]);
  ack.applied(20_000);
  expect(said).toEqual([20_000, 20_000]);
});

test('[F4] whatever happens when, no key is told too early, none is told backwards, and in the end all are', () => {
  const step = fc.oneof(
    fc.record({ key: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ print: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ frame: fc.boolean() }),
    fc.record({ ms: fc.nat(120) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { clock, at, said, ack } = stage();
      const had: { readonly offset: number; readonly at: number }[] = [];
      /** Output positions by time. */
      const printed: { readonly at: number; readonly position: number }[] = [];
      let offset = 0;
      let checked = 0;
      const check = (): void => {
        for (; checked < said.length; checked += 1) {
          const told = said[checked] ?? 0;
          expect(told).toBeGreaterThan(said[checked - 1] ?? 0);
          for (const key of had.filter((one) => one.offset <= told)) {
            expect(clock.mono() - key.at).toBeGreaterThanOrEqual(echoMs);
            const echoed = printed.findLast((one) => one.at < key.at + echoMs)?.position ?? 0;
            expect(at.shown).toBeGreaterThanOrEqual(echoed);
          }
        }
      };
      for (const one of steps) {
        if ('key' in one) {
          offset += one.key;
          had.push({ offset, at: clock.mono() });
          ack.applied(offset);
        } else if ('print' in one) {
          at.position += one.print;
          printed.push({ at: clock.mono(), position: at.position });
        } else if ('frame' in one) {
          if (one.frame) at.shown = at.position;
          ack.framed();
        } else
          for (let ms = 0; ms < one.ms; ms += 1) {
            clock.pass(1);
            check();
          }
        check();
      }
      at.shown = at.position;
      clock.pass(1_000);
      ack.framed();
      expect(said.at(-1) ?? 0).toBe(offset);
    }),
  );
});
