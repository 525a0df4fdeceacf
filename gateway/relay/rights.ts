// Who may stay in the live sessions of this gateway, asked again whenever something changed that may concern them (T1, S25), and carried out: whoever
// may not is put out, and where that is who opened the session, it ends. Decides nothing itself (re-check.ts, and behind it the enforcer).
import { coversServer, type Grant } from '../access/grant.ts';
import { levelRank } from '../access/standing.ts';
import { nextTurn } from '../access/window.ts';
import type { Log } from '../audit/commit.ts';
import { rows } from '../audit/state.ts';
import { serversWords } from '../audit/tell-access.ts';
import type { Enforcer } from '../policy/enforcer.ts';
import type { Clock } from '../ports.ts';
import { type GrantId, idRandomBytes, type LoginId, mintId, type PersonId, type SessionId } from '../protocol/ids.ts';
import { affected, type Happening } from '../session/affected.ts';
import type { Session } from '../session/session.ts';
import type { Rest } from './lifetime.ts';
import type { Live } from './live.ts';
import { lockIn, type Member, shutOutBecause, standingIn } from './re-check.ts';
import type { Seat } from './seat.ts';

export type Rights = {
  /** `revoked`: logins taken away just now; `signedOut`: logins that ended without harm; `over`: grants that ended or shut just now. */
  check(
    ids: Iterable<SessionId>,
    signedOut: ReadonlySet<LoginId>,
    revoked: ReadonlySet<LoginId>,
    over?: ReadonlySet<GrantId>,
  ): void;
  /** What the log has just settled. */
  hear(happenings: readonly Happening[]): void;
  /** Who could moderate a session: decided as for a person who comes anew, whatever they would still have to prove. */
  eligible(id: SessionId): readonly PersonId[];
};

/** The id of no server: what it names is chosen by name and labels as any other, and no grant is for it. */
const noServer = mintId('srv', new Uint8Array(idRandomBytes));
const none: ReadonlySet<GrantId> = new Set();

export function openRights(
  log: Log,
  enforcer: Pick<Enforcer, 'decide'>,
  lives: ReadonlyMap<SessionId, Live>,
  clock: Pick<Clock, 'now'>,
): Rights {
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
    const address = last?.address ?? '';
    return [...seated, { person: row.person, login: last?.login ?? row.login, role: 'owner', address, seat: undefined }];
  };
  /** Grants of whoever opened the session that are, or were, for a shell such as it is. */
  const grantsFor = (row: Session): readonly Grant[] => {
    const server = log.settled.servers[row.server];
    if (server === undefined) return [];
    return rows(log.settled.grants).filter(
      (grant) =>
        grant.person === row.person && levelRank(grant.terms.level) >= levelRank(row.level) && coversServer(grant, server),
    );
  };
  /** Why a session that rested on a grant ends with it; nothing where it ends for something else. */
  function grantOver(row: Session, over: ReadonlySet<GrantId>): { readonly by?: PersonId | undefined; readonly why?: string } {
    const grant = over.size === 0 ? undefined : grantsFor(row).findLast(({ id }) => over.has(id));
    if (grant === undefined) return {};
    const what = `the grant for ${serversWords(grant.terms.servers)}`;
    const { ended } = grant;
    if (ended === undefined) return { why: `${what} is shut by its hours` };
    return {
      by: ended.by,
      why: `${what} ended (${ended.cause}${ended.why === undefined ? '' : `: ${ended.why}`})`.slice(0, 500),
    };
  }
  /** The grant that carries a session, as the log is now: none where its owner could have it without any. */
  function restOf(row: Session, owner: Member): Rest | undefined {
    const server = log.settled.servers[row.server];
    if (server === undefined || row.state === 'ended') return undefined;
    const ends = grantsFor(row).flatMap((grant) => {
      if (grant.ended !== undefined || !grant.open) return [];
      const turn = grant.terms.window && nextTurn(grant.terms.window, clock.now());
      return [{ grant, at: Math.min(grant.until, turn ?? grant.until) }];
    });
    const last = ends.toSorted((a, b) => b.at - a.at)[0];
    if (last === undefined) return undefined;
    const without = { ...log.settled, servers: { [noServer]: { ...server, id: noServer } } };
    const bare = { ...row, server: noServer };
    if (standingIn(without, enforcer, bare, owner, new Set()) === 'stays') return undefined;
    return { grant: last.grant.id, at: last.at, words: `the grant for ${serversWords(last.grant.terms.servers)}` };
  }

  function check(
    ids: Iterable<SessionId>,
    signedOut: ReadonlySet<LoginId>,
    revoked: ReadonlySet<LoginId>,
    over: ReadonlySet<GrantId> = none,
  ): void {
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
          const rested = standing === 'access-changed' ? grantOver(row, over) : {};
          const why = lock?.why ?? rested.why ?? because?.why;
          void live.end({ reason: standing, by: lock?.by ?? rested.by, why, told: because?.told });
        } else if (seat !== undefined) void live.unseat(seat, invited.get(live)?.has(person) === true ? 'uninvited' : 'revoked');
      }
      const owner = membersOf(live, row).find(({ role }) => role === 'owner');
      if (!live.ending && owner !== undefined) live.restsOn(restOf(row, owner));
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
      const over = happenings.flatMap(({ type, data }) =>
        type === 'grant.ended' || type === 'grant.turned' ? [data.grant] : [],
      );
      check(sessions, signedOut, revoked, new Set(over));
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
