// Subscriptions: after the first whole picture, only differences, and only of what this person may see now. One cursor per connection
// and topic; a slow connection is waited for, never queued for (R8).

import type { Settled } from '../audit/commit.ts';
import { parseQuery } from '../audit/query.ts';
import { rows } from '../audit/state.ts';
import { auditRow } from '../audit/tell.ts';
import type { Caller } from '../policy/decision.ts';
import { fine, refuse, type Result } from '../protocol/errors.ts';
import type { ServerId, SessionId } from '../protocol/ids.ts';
import type { ServerRow, SessionRow } from '../protocol/nouns.ts';
import type { Connection } from '../relay/connection.ts';
import type { Handler, Parts } from './call.ts';
import { callerOf } from './caller.ts';
import { serverRowFor, sessionRowFor } from './rows.ts';

/** Changes are gathered this long before they are told. */
const gatherMs = 100;
/** Above this many unsent bytes a connection is told nothing more until it has caught up. */
const behindBytes = 256 * 1024;
const auditPage = 200;

type Topic = 'servers' | 'sessions' | 'audit';
type Subscription = { stop: () => void };

export interface Subscriptions {
  readonly subscribe: Handler<'subscribe'>;
  readonly unsubscribe: Handler<'unsubscribe'>;
  close(): void;
}

export function openSubscriptions(parts: Parts): Subscriptions {
  const held = new Map<Connection, Map<Topic, Subscription>>();

  const topicsOf = (connection: Connection): Map<Topic, Subscription> => {
    let topics = held.get(connection);
    if (topics === undefined) {
      topics = new Map();
      held.set(connection, topics);
      const mine = topics;
      connection.onClose(() => {
        for (const subscription of mine.values()) subscription.stop();
        held.delete(connection);
      });
    }
    return topics;
  };

  return {
    async subscribe({ connection, caller }, { topic, after, query }) {
      const topics = topicsOf(connection);
      const begin = (subscription: Result<Subscription>): Result<Record<never, never>> => {
        if (!subscription.ok) return subscription;
        topics.get(topic)?.stop();
        topics.set(topic, subscription.value);
        // The connection went away meanwhile, and with it whoever would have stopped this one.
        if (held.get(connection) !== topics) subscription.value.stop();
        return fine({});
      };
      switch (topic) {
        case 'servers':
          return begin(fine(followServers(parts, connection)));
        case 'sessions':
          return begin(fine(followSessions(parts, connection)));
        case 'audit':
          return begin(await followAudit(parts, connection, caller, after, query));
        default:
          return topic satisfies never;
      }
    },
    async unsubscribe({ connection }, { topic }) {
      const topics = topicsOf(connection);
      topics.get(topic)?.stop();
      topics.delete(topic);
      return fine({});
    },
    close() {
      for (const topics of held.values()) for (const subscription of topics.values()) subscription.stop();
      held.clear();
    },
  };
}

/**
 * Tells a connection of rows as they change: the whole first, then what differs from what was last told.
 * `all` = every row it may see; `one` = one row, or undefined when it may not see it or it is gone.
 */
function followRows<Id extends string, Row extends { readonly id: Id }>(
  parts: Parts,
  connection: Connection,
  how: {
    readonly all: (caller: Caller) => readonly Row[];
    readonly one: (caller: Caller, id: Id) => Row | undefined;
    readonly watch: (changed: (ids: Iterable<Id> | 'all') => void) => () => void;
    readonly tell: (whole: boolean, changed: Row[], gone: Id[]) => void;
  },
): Subscription {
  const told = new Map<Id, string>();
  const dirty = new Set<Id>();
  let everything = true;
  let first = true;
  let stopped = false;
  let callOff: (() => void) | undefined;

  const differing = (row: Row): boolean => {
    const now = JSON.stringify(row);
    if (told.get(row.id) === now) return false;
    told.set(row.id, now);
    return true;
  };

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
      for (const id of told.keys()) if (!present.has(id)) gone.push(id);
      for (const row of all) if (differing(row)) changed.push(row);
    } else {
      for (const id of dirty) {
        const row = how.one(caller.value, id);
        if (row !== undefined) {
          if (differing(row)) changed.push(row);
        } else if (told.has(id)) gone.push(id);
      }
    }
    for (const id of gone) told.delete(id);
    everything = false;
    dirty.clear();
    if (first || changed.length > 0 || gone.length > 0) how.tell(first, changed, gone);
    first = false;
  }
  function later(): void {
    callOff ??= parts.clock.after(gatherMs, tellNow);
  }

  const stopWatching = how.watch((ids) => {
    if (ids === 'all') everything = true;
    else for (const id of ids) dirty.add(id);
    later();
  });
  queueMicrotask(tellNow);
  return {
    stop: () => {
      stopped = true;
      callOff?.();
      stopWatching();
    },
  };
}

/** Calls back when an event changed who may see what. */
function onAccessChange(parts: Parts, call: () => void): () => void {
  let version = parts.log.settled.accessVersion;
  return parts.log.onSettled(() => {
    if (parts.log.settled.accessVersion === version) return;
    version = parts.log.settled.accessVersion;
    call();
  });
}

const followServers = (parts: Parts, connection: Connection): Subscription =>
  followRows<ServerId, ServerRow>(parts, connection, {
    all: (caller) => rows(parts.log.settled.servers).flatMap((server) => serverRowFor(parts, caller, server) ?? []),
    one: (caller, id) => {
      const server = parts.log.settled.servers[id];
      return server === undefined ? undefined : serverRowFor(parts, caller, server);
    },
    watch: (changed) => {
      const stops = [
        parts.hub.onChange(({ servers }) => {
          if (servers.size > 0) changed(servers);
        }),
        onAccessChange(parts, () => changed('all')),
        parts.log.onSettled((group) => {
          const ids = group.flatMap(({ event }) =>
            event.type === 'session.started' ? [event.data.server] : endedOn(parts, event),
          );
          if (ids.length > 0) changed(ids);
        }),
      ];
      return () => stops.forEach((stop) => stop());
    },
    tell: (whole, changedRows, gone) => connection.push({ type: 'servers.changed', whole, rows: changedRows, gone }),
  });

function endedOn(parts: Parts, event: Settled['event']): readonly ServerId[] {
  if (event.type !== 'session.ended') return [];
  const session = parts.log.settled.sessions[event.data.session];
  return session === undefined ? [] : [session.server];
}

const followSessions = (parts: Parts, connection: Connection): Subscription =>
  followRows<SessionId, SessionRow>(parts, connection, {
    // Live ones, and those that ended a short while ago so that an ending is seen, not merely missing.
    all: (caller) =>
      rows(parts.log.settled.sessions).flatMap((session) =>
        session.state !== 'ended' || session.ending.at > parts.clock.now() - 600_000
          ? (sessionRowFor(parts, caller, session) ?? [])
          : [],
      ),
    one: (caller, id) => {
      const session = parts.log.settled.sessions[id];
      return session === undefined ? undefined : sessionRowFor(parts, caller, session);
    },
    watch: (changed) => {
      const stops = [
        parts.hub.onChange(({ sessions }) => {
          if (sessions.size > 0) changed(sessions);
        }),
        onAccessChange(parts, () => changed('all')),
        parts.log.onSettled((group) => {
          const ids = group.flatMap(({ event }) =>
            'session' in event.data && event.data.session !== undefined ? [event.data.session] : [],
          );
          if (ids.length > 0) changed(ids);
        }),
      ];
      return () => stops.forEach((stop) => stop());
    },
    tell: (whole, changedRows, gone) => connection.push({ type: 'sessions.changed', whole, rows: changedRows, gone }),
  });

/** The tail: every event the query fits after the cursor, in order, none left out (M8). */
async function followAudit(
  parts: Parts,
  connection: Connection,
  caller: Caller,
  after: number | undefined,
  query: string | undefined,
): Promise<Result<Subscription>> {
  const allowed = await parts.enforcer.enforce(caller, 'audit.read', { kind: 'workspace' });
  if (!allowed.ok) return allowed;
  const fits = parseQuery(query ?? '', parts.clock.now());
  if (!fits.ok) return fits;
  await parts.log.commit(() => ({
    events: [
      {
        type: 'audit.read',
        outcome: 'ok',
        actor: { kind: 'person', id: caller.person.id, login: caller.login.id, device: caller.device.id },
        data: { query: query ?? '', live: true, ...(after === undefined ? {} : { from: after }) },
        personal: { address: caller.address },
      },
    ],
    answer: undefined,
  }));
  let cursor = Math.min(after ?? parts.log.settled.seq, parts.log.settled.seq);
  let stopped = false;
  let draining = false;
  let callOff: (() => void) | undefined;

  const drainOn = (): void => {
    drain().catch(() => {
      // What the log holds cannot be read. Said to whoever reads; everybody else goes on.
      stopped = true;
      connection.end(refuse('bug', 'the audit log cannot be read').problem);
    });
  };
  async function drain(): Promise<void> {
    if (draining || stopped) return;
    draining = true;
    try {
      while (!stopped && cursor < parts.log.settled.seq) {
        if (connection.bufferedBytes > behindBytes) {
          callOff = parts.clock.after(gatherMs, drainOn);
          return;
        }
        const asking = callerOf(parts, connection);
        if (!asking.ok || parts.enforcer.decide(asking.value, 'audit.read', { kind: 'workspace' }).verdict !== 'allow') {
          stopped = true;
          return;
        }
        const from = cursor;
        const batch: ReturnType<typeof auditRow>[] = [];
        let read = 0;
        for await (const settled of parts.log.read(cursor)) {
          cursor = settled.record.seq;
          read += 1;
          const row = auditRow(settled, parts.log.settled);
          if (fits.ok && fits.value(row)) batch.push(row);
          if (batch.length >= auditPage || read >= 5_000) break;
        }
        if (read === 0) return;
        if (!stopped) connection.push({ type: 'audit.appended', from, head: cursor, rows: batch });
      }
    } finally {
      draining = false;
    }
  }

  const stopWatching = parts.log.onSettled(drainOn);
  queueMicrotask(drainOn);
  return fine({
    stop: () => {
      stopped = true;
      callOff?.();
      stopWatching();
    },
  });
}
