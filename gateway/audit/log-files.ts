// The files of a log in the order in which they are verified: its segments, each after its manifest, and manifests alone where a segment was
// purged. Where the files are is the business of who asks. Pure.
import { manifestNameOf, type Segment, segmentOf, segmentOfManifest } from './log-names.ts';

/** One line of the log without its newline. `complete` = it had one. */
export type LogLine = { readonly bytes: Uint8Array | string; readonly complete: boolean };
/** A segment begins at record `first`: its manifest, when there is one, and whether its lines follow. */
export type SegmentBegins = { readonly first: number; readonly manifest: string | undefined; readonly present: boolean };
export type LogPiece = readonly LogLine[] | SegmentBegins;

/** A folder that holds a log. */
export interface LogFiles {
  names(): Promise<readonly string[]>;
  /** A small file, whole. Undefined when it is not there. */
  text(name: string): Promise<string | undefined>;
  /** The bytes of a file, as many as it has now. Undefined when it is not there. */
  bytes(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Whether somebody is writing the end of this file, of which so many bytes were read. */
  isWritten?(name: string, read: number): Promise<boolean>;
}

/** The log changed under its reader as only a purge changes it: read it again from the beginning. */
export class LogMoved extends Error {}

/** Whether there is a log among these names. */
export const holdsLog = (names: readonly string[]): boolean =>
  names.some((name) => (segmentOf(name) ?? segmentOfManifest(name)) !== undefined);

/** @throws LogMoved */
export async function* piecesOf(files: LogFiles): AsyncGenerator<LogPiece> {
  // Manifests before segments: the key of a manifest begins in a segment that is there when the manifest is.
  const described = named(await files.names(), segmentOfManifest);
  const there = named(await files.names(), segmentOf);
  const newest = [...there.keys()].toSorted().at(-1);
  const all = [...new Map([...described, ...there]).values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, first } of all) {
    const present = there.has(name);
    const manifest = described.has(name) ? await files.text(manifestNameOf({ name })) : undefined;
    if (present || manifest !== undefined) yield { first, manifest, present };
    if (present) yield* linesOfFile(files, name, name === newest);
  }
}

/** The segments that names stand for, by their own. */
const named = (names: readonly string[], of: (name: string) => Segment | undefined): ReadonlyMap<string, Segment> =>
  new Map(
    names.flatMap((name) => {
      const segment = of(name);
      return segment === undefined ? [] : [[segment.name, segment] as const];
    }),
  );

async function* linesOfFile(files: LogFiles, name: string, newest: boolean): AsyncGenerator<readonly LogLine[]> {
  const bytes = await files.bytes(name);
  if (bytes === undefined) throw new LogMoved(`${name} was purged while it was read`);
  const counted = { read: 0 };
  for await (const lines of linesOf(counting(bytes, counted))) {
    const cut = lines.at(-1)?.complete === false;
    const written = cut && newest && (await files.isWritten?.(name, counted.read)) === true;
    yield written ? lines.slice(0, -1) : lines;
  }
}

async function* counting(bytes: AsyncIterable<Uint8Array>, counted: { read: number }): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    counted.read += piece.length;
    yield piece;
  }
}

/** A line longer than this is none of ours. */
const mostLineBytes = 4 * 1024 * 1024;

/** Lines in batches. What stands after the last newline comes last, with `complete: false`. Memory: one piece and one line, of `most` bytes. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>, most = mostLineBytes): AsyncGenerator<readonly LogLine[]> {
  let carried: Uint8Array = new Uint8Array();
  for await (const piece of bytes) {
    const all = carried.length === 0 ? piece : Buffer.concat([carried, piece]);
    const lines: LogLine[] = [];
    let start = 0;
    for (let end = all.indexOf(0x0a); end !== -1; end = all.indexOf(0x0a, start)) {
      lines.push({ bytes: all.subarray(start, end), complete: true });
      start = end + 1;
    }
    carried = all.subarray(start);
    if (lines.length > 0) yield lines;
    if (carried.length > most) break;
  }
  if (carried.length > 0) yield [{ bytes: carried, complete: false }];
}
