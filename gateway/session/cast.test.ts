import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeKeyframe, decodeNote, decodeSize, encodeKeyframe, encodeNote, encodeSize } from './cast.ts';

test('[D13] sizes, keyframes and notes come back as they went in', () => {
  fc.assert(
    fc.property(fc.nat(65_535), fc.nat(65_535), fc.uint8Array(), (cols, rows, painted) => {
      expect(decodeSize(encodeSize({ cols, rows }))).toEqual({ cols, rows });
      const keyframe = decodeKeyframe(encodeKeyframe({ cols, rows }, painted));
      expect(keyframe?.size).toEqual({ cols, rows });
      expect(keyframe?.painted).toEqual(painted);
    }),
  );
  const note = { did: 'typed', ordinal: 3, offset: 7, length: 2 } as const;
  expect(decodeNote(encodeNote(note))).toEqual(note);
});

test('what is no frame of ours is nothing, never a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      decodeNote(bytes);
      if (bytes.length < 4) expect(decodeKeyframe(bytes)).toBe(undefined);
    }),
  );
});
