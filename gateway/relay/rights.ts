// Who may stay in the live sessions of this gateway, asked again whenever something changed that may concern them (T1, S25), and carried out: whoever
// may not is put out, and where that is who opened the session, it ends. Decides nothing itself (re-check.ts, and behind it the enforcer).
import type { Log } from '../audit/commit.ts';
import { rows } from '../audit/state.ts';
import type { Enforcer } from '../policy/enforcer.ts';
import type { LoginId, PersonId, SessionId } from '../protocol/ids.ts';
import { affected, type Happening } from '../session/affected.ts';
import type { Session } from '../session/session.ts';
import type { Live } from './live.ts';
import { lockIn, type Member, shutOutBecause, standingIn } from './re-check.ts';
import type { Seat } from './seat.ts';

export type Rights = {
  /** `revoked`: logins taken away just now; `signedOut`: logins that ended without harm. */
  check(ids: Iterable<SessionId>, signedOut: ReadonlySet<LoginId>, revoked: ReadonlySet<LoginId>): void;
  /** What the log has just settled. */
  hear(happenings: readonly Happening[]): void;
  /** Who could moderate a session: decided as for a person who comes anew, whatever they would still have to prove. */
  eligible(id: SessionId): readonly PersonId[];
};

export function openRights(log: Log, enforcer: Pick<Enforcer, 'decide'>, lives: ReadonlyMap<SessionId, Live>): Rights {
  /** Everybody who was ever invited to a live session: how they are told that it is over. */
  const invited = new WeakMap<Live, Set<PersonId>>();

  /** Who opened the session is in it always, wherever they sit; everybody else by their seat. */
  const membersOf = (live: Live, row: Session): (Member & { readonly seat: Seat | undefined })[] => {
    const seated = live.seats().map((seat) => ({
      person: seat.person,
      login: seat.login,
      role: seat.role === 'driver' && seat.person === row.person ? ('owner' as const) : seat.role,
      address: seat.connection.address,
      seat,
    }));
    if (seated.some(({ role }) => role === 'owner')) return seated;
    const last = row.participants.findLast((p) => p.role === 'driver' && p.person === row.person);
    return [...seated, { person: row.person, login: last?.login ?? row.login, role: 'owner', address: '', seat: undefined }];
  };
  function check(ids: Iterable<SessionId>, signedOut: ReadonlySet<LoginId>, revoked: ReadonlySet<LoginId>): void {
    for (const id of ids) {
      const live = lives.get(id);
      const row = log.settled.sessions[id];
      if (live === undefined || live.ending || row === undefined || row.state === 'ended') continue;
      for (const member of membersOf(live, row)) {
        if (live.ending) break;
        const { seat, role, person, login } = member;
        const standing = standingIn(log.settled, enforcer, row, member, revoked);
        if (standing === 'stays') {
          // Signed out and nothing worse: the person goes, the program stays.
          if (seat !== undefined && signedOut.has(login)) void live.unseat(seat, 'logged-out');
        } else if (standing === 'server-removed' || role === 'owner') {
          const lock = standing === 'locked' ? lockIn(log.settled, row, member) : undefined;
          const told = standing === 'access-changed' || log.settled.deletion?.at !== undefined;
          const because = told ? shutOutBecause(log.settled, row, member) : undefined;
          void live.end({ reason: standing, by: lock?.by, why: lock?.why ?? because?.why, told: because?.told });
        } else if (seat !== undefined) void live.unseat(seat, invited.get(live)?.has(person) === true ? 'uninvited' : 'revoked');
      }
    }
  }

  return {
    check,
    hear(happenings) {
      for (const { type, data } of happenings) {
        const live = type === 'session.shared' ? lives.get(data.session) : undefined;
        if (type === 'session.shared' && live !== undefined) invited.set(live, (invited.get(live) ?? new Set()).add(data.person));
      }
      const living = [...lives.keys()].flatMap((id) => log.settled.sessions[id] ?? []);
      const { sessions, signedOut, revoked } = affected(happenings, living);
      check(sessions, signedOut, revoked);
    },
    eligible(id) {
      const state = log.settled;
      const row = state.sessions[id];
      if (row === undefined || row.state === 'ended') return [];
      return rows(state.people)
        .filter((person) => {
          const member = { person: person.id, login: row.login, role: 'moderator', address: '' } as const;
          return person.id !== row.person && standingIn(state, enforcer, row, member, new Set()) === 'stays';
        })
        .map(({ id: person }) => person);
    },
  };
}
