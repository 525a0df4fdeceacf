// A filter of words (Bloom): of a word that is not among many it says so, in about a bit more than a byte for each of them. Pure.

const bitsPerWord = 10;
const probes = 5;

/** A Bloom filter of words: of one that is not there it says so, but for about one in a hundred. */
export function filterOf(words: readonly string[]): Uint8Array {
  const filter = new Uint8Array(Math.ceil((words.length * bitsPerWord) / 8) + 8);
  for (const word of words) for (const bit of bitsOf(word, filter)) filter[bit >> 3] = (filter[bit >> 3] ?? 0) | (1 << (bit & 7));
  return filter;
}

/** False = the word is none of those the filter was made of. */
export const mayHold = (filter: Uint8Array, word: string): boolean =>
  bitsOf(word, filter).every((bit) => ((filter[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0);

function bitsOf(word: string, { length }: Uint8Array): readonly number[] {
  let one = 0x811c9dc5;
  let other = 0x9e3779b9;
  for (let i = 0; i < word.length; i += 1) {
    const unit = word.charCodeAt(i);
    one = Math.imul(one ^ unit, 0x01000193);
    other = Math.imul(other ^ unit, 0x85ebca6b) ^ (other >>> 13);
  }
  one = mixed(one);
  other = mixed(other) | 1;
  return Array.from({ length: probes }, (_, i) => ((one + Math.imul(i, other)) >>> 0) % (length * 8));
}

function mixed(of: number): number {
  let mix = Math.imul(of ^ (of >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}
