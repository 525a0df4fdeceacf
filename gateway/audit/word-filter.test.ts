import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { filterOf, mayHold } from './word-filter.ts';

test('§4d: a filter never says of a word that it is not there when it is', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 20 }), (words) => {
      const filter = filterOf(words);
      expect(words.every((word) => mayHold(filter, word))).toBe(true);
    }),
  );
});

test('§4d: of twenty thousand addresses, ids and names that are not there, a filter takes fewer than three in a hundred for others', () => {
  const address = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
  const id = (i: number): string => `ses_${i.toString(36).padStart(26, 'a')}`;
  for (const word of [address, id]) {
    const filter = filterOf(Array.from({ length: 20_000 }, (_, i) => word(2 * i)));
    expect(filter.length).toBeLessThan(26_000);
    const taken = Array.from({ length: 20_000 }, (_, i) => word(2 * i + 1)).filter((one) => mayHold(filter, one)).length;
    expect(taken).toBeLessThan(600);
  }
});
