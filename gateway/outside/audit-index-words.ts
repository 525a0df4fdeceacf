// What is kept in memory of the words in the indexes of closed segments, so that a search passes by a segment without reading: the filter
// of a column, which says of a word that it is not there; and of columns with few words, where more than one word is asked about, the words themselves,
// as numbers of a book that all segments share.
//
// Bounded: as many words a column as `mostInBook`, as many bytes of numbers and filters as `mostBytes` (16 MB; 91 segments of 55,000 records take about
// 10). What finds no room is read from its file each time.
import type { ColumnName } from '../audit/columns.ts';
import type { IndexHeader } from './audit-index-file.ts';

/** Of the words that all segments share, a column. */
const mostInBook = 32_768;
/** Of one segment. */
const mostInColumn = 4_096;
/** Characters: longer words are no names of things. */
const longest = 96;
const mostBytes = 16 * 1024 * 1024;

type Kept = { readonly numbers: Uint32Array } | { readonly filter: Uint8Array };

/** Of the index with this very header: one that was read anew is another. */
export class KeptWords {
  readonly #books = new Map<ColumnName, { readonly numbers: Map<string, number>; readonly words: string[] }>();
  #kept = new Map<IndexHeader, Map<ColumnName, Kept>>();
  #bytes = 0;

  words(header: IndexHeader, column: ColumnName): readonly string[] | undefined {
    const kept = this.#kept.get(header)?.get(column);
    if (kept === undefined || !('numbers' in kept)) return undefined;
    const book = this.#books.get(column)?.words ?? [];
    return Array.from(kept.numbers, (number) => book[number] ?? '?');
  }

  filter(header: IndexHeader, column: ColumnName): Uint8Array | undefined {
    const kept = this.#kept.get(header)?.get(column);
    return kept !== undefined && 'filter' in kept ? kept.filter : undefined;
  }

  keepWords(header: IndexHeader, column: ColumnName, words: readonly string[]): void {
    if (words.length > mostInColumn || this.#bytes + words.length * 4 > mostBytes) return;
    const book = this.#books.get(column) ?? { numbers: new Map<string, number>(), words: [] };
    const fresh = words.filter((word) => !book.numbers.has(word));
    if (book.words.length + fresh.length > mostInBook || fresh.some((word) => word.length > longest)) return;
    this.#books.set(column, book);
    for (const word of fresh) book.numbers.set(word, book.words.push(word) - 1);
    this.#keep(header, column, { numbers: Uint32Array.from(words, (word) => book.numbers.get(word) ?? 0) });
  }

  keepFilter(header: IndexHeader, column: ColumnName, filter: Uint8Array): void {
    // A copy: what is read together stays together otherwise.
    if (this.#bytes + filter.length <= mostBytes) this.#keep(header, column, { filter: Uint8Array.from(filter) });
  }

  #keep(header: IndexHeader, column: ColumnName, kept: Kept): void {
    const known = this.#kept.get(header) ?? new Map<ColumnName, Kept>();
    if (known.has(column)) return;
    known.set(column, kept);
    this.#kept.set(header, known);
    this.#bytes += bytesOf(kept);
  }

  /** Only what these indexes hold is kept on; where others are gone, their words are, too. */
  only(headers: ReadonlySet<IndexHeader>): void {
    if ([...this.#kept.keys()].every((header) => headers.has(header))) return;
    this.#kept = new Map();
    this.#books.clear();
    this.#bytes = 0;
  }
}

const bytesOf = (kept: Kept): number => ('numbers' in kept ? kept.numbers.byteLength : kept.filter.byteLength);
