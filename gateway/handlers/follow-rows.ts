// Rows that follow what they show: the whole first, then only differences, and only of what this person may see now (O8). A slow connection is
// waited for, never queued for (R8).
import type { Caller } from '../policy/decision.ts';
import type { Connection } from '../relay/connection.ts';
import type { Parts } from './call.ts';
import { callerOf } from './caller.ts';
import { figuresMs, toldRows } from './told-rows.ts';

/** What a connection was told and is still told, until stopped. */
export type Subscription = { stop: () => void };
/** Told in no hurry while nobody looks (O11). */
export type RowsSubscription = Subscription & { readonly look: (window: { readonly count: number }) => void };

/** Changes are gathered this long before they are told. */
export const gatherMs = 100;
/** Above this many unsent bytes a connection is told nothing more until it has caught up. */
export const behindBytes = 256 * 1024;
const mostInPush = 200;

/**
 * Tells a connection of rows as they change: the whole first, then what differs from what was last told.
 * `all` = every row it may see; `one` = one row, or undefined when it may not see it or it is gone; `core` = what of a row is told at once,
 * where the rest of it are figures.
 */
export function followRows<Id extends string, Row extends { readonly id: Id }>(
  parts: Parts,
  connection: Connection,
  how: {
    readonly all: (caller: Caller) => readonly Row[];
    readonly one: (caller: Caller, id: Id) => Row | undefined;
    readonly core?: (row: Row) => object;
    readonly watch: (changed: (ids: Iterable<Id> | 'all') => void) => () => void;
    readonly tell: (whole: boolean, changed: Row[], gone: Id[]) => void;
  },
  window: { readonly count: number } = { count: 1 },
): RowsSubscription {
  const told = toldRows<Id, Row>(parts.clock, how.core, (ids) => {
    for (const id of ids) dirty.add(id);
    later();
  });
  const dirty = new Set<Id>();
  let everything = true;
  let first = true;
  let stopped = false;
  let callOff: (() => void) | undefined;
  let looked = window.count > 0;

  function tellNow(): void {
    callOff = undefined;
    if (stopped) return;
    if (connection.bufferedBytes > behindBytes) return later();
    const caller = callerOf(parts, connection);
    if (!caller.ok) return;
    const changed: Row[] = [];
    const gone: Id[] = [];
    if (everything) {
      const all = how.all(caller.value);
      const present = new Set(all.map((row) => row.id));
      for (const id of told.ids()) if (!present.has(id)) gone.push(id);
      for (const row of all) if (told.isNews(row)) changed.push(row);
    } else {
      for (const id of dirty) {
        const row = how.one(caller.value, id);
        if (row !== undefined) {
          if (told.isNews(row)) changed.push(row);
        } else if (told.has(id)) gone.push(id);
      }
    }
    for (const id of gone) told.forget(id);
    everything = false;
    dirty.clear();
    if (!first && changed.length === 0 && gone.length === 0) return;
    // In pieces, so that no message outgrows what a client takes.
    for (let at = 0; at === 0 || at < changed.length; at += mostInPush) {
      how.tell(first, changed.slice(at, at + mostInPush), at === 0 ? gone : []);
      first = false;
    }
  }
  function later(): void {
    callOff ??= parts.clock.after(looked || first ? gatherMs : figuresMs, tellNow);
  }

  const stopWatching = how.watch((ids) => {
    if (ids === 'all') everything = true;
    else for (const id of ids) dirty.add(id);
    later();
  });
  queueMicrotask(tellNow);
  return {
    look: ({ count }) => {
      looked = count > 0;
      if (!looked || callOff === undefined) return;
      callOff();
      tellNow();
    },
    stop: () => {
      stopped = true;
      callOff?.();
      told.stop();
      stopWatching();
    },
  };
}
