// One's own sessions that nobody drives: they go on, and one may go back to them.
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import { hourOf } from './hour.ts';
import type { Model } from './model.ts';

const isLeft = (row: SessionRow): boolean =>
  row.mine && row.state !== 'ended' && (row.state === 'detached' || row.detachedAt !== undefined);

/** Newest left first. */
export const ownDetached = (model: Model): readonly SessionRow[] =>
  [...model.sessions.rows.values()]
    .filter(isLeft)
    .toSorted((a, b) => (b.detachedAt ?? b.startedAt) - (a.detachedAt ?? a.startedAt));

/** One line: how many there are, which is the newest, and how to go back. */
export function ownWords(rows: readonly SessionRow[], now: number): string | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const since = first.detachedAt === undefined ? '' : `, left at ${hourOf(first.detachedAt, now)}`;
  return rows.length === 1
    ? `Your session on ${first.serverName} goes on${since}: 2, then enter goes back.`
    : `${rows.length} sessions of yours go on, the last on ${first.serverName}${since}: 2, then enter goes back.`;
}
