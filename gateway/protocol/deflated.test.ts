import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDeflated, openDeflater, openInflater } from './deflated.ts';
import { decodeFrame, encodeFrame, maxFrameBytes } from './frames.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const message: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  text,
  fc.tuple(text, fc.nat(300)).map(([piece, times]) => piece.repeat(times)),
  fc.uint8Array({ maxLength: 400 }),
  fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(2_000)).map(([piece, times]) => Buffer.concat(Array(times).fill(piece))),
);

const plainly = (one: string | Uint8Array): string | Buffer => (typeof one === 'string' ? one : Buffer.from(one));

test('[F5] any sequence of messages, some of them sent as they are, comes out as it went in, and none of the small ones is a frame', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 40 }), (messages) => {
      const deflater = openDeflater();
      const inflater = openInflater();
      for (const sent of messages) {
        const small = deflater.deflate(sent);
        if (small === undefined) continue;
        expect(small.length).toBeLessThan(Buffer.byteLength(sent));
        expect(isDeflated(small)).toBe(true);
        expect(decodeFrame(small).ok).toBe(false);
        const back = inflater.inflate(small);
        expect(back.ok && plainly(back.value)).toEqual(plainly(sent));
      }
    }),
  );
});

test('[F5] what went before makes a message smaller, also long after, and a first answer is helped by the common words', () => {
  const deflater = openDeflater();
  const inflater = openInflater();
  const row = (n: number) => `{"id":"srv_${n}","name":"web-${n}","tags":{"role":"web","site":"north"},"online":true}`;
  const sizes: number[] = [];
  for (let n = 1_000; n < 3_000; n += 1) {
    const small = deflater.deflate(row(n));
    sizes.push(small?.length ?? 0);
    expect(small !== undefined && inflater.inflate(small)).toEqual({ ok: true, value: row(n) });
  }
  expect(sizes[0]).toBeLessThan(80);
  expect(Math.max(...sizes.slice(1))).toBeLessThan(24);
});

test('[F5] what is short, huge or already dense goes as it is', () => {
  const { deflate } = openDeflater();
  expect(deflate('x'.repeat(15))).toBe(undefined);
  expect(deflate('x'.repeat(200_000))).toBe(undefined);
  expect(deflate(Uint8Array.from({ length: 1000 }, (_, i) => (i * i * 2_654_435_761) >>> 13))).toBe(undefined);
});

test('[F5, B2] nothing grows beyond a frame, and whatever does not come out is refused, never thrown', () => {
  const bomb = Buffer.concat([Uint8Array.of(0x21), deflateRawSync(Buffer.alloc(maxFrameBytes + 1))]);
  expect(openInflater().inflate(bomb)).toMatchObject({ ok: false, problem: { code: 'bad-frame' } });
  const full = deflateRawSync(Buffer.alloc(maxFrameBytes));
  expect(openInflater().inflate(Buffer.concat([Uint8Array.of(0x20), full]))).toMatchObject({ ok: true });
  fc.assert(
    fc.property(fc.constantFrom(0x20, 0x21, 0x22), fc.uint8Array({ maxLength: 64 }), (kind, data) => {
      const back = openInflater().inflate(Buffer.concat([Uint8Array.of(kind), data]));
      if (!back.ok) expect(back.problem.code).toBe('bad-frame');
      else expect(back.value.length).toBeLessThanOrEqual(maxFrameBytes);
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.nat(1_000), fc.nat(255), (at, byte) => {
      const small = openDeflater().deflate(
        encodeFrame({ kind: 'paint', channel: 1, seq: 0, fresh: true, bytes: Buffer.alloc(500, 'abc') }),
      );
      const broken = Buffer.from(small ?? []);
      broken[1 + (at % (broken.length - 1))] = byte;
      const back = openInflater().inflate(broken);
      if (!back.ok) expect(back.problem.code).toBe('bad-frame');
    }),
  );
});
