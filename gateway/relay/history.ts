// The history of one live session, from its first byte: every line that left the top of its screen, and the screen below them, by number. Lines are made
// anew from the recording whenever somebody asks (line-walk.ts); held in memory are only places in it. A line keeps its number and, once it has left the
// screen, its text.
//
// Limits: what a program erased before it scrolled away was never a line. A word that runs on over more than one line edge, or over the place of a
// keyframe, is not found.
import type { Clock } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { openFinder } from '../screen/find.ts';
import { blankRow, type Row, rowText } from '../screen/row.ts';
import type { Screen } from '../screen/screen.ts';
import type { LeavingLine } from '../screen/scrolled.ts';
import { openLineIndex } from './line-index.ts';
import { type WalkParts, walkLines } from './line-walk.ts';
import type { Picture } from './picture.ts';

/** A search works this long for one answer, ms; then it says how far it got. */
export const searchMs = 1_000;
/** How long lines that are not on disk yet are waited for: so often, and so long each time, ms. */
const mostWaits = 40;
const waitMs = 30;
/** A gateway that came back counts the lines before it once; an answer waits so long for that, ms. */
const countMs = 20_000;

/** `settled` = lines that have left the screen; those from there to `total` stand on it and may change. */
export type Extent = { readonly total: number; readonly settled: number };
export type Lines = Extent & { readonly from: number; readonly rows: readonly Row[] };
/** `searched` = where nothing is left to look at: lines before it forwards, from it backwards. */
export type Search = { readonly found: number | undefined; readonly searched: number };

export type History = {
  /** A keyframe was recorded. */
  keyframed(position: number): void;
  /** Errors: busy (the lines are being counted). */
  extent(): Promise<Result<Extent>>;
  /** Up to `count` lines from a number on; fewer where there are fewer, or where the rest cannot be read back. Errors: busy, recording-failed. */
  read(from: number, count: number, signal: AbortSignal): Promise<Result<Lines>>;
  /** The first line with that text at or after `from`, or, backwards, the last before it. Errors: busy, recording-failed. */
  find(text: string, from: number, back: boolean, signal: AbortSignal): Promise<Result<Search>>;
  close(): void;
};

export type HistoryParts = Omit<WalkParts, 'index'> & {
  readonly clock: Pick<Clock, 'mono' | 'after'>;
  readonly picture: Pick<Picture, 'scrolled' | 'screen'>;
};

export function openHistory(parts: HistoryParts): History {
  const { clock, picture } = parts;
  const index = openLineIndex();
  const walking: WalkParts = { ...parts, index };
  /** Lines before those that the picture counted. */
  let before: number | undefined = picture.scrolled.since === 0 ? 0 : undefined;
  let counting: Promise<void> | undefined;
  let closed = false;

  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const count = async (): Promise<void> => {
    const { since } = picture.scrolled;
    const stop = (): boolean => closed;
    const { next } = await walkLines(walking, index.at(since), { line: () => true, stop, until: since });
    if (!closed) before = next;
  };
  const counted = async (): Promise<Result<number>> => {
    if (before === undefined) {
      counting ??= count().finally(() => {
        counting = undefined;
      });
      await Promise.race([counting, pause(countMs)]);
    }
    return before === undefined ? refuse('busy', 'the lines of this session are still being counted') : fine(before);
  };
  const extent = async (): Promise<Result<Extent & { readonly below: readonly Row[] }>> => {
    const known = await counted();
    if (!known.ok) return known;
    const settled = known.value + picture.scrolled.lines;
    const below = linesOf(picture.screen());
    return fine({ settled, total: settled + below.length, below });
  };

  /** Calls for the lines from `from` to before `to`, in order, until it says false. Gives the number of the first that did not come. */
  const each = async (
    from: number,
    to: number,
    stop: () => boolean,
    line: (line: number, leaving: LeavingLine) => boolean,
  ): Promise<number> => {
    let next = from;
    let enough = from >= to;
    for (let waits = 0; !enough && !stop() && waits <= mostWaits; waits += 1) {
      // Only what is not on disk yet is missing at the end of the file.
      if (waits > 0) await pause(waitMs);
      const done = await walkLines(walking, index.before(next), {
        line: (number, leaving) => {
          if (number < next) return true;
          next = number + 1;
          enough = !line(number, leaving) || next >= to;
          return !enough;
        },
        stop,
      });
      if (!done.end && !enough) break;
    }
    return next;
  };
  const reading = async <T>(work: () => Promise<Result<T>>): Promise<Result<T>> => {
    try {
      return await work();
    } catch (error) {
      return refuse('recording-failed', error instanceof Error ? error.message : String(error));
    }
  };

  const read: History['read'] = (from, wanted, signal) =>
    reading(async () => {
      const now = await extent();
      if (!now.ok) return now;
      const { total, settled, below } = now.value;
      const first = Math.min(from, total);
      const to = Math.min(first + wanted, total);
      const rows: Row[] = [];
      const above = Math.min(to, settled);
      const got = await each(
        first,
        above,
        () => closed || signal.aborted,
        (_, leaving) => rows.push(leaving.row()) > 0,
      );
      if (got < above && rows.length === 0 && !signal.aborted)
        return refuse('recording-failed', `line ${first + 1} cannot be read back`);
      if (got >= above) rows.push(...below.slice(Math.max(0, first - settled), Math.max(0, to - settled)));
      return fine({ total, settled, from: first, rows });
    });

  const find: History['find'] = (text, from, back, signal) =>
    reading(async () => {
      const now = await extent();
      if (!now.ok) return now;
      const { total, settled, below } = now.value;
      const at = openFinder(text);
      const deadline = clock.mono() + searchMs;
      const stop = (): boolean => closed || signal.aborted || clock.mono() >= deadline;
      let found: number | undefined;
      /** The line before, where this one runs on from it. */
      let carried = '';
      const look = (line: number, own: string, wrapped: boolean, least: number): boolean => {
        const begun = wrapped && line > least ? carried : '';
        const place = at(begun + own);
        carried = own;
        if (place < 0) return false;
        found = place < begun.length ? line - 1 : line;
        return true;
      };
      const onScreen = (first: number, last: number): boolean => {
        const lines = [...below.entries()].filter(([y]) => settled + y >= first && settled + y < last);
        for (const [y, row] of back ? lines.toReversed() : lines) if (look(settled + y, rowText(row), false, first)) return true;
        return false;
      };
      if (!back) {
        const searched = await each(from, settled, stop, (line, { text: own, wrapped }) => !look(line, own(), wrapped, from));
        if (found !== undefined) return fine({ found, searched: found });
        if (searched < settled) return fine({ found, searched });
        return fine({ found: onScreen(from, total) ? found : undefined, searched: total });
      }
      if (onScreen(settled, from)) return fine({ found, searched: found ?? 0 });
      let least = Math.min(from, settled);
      while (least > 0 && found === undefined && !stop()) {
        const { line: first } = index.before(least - 1);
        let last: number | undefined;
        carried = '';
        // A stretch once begun is searched to its end: its last match is the one.
        const whole = (): boolean => closed || signal.aborted;
        await each(first, least, whole, (line, { text: own, wrapped }) => {
          found = undefined;
          if (look(line, own(), wrapped, first)) last = found;
          return true;
        });
        found = last;
        if (whole()) break;
        least = first;
      }
      return fine({ found, searched: found ?? least });
    });

  return {
    keyframed(position) {
      if (before !== undefined) index.add({ seq: position, line: before + picture.scrolled.lines });
    },
    extent: async () => {
      const now = await extent();
      return now.ok ? fine({ total: now.value.total, settled: now.value.settled }) : now;
    },
    read,
    find,
    close: () => {
      closed = true;
    },
  };
}

/** The lines on a screen: of the normal one, down to the cursor or the last that holds something. */
function linesOf(screen: Screen): readonly Row[] {
  const rows = screen.hidden ?? screen.grid;
  const cursor = screen.hidden === undefined ? screen.cursor : screen.saved.normal;
  const blank = blankRow(screen.cols);
  const last = rows.findLastIndex((row) => row !== blank);
  return rows.slice(0, Math.max(cursor.y, last) + 1);
}
