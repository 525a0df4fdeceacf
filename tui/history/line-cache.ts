// Lines of a history that are here, by number: bounded, those farthest from what is looked at forgotten first. Pure.
import type { Row } from '../../gateway/screen/row.ts';

export const mostLines = 2_000;

export type Span = { readonly from: number; readonly to: number };

export type LineCache = {
  readonly get: (line: number) => Row | undefined;
  /** Lines from a number on. Those from `settled` on may change. */
  readonly put: (from: number, rows: readonly Row[], settled: number) => void;
  /** The first stretch of a span that is not here. */
  readonly missing: (span: Span) => Span | undefined;
  /** What may have changed is asked for anew. */
  readonly refresh: () => void;
  /** Forgets what is too much. */
  readonly trim: (around: number) => void;
  readonly size: () => number;
};

export function openLineCache(most: number = mostLines): LineCache {
  const lines = new Map<number, Row>();
  const unsure = new Set<number>();
  return {
    get: (line) => lines.get(line),
    put: (from, rows, settled) => {
      for (const [at, row] of rows.entries()) {
        const line = from + at;
        lines.set(line, row);
        if (line >= settled) unsure.add(line);
        else unsure.delete(line);
      }
    },
    missing: ({ from, to }) => {
      let first = from;
      while (first < to && lines.has(first)) first += 1;
      let last = first;
      while (last < to && !lines.has(last)) last += 1;
      return first < to ? { from: first, to: last } : undefined;
    },
    refresh: () => {
      for (const line of unsure) lines.delete(line);
      unsure.clear();
    },
    trim: (around) => {
      if (lines.size <= most) return;
      const farthest = [...lines.keys()].toSorted((a, b) => Math.abs(b - around) - Math.abs(a - around));
      for (const line of farthest.slice(0, lines.size - most)) {
        lines.delete(line);
        unsure.delete(line);
      }
    },
    size: () => lines.size,
  };
}
