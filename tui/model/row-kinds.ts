// How servers and sessions are ordered and searched.
import type { ServerRow, SessionRow } from '../../gateway/protocol/nouns.ts';
import type { Kind } from './listing.ts';

const natural = new Intl.Collator('en', { numeric: true });
const byName = (a: ServerRow, b: ServerRow) => natural.compare(a.name, b.name);
const stateOrder = { online: 0, offline: 1, 'never-seen': 2 } as const;
const tierOrder = { critical: 0, important: 1, normal: 2 } as const;
const levelOrder = { full: 0, terminal: 1, 'read-only': 2, none: 3 } as const;
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
    { name: 'name', compare: byName },
    { name: 'state', compare: (a, b) => stateOrder[a.state] - stateOrder[b.state] || byName(a, b) },
    { name: 'tier', compare: (a, b) => tierOrder[a.tier] - tierOrder[b.tier] || byName(a, b) },
    { name: 'level', compare: (a, b) => levelOrder[a.level] - levelOrder[b.level] || byName(a, b) },
    { name: 'load', compare: (a, b) => (b.metrics?.load100 ?? -1) - (a.metrics?.load100 ?? -1) || byName(a, b) },
    { name: 'sessions', compare: (a, b) => b.liveSessions - a.liveSessions || byName(a, b) },
    { name: 'seen', compare: (a, b) => (b.lastSeenAt ?? 0) - (a.lastSeenAt ?? 0) || byName(a, b) },
  ],
  haystack: remembered((row) =>
    [
      row.name,
      ...Object.entries(row.labels).map(([key, value]) => `${key}=${value}`),
      ...row.groups,
      row.tier,
      row.level,
      row.state,
      row.facts?.os ?? '',
      row.facts?.hostname ?? '',
    ]
      .join(' ')
      .toLowerCase(),
  ),
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
