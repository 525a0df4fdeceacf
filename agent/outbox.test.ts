import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openOutbox } from './outbox.ts';

/** The gateway's side of the law: holds bytes by position, drops repeats, refuses gaps. */
function gatewayCopy() {
  let held = Buffer.alloc(0);
  return {
    take(seq: number, bytes: Uint8Array) {
      expect(seq).toBeLessThanOrEqual(held.length);
      const fresh = bytes.subarray(Math.min(held.length - seq, bytes.length));
      held = Buffer.concat([held, fresh]);
    },
    bytes: () => held,
  };
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constant('append' as const), count: fc.integer({ min: 0, max: 70 }) }) },
  { weight: 5, arbitrary: fc.record({ does: fc.constant('send' as const), count: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('keep' as const), count: fc.integer({ min: 0, max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('cut' as const), count: fc.integer({ min: 0, max: 60 }) }) },
);

test('law 5: whatever is cut, lost on the wire or repeated, the copy of the gateway is byte-identical', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const outbox = openOutbox({ credit: 64, keep: 128 });
      const gateway = gatewayCopy();
      const written: number[] = [];
      let durable = 0;
      let wire: { seq: number; bytes: Uint8Array }[] = [];
      const land = (count: number) => {
        for (const run of wire.splice(0, count)) gateway.take(run.seq, run.bytes);
      };
      for (const { does, count } of steps) {
        if (does === 'append' && !outbox.full()) {
          const bytes = Uint8Array.from({ length: count }, (_, i) => (written.length + i) % 251);
          written.push(...bytes);
          outbox.append(bytes);
        }
        if (does === 'send') {
          const run = outbox.next(count);
          if (run !== undefined) wire.push({ seq: run.seq, bytes: Uint8Array.from(run.bytes) });
        }
        if (does === 'keep') {
          land(count);
          durable = Math.min(gateway.bytes().length, durable + count);
          expect(outbox.kept(gateway.bytes().length, durable)).toBe(true);
        }
        if (does === 'cut') {
          land(count % (wire.length + 1));
          wire = [];
          expect(outbox.resume(gateway.bytes().length)).toBe(0);
        }
        const { base, sent, end } = outbox.positions();
        expect(base <= sent && sent <= end).toBe(true);
        expect(sent - gateway.bytes().length).toBeLessThanOrEqual(64);
      }
      land(wire.length);
      outbox.resume(gateway.bytes().length);
      for (let run = outbox.next(50); ; run = outbox.next(50)) {
        if (run === undefined) {
          if (gateway.bytes().length === written.length) break;
          expect(outbox.kept(gateway.bytes().length, durable)).toBe(true);
          continue;
        }
        gateway.take(run.seq, run.bytes);
      }
      expect([...gateway.bytes()]).toEqual(written);
      outbox.kept(written.length, written.length);
      expect(outbox.settled()).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('D6 credit bounds what is on the wire, durability bounds what is held, and full eases with room', () => {
  const outbox = openOutbox();
  for (let i = 0; i < 64; i += 1) outbox.append(new Uint8Array(65_536));
  expect(outbox.full()).toBe(true);
  let onWire = 0;
  for (let run = outbox.next(32_768); run !== undefined; run = outbox.next(32_768)) onWire += run.bytes.length;
  expect(onWire).toBe(262_144);
  expect(outbox.kept(262_144, 0)).toBe(true);
  expect(outbox.full()).toBe(true);
  expect(outbox.next(1)).toMatchObject({ seq: 262_144 });
  expect(outbox.kept(262_144, 262_144)).toBe(true);
  expect(outbox.full()).toBe(false);
});

test('an acknowledgement of bytes never written, or durable before received, is impossible and says so', () => {
  const outbox = openOutbox();
  outbox.append(new Uint8Array(10));
  expect(outbox.kept(11, 0)).toBe(false);
  outbox.next(10);
  expect(outbox.kept(5, 6)).toBe(false);
  expect(outbox.kept(10, 10)).toBe(true);
  expect(outbox.kept(3, 3)).toBe(true);
  expect(outbox.positions()).toEqual({ base: 10, sent: 10, end: 10 });
});

test('a gateway restored from an old backup is told how many bytes are gone for good', () => {
  const outbox = openOutbox();
  outbox.append(new Uint8Array(100));
  outbox.next(100);
  outbox.kept(100, 60);
  expect(outbox.resume(40)).toBe(20);
  expect(outbox.next(100)).toMatchObject({ seq: 60 });
});

test('what the gateway turns out to hold already is not sent again', () => {
  const outbox = openOutbox();
  outbox.append(new Uint8Array(100));
  outbox.next(100);
  expect(outbox.resume(10)).toBe(0);
  expect(outbox.kept(70, 10)).toBe(true);
  expect(outbox.next(100)).toMatchObject({ seq: 70 });
});
