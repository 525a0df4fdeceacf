// What the wall knows: the sessions in the order they came, which are shown, which is chosen, and what is being typed or said. A value; pure.
import { type Problem, problemSentence } from '../../gateway/protocol/errors.ts';
import { keepMatching } from '../../gateway/protocol/filter.ts';
import type { SessionId } from '../../gateway/protocol/ids.ts';
import type { SessionRow, TerminalSize } from '../../gateway/protocol/nouns.ts';
import { sessionKind } from '../model/row-kinds.ts';
import type { TextField } from '../model/text-field.ts';
import type { Deed } from './deed.ts';
import { type Rect, tileRects, tilesPerPage } from './layout.ts';

export type Entry = {
  readonly row: SessionRow;
  /** Why it is over, for the moment it stays to say so. */
  readonly over: string | undefined;
};

/** A line being typed in the bottom row. */
export type Prompt =
  | { readonly prompt: 'filter'; readonly field: TextField; readonly before: string }
  | {
      readonly prompt: 'words';
      readonly kind: 'freeze' | 'release' | 'kill' | 'extend' | 'lock' | 'mark' | 'message';
      readonly session: SessionId;
      readonly name: string;
      readonly field: TextField;
    }
  | {
      readonly prompt: 'code';
      readonly deed: Deed;
      /** What the proof is for, as the gateway named it. */
      readonly challenge: { readonly action: string; readonly target: string | undefined };
      readonly field: TextField;
      readonly checking: boolean;
      readonly problem: string | undefined;
    };

export type Said = { readonly text: string; readonly tone: 'good' | 'bad' };

export type Wall = {
  readonly entries: readonly Entry[];
  readonly filter: string;
  /** Held by id: tiles come and go under one's eyes. */
  readonly chosen: SessionId | undefined;
  readonly zoomed: boolean;
  readonly prompt: Prompt | undefined;
  readonly said: Said | undefined;
  readonly help: boolean;
  readonly size: TerminalSize;
  readonly readonly: boolean;
  /** What was asked of the gateway and is not answered yet. */
  readonly asked: Deed | undefined;
};

export function beginWall(rows: readonly SessionRow[], size: TerminalSize, readonly: boolean): Wall {
  const empty: Wall = {
    entries: [],
    filter: '',
    chosen: undefined,
    zoomed: false,
    prompt: undefined,
    said: undefined,
    help: false,
    size,
    readonly,
    asked: undefined,
  };
  // Oldest first, so that who comes later stands behind.
  return heard(
    empty,
    rows.toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1)),
    [],
  ).wall;
}

/** Something to look at, or to wait for; nothing has been begun while it is opening. */
const isLive = ({ state }: SessionRow): boolean => state !== 'ended' && state !== 'opening';

/** Rows that changed, and ids that are gone. Gives which of those here are over, and how as far as it is known. */
export function heard(
  wall: Wall,
  rows: readonly SessionRow[],
  gone: readonly SessionId[],
): { readonly wall: Wall; readonly ended: readonly SessionRow[] } {
  const changed = new Map(rows.map((row) => [row.id, row]));
  const ended: SessionRow[] = [];
  const entries = wall.entries.map((entry) => {
    const row = changed.get(entry.row.id);
    changed.delete(entry.row.id);
    if (row === undefined) {
      if (gone.includes(entry.row.id) && entry.over === undefined) ended.push(entry.row);
      return entry;
    }
    if (row.state === 'ended' && entry.over === undefined) ended.push(row);
    return { ...entry, row };
  });
  const came = [...changed.values()].filter(isLive).map((row): Entry => ({ row, over: undefined }));
  return { wall: settle({ ...wall, entries: [...entries, ...came] }, wall), ended };
}

/** A session is over and says so. What its channel said stands above what the list says: it names who, and why. */
export function sayOver(wall: Wall, id: SessionId, sentence: string, fromChannel: boolean): Wall {
  const entries = wall.entries.map((entry) =>
    entry.row.id === id && (fromChannel || entry.over === undefined) ? { ...entry, over: sentence } : entry,
  );
  return { ...wall, entries };
}

/** It has said so long enough. */
export function forget(wall: Wall, id: SessionId): Wall {
  return settle({ ...wall, entries: wall.entries.filter(({ row }) => row.id !== id) }, wall);
}

export const resized = (wall: Wall, size: TerminalSize): Wall => ({ ...wall, size });

export const filtered = (wall: Wall, filter: string): Wall => settle({ ...wall, filter }, wall);

export const saying = (wall: Wall, tone: Said['tone'], text: string): Wall => ({ ...wall, said: { tone, text } });
export const sayingProblem = (wall: Wall, problem: Problem): Wall => saying(wall, 'bad', problemSentence(problem));

/** Entries that the filter keeps, in their order, whatever fits it best. */
export function shownOf({ entries, filter }: Wall): readonly Entry[] {
  if (filter.trim() === '') return entries;
  const kept = new Set(
    keepMatching(
      entries.map(({ row }) => row),
      filter,
      sessionKind.haystack,
    ),
  );
  return entries.filter(({ row }) => kept.has(row));
}

export type Page = {
  /** Counted from 0. */
  readonly number: number;
  readonly pages: number;
  readonly perPage: number;
  readonly entries: readonly Entry[];
  readonly rects: readonly Rect[];
  /** Index of the chosen one on the page. */
  readonly at: number;
};

/** The tiles that stand on the screen: the page with the chosen one, or that one alone. */
export function pageOf(wall: Wall): Page {
  const { cols, rows } = wall.size;
  const shown = shownOf(wall);
  const at = Math.max(0, indexOf(shown, wall.chosen));
  if (wall.zoomed && shown.length > 0) {
    return {
      number: at,
      pages: shown.length,
      perPage: 1,
      entries: shown.slice(at, at + 1),
      rects: tileRects(1, cols, rows),
      at: 0,
    };
  }
  const perPage = tilesPerPage(cols, rows);
  const number = Math.floor(at / perPage);
  const entries = shown.slice(number * perPage, (number + 1) * perPage);
  return {
    number,
    pages: Math.max(1, Math.ceil(shown.length / perPage)),
    perPage,
    entries,
    rects: tileRects(entries.length, cols, rows),
    at: at - number * perPage,
  };
}

export const chosenOf = (wall: Wall): Entry | undefined => {
  const shown = shownOf(wall);
  return shown[Math.max(0, indexOf(shown, wall.chosen))];
};

export const choose = (wall: Wall, entry: Entry | undefined): Wall =>
  entry === undefined ? wall : { ...wall, chosen: entry.row.id };

const indexOf = (shown: readonly Entry[], id: SessionId | undefined): number => shown.findIndex(({ row }) => row.id === id);

/** Keeps the choice on something shown: where it was, when what was chosen is there no more. */
function settle(wall: Wall, before: Wall): Wall {
  const shown = shownOf(wall);
  if (indexOf(shown, wall.chosen) >= 0) return wall;
  const at = Math.max(0, indexOf(shownOf(before), before.chosen));
  const next = shown[Math.min(at, shown.length - 1)];
  return { ...wall, chosen: next?.row.id, zoomed: false };
}
