// The lists of servers and sessions, followed: what makes which row worth telling again.
import type { Settled } from '../audit/commit.ts';
import { rows } from '../audit/state.ts';
import type { ServerId, SessionId } from '../protocol/ids.ts';
import type { ServerRow, SessionRow } from '../protocol/nouns.ts';
import type { ListWindow } from '../protocol/operator.ts';
import type { Connection } from '../relay/connection.ts';
import type { Changed } from '../relay/hub.ts';
import type { Parts } from './call.ts';
import { followRows, type RowsSubscription } from './follow-rows.ts';
import { followServerWindow, serverCore, type WindowSubscription } from './follow-servers.ts';
import { serverRowFor, sessionRowFor } from './rows.ts';

/** Calls back when an event changed who may see what. */
function onAccessChange(parts: Parts, call: () => void): () => void {
  let version = parts.log.settled.accessVersion;
  return parts.log.onSettled(() => {
    if (parts.log.settled.accessVersion === version) return;
    version = parts.log.settled.accessVersion;
    call();
  });
}

/** Calls back with the ids that presence, an event or a change of rights may have changed. */
function watching<Id extends string>(
  parts: Parts,
  changed: (ids: Iterable<Id> | 'all') => void,
  live: (changed: Changed) => ReadonlySet<Id>,
  touched: (event: Settled['event']) => readonly Id[],
): () => void {
  const stops = [
    parts.hub.onChange((now) => {
      if (live(now).size > 0) changed(live(now));
    }),
    onAccessChange(parts, () => changed('all')),
    parts.log.onSettled((group) => {
      const ids = group.flatMap(({ event }) => touched(event));
      if (ids.length > 0) changed(ids);
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

const watchServers = (parts: Parts) => (changed: (ids: Iterable<ServerId> | 'all') => void) =>
  watching(
    parts,
    changed,
    ({ servers }) => servers,
    (event) => (event.type === 'session.started' ? [event.data.server] : endedOn(parts, event)),
  );

/** Without a window, all of them. */
export const followServers = (
  parts: Parts,
  connection: Connection,
  window: ListWindow | undefined,
): RowsSubscription | WindowSubscription =>
  window === undefined
    ? followRows<ServerId, ServerRow>(parts, connection, {
        all: (caller) => rows(parts.log.settled.servers).flatMap((server) => serverRowFor(parts, caller, server) ?? []),
        one: (caller, id) => {
          const server = parts.log.settled.servers[id];
          return server === undefined ? undefined : serverRowFor(parts, caller, server);
        },
        core: serverCore,
        watch: watchServers(parts),
        tell: (whole, changedRows, gone) => connection.push({ type: 'servers.changed', whole, rows: changedRows, gone }),
      })
    : followServerWindow(parts, connection, window, watchServers(parts));

function endedOn(parts: Parts, event: Settled['event']): readonly ServerId[] {
  if (event.type !== 'session.ended') return [];
  const session = parts.log.settled.sessions[event.data.session];
  return session === undefined ? [] : [session.server];
}

/** All of them, in a hurry while somebody looks. */
export const followSessions = (parts: Parts, connection: Connection, window: ListWindow | undefined): RowsSubscription =>
  followRows<SessionId, SessionRow>(
    parts,
    connection,
    {
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
      // An end by idleness moves with every key.
      core: ({ bytes: _bytes, ends, ...core }) => ({ ...core, ends: ends && [ends.reason, Math.floor(ends.at / 60_000)] }),
      watch: (changed) =>
        watching(
          parts,
          changed,
          ({ sessions }) => sessions,
          (event) => ('session' in event.data && event.data.session !== undefined ? [event.data.session] : []),
        ),
      tell: (whole, changedRows, gone) => connection.push({ type: 'sessions.changed', whole, rows: changedRows, gone }),
    },
    window,
  );
