// Holds: what somebody ordered to be kept. A record that fits the query of a hold is neither purged nor erased. Pure.

import type { Group } from '../access/group.ts';
import type { Server } from '../access/server.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { Settled } from './commit.ts';
import { parseQuery } from './query.ts';
import type { Hold, State } from './state.ts';
import { rows } from './state.ts';
import { auditRow } from './tell.ts';

/** Which hold keeps a record: its name, or undefined. */
export type Holding = (settled: Settled) => string | undefined;

/** Why a query cannot be one of a hold, or undefined. An empty one holds everything. */
export const holdProblem = (query: string, now: Instant): string | undefined => {
  const parsed = parseQuery(query, now);
  return parsed.ok ? undefined : (parsed.problem.detail ?? 'it is no query');
};

/** The hold on everything, if there is one. */
export const holdsAll = (state: State): Hold | undefined => rows(state.holds).find(({ query }) => query.trim() === '');

/**
 * The holds as they are now. A span such as `since:2h` counts from when the hold was placed; what was removed still has its name. A query that
 * an earlier release took and this one does not read holds everything.
 */
export function holdingOf(state: State): Holding {
  const known = withGone(state);
  const fitting = rows(state.holds).map(({ name, query, at }) => {
    const parsed = parseQuery(query, at);
    return { name, fits: parsed.ok ? parsed.value : () => true };
  });
  return (settled) => {
    if (fitting.length === 0) return undefined;
    const row = auditRow(settled, known);
    return fitting.find(({ fits }) => fits(row))?.name;
  };
}

/** Whether the holds are those that were looked at. */
export const sameHolds = (state: State, looked: ReadonlySet<string>): boolean => {
  const now = Object.keys(state.holds);
  return now.length === looked.size && now.every((id) => looked.has(id));
};

/** With the servers and groups that are gone: who departed has their name everywhere (names.ts), what is gone only while something is held. */
function withGone(state: State): State {
  // Ids in the log were checked when they were read.
  const servers: Record<string, Server> = { ...state.servers };
  const groups: Record<string, Group> = { ...state.groups };
  for (const [id, name] of Object.entries(state.gone ?? {}))
    if (id.startsWith('srv_'))
      servers[id] ??= { id: id as Server['id'], name, labels: {}, addedAt: 0, key: undefined, facts: undefined };
    else groups[id] ??= { id: id as Group['id'], name, members: [], access: [] };
  return { ...state, servers, groups };
}
