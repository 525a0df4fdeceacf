// Somebody is wanted elsewhere while they are in a session: to moderate one that waits, or because they were invited (S61, E2). Said, never acted on.
import type { SessionId } from '../../gateway/protocol/ids.ts';
import type { Link } from '../link/link.ts';
import type { Notices } from './notices.ts';

const calledMs = 30_000;

/** Tells of calls to other sessions. The returned function ends it. */
export function hearCalls(link: Link, here: SessionId, notices: Notices): () => void {
  return link.onPush((push) => {
    if (push.type !== 'session.called' || push.session === here) return;
    const { by, serverName, role, session, why } = push;
    const what =
      why === 'moderation' ? `${by} waits on ${serverName} for a moderator` : `${by} invites you to ${serverName} as ${role}`;
    notices.pass(`${what} · sallyport join ${session} --role ${role}`, { tone: 'bad', ms: calledMs, about: session });
  });
}
