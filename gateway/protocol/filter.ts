// What `/` keeps, in the face and in the gateway alike. Words must all occur (any order, any case); `!word` must not. When one plain word occurs nowhere, it is tried fuzzily,
// best match first.
import { Fzf } from 'fzf';

/** Its own types choose between shapes of options by the item's type, which a generic item defeats. */
const Finder = Fzf as unknown as new <R>(
  rows: readonly R[],
  options: { readonly selector: (row: R) => string; readonly casing: 'case-insensitive'; readonly limit: number },
) => { readonly find: (query: string) => readonly { readonly item: R }[] };

/** What a filter says of lower-case text. */
export type Filter = {
  readonly fits: (text: string) => boolean;
  /** The one plain word, which is tried fuzzily when it occurs nowhere. */
  readonly fuzzy: string | undefined;
  /** It keeps everything. */
  readonly all: boolean;
};

export function readFilter(filter: string): Filter {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '!');
  const wanted = words.filter((word) => !word.startsWith('!'));
  const unwanted = words.filter((word) => word.startsWith('!')).map((word) => word.slice(1));
  const [only, ...more] = words;
  return {
    fits: (text) => wanted.every((word) => text.includes(word)) && !unwanted.some((word) => text.includes(word)),
    fuzzy: only === undefined || more.length > 0 || only.startsWith('!') ? undefined : only,
    all: words.length === 0,
  };
}

/** At most this many are found fuzzily: what is further off is none of what was meant. */
const mostFuzzy = 200;

/** Those in whose text the letters of the word occur in this order, best first. */
export function fuzzily<R>(rows: readonly R[], word: string, haystack: (row: R) => string): readonly R[] {
  // The finder looks at every letter of every row, and builds its tables first: rows that cannot be meant never get there.
  const possible = rows.filter((row) => occursInOrder(word, haystack(row)));
  if (possible.length === 0) return possible;
  const finder = new Finder(possible, { selector: haystack, casing: 'case-insensitive', limit: mostFuzzy });
  return finder.find(word).map((found) => found.item);
}

const plain = /^[ -~]*$/;

function occursInOrder(word: string, text: string): boolean {
  // The finder lets an e stand for an é.
  if (!plain.test(text)) return true;
  let from = 0;
  for (const letter of word) {
    const at = text.indexOf(letter, from);
    if (at < 0) return false;
    from = at + letter.length;
  }
  return true;
}

/** Those of `rows` the filter keeps, in their order (fuzzy: best first). `haystack` gives lower-case text. */
export function keepMatching<R>(rows: readonly R[], filter: string, haystack: (row: R) => string): readonly R[] {
  const { all, fits, fuzzy } = readFilter(filter);
  if (all) return rows;
  const kept = rows.filter((row) => fits(haystack(row)));
  return kept.length > 0 || fuzzy === undefined ? kept : fuzzily(rows, fuzzy, haystack);
}
