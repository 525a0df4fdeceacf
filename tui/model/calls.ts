// Who wants one: to moderate a session that waits, or as an invited guest. A call stays in sight until it is answered, put away, or over.
import type { JoinableRole } from '../../gateway/protocol/nouns.ts';
import type { Push } from '../../gateway/protocol/operator.ts';
import type { Step } from './action.ts';
import { say } from './messages.ts';
import type { Model } from './model.ts';

export type Call = {
  readonly session: string;
  readonly serverName: string;
  readonly by: string;
  readonly role: JoinableRole;
  readonly why: 'moderation' | 'invitation';
};

const mostCalls = 50;

/** The key that answers it on the sessions screen. */
export const keyOf = (role: JoinableRole): string => (role === 'moderator' ? 'J' : role === 'peer' ? 'p' : 'w');
export const callWords = ({ why, by, serverName, role }: Call): string =>
  why === 'moderation' ? `${by} waits on ${serverName} for a moderator` : `${by} invites you to ${serverName} as ${role}`;

/** Newest last; one a session. */
export function called(model: Model, push: Extract<Push, { type: 'session.called' }>, now: number): Step {
  const { session, serverName, by, role, why } = push;
  const call: Call = { session, serverName, by, role, why };
  const calls = [...model.calls.filter((one) => one.session !== session), call].slice(-mostCalls);
  return say({ ...model, calls }, now, 'plain', `${callWords(call)}: 2, then ${keyOf(role)}.`);
}

export function withoutCall(model: Model, session: string): Model {
  return model.calls.some((one) => one.session === session)
    ? { ...model, calls: model.calls.filter((one) => one.session !== session) }
    : model;
}

/** Calls that are still open, now that the sessions are these: not those of sessions that are gone, or have their moderators. */
export function openCalls(before: Model, after: Model): Model {
  const calls = after.calls.filter((call) => {
    const row = after.sessions.rows.get(call.session);
    if (row === undefined) return !before.sessions.rows.has(call.session);
    return call.why === 'invitation' || row.moderation === undefined || row.moderation.present < row.moderation.needs;
  });
  return calls.length === after.calls.length ? after : { ...after, calls };
}
