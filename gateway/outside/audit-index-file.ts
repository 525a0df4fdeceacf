// The index of one segment as a file beside it, `SEGMENT.idx`: a header of JSON, then each column: its words, and for each record the number of one.
// It is made from the log and made anew whenever it does not belong to it; nothing is lost with it. What it says is checked by sums against decay, not
// against malice: who may write here may hide a record from a search, never from `verify`, which does not look here.
//
// Known limit: whoever erases a person removes the index of each segment they change, for addresses are among its words.
import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import { type ColumnName, columnNames, isPlain, unknown } from '../audit/columns.ts';
import type { Column } from '../audit/narrow.ts';
import { filterOf } from '../audit/word-filter.ts';
import { fitJson } from '../protocol/json.ts';
import { count } from '../protocol/nouns.ts';
import type { DiskFile } from './disk.ts';

const magic = 'sallyport-audit-index-1\n';
const headLength = magic.length + 8;
const mostHeader = 64 * 1024;
const mostWords = 256 * 1024 * 1024;

const place = v.strictObject({ at: count, length: count, sum: count });
const header = v.strictObject({
  /** Of the segment it belongs to. */
  segment: v.string(),
  bytes: count,
  first: count,
  count,
  /** Hash of its last record. */
  hash: v.string(),
  from: v.number(),
  to: v.number(),
  at: place,
  offsets: place,
  columns: v.record(
    v.picklist(columnNames),
    v.strictObject({ words: place, codes: v.optional(place), width: v.picklist([2, 4]), filter: v.optional(place) }),
  ),
});
export type IndexHeader = v.InferOutput<typeof header> & { readonly body: number };

/** What is indexed of a run of records, growing as they come. */
export class GrowingColumns {
  count = 0;
  from = Number.POSITIVE_INFINITY;
  to = Number.NEGATIVE_INFINITY;
  at = new Float64Array(1024);
  readonly #words: readonly Map<string, number>[] = columnNames.map(() => new Map());
  #codes: readonly Uint32Array[] = columnNames.map(() => new Uint32Array(1024));

  add(at: number, words: readonly string[]): void {
    if (this.count === this.at.length) this.#grow();
    this.at[this.count] = at;
    this.from = Math.min(this.from, at);
    this.to = Math.max(this.to, at);
    for (const [i, known] of this.#words.entries()) {
      const word = words[i] ?? '?';
      let code = known.get(word);
      if (code === undefined) known.set(word, (code = known.size));
      const codes = this.#codes[i];
      if (codes !== undefined) codes[this.count] = code;
    }
    this.count += 1;
  }

  #grow(): void {
    const at = new Float64Array(this.at.length * 2);
    at.set(this.at);
    this.at = at;
    this.#codes = this.#codes.map((old) => {
      const codes = new Uint32Array(old.length * 2);
      codes.set(old);
      return codes;
    });
  }

  column(name: ColumnName): { readonly words: readonly string[]; readonly codes: Uint32Array | undefined } {
    const i = columnNames.indexOf(name);
    const words = [...(this.#words[i]?.keys() ?? [])];
    return { words, codes: words.length <= 1 ? undefined : this.#codes[i]?.subarray(0, this.count) };
  }

  /** The first so many, and what is left, apart. */
  split(most: number): readonly [GrowingColumns, GrowingColumns] {
    const parts = [new GrowingColumns(), new GrowingColumns()] as const;
    const words = this.#words.map((known) => [...known.keys()]);
    for (let row = 0; row < this.count; row += 1)
      parts[row < most ? 0 : 1].add(
        this.at[row] ?? 0,
        words.map((of, i) => of[this.#codes[i]?.[row] ?? 0] ?? '?'),
      );
    return parts;
  }
}

const bytesOf = (array: Float64Array | Uint32Array | Uint16Array): Buffer =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength);

/** The whole file. `offsets`: where each record begins in the segment. */
export function indexFile(
  of: { readonly segment: string; readonly bytes: number; readonly first: number; readonly hash: string },
  columns: GrowingColumns,
  offsets: Uint32Array,
): Uint8Array {
  const body: Buffer[] = [];
  let at = 0;
  const put = (bytes: Buffer): v.InferOutput<typeof place> => {
    const put = { at, length: bytes.length, sum: crc32(bytes) };
    // Numbers stand where an array of them may begin.
    const filled = Buffer.alloc((8 - (bytes.length % 8)) % 8);
    body.push(bytes, filled);
    at += bytes.length + filled.length;
    return put;
  };
  const says: v.InferOutput<typeof header> = {
    ...of,
    count: columns.count,
    from: columns.from,
    to: columns.to,
    at: put(bytesOf(columns.at.subarray(0, columns.count))),
    offsets: put(bytesOf(offsets)),
    columns: Object.fromEntries(
      columnNames.map((name) => {
        const { words, codes } = columns.column(name);
        const width = words.length < 65_536 ? 2 : 4;
        const placed = put(Buffer.from(JSON.stringify(words)));
        if (codes === undefined) return [name, { words: placed, width }];
        const coded = put(bytesOf(width === 2 ? Uint16Array.from(codes) : Uint32Array.from(codes)));
        const filter = isPlain(name) ? { filter: put(Buffer.from(filterOf(words))) } : {};
        return [name, { words: placed, codes: coded, width, ...filter }];
      }),
    ),
  };
  const text = Buffer.from(JSON.stringify(says));
  const head = Buffer.alloc(headLength);
  head.write(magic);
  head.writeUInt32LE(text.length, magic.length);
  head.writeUInt32LE(crc32(text), magic.length + 4);
  const gap = Buffer.alloc((8 - ((headLength + text.length) % 8)) % 8);
  return Buffer.concat([head, text, gap, ...body]);
}

/** Reads what a file says of itself; undefined when it is none of ours, or damaged. */
export async function readIndexHeader(file: DiskFile): Promise<IndexHeader | undefined> {
  const head = Buffer.from(await file.read(0, headLength));
  if (head.length < headLength || head.subarray(0, magic.length).toString() !== magic) return undefined;
  const length = head.readUInt32LE(magic.length);
  if (length > mostHeader) return undefined;
  const text = Buffer.from(await file.read(headLength, length));
  if (text.length < length || crc32(text) !== head.readUInt32LE(magic.length + 4)) return undefined;
  const read = fitJson(header, text.toString(), mostHeader);
  return read.ok ? { ...read.value, body: Math.ceil((headLength + length) / 8) * 8 } : undefined;
}

async function readPlace(
  file: DiskFile,
  { body }: IndexHeader,
  { at, length, sum }: v.InferOutput<typeof place>,
): Promise<Uint8Array | undefined> {
  if (length > mostWords) return undefined;
  const bytes = await file.read(body + at, length);
  return bytes.length === length && crc32(bytes) === sum ? bytes : undefined;
}

/** Where an array of numbers of that width may stand: in these bytes, or in a copy of them. */
function aligned({ buffer, byteOffset, length }: Uint8Array, width: number): [ArrayBufferLike, number, number] {
  if (byteOffset % width === 0) return [buffer, byteOffset, length / width];
  return [buffer.slice(byteOffset, byteOffset + length), 0, length / width];
}

/** When each record was; undefined = damaged. */
export async function readAt(file: DiskFile, of: IndexHeader): Promise<Float64Array | undefined> {
  const bytes = await readPlace(file, of, of.at);
  return bytes === undefined || bytes.length !== of.count * 8 ? undefined : new Float64Array(...aligned(bytes, 8));
}

/** Where each record begins; undefined = damaged. */
export async function readOffsets(file: DiskFile, of: IndexHeader): Promise<Uint32Array | undefined> {
  const bytes = await readPlace(file, of, of.offsets);
  return bytes === undefined || bytes.length !== of.count * 4 ? undefined : new Uint32Array(...aligned(bytes, 4));
}

const isWords = (value: unknown): value is string[] => Array.isArray(value) && value.every((word) => typeof word === 'string');
/** Where none of the words that matter is in a column: one that nobody asks for. */
export const noneOfThem: Column = { words: ['\0'], codes: undefined };

/** The filter of a column that has one; undefined = damaged. */
export async function readFilter(file: DiskFile, of: IndexHeader, name: ColumnName): Promise<Uint8Array | undefined> {
  const filter = of.columns[name]?.filter;
  return filter === undefined ? undefined : readPlace(file, of, filter);
}

/** The words of a column; `only` = where nothing but these words matters, a column without them is not taken apart. Undefined = damaged. */
export async function readColumn(
  file: DiskFile,
  of: IndexHeader,
  name: ColumnName,
  only: ReadonlySet<string> | 'all',
): Promise<Column | undefined> {
  const column = of.columns[name];
  const text = column === undefined ? undefined : await readPlace(file, of, column.words);
  if (column === undefined || text === undefined) return undefined;
  const plain = Buffer.from(text.buffer, text.byteOffset, text.length);
  if (only !== 'all' && isPlain(name) && ![...only, unknown].some((word) => plain.includes(JSON.stringify(word))))
    return noneOfThem;
  const words: unknown = JSON.parse(plain.toString());
  if (!isWords(words)) return undefined;
  return { words, codes: column.codes === undefined ? undefined : 'unread' };
}

/** The column with its codes; undefined = damaged. */
export async function readCodes(file: DiskFile, of: IndexHeader, name: ColumnName, column: Column): Promise<Column | undefined> {
  const said = of.columns[name];
  if (column.codes !== 'unread') return column;
  const bytes = said?.codes === undefined ? undefined : await readPlace(file, of, said.codes);
  if (said === undefined || bytes === undefined || bytes.length !== of.count * said.width) return undefined;
  return {
    words: column.words,
    codes: said.width === 2 ? new Uint16Array(...aligned(bytes, 2)) : new Uint32Array(...aligned(bytes, 4)),
  };
}
