// Lines of rows, made once a row: rows are immutable, so a moved selection makes no line anew.
import { type DependencyList, useMemo } from 'react';
import type { Line } from '../present/span.ts';

/** `make` may depend on nothing but the row and `on`. */
export function useRowLines<R extends object>(make: (row: R) => Line, on: DependencyList): (row: R) => Line {
  return useMemo(() => {
    const known = new WeakMap<R, Line>();
    return (row: R) => {
      const before = known.get(row);
      if (before !== undefined) return before;
      const line = make(row);
      known.set(row, line);
      return line;
    };
  }, on);
}
