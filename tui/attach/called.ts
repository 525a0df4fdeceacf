// What somebody hears of from elsewhere while they are in a session: that they are wanted in another (S61, E2), that the glass was broken (S53), that they
// signed in somewhere new (T23), that a request waits or was answered. Said, never acted on.
import type { SessionId } from '../../gateway/protocol/ids.ts';
import type { Link } from '../link/link.ts';
import type { Notices } from './notices.ts';

const calledMs = 30_000;
/** What a grant of one's own does is said by the session that rests on it. */
const saidElsewhere: ReadonlySet<string> = new Set(['ending-soon', 'ended']);

/** Tells of calls from elsewhere. The returned function ends it. */
export function hearCalls(link: Link, here: SessionId, notices: Notices): () => void {
  return link.onPush((push) => {
    if (push.type === 'access.called') {
      const { what, about, text } = push;
      if (!saidElsewhere.has(what)) notices.pass(text, { tone: 'bad', ms: calledMs, about: about ?? what });
      return;
    }
    if (push.type !== 'session.called' || push.session === here) return;
    const { by, serverName, role, session, why } = push;
    const what =
      why === 'moderation' ? `${by} waits on ${serverName} for a moderator` : `${by} invites you to ${serverName} as ${role}`;
    notices.pass(`${what} · sallyport join ${session} --role ${role}`, { tone: 'bad', ms: calledMs, about: session });
  });
}
