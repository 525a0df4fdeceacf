// What `/` keeps. Words must all occur (any order, any case); `!word` must not. When one plain word occurs nowhere, it is tried fuzzily,
// best match first.
import { Fzf } from 'fzf';

/** Its own types choose between shapes of options by the item's type, which a generic item defeats. */
const Finder = Fzf as unknown as new <R>(
  rows: readonly R[],
  options: { readonly selector: (row: R) => string; readonly casing: 'case-insensitive'; readonly limit: number },
) => { readonly find: (query: string) => readonly { readonly item: R }[] };

/** Those of `rows` the filter keeps, in their order (fuzzy: best first). `haystack` gives lower-case text; it is asked once a row and call. */
export function keepMatching<R>(rows: readonly R[], filter: string, haystack: (row: R) => string): readonly R[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '!');
  if (words.length === 0) return rows;
  const wanted = words.filter((word) => !word.startsWith('!'));
  const unwanted = words.filter((word) => word.startsWith('!')).map((word) => word.slice(1));
  const kept = rows.filter((row) => {
    const text = haystack(row);
    return wanted.every((word) => text.includes(word)) && !unwanted.some((word) => text.includes(word));
  });
  const [only, ...more] = words;
  if (kept.length > 0 || only === undefined || more.length > 0 || only.startsWith('!')) return kept;
  return new Finder(rows, { selector: haystack, casing: 'case-insensitive', limit: 200 }).find(only).map((found) => found.item);
}
