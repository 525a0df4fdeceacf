import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SealedLog } from '../../fixtures/sealed-log.ts';
import type { StoredHead } from '../protocol/trail-nouns.ts';
import { HeadFile, headsIn } from './heads-met.ts';

const log = new SealedLog();
for (let n = 0; n < 9; n += 1)
  log.add({ type: 'audit.heartbeat', actor: { kind: 'gateway' }, outcome: 'ok', data: {}, personal: {} });
const other = new SealedLog({ ...new SealedLog(), lines: log.lines });
const any = fc.record({ size: fc.integer({ min: 1, max: 9 }), kind: fc.constantFrom('new', 'old', 'of another chain') });
const headOf = ({ size, kind }: { readonly size: number; readonly kind: string }): StoredHead =>
  kind === 'old' ? log.oldHeadAt(size) : kind === 'new' ? log.headAt(size) : { ...log.headAt(size), chain: other.chain };

test('heads of a file come out as they went in, in the order of their sizes, whatever the order and the kinds in it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(any, { minLength: 1, maxLength: 8 }), async (chosen) => {
      const heads = chosen.map(headOf);
      const file = await headsIn(heads.map((head) => `${JSON.stringify(head)}\n`).join(''), 'kept', true);
      if (!(file instanceof HeadFile)) throw new Error(`line ${file}`);
      const out = Array.from({ length: file.count }, (_, n) => file.head(n));
      expect(out).toEqual(heads.toSorted((a, b) => a.size - b.size));
      expect(out.map(({ size }) => size)).toEqual(out.map((_, n) => file.size(n)));
    }),
    { numRuns: 100 },
  );
});

test('one head laid out over several lines is one; what is none is named by its line', async () => {
  const [head, next] = [log.headAt(3), log.headAt(4)];
  expect(await headsIn(JSON.stringify(head, undefined, 2), 'head.json', false)).toMatchObject({ count: 1 });
  expect(await headsIn('', 'kept', true)).toMatchObject({ count: 0 });
  expect(await headsIn(`${JSON.stringify(head)}\n\n${JSON.stringify(next)}\n`, 'kept', true)).toMatchObject({ count: 2 });
  expect(await headsIn(`${JSON.stringify(head)}\n{"size":4}\n`, 'kept', true)).toBe(2);
  expect(await headsIn('no head\n', 'kept', true)).toBe(1);
  expect(await headsIn('x'.repeat(10_000), 'kept', true)).toBe(1);
});
