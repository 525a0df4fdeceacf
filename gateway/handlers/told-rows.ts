// What a connection was told of each row, and what of a row is worth telling again, and when.
import type { Clock } from '../ports.ts';

/** Figures that grow all the time are told this often, ms: sixteen busy sessions would otherwise cost a slow line more than their pictures (M6). */
export const figuresMs = 30_000;

export interface ToldRows<Id extends string, Row> {
  /**
   * True when a row says something that was not told: from then on it counts as told. A row of which only figures differ waits until
   * {@link figuresMs} after the last; where they are not `wanted` they wait until something else differs.
   */
  isNews(row: Row, wanted?: boolean): boolean;
  has(id: Id): boolean;
  ids(): IterableIterator<Id>;
  readonly size: number;
  forget(id: Id): void;
  clear(): void;
  stop(): void;
}

/** `core` = what of a row is told at once, where the rest of it are figures; `due` is called with the rows whose figures have waited long enough. */
export function toldRows<Id extends string, Row extends { readonly id: Id }>(
  clock: Pick<Clock, 'mono' | 'after'>,
  core: ((row: Row) => object) | undefined,
  due: (ids: readonly Id[]) => void,
): ToldRows<Id, Row> {
  const told = new Map<Id, string>();
  /** The core of a row as it was last told, and when. */
  const cores = new Map<Id, { readonly core: string; readonly at: number }>();
  const held = new Set<Id>();
  let callOff: (() => void) | undefined;

  /** Nothing but figures differs, and some were told a short while ago, or nobody wants them. */
  function onlyFigures(row: Row, wanted: boolean): boolean {
    if (core === undefined) return false;
    const at = clock.mono();
    const now = JSON.stringify(core(row));
    const before = cores.get(row.id);
    if (before?.core !== now || (wanted && at - before.at >= figuresMs)) {
      cores.set(row.id, { core: now, at });
      return false;
    }
    if (wanted) wait(row.id, figuresMs - (at - before.at));
    return true;
  }
  function wait(id: Id, ms: number): void {
    held.add(id);
    callOff ??= clock.after(ms, () => {
      callOff = undefined;
      const ids = [...held];
      held.clear();
      due(ids);
    });
  }

  return {
    isNews(row, wanted = true) {
      const now = JSON.stringify(row);
      if (told.get(row.id) === now || onlyFigures(row, wanted)) return false;
      told.set(row.id, now);
      return true;
    },
    has: (id) => told.has(id),
    ids: () => told.keys(),
    get size() {
      return told.size;
    },
    forget(id) {
      told.delete(id);
      cores.delete(id);
    },
    clear() {
      told.clear();
      cores.clear();
    },
    stop() {
      callOff?.();
    },
  };
}
