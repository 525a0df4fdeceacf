import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openInbox } from './inbox.ts';

test('law 5: input cut, repeated and overlapping reaches the shell once and in order', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(fc.tuple(fc.nat(60), fc.nat(20)), { maxLength: 60 }),
      (typed, runs) => {
        const inbox = openInbox();
        const applied: number[] = [];
        const give = (from: number, count: number) => {
          const verdict = inbox.judge(1, from, typed.subarray(from, from + count));
          if (verdict.verdict !== 'apply') return verdict;
          applied.push(...verdict.bytes);
          inbox.took(1, verdict.bytes.length);
          return verdict;
        };
        for (const [from, count] of runs) {
          const start = Math.min(from, typed.length);
          const verdict = give(start, count);
          if (verdict.verdict === 'gap') expect(verdict.expected).toBe(applied.length);
        }
        give(applied.length, typed.length);
        expect(applied).toEqual([...typed]);
      },
    ),
  );
});

test('each participant has numbers of its own, and a refused run is not counted', () => {
  const inbox = openInbox();
  expect(inbox.judge(1, 0, Uint8Array.of(7))).toMatchObject({ verdict: 'apply' });
  expect(inbox.judge(1, 0, Uint8Array.of(7))).toMatchObject({ verdict: 'apply' });
  inbox.took(1, 1);
  expect(inbox.judge(1, 0, Uint8Array.of(7))).toEqual({ verdict: 'known' });
  expect(inbox.judge(2, 0, Uint8Array.of(9))).toMatchObject({ verdict: 'apply' });
  expect(inbox.judge(2, 5, Uint8Array.of(9))).toEqual({ verdict: 'gap', expected: 0 });
  expect(inbox.offsets()).toEqual([{ participant: 1, offset: 1 }]);
});

test('a peer that invents participants without end is stopped', () => {
  const inbox = openInbox();
  for (let i = 0; i < 1_024; i += 1) inbox.took(i, 1);
  expect(inbox.judge(1_024, 0, Uint8Array.of(1))).toEqual({ verdict: 'too-many' });
});
