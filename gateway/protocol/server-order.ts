// How servers are ordered and searched: by the face while it holds them all, by the gateway where a list is too long to come whole. One place,
// so that both give the same list.
import type { ServerRow } from './nouns.ts';

type Host = Pick<ServerRow, 'name' | 'labels' | 'tier' | 'facts'>;
type Standing = Pick<ServerRow, 'groups' | 'level'>;
/** What a server is sorted by. */
export type Sorted = Pick<ServerRow, 'name' | 'state' | 'tier' | 'level' | 'liveSessions'> & {
  readonly lastSeenAt?: ServerRow['lastSeenAt'] | undefined;
  readonly metrics?: ServerRow['metrics'] | undefined;
};

/** What a filter looks at, in lower case: the same for everybody, what this person is there, and what it does now. */
export const serverText = (row: Host & Standing & Pick<ServerRow, 'state'>): string =>
  joined(hostText(row), standingText(row), row.state);

export const hostText = ({ name, labels, tier, facts }: Host): string =>
  [name, ...Object.entries(labels).map(([key, value]) => `${key}=${value}`), tier, facts?.os ?? '', facts?.hostname ?? '']
    .join(' ')
    .toLowerCase();
export const standingText = ({ groups, level }: Standing): string => `${groups.join(' ')} ${level}`.toLowerCase();
export const joined = (host: string, standing: string, state: ServerRow['state']): string => `${host} ${standing} ${state}`;

/** A name made comparable letter by letter: numbers in it count as numbers. Names are lower case (`serverName`). */
const nameKey = (name: string): string => name.replace(/\d+/g, (digits) => digits.padStart(12, '0'));

const known = new WeakMap<object, string>();
function keyOf(row: { readonly name: string }): string {
  let key = known.get(row);
  if (key === undefined) {
    key = nameKey(row.name);
    known.set(row, key);
  }
  return key;
}

/** web-2 before web-10. Rows are immutable: what their name is compared by is made once a row. */
export function byServerName(a: { readonly name: string }, b: { readonly name: string }): number {
  const left = keyOf(a);
  const right = keyOf(b);
  if (left !== right) return left < right ? -1 : 1;
  return a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
}

const stateRank = { online: 0, offline: 1, 'never-seen': 2 } as const;
const tierRank = { critical: 0, important: 1, normal: 2 } as const;
const levelRank = { full: 0, terminal: 1, 'read-only': 2, none: 3 } as const;

export const serverSorts = ['name', 'state', 'tier', 'level', 'load', 'sessions', 'seen'] as const;
export type ServerSort = (typeof serverSorts)[number];

/** What comes first has the smallest rank; equals stand by name. */
export const serverRank: Readonly<Record<ServerSort, (row: Sorted) => number>> = {
  name: () => 0,
  state: (row) => stateRank[row.state],
  tier: (row) => tierRank[row.tier],
  level: (row) => levelRank[row.level],
  load: (row) => -(row.metrics?.load100 ?? -1),
  sessions: (row) => -row.liveSessions,
  seen: (row) => -(row.lastSeenAt ?? 0),
};
