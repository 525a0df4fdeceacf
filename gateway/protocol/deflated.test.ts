import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deflated, deflatedKind, inflated } from './deflated.ts';
import { decodeFrame, maxFrameBytes } from './frames.ts';

test('[F5] a message made smaller comes out as it was, text as text and bytes as bytes, and is no frame', () => {
  const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).map((piece) => piece.repeat(40));
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((piece) => Buffer.concat(Array<Uint8Array>(30).fill(piece)));
  fc.assert(
    fc.property(fc.oneof(texts, bytes), (message) => {
      const small = deflated(message);
      if (small === undefined) return;
      expect(small.length).toBeLessThan(Buffer.byteLength(message));
      const back = inflated(small);
      expect(back.ok && (typeof message === 'string' ? back.value : Buffer.from(back.value))).toEqual(
        typeof message === 'string' ? message : Buffer.from(message),
      );
      expect(decodeFrame(small).ok).toBe(false);
    }),
  );
});

test('[F5] what is short, huge or already dense goes as it is', () => {
  expect(deflated('x'.repeat(100))).toBe(undefined);
  expect(deflated('x'.repeat(100_000))).toBe(undefined);
  expect(deflated(Uint8Array.from({ length: 1000 }, (_, i) => (i * i * 2_654_435_761) >>> 13))).toBe(undefined);
});

test('[F5, B2] nothing grows beyond a frame, and whatever does not come out is refused', () => {
  const bomb = Buffer.concat([Uint8Array.of(deflatedKind, 1), deflateRawSync(Buffer.alloc(maxFrameBytes + 1))]);
  expect(inflated(bomb)).toMatchObject({ ok: false, problem: { code: 'bad-frame' } });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
      const back = inflated(Buffer.concat([Uint8Array.of(deflatedKind), data]));
      if (!back.ok) expect(back.problem.code).toBe('bad-frame');
    }),
  );
});
