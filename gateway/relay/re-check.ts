// Whether somebody who is in a session may still be: decided again whenever people, groups or servers changed (T1, S25). Only a plain no, or what
// somebody would first have to approve, ends anything: a proof that grew old is asked for at the next entry, not here (T18).
import { addressVerdict, outsideSentence } from '../access/address.ts';
import { groupsOf, type Lock, lockOn } from '../access/lock.ts';
import { levelRank } from '../access/standing.ts';
import { settingsOf } from '../audit/fold-access.ts';
import { rows, type State } from '../audit/state.ts';
import type { Login } from '../identity/login.ts';
import type { Person } from '../identity/person.ts';
import { unprovenDevice, unprovenLogin } from '../identity/unproven.ts';
import type { Action } from '../policy/actions.ts';
import type { Caller, Decision } from '../policy/decision.ts';
import type { Enforcer } from '../policy/enforcer.ts';
import type { LoginId, PersonId } from '../protocol/ids.ts';
import type { ParticipantRole } from '../protocol/nouns.ts';
import type { Session } from '../session/session.ts';

export type Standing = 'stays' | 'revoked' | 'access-changed' | 'locked' | 'server-removed';

export type Member = {
  readonly person: PersonId;
  /** The login they came with; it may be over. */
  readonly login: LoginId;
  /** owner: who opened the session, unless they sit there as a guest. */
  readonly role: ParticipantRole | 'owner';
  readonly address: string;
};

/** What somebody in a session must still be allowed. Where the keyboard is says who comes in, and nothing about who stays. */
const actionOfRole = {
  driver: 'session.join',
  peer: 'session.join',
  observer: 'session.watch',
  moderator: 'session.moderate',
  owner: 'shell.open',
} as const satisfies Record<Member['role'], Action>;

/** `revoked`: logins taken away just now. */
export function standingIn(
  state: State,
  enforcer: Pick<Enforcer, 'decide'>,
  session: Session,
  member: Member,
  revoked: ReadonlySet<LoginId>,
): Standing {
  if (state.deletion?.at !== undefined) return 'revoked';
  const server = state.servers[session.server];
  if (server === undefined) return 'server-removed';
  const person = state.people[member.person];
  if (person?.status !== 'active' || revoked.has(member.login)) return 'revoked';
  const caller = callerIn(state, person, member);
  if (lockIn(state, session, member) !== undefined) return 'locked';
  const action = actionOfRole[member.role];
  const decision = enforcer.decide(
    caller,
    action,
    action === 'shell.open' ? { kind: 'server', server } : { kind: 'session', session, server },
  );
  // What one would have to ask for anew is not one's any more.
  if (decision.verdict === 'deny' || decision.verdict === 'ask') return 'access-changed';
  const types = member.role !== 'observer' && member.role !== 'moderator';
  return !types || fits(session, decision) ? 'stays' : 'access-changed';
}

/** As whom a member is decided about: at the address of their connection, the one they came from last, or else of their sign-in. */
function callerIn(state: State, person: Person, member: Member): Caller {
  const login = state.logins[member.login] ?? lastLogin(state, member);
  const device = state.devices[login.device] ?? unprovenDevice(member.person);
  return { person, login, device, address: member.address === '' ? login.address : member.address };
}

const deleted = 'the workspace was deleted';

/**
 * Why somebody's access changed, where the rules of the workspace say it in words: an address that is outside (S52), a factor that is
 * required, the end of it all (S35).
 * `told` names the address, for the eyes of who is in the session.
 */
export function shutOutBecause(
  state: State,
  session: Session,
  member: Member,
): { readonly why: string; readonly told: string } | undefined {
  if (state.deletion?.at !== undefined) return { why: deleted, told: deleted };
  const person = state.people[member.person];
  if (person === undefined) return undefined;
  const { address } = callerIn(state, person, member);
  const from = addressVerdict(rows(state.addresses), address, state.servers[session.server]);
  if (address !== '' && from.outside) return { why: outsideSentence(from), told: outsideSentence(from, address) };
  if (!settingsOf(state).factorRequired || person.factor !== undefined) return undefined;
  const why = 'a second factor is required here now: sallyport totp enroll';
  return { why, told: why };
}

/** The lock that puts somebody out of a session. */
export function lockIn(state: State, session: Session, member: Pick<Member, 'person' | 'login'>): Lock | undefined {
  const person = state.people[member.person];
  if (person === undefined) return undefined;
  const { device } = state.logins[member.login] ?? lastLogin(state, member);
  return lockOn(rows(state.locks), {
    person: person.id,
    role: person.role,
    login: member.login,
    device,
    server: session.server,
    on: state.servers[session.server],
    groups: groupsOf(state.groups, person.id),
  });
}

/** Whether what a shell was opened with is somebody's too: the level, and at that level the OS user. */
export function fits(session: Session, decision: Pick<Decision, 'level' | 'users'>): boolean {
  if (levelRank(decision.level) < levelRank(session.level)) return false;
  // OS users go with the level they are given at; none named = the agent's own, and only that.
  const { user } = session;
  if (decision.level !== session.level) return true;
  return user === undefined ? decision.users.length === 0 : decision.users.includes(user);
}

/** A program may outlive the sign-in it was started with. Decided about as the same person without any proof; good for nothing else. */
function lastLogin(state: State, { person, login }: Pick<Member, 'person' | 'login'>): Login {
  const device = Object.values(state.devices).find((one) => one.person === person)?.id;
  return unprovenLogin({ person, id: login, device, address: '' });
}
