// The list of servers, followed through a window (O10): whole while it is short, and beyond that only what somebody looks at. What is told is
// what this person may see now, counts included. The newest window wins; a slow connection is waited for, never queued for (R8).
import type { Caller } from '../policy/decision.ts';
import type { ServerId } from '../protocol/ids.ts';
import type { ServerRow } from '../protocol/nouns.ts';
import type { ListWindow } from '../protocol/operator.ts';
import type { Connection } from '../relay/connection.ts';
import type { Parts } from './call.ts';
import { callerOf } from './caller.ts';
import { gatherMs, type Subscription } from './follow-rows.ts';
import { type ServerSeen, serverRowFor, serverSeenBy } from './rows.ts';
import { type Arranged, arrange, placeOf, serversSeen } from './server-order.ts';
import { figuresMs, type ToldRows, toldRows } from './told-rows.ts';

export type WindowSubscription = Subscription & { readonly look: (window: ListWindow) => void };

/** Up to this many come whole: then everything one does with them is instant, and costs no question. */
export const wholeAtMost = 200;
/** Above this many unsent bytes nothing more is told: the next window may be another one. */
const behindBytes = 32 * 1024;
/** A list whose order changes by itself is told anew this often at most, ms. */
export const calmMs = 1_000;
/** As many rows that are not looked at any more stay told. */
const mostTold = 2_000;

/** All of a row but its figures. When somebody who is away was last seen stays as it is. */
export const serverCore = ({ metrics: _metrics, lastSeenAt: _seen, ...core }: ServerRow): object => core;

type Watch = (changed: (ids: Iterable<ServerId> | 'all') => void) => () => void;

export function followServerWindow(parts: Parts, connection: Connection, window: ListWindow, watch: Watch): WindowSubscription {
  const { clock, log } = parts;
  const told: ToldRows<ServerId, ServerRow> = toldRows(clock, serverCore, (ids) => changed(ids));
  let wanted: ListWindow = window;
  // What is to be told yet: an answer, rows that may have changed, all of them, and who left.
  let asked = true;
  const dirty = new Set<ServerId>();
  let recheck = false;
  const leaving = new Set<ServerId>();

  let seen: readonly ServerSeen[] | undefined;
  let seenVersion = -1;
  let arranged: Arranged | undefined;
  let stale = false;
  let mode: 'whole' | 'window' | undefined;
  let lastOrder = '';
  let lastShown: ReadonlySet<ServerId> = new Set();
  let lastCounts = '';

  let stopped = false;
  let telling = false;
  let again = false;
  const timers = new Map<'gather' | 'calm' | 'figures', () => void>();

  function later(which: 'gather' | 'calm' | 'figures', ms: number): void {
    if (timers.has(which) || stopped) return;
    const callOff = clock.after(ms, () => {
      timers.delete(which);
      if (which === 'figures') stale = true;
      tellOn();
    });
    timers.set(which, callOff);
  }
  function changed(ids: Iterable<ServerId>): void {
    for (const id of ids) dirty.add(id);
    later('gather', gatherMs);
  }

  /** One telling at a time; what happened meanwhile is told next. */
  function tellOn(): void {
    again = true;
    if (telling) return;
    telling = true;
    void (async () => {
      while (again && !stopped) {
        again = false;
        await tell();
      }
      telling = false;
    })();
  }

  async function tell(): Promise<void> {
    if (connection.bufferedBytes > behindBytes) return later('gather', gatherMs);
    const asking = callerOf(parts, connection);
    if (!asking.ok) return;
    const caller = asking.value;
    const { accessVersion } = log.settled;
    if (seen === undefined || seenVersion !== accessVersion) {
      seen = await serversSeen(parts, caller);
      seenVersion = accessVersion;
      arranged = undefined;
      recheck = true;
      if (told.size > 0) {
        const there = new Set<ServerId>(seen.map(({ server }) => server.id));
        for (const id of told.ids()) if (!there.has(id)) leaving.add(id);
      }
    }
    const window = wanted;
    const whole = seen.length <= wholeAtMost;
    if (!whole && window.count > 0) noteMoves(caller);
    const calm = arranged === undefined ? 0 : arranged.at + calmMs - clock.mono();
    if (stale && calm > 0) later('calm', calm);
    const same = arranged?.filter === window.filter && arranged.sort === window.sort;
    if (arranged === undefined || !same || (stale && calm <= 0)) {
      arranged = await arrange(parts, caller, seen, window);
      stale = false;
    }
    if (stopped) return;
    // Another window was asked for meanwhile: that one is answered.
    if (wanted !== window) again = true;
    else if (whole) tellWhole(caller, seen, arranged);
    else tellWindow(caller, seen, arranged);
  }

  const rowOf = (caller: Caller, id: ServerId): ServerRow | undefined => {
    const server = log.settled.servers[id];
    return server === undefined ? undefined : serverRowFor(parts, caller, server);
  };
  const inWindow = ({ order }: Arranged, from: number): ServerId[] =>
    order.slice(from, from + wanted.count).map(({ server }) => server.id);

  /** What is to be told is taken out of what waits. `shown` = who is looked at. */
  function take(now: 'whole' | 'window', shown: readonly ServerId[]) {
    const anew = mode !== now;
    if (anew) {
      told.clear();
      lastShown = new Set();
    }
    mode = now;
    const gone = [...leaving];
    for (const id of gone) told.forget(id);
    const answering = asked;
    const all = anew || recheck;
    const ids = new Set([...dirty, ...(answering ? shown : [])]);
    asked = false;
    recheck = false;
    dirty.clear();
    leaving.clear();
    return { anew, gone, answering, all, ids };
  }

  function tellWhole(caller: Caller, everybody: readonly ServerSeen[], now: Arranged): void {
    const shown = inWindow(now, placeOf(now.order, wanted));
    const looked = new Set(shown);
    // Whoever sorts by a figure wants it of all of them.
    const byFigure = wanted.count > 0 && (wanted.sort === 'load' || wanted.sort === 'seen');
    const { anew, gone, all, ids } = take('whole', shown);
    const candidates = all ? everybody.map(({ server }) => server.id) : [...ids];
    const rows = candidates.flatMap((id) => {
      const row = rowOf(caller, id);
      return row !== undefined && told.isNews(row, byFigure || looked.has(id)) ? [row] : [];
    });
    if (anew || rows.length > 0 || gone.length > 0) connection.push({ type: 'servers.changed', whole: anew, rows, gone });
  }

  function tellWindow(caller: Caller, everybody: readonly ServerSeen[], now: Arranged): void {
    const from = placeOf(now.order, wanted);
    const shown = inWindow(now, from);
    const { anew, gone, answering, all, ids } = take('window', shown);
    // From now on it stays where it is, whoever moves.
    const { near: _near, ...resting } = wanted;
    wanted = { ...resting, from };
    // Who came into the window because others moved was never told of, or has changed unseen.
    const before = lastShown;
    lastShown = new Set(shown);
    const rows = shown.flatMap((id) => {
      if (!all && !ids.has(id) && before.has(id)) return [];
      const row = rowOf(caller, id);
      return row !== undefined && told.isNews(row) ? [row] : [];
    });
    const order = JSON.stringify(shown);
    const counts = `${everybody.length} ${now.order.length} ${from}`;
    const sameOrder = !anew && order === lastOrder;
    if (!answering && sameOrder && counts === lastCounts && rows.length === 0 && gone.length === 0) return;
    lastOrder = order;
    lastCounts = counts;
    connection.push({
      type: 'servers.window',
      number: wanted.number,
      anew,
      total: everybody.length,
      match: now.order.length,
      from,
      ...(sameOrder ? {} : { order: shown }),
      rows,
      gone,
    });
    forgetDistant(lastShown);
  }

  /** Whether what changed elsewhere changes who stands in the window. */
  function noteMoves(caller: Caller): void {
    if (arranged === undefined || (arranged.filter === '' && arranged.sort === 'name')) return;
    for (const id of dirty) {
      const server = log.settled.servers[id];
      const one = server === undefined ? undefined : serverSeenBy(parts, caller, server);
      const moves = one === undefined ? 'no' : arranged.moves(one);
      if (moves === 'now') stale = true;
      else if (moves === 'figure') later('figures', Math.max(0, arranged.at + figuresMs - clock.mono()));
    }
  }

  function forgetDistant(among: ReadonlySet<ServerId>): void {
    for (const id of told.ids()) {
      if (told.size <= mostTold) return;
      if (!among.has(id)) told.forget(id);
    }
  }

  const stopWatching = watch((ids) => changed(ids === 'all' ? [] : ids));
  queueMicrotask(tellOn);
  return {
    look(next) {
      // While nothing of it was looked at, nobody minded who moved.
      if (wanted.count === 0) stale = true;
      wanted = next;
      asked = true;
      tellOn();
    },
    stop() {
      stopped = true;
      for (const callOff of timers.values()) callOff();
      told.stop();
      stopWatching();
    },
  };
}
