// How servers and sessions are ordered and searched.
import type { ServerRow, SessionRow } from '../../gateway/protocol/nouns.ts';
import { byServerName, serverRank, serverSorts, serverText } from '../../gateway/protocol/server-order.ts';
import type { Kind } from './listing.ts';

const natural = new Intl.Collator('en', { numeric: true });
const sessionOrder = { frozen: 0, pending: 1, running: 2, opening: 3, detached: 4, ended: 5 } as const;
const newestFirst = (a: SessionRow, b: SessionRow) => b.startedAt - a.startedAt || natural.compare(a.id, b.id);

/** Haystacks are asked for at every key while one filters; a row is immutable, so its text is made once. */
function remembered<R extends object>(make: (row: R) => string): (row: R) => string {
  const known = new WeakMap<R, string>();
  return (row) => {
    const before = known.get(row);
    if (before !== undefined) return before;
    const text = make(row);
    known.set(row, text);
    return text;
  };
}

export const serverKind: Kind<ServerRow> = {
  sorts: [
    { name: 'name', compare: byServerName },
    ...serverSorts
      .filter((name) => name !== 'name')
      .map((name) => ({
        name,
        compare: (a: ServerRow, b: ServerRow) => serverRank[name](a) - serverRank[name](b) || byServerName(a, b),
      })),
  ],
  haystack: remembered(serverText),
};

export const sessionKind: Kind<SessionRow> = {
  sorts: [
    { name: 'newest', compare: newestFirst },
    { name: 'whose', compare: (a, b) => natural.compare(a.personName, b.personName) || newestFirst(a, b) },
    { name: 'server', compare: (a, b) => natural.compare(a.serverName, b.serverName) || newestFirst(a, b) },
    { name: 'state', compare: (a, b) => sessionOrder[a.state] - sessionOrder[b.state] || newestFirst(a, b) },
    { name: 'bytes', compare: (a, b) => b.bytes - a.bytes || newestFirst(a, b) },
  ],
  haystack: remembered((row) =>
    [row.serverName, row.personName, row.osUser ?? '', row.state, row.tier, row.title, ...row.participants.map((p) => p.name)]
      .join(' ')
      .toLowerCase(),
  ),
};
