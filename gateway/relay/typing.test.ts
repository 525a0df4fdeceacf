import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { inputWindowBytes, openTyping } from './typing.ts';

test('[law 5] keys sent again after cuts reach the line once and in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ back: fc.nat(20), length: fc.integer({ min: 1, max: 20 }) }), { maxLength: 40 }),
      (sends) => {
        const typing = openTyping();
        let handed = 0;
        for (const { back, length } of sends) {
          const offset = Math.max(0, handed - back);
          const run = typing.take(3, offset, new Uint8Array(length));
          if (run === undefined || run === 'over') {
            expect(offset + length).toBeLessThanOrEqual(handed);
            continue;
          }
          expect(run.offset).toBe(handed);
          handed += run.bytes.length;
          expect(handed).toBe(offset + length);
        }
      },
    ),
  );
});

test('a gap is not handed on, and what a lost line took is taken again from what was applied', () => {
  const typing = openTyping();
  expect(typing.take(1, 5, new Uint8Array(1))).toBe(undefined);
  typing.take(1, 0, new Uint8Array(10));
  typing.applied(1, 4);
  typing.rewind();
  expect(typing.take(1, 4, new Uint8Array(6))).toMatchObject({ offset: 4, bytes: { length: 6 } });
  typing.applied(1, 2);
  expect(typing.appliedUpTo(1)).toBe(4);
});

test('a client that never waits for a confirmation is found out', () => {
  const typing = openTyping();
  typing.take(1, 0, new Uint8Array(inputWindowBytes));
  expect(typing.take(1, inputWindowBytes, new Uint8Array(1))).toBe('over');
  typing.applied(1, 1);
  expect(typing.take(1, inputWindowBytes, new Uint8Array(1))).toMatchObject({ offset: inputWindowBytes });
});
