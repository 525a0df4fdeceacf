// Which session a word means. The gateway knows ids and the beginnings of ids; people know servers and each other.
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import type { Link } from '../link/link.ts';
import { ask } from './connect.ts';
import type { Face } from './face.ts';

/** Live ones of the list that a server's or a person's name means. */
const fitting = (rows: readonly SessionRow[], word: string): readonly SessionRow[] =>
  rows.filter((row) => row.state !== 'ended' && (row.serverName === word || row.personName === word));

/**
 * The id of the one live session that a server's or a person's name means; anything else goes to the gateway as it is. Errors: `ambiguous`,
 * naming those it could be, and what the list gives.
 */
export async function sessionNamed(face: Face, link: Link, word: string): Promise<Result<string>> {
  if (word.startsWith('ses_')) return { ok: true, value: word };
  const listed = await ask(face, link, 'session.list', {});
  if (!listed.ok) return listed;
  const found = fitting(listed.value.sessions, word);
  const [first] = found;
  if (found.length > 1)
    return refuse('ambiguous', `${word}: ${found.map((row) => `${row.id} (${row.personName} on ${row.serverName})`).join(', ')}`);
  return { ok: true, value: first?.id ?? word };
}

/** One's own session to go back to: the one left last, else the newest that runs; on that server, where one is named. */
export async function lastOwn(face: Face, link: Link, server: string | undefined): Promise<Result<string>> {
  const listed = await ask(face, link, 'session.list', {});
  if (!listed.ok) return listed;
  const own = listed.value.sessions.filter(
    (row) => row.mine && row.state !== 'ended' && (server === undefined || row.serverName === server || row.server === server),
  );
  const left = (row: SessionRow): number => row.detachedAt ?? (row.state === 'detached' ? row.startedAt : -1);
  const [last] = own.toSorted((a, b) => left(b) - left(a) || b.startedAt - a.startedAt);
  if (last !== undefined) return { ok: true, value: last.id };
  const where = server === undefined ? '' : ` on ${server}`;
  return refuse('not-found', `no session of yours goes on${where}; sallyport attach ${server ?? 'SERVER'} opens one`);
}
