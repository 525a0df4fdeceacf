import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeFrame, encodeFrame, type Frame, maxFrameBytes } from './frames.ts';

const position = fc.oneof(fc.nat(300), fc.maxSafeNat());
const bytes = fc.uint8Array({ maxLength: 200 });
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ kind: fc.constant('stream' as const), channel: position, seq: position, span: position, bytes }),
  fc.record({ kind: fc.constant('paint' as const), channel: position, seq: position, fresh: fc.boolean(), bytes }),
  fc.record({ kind: fc.constant('input' as const), channel: position, offset: position, bytes }),
  fc.record({ kind: fc.constant('foreseen' as const), channel: position, offset: position, bytes }),
  fc.record({ kind: fc.constant('seen' as const), channel: position, received: position, shown: position }),
  fc.record({ kind: fc.constant('typed' as const), channel: position, offset: position }),
  fc.record({ kind: fc.constant('output' as const), channel: position, seq: position, bytes }),
  fc.record({ kind: fc.constant('kept' as const), channel: position, received: position, durable: position }),
  fc.record({ kind: fc.constant('keys' as const), channel: position, participant: position, offset: position, bytes }),
  fc.record({ kind: fc.constant('applied' as const), channel: position, participant: position, offset: position }),
);

test('[F1] every frame comes back as it was sent', () => {
  fc.assert(
    fc.property(frame, (sent) => {
      expect(decodeFrame(encodeFrame(sent))).toEqual({ ok: true, value: sent });
    }),
  );
});

test('[F2] any bytes at all are a frame or a clear refusal, and a frame has only one spelling', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
      const decoded = decodeFrame(data);
      if (decoded.ok) expect(encodeFrame(decoded.value)).toEqual(data);
      else expect(decoded.problem.code).toBe('bad-frame');
    }),
    { numRuns: 2000 },
  );
});

test('[F2] a frame cut anywhere in its numbers is refused, and a padded number too', () => {
  const whole = encodeFrame({ kind: 'seen', channel: 300, received: 70_000, shown: 70_000 });
  for (let cut = 0; cut < whole.length; cut += 1)
    expect(decodeFrame(whole.subarray(0, cut))).toMatchObject({ ok: false, problem: { code: 'bad-frame' } });
  expect(decodeFrame(new Uint8Array([0x05, 0x81, 0x00, 0x01]))).toMatchObject({ ok: false, problem: { code: 'bad-frame' } });
  expect(decodeFrame(new Uint8Array(maxFrameBytes + 1))).toMatchObject({ ok: false, problem: { code: 'too-large' } });
});
