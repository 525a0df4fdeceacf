// Whether somebody who is in a session may still be: decided again whenever people, groups or servers changed (T1, S25). Only a plain no ends
// anything: a proof that grew old is asked for at the next entry, not here (T18).
import { levelRank } from '../access/standing.ts';
import type { State } from '../audit/state.ts';
import type { Device, Login } from '../identity/login.ts';
import type { Caller } from '../policy/decision.ts';
import type { Enforcer } from '../policy/enforcer.ts';
import { idRandomBytes, type LoginId, mintId, type PersonId } from '../protocol/ids.ts';
import type { ParticipantRole } from '../protocol/nouns.ts';
import type { Session } from '../session/session.ts';

export type Standing = 'stays' | 'revoked' | 'access-changed' | 'server-removed';

export type Member = {
  readonly person: PersonId;
  /** The login they came with; it may be over. */
  readonly login: LoginId;
  readonly role: ParticipantRole;
  readonly address: string;
};

/** `revoked`: logins taken away just now. */
export function standingIn(
  state: State,
  enforcer: Pick<Enforcer, 'decide'>,
  session: Session,
  member: Member,
  revoked: ReadonlySet<LoginId>,
): Standing {
  const server = state.servers[session.server];
  if (server === undefined) return 'server-removed';
  const person = state.people[member.person];
  if (person?.status !== 'active' || revoked.has(member.login)) return 'revoked';
  const login = state.logins[member.login] ?? lastLogin(state, member);
  const device = state.devices[login.device] ?? noDevice(member.person);
  const caller: Caller = { person, login, device, address: member.address === '' ? login.address : member.address };
  const action = member.role === 'driver' ? 'session.attach' : 'session.watch';
  const decision = enforcer.decide(caller, action, { kind: 'session', session, server });
  if (decision.verdict === 'deny') return 'access-changed';
  if (member.role !== 'driver') return 'stays';
  // What the shell was opened with must still be theirs: the level, and at that level the OS user.
  if (levelRank(decision.level) < levelRank(session.level)) return 'access-changed';
  // OS users go with the level they are given at; none named = the agent's own, and only that.
  const { user } = session;
  const lostUser =
    decision.level === session.level && (user === undefined ? decision.users.length > 0 : !decision.users.includes(user));
  return lostUser ? 'access-changed' : 'stays';
}

/** A program may outlive the sign-in it was started with. Decided about as the same person without any proof; good for nothing else. */
function lastLogin(state: State, { person, login }: Member): Login {
  const device = Object.values(state.devices).find((one) => one.person === person)?.id ?? noDevice(person).id;
  return {
    id: login,
    person,
    device,
    tokenDigest: '',
    startedAt: 0,
    expiresAt: 0,
    idleMs: 0,
    proofs: [],
    refresh: undefined,
    address: '',
  };
}

const noDevice = (person: PersonId): Device => ({
  id: mintId('dev', new Uint8Array(idRandomBytes)),
  person,
  key: '',
  machine: '',
  registeredAt: 0,
  trustedAt: undefined,
});
