// Which live sessions a settled change may concern: pure. Whoever it names is decided about again (T1, S25); naming too many costs time,
// naming too few leaves somebody in.
import type { EventData, EventType } from '../protocol/events.ts';
import type { LoginId, PersonId, SessionId } from '../protocol/ids.ts';
import type { Session } from './session.ts';

/** An event of the log as far as it matters here. */
export type Happening = { [T in EventType]: { readonly type: T; readonly data: EventData<T> } }[EventType];

/** Causes of a login's end after which a person may simply sign in again: they are detached, their programs live on (TRUST §0, T7). */
const harmless: ReadonlySet<EventData<'login.ended'>['cause']> = new Set(['logout', 'expired', 'idle']);

export type Affected = {
  readonly sessions: ReadonlySet<SessionId>;
  /** Logins that ended for a reason that is no revocation. */
  readonly signedOut: ReadonlySet<LoginId>;
  /** Logins that were taken away. */
  readonly revoked: ReadonlySet<LoginId>;
};

/** `live`: the sessions that have not ended. */
export function affected(happenings: Iterable<Happening>, live: readonly Session[]): Affected {
  const sessions = new Set<SessionId>();
  const signedOut = new Set<LoginId>();
  const revoked = new Set<LoginId>();
  const add = (touches: (session: Session) => boolean): void => {
    for (const session of live) if (session.state !== 'ended' && touches(session)) sessions.add(session.id);
  };
  const ofPerson = (person: PersonId) => (session: Session) =>
    session.person === person || session.participants.some((p) => p.person === person && p.left === undefined);
  const ofLogin = (login: LoginId) => (session: Session) =>
    session.login === login || session.participants.some((p) => p.login === login && p.left === undefined);
  for (const { type, data } of happenings) {
    switch (type) {
      case 'person.suspended':
      case 'person.removed':
      case 'person.role-set':
        add(ofPerson(data.person));
        break;
      case 'login.ended':
        (harmless.has(data.cause) ? signedOut : revoked).add(data.login);
        add(ofLogin(data.login));
        break;
      case 'group.added':
      case 'group.members-set':
      case 'group.access-set':
      case 'group.removed':
        add(() => true);
        break;
      case 'lock.added':
        // Of a person, a role, a sign-in, a device or a server: whoever is not locked is decided about again, and stays.
        add(() => true);
        break;
      case 'grant.made':
      case 'grant.extended':
      case 'grant.turned':
      case 'grant.ended':
      case 'address.added':
      case 'address.removed':
      case 'policy.applied':
      case 'settings.set':
      case 'workspace.deleted':
        add(() => true);
        break;
      case 'session.unshared':
        add((session) => session.id === data.session);
        break;
      case 'server.labels-set':
      case 'server.removed':
      case 'server.enrolled':
        add((session) => session.server === data.server);
        break;
      default:
    }
  }
  return { sessions, signedOut, revoked };
}
