// Finds records of the log by what they say, without reading all of it: an index for each segment (audit-index-file.ts), that of the newest one in memory,
// growing as records settle. Segments without one get theirs in the background, in slices with pauses between them, the newest segment first. What has no
// index yet, or none that belongs to its segment, is said to be unread.
//
// Each search looks at the folder anew: a segment that was rewritten, purged or begun meanwhile is seen. Known limits: a segment rewritten at the same size
// with the same last record keeps an index that was not removed; memory is the columns a search needs of a few segments, the index of the newest, and what is
// kept of words (audit-index-words.ts).
import { setImmediate } from 'node:timers/promises';
import type { AuditIndex, Candidates, FoundLine } from '../audit/candidates.ts';
import { type ColumnName, isPlain, unknown, wordsOf } from '../audit/columns.ts';
import type { Log, Settled } from '../audit/commit.ts';
import { glance } from '../audit/glance.ts';
import { indexNameOf, type Segment, segmentOf } from '../audit/log-names.ts';
import { Answers, type Column, type Columns, narrowed, partsAsked } from '../audit/narrow.ts';
import type { QueryNode, Range } from '../audit/query-fields.ts';
import { turnTaker } from '../audit/slices.ts';
import { mayHold } from '../audit/word-filter.ts';
import type { Chance, Clock } from '../ports.ts';
import {
  GrowingColumns,
  type IndexHeader,
  indexFile,
  noneOfThem,
  readAt,
  readCodes,
  readColumn,
  readFilter,
  readIndexHeader,
  readOffsets,
} from './audit-index-file.ts';
import { KeptWords } from './audit-index-words.ts';
import { causeOf, type Disk, type DiskFile, errno } from './disk.ts';
import { maxLineBytes, readLines } from './segments.ts';

/** Longest piece of work in the background, and the pause after it, ms. */
const sliceMs = 4;
const pauseMs = 4;
/** Candidates are read together up to so many, and so many bytes, those between them included. */
const togetherMost = 128;
const togetherBytes = 256 * 1024;
const gapBytes = 16 * 1024;
/** Segments asked at once, where the words of those before said that nothing fits. */
const mostAhead = 7;
/** How often it is looked whether the newest segment was closed, in records. */
const lookEvery = 8192;

export type IndexOptions = {
  readonly disk: Disk;
  readonly chance: Chance;
  readonly clock: Clock;
  readonly folder: string;
  readonly log: Pick<Log, 'settled' | 'onSettled'>;
  /** An index could not be made or kept; searching goes on without it. */
  readonly onTrouble: (cause: string) => void;
};

export interface OpenedIndex extends AuditIndex {
  /** Resolves when every segment there is now has its index, or cannot have one. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** The newest segment: all its records up to `first + columns.count` are in the columns. */
type Growing = {
  readonly segment: Segment;
  columns: GrowingColumns;
  /** Where records begin in the file; fewer than there are, until somebody asks. */
  readonly offsets: number[];
  /** The file was read up to here for them. */
  scanned: number;
};

/** The index of a segment, once it is open. */
type Opened = { file: DiskFile | undefined };

/** Where the line of a record begins: of the n-th of its segment, or of the one behind the last. */
type Begins = (row: number) => number;

/** What is known of a segment, for one query. */
type Source = Omit<Columns, 'first'> & { readonly begins: () => Promise<Begins | undefined> };

/** Begins to index a log in the background. */
export function openAuditIndex(options: IndexOptions): OpenedIndex {
  return new FolderIndex(options);
}

class FolderIndex implements OpenedIndex {
  readonly #options: IndexOptions;
  readonly #state: Log['settled'];
  readonly #stopWatching: () => void;
  readonly #headers = new Map<string, IndexHeader>();
  readonly #kept = new KeptWords();
  /** Segments that cannot be indexed as they are, by their size. */
  readonly #given = new Map<string, number>();
  #growing: Growing | undefined;
  #working: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #sinceLook = 0;

  constructor(options: IndexOptions) {
    this.#options = options;
    this.#state = options.log.settled;
    this.#stopWatching = options.log.onSettled((group) => this.#settled(group));
    this.#work();
  }

  async ready(): Promise<void> {
    this.#work();
    while (this.#working !== undefined) await this.#working;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWatching();
    await this.#working;
  }

  // Making

  #settled(group: readonly Settled[]): void {
    const growing = this.#growing;
    if (growing === undefined) return;
    for (const settled of group) {
      const { seq, ts } = settled.record;
      // Whatever is missed here is read from the file.
      if (seq === growing.segment.first + growing.columns.count) growing.columns.add(ts, wordsOf(settled, this.#state));
    }
    this.#sinceLook += group.length;
    if (this.#sinceLook < lookEvery) return;
    this.#sinceLook = 0;
    this.#work();
  }

  #work(): void {
    this.#again = true;
    this.#working ??= this.#makeAll()
      .catch((error: unknown) => this.#options.onTrouble(causeOf(error)))
      .finally(() => {
        this.#working = undefined;
      });
  }

  async #makeAll(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      const segments = await this.#segments();
      await this.#follow(segments);
      for (const segment of segments.slice(0, -1).toReversed()) {
        if (this.#closed) return;
        await this.#make(segment);
      }
      await this.#sweep(segments);
    }
  }

  /** Those that hold settled records, oldest first. */
  async #segments(): Promise<readonly Segment[]> {
    return this.#of(await this.#options.disk.list(this.#options.folder));
  }

  #of(names: readonly string[]): readonly Segment[] {
    return names.flatMap((name) => segmentOf(name) ?? []).filter(({ first }) => first <= this.#state.seq);
  }

  /** Brings the newest segment into memory; the one that was there gets its file. */
  async #follow(segments: readonly Segment[]): Promise<void> {
    const newest = segments.at(-1);
    if (newest === undefined) return;
    const before = this.#growing;
    if (before?.segment.name !== newest.name) {
      // It is closed: what it holds is complete, and what came after it belongs to the next.
      this.#growing = undefined;
      const next = before === undefined ? undefined : segments.find(({ first }) => first > before.segment.first);
      const most = before === undefined || next === undefined ? 0 : next.first - before.segment.first;
      if (before !== undefined && before.columns.count >= most && most > 0) {
        const [whole, rest] = before.columns.split(most);
        before.columns = whole;
        await this.#write(before).catch((error: unknown) => this.#options.onTrouble(causeOf(error)));
        if (next?.name === newest.name) this.#growing = { segment: newest, columns: rest, offsets: [], scanned: 0 };
      }
      this.#growing ??= { segment: newest, columns: new GrowingColumns(), offsets: [], scanned: 0 };
    }
    const growing = this.#growing;
    if (growing !== undefined) await this.#catchUp(growing);
  }

  /** Reads what of the newest segment is not in its columns yet. */
  async #catchUp(growing: Growing): Promise<void> {
    const next = (): number => growing.segment.first + growing.columns.count;
    while (next() <= this.#state.seq && !this.#closed) {
      const before = next();
      await this.#offsets(growing, growing.columns.count + 1);
      const begin = growing.offsets[growing.columns.count];
      if (begin === undefined) return;
      await this.#read(growing.segment, begin, (line) => {
        if (line.record.seq > this.#state.seq) return false;
        if (line.record.seq === next()) growing.columns.add(line.record.ts, wordsOf(line, this.#state));
        return true;
      });
      if (next() === before) return;
    }
  }

  /** Lines of a segment from a byte on, in slices, until `take` says no or the file ends. Returns the byte behind the last one. */
  async #read(segment: Segment, from: number, take: (line: Settled, at: number) => boolean): Promise<number> {
    const { disk, clock, folder } = this.#options;
    const file = await disk.open(`${folder}/${segment.name}`, 'read');
    try {
      let began = clock.mono();
      for await (const lines of readLines(file, from, await file.size()))
        for (const { bytes, at, complete } of lines) {
          const line = complete ? glance(textOf(bytes)) : undefined;
          if (line === undefined || !take(line, at) || this.#closed) return at;
          from = at + bytes.length + 1;
          if (clock.mono() - began < sliceMs) continue;
          await this.#pause();
          began = clock.mono();
        }
      return from;
    } finally {
      await file.close();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(pauseMs, resolve);
    });
  }

  /** The file of a closed segment, unless there is one that belongs to it. */
  async #make(segment: Segment): Promise<void> {
    const { disk, folder, onTrouble } = this.#options;
    try {
      const file = await disk.open(`${folder}/${segment.name}`, 'read');
      const bytes = await file.size().finally(() => file.close());
      if (this.#given.get(segment.name) === bytes || (await this.#header(segment)) !== undefined) return;
      const columns = new GrowingColumns();
      const offsets: number[] = [];
      const end = await this.#read(segment, 0, (line, at) => {
        if (line.record.seq !== segment.first + columns.count) return false;
        columns.add(line.record.ts, wordsOf(line, this.#state));
        offsets.push(at);
        return true;
      });
      if (this.#closed) return;
      // Damage in the middle of a segment is the business of verify; here it has no index.
      if (end !== bytes || columns.count === 0) this.#given.set(segment.name, bytes);
      else await this.#write({ segment, columns, offsets, scanned: bytes });
    } catch (error) {
      // Purged a moment ago.
      if (errno(error) !== 'ENOENT') onTrouble(`${segment.name}: ${causeOf(error)}`);
    }
  }

  async #write(made: Growing): Promise<void> {
    const { disk, chance, folder } = this.#options;
    const { segment, columns } = made;
    await this.#offsets(made, columns.count);
    const file = await disk.open(`${folder}/${segment.name}`, 'read');
    const bytes = await file.size().finally(() => file.close());
    const hash = await this.#lastHash(segment, made.offsets[columns.count - 1] ?? 0, bytes);
    if (made.offsets.length !== columns.count || made.scanned !== bytes || hash === undefined || bytes > 0xffffffff) return;
    const whole = indexFile(
      { segment: segment.name, bytes, first: segment.first, hash },
      columns,
      Uint32Array.from(made.offsets),
    );
    const path = `${folder}/${indexNameOf(segment)}`;
    const fresh = `${path}.${Buffer.from(chance.bytes(12)).toString('hex')}.tmp`;
    // Not synced: what a power cut leaves of it does not have its sums, and is made anew.
    const out = await disk.open(fresh, 'new');
    try {
      await out.write(whole);
      await out.close();
      await disk.rename(fresh, path);
    } catch (error) {
      await out.close().catch(() => undefined);
      await disk.remove(fresh).catch(() => undefined);
      throw error;
    }
    this.#headers.delete(segment.name);
  }

  async #lastHash(segment: Segment, at: number, end: number): Promise<string | undefined> {
    const { disk, folder } = this.#options;
    const file = await disk.open(`${folder}/${segment.name}`, 'read');
    try {
      const bytes = await file.read(at, Math.min(maxLineBytes, end - at));
      return glance(textOf(bytes.subarray(0, -1)))?.record.hash;
    } finally {
      await file.close();
    }
  }

  /** Finds where records begin, until there are `count` of them or the file ends. */
  async #offsets(growing: Growing, count: number): Promise<void> {
    if (growing.offsets.length >= count && growing.scanned > 0) return;
    const { disk, folder } = this.#options;
    const file = await disk.open(`${folder}/${growing.segment.name}`, 'read');
    try {
      const size = await file.size();
      // Two who ask at once read twice, and note once.
      for await (const lines of readLines(file, growing.scanned, size))
        for (const { at, bytes, complete } of lines)
          if (complete && at === growing.scanned) {
            growing.offsets.push(at);
            growing.scanned = at + bytes.length + 1;
          }
    } finally {
      await file.close();
    }
  }

  /** Removes indexes of segments that are gone, and what a killed writer left. */
  async #sweep(segments: readonly Segment[]): Promise<void> {
    const { disk, folder } = this.#options;
    const wanted = new Set(segments.map(indexNameOf));
    for (const name of await disk.list(folder))
      if (/\.idx(\.[0-9a-f]{24}\.tmp)?$/.test(name) && !wanted.has(name))
        await disk.remove(`${folder}/${name}`).catch(() => undefined);
    for (const name of this.#headers.keys()) if (!segments.some((segment) => segment.name === name)) this.#headers.delete(name);
    this.#kept.only(new Set(this.#headers.values()));
  }

  /** What the index of a segment says of itself, if it belongs to it. */
  async #header(segment: Segment): Promise<IndexHeader | undefined> {
    const { disk, folder } = this.#options;
    const log = await disk.open(`${folder}/${segment.name}`, 'read');
    const bytes = await log.size().finally(() => log.close());
    const known = this.#headers.get(segment.name);
    if (known?.bytes === bytes) return known;
    this.#headers.delete(segment.name);
    const file = await this.#index(segment);
    if (file === undefined) return undefined;
    try {
      const read = await readIndexHeader(file);
      if (read === undefined || read.segment !== segment.name || read.first !== segment.first || read.bytes !== bytes)
        return undefined;
      const offsets = await readOffsets(file, read);
      const hash = offsets === undefined ? undefined : await this.#lastHash(segment, offsets.at(-1) ?? 0, bytes);
      if (hash !== read.hash) return undefined;
      this.#headers.set(segment.name, read);
      return read;
    } finally {
      await file.close();
    }
  }

  async #index(segment: Segment): Promise<DiskFile | undefined> {
    try {
      return await this.#options.disk.open(`${this.#options.folder}/${indexNameOf(segment)}`, 'read');
    } catch (error) {
      if (errno(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  // Finding

  async *find(node: QueryNode, range: Range, newestFirst: boolean): AsyncGenerator<Candidates> {
    const answers = new Answers();
    const names = await this.#options.disk.list(this.#options.folder);
    const segments = this.#of(names);
    const indexed = new Set(names);
    const runs = segments.map((segment, i) => ({ segment, last: (segments[i + 1]?.first ?? Number.POSITIVE_INFINITY) - 1 }));
    const to = Math.min(range.to, this.#state.seq);
    const parts = (newestFirst ? runs.toReversed() : runs)
      .map(({ segment, last }) => ({ segment, from: Math.max(range.from, segment.first), to: Math.min(to, last) }))
      .filter((part) => part.from <= part.to);
    const sources = new Map<Segment, Promise<Source | undefined>>();
    let ahead = 0;
    try {
      for (const [i, { segment, ...part }] of parts.entries()) {
        // Where the last ones had nothing, the next few are asked together.
        for (const next of parts.slice(i, i + 1 + ahead)) {
          if (sources.has(next.segment)) continue;
          if (!indexed.has(indexNameOf(next.segment))) this.#headers.delete(next.segment.name);
          const source = this.#source(next.segment, next, node, answers);
          source.catch(() => undefined);
          sources.set(next.segment, source);
        }
        const source = await sources.get(segment);
        let found = 0;
        for await (const some of this.#findIn(segment, part, node, newestFirst, answers, source)) {
          found += 'unread' in some ? 1 : some.lines.length;
          yield some;
        }
        sources.delete(segment);
        ahead = found > 0 ? 0 : Math.min(mostAhead, ahead * 2 + 1);
      }
    } finally {
      await Promise.allSettled(sources.values());
    }
  }

  async *#findIn(
    segment: Segment,
    part: Range,
    node: QueryNode,
    newestFirst: boolean,
    answers: Answers,
    source: Source | undefined,
  ): AsyncGenerator<Candidates> {
    if (source === undefined) {
      this.#work();
      yield { ...part, unread: true };
      return;
    }
    const end = segment.first + source.count - 1;
    const behind = { from: Math.max(part.from, end + 1), to: part.to };
    // Nothing of a closed segment is behind its index; of the newest, what settled this very moment may be.
    if (newestFirst && behind.from <= behind.to) yield { ...behind, unread: true };
    const inside = { from: part.from, to: Math.min(part.to, end) };
    if (inside.from <= inside.to) {
      const verdict = await narrowed(
        node,
        { ...source, first: segment.first },
        this.#state,
        answers,
        turnTaker(() => this.#options.clock.mono()),
      );
      const rows: number[] = [];
      if (verdict !== 0)
        for (let i = inside.from - segment.first; i <= inside.to - segment.first; i += 1)
          if (typeof verdict === 'number' || verdict[i] !== 0) rows.push(i);
      yield* this.#lines(segment, source.begins, rows, inside, newestFirst);
    }
    if (!newestFirst && behind.from <= behind.to) yield { ...behind, unread: true };
  }

  #source(segment: Segment, part: Range, node: QueryNode, answers: Answers): Promise<Source | undefined> {
    const growing = this.#growing;
    return growing?.segment.name === segment.name ? this.#growingSource(growing, part) : this.#fileSource(segment, node, answers);
  }

  async #growingSource(growing: Growing, part: Range): Promise<Source | undefined> {
    // What the columns hold now is what is answered for, whatever settles meanwhile.
    const { columns } = growing;
    const { count } = columns;
    const at = columns.at.subarray(0, count);
    const span = { from: columns.from, to: columns.to };
    await this.#offsets(growing, Math.min(count, part.to - growing.segment.first + 1));
    if (growing.offsets.length < Math.min(count, part.to - growing.segment.first + 1)) return undefined;
    const column = (name: ColumnName): Column => {
      const { words, codes } = columns.column(name);
      return { words, codes: typeof codes === 'object' ? codes.subarray(0, count) : codes };
    };
    const { offsets, scanned } = growing;
    return { count, at, span, column, begins: async (): Promise<Begins> => (row) => offsets[row] ?? scanned };
  }

  /** The columns a query asks for, and where lines begin; undefined when there is no index that can be believed. */
  async #fileSource(segment: Segment, node: QueryNode, answers: Answers): Promise<Source | undefined> {
    const opened: Opened = { file: undefined };
    try {
      const header = await this.#header(segment);
      if (header === undefined) return undefined;
      const asked = partsAsked(node);
      const columns = new Map<ColumnName, Column>();
      for (const [name, only] of asked.columns) {
        const column = await this.#words(segment, header, opened, name, only);
        if (column === undefined) return this.#disbelieve(segment);
        columns.set(name, column);
      }
      let at: Float64Array | undefined;
      const source = () => ({
        count: header.count,
        at,
        span: { from: header.from, to: header.to },
        column: (name: ColumnName) => columns.get(name),
        begins: () => this.#begins(segment, header),
      });
      // As a rule the words say that nothing of a segment fits: then it is not looked at who said them.
      const turns = turnTaker(() => this.#options.clock.mono());
      if ((await narrowed(node, { ...source(), first: segment.first }, this.#state, answers, turns)) === 0) return source();
      const file = await this.#opened(segment, opened);
      // Where all of it is on one side, its span says so.
      if (asked.at.some(({ from, to }) => (from > header.from && from <= header.to) || (to >= header.from && to < header.to))) {
        at = await readAt(file, header);
        if (at === undefined) return this.#disbelieve(segment);
      }
      for (const [name, column] of columns) {
        const whole = await readCodes(file, header, name, column);
        if (whole === undefined) return this.#disbelieve(segment);
        columns.set(name, whole);
      }
      return source();
    } catch (error) {
      if (errno(error) === 'ENOENT') return undefined;
      throw error;
    } finally {
      await opened.file?.close();
    }
  }

  /** The words of a column, as they are kept or from the file; undefined = damaged. */
  async #words(
    segment: Segment,
    header: IndexHeader,
    opened: Opened,
    name: ColumnName,
    only: ReadonlySet<string> | 'all',
  ): Promise<Column | undefined> {
    const said = header.columns[name];
    if (only !== 'all' && isPlain(name) && said?.filter !== undefined) {
      const known = this.#kept.filter(header, name);
      const filter = known ?? (await readFilter(await this.#opened(segment, opened), header, name));
      if (filter === undefined) return undefined;
      if (known === undefined) this.#kept.keepFilter(header, name, filter);
      if (![...only, unknown].some((word) => mayHold(filter, word))) return noneOfThem;
    }
    const kept = this.#kept.words(header, name);
    if (said !== undefined && kept !== undefined) return { words: kept, codes: said.codes === undefined ? undefined : 'unread' };
    const column = await readColumn(await this.#opened(segment, opened), header, name, only);
    if (column !== undefined && column !== noneOfThem) this.#kept.keepWords(header, name, column.words);
    return column;
  }

  /** The index of a segment, opened once. @throws ENOENT when it is gone. */
  async #opened(segment: Segment, opened: Opened): Promise<DiskFile> {
    opened.file ??= await this.#options.disk.open(`${this.#options.folder}/${indexNameOf(segment)}`, 'read');
    return opened.file;
  }

  async #begins(segment: Segment, header: IndexHeader): Promise<Begins | undefined> {
    const file = await this.#index(segment);
    try {
      const offsets = file === undefined ? undefined : await readOffsets(file, header);
      return offsets === undefined ? undefined : (row) => offsets[row] ?? header.bytes;
    } finally {
      await file?.close();
    }
  }

  async #disbelieve(segment: Segment): Promise<undefined> {
    if (this.#growing?.segment.name === segment.name) this.#growing = undefined;
    this.#headers.delete(segment.name);
    await this.#options.disk.remove(`${this.#options.folder}/${indexNameOf(segment)}`).catch(() => undefined);
    return undefined;
  }

  /** Reads candidates, several at once where they stand near each other. */
  async *#lines(
    segment: Segment,
    begins: () => Promise<Begins | undefined>,
    rows: readonly number[],
    part: Range,
    newestFirst: boolean,
  ): AsyncGenerator<Candidates> {
    const { disk, folder } = this.#options;
    if (rows.length === 0) return yield { ...part, lines: [] };
    const begin = await begins();
    if (begin === undefined) {
      await this.#disbelieve(segment);
      return yield { ...part, unread: true };
    }
    const end = (row: number): number => begin(row + 1);
    const file = await disk.open(`${folder}/${segment.name}`, 'read');
    try {
      let { from, to } = part;
      for (let done = 0; done < rows.length; ) {
        const batch = nextBatch(rows, done, newestFirst, begin, end);
        done += batch.length;
        const low = batch[0] ?? 0;
        const start = begin(low);
        const bytes = await file.read(start, end(batch.at(-1) ?? low) - start);
        const lines: FoundLine[] = [];
        for (const row of batch) {
          const text = textOf(bytes.subarray(begin(row) - start, end(row) - start));
          const seq = segment.first + row;
          // Not the line the index speaks of: the file is another than it was made from.
          if (!isLineOf(text, seq)) {
            await this.#disbelieve(segment);
            this.#work();
            yield { from, to, unread: true };
            return;
          }
          lines.push({ seq, text });
        }
        const first = segment.first + low;
        const last = segment.first + (batch.at(-1) ?? low);
        const all = done >= rows.length;
        if (newestFirst) {
          yield { from: all ? from : first, to, lines: lines.toReversed() };
          to = first - 1;
        } else {
          yield { from, to: all ? to : last, lines };
          from = last + 1;
        }
        await setImmediate();
      }
    } finally {
      await file.close();
    }
  }
}

/** The next rows to read at once, in the order of the file. */
function nextBatch(
  rows: readonly number[],
  done: number,
  newestFirst: boolean,
  begin: (row: number) => number,
  end: (row: number) => number,
): readonly number[] {
  const at = (i: number): number => rows[newestFirst ? rows.length - 1 - i : i] ?? 0;
  const batch = [at(done)];
  for (let i = done + 1; i < rows.length && batch.length < togetherMost; i += 1) {
    const row = at(i);
    const near = batch.at(-1) ?? row;
    const [low, high] = newestFirst ? [row, near] : [near, row];
    const [least, most] = newestFirst ? [row, batch[0] ?? row] : [batch[0] ?? row, row];
    if (begin(high) - end(low) > gapBytes || end(most) - begin(least) > togetherBytes) break;
    batch.push(row);
  }
  return newestFirst ? batch.toReversed() : batch;
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();

/** A whole line that numbers itself so. Cheap, and only against a file that is another: whoever reads the line reads it all. */
const isLineOf = (text: string, seq: number): boolean =>
  text.startsWith('{') && text.indexOf('\n') === text.length - 1 && text.includes(`,"seq":${seq},`);
