// A long list of servers as one person sees it: who is in it, what a filter keeps of it, in which order, and which of that a window shows.
import type { Server } from '../access/server.ts';
import type { Log } from '../audit/commit.ts';
import { inSlices } from '../audit/slices.ts';
import { rows } from '../audit/state.ts';
import type { Caller } from '../policy/decision.ts';
import { fuzzily, readFilter } from '../protocol/filter.ts';
import type { ServerId } from '../protocol/ids.ts';
import type { ListWindow } from '../protocol/operator.ts';
import { byServerName } from '../protocol/server-order.ts';
import type { Parts } from './call.ts';
import { type ServerSeen, serverRankFor, serverSeenBy, serverTextFor } from './rows.ts';

type OrderParts = Pick<Parts, 'log' | 'enforcer' | 'hub' | 'clock'>;

const named = new WeakMap<Log, { readonly version: number; readonly order: readonly Server[] }>();

/** All servers by name: sorted once for everybody, and what changed since is sorted into what is in order already. */
function serversByName(log: Log): readonly Server[] {
  const { servers, accessVersion: version } = log.settled;
  const had = named.get(log);
  if (had?.version === version) return had.order;
  const before = had?.order ?? [];
  const known = new Set<string>(before.map(({ id }) => id));
  const stayed = before.flatMap(({ id }) => servers[id] ?? []);
  const order = [...stayed, ...rows(servers).filter(({ id }) => !known.has(id))].sort(byServerName);
  named.set(log, { version, order });
  return order;
}

/** The servers the caller may see, by name. */
export const serversSeen = (parts: OrderParts, caller: Caller): Promise<ServerSeen[]> =>
  inSlices(
    serversByName(parts.log),
    (server) => serverSeenBy(parts, caller, server),
    () => parts.clock.mono(),
  );

/** Those that a filter keeps, in an order, as of a moment. */
export type Arranged = {
  readonly filter: string;
  readonly sort: ListWindow['sort'];
  /** Monotonic ms. */
  readonly at: number;
  readonly order: readonly ServerSeen[];
  /**
   * What a change of this server does to the list: nothing, another place or none at all, or a place by a figure that grows all the time
   * (told in no hurry).
   */
  readonly moves: (server: ServerSeen) => 'no' | 'now' | 'figure';
};

export async function arrange(
  parts: OrderParts,
  caller: Caller,
  seen: readonly ServerSeen[],
  { filter, sort }: Pick<ListWindow, 'filter' | 'sort'>,
): Promise<Arranged> {
  const mono = () => parts.clock.mono();
  const text = (server: ServerSeen): string => serverTextFor(parts, server);
  const rankOf = (server: ServerSeen): number => serverRankFor(parts, caller, sort, server);
  const { all, fits, fuzzy } = readFilter(filter);
  const at = mono();

  const kept = all ? seen : await inSlices(seen, (server) => (fits(text(server)) ? server : undefined), mono);
  const distant = kept.length === 0 && fuzzy !== undefined;
  // What was found fuzzily gives way to the first that fits.
  const members = all ? undefined : new Set<ServerId>(kept.map(({ server }) => server.id));

  // By name they are already; the rest is sorted by one number, in which equals stay by name.
  const among = distant ? seen : kept;
  const ranks = sort === 'name' ? undefined : new Map<ServerId, number>(among.map((one) => [one.server.id, rankOf(one)]));
  const of = (one: ServerSeen): number => ranks?.get(one.server.id) ?? 0;
  const sorted = ranks === undefined ? among : among.toSorted((a, b) => of(a) - of(b));
  const order = distant ? fuzzily(sorted, fuzzy, text) : sorted;

  return {
    filter,
    sort,
    at,
    order,
    moves(one) {
      if (members !== undefined && members.has(one.server.id) !== fits(text(one))) return 'now';
      const had = ranks?.get(one.server.id);
      if (had === undefined || had === rankOf(one)) return 'no';
      return sort === 'load' || sort === 'seen' ? 'figure' : 'now';
    },
  };
}

/** Where a window begins: around the row it is to have, or where it was asked to; never past the end. */
export function placeOf(order: readonly ServerSeen[], { from, count, near }: ListWindow): number {
  const at = near === undefined ? -1 : order.findIndex(({ server }) => server.id === near.id);
  const wanted = at < 0 || near === undefined ? from : at - near.above;
  return Math.max(0, Math.min(wanted, order.length - count));
}
