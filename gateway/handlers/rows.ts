// Rows as one person may see them: built from settled state, what the relay knows now, and a decision each. Undefined = it does not exist for
// that person. Nothing here is recorded; the request that lists is.

import type { Group } from '../access/group.ts';
import { type Server, tierOf } from '../access/server.ts';
import type { Log } from '../audit/commit.ts';
import { removedName } from '../audit/names.ts';
import { rows, type State } from '../audit/state.ts';
import type { Person } from '../identity/person.ts';
import type { Caller, Decision } from '../policy/decision.ts';
import type { ServerId } from '../protocol/ids.ts';
import type { GroupRow, HostFacts, PersonRow, ServerRow, SessionRow } from '../protocol/nouns.ts';
import { hostText, joined, type ServerSort, serverRank, standingText } from '../protocol/server-order.ts';
import type { LiveFacts } from '../relay/hub.ts';
import type { Freeze, Session } from '../session/session.ts';
import type { Parts } from './call.ts';
import { reachOf } from './reach.ts';
import { sessionTarget } from './resolve.ts';

type RowParts = Pick<Parts, 'log' | 'enforcer' | 'hub'>;

const workspace = { kind: 'workspace' } as const;

/** A server in a list too long to be made whole: what this person is there. */
export type ServerSeen = Pick<ServerRow, 'level'> & {
  readonly server: Server /** What a filter finds of it. */;
  readonly standing: string;
};

/** Whether the caller sees a server, and how; undefined when they do not. A fraction of a row's cost. */
export function serverSeenBy(parts: RowParts, caller: Caller, server: Server): ServerSeen | undefined {
  const { verdict, level } = parts.enforcer.decide(caller, 'server.see', { kind: 'server', server });
  if (verdict !== 'allow') return undefined;
  return { server, level, standing: oneOf(standingText({ groups: groupNamesFor(parts, caller, server), level })) };
}

/** Thousands of servers are alike in it: everybody who looks holds the same few texts. */
const texts = new Map<string, string>();
function oneOf(text: string): string {
  const had = texts.get(text);
  if (had !== undefined) return had;
  if (texts.size >= 4_096) texts.clear();
  texts.set(text, text);
  return text;
}

const serverState = (server: Server, online: boolean): ServerRow['state'] =>
  online ? 'online' : server.key === undefined ? 'never-seen' : 'offline';

const hosts = new WeakMap<Server, { readonly facts: HostFacts | undefined; readonly text: string }>();

/** What a filter looks at, as of now. */
export function serverTextFor(parts: RowParts, { server, standing }: ServerSeen): string {
  const { online, facts = server.facts } = parts.hub.presence(server.id);
  let host = hosts.get(server);
  if (host === undefined || host.facts !== facts) {
    const { name, labels } = server;
    host = { facts, text: hostText({ name, labels, tier: tierOf(labels), ...(facts === undefined ? {} : { facts }) }) };
    hosts.set(server, host);
  }
  return joined(host.text, standing, serverState(server, online));
}

/** Its place by that order, as of now. */
export function serverRankFor(parts: RowParts, caller: Caller, sort: ServerSort, { server, level }: ServerSeen): number {
  const { online, lastSeenAt, metrics } = parts.hub.presence(server.id);
  return serverRank[sort]({
    name: server.name,
    tier: tierOf(server.labels),
    level,
    state: serverState(server, online),
    liveSessions: sort === 'sessions' ? liveSessionsFor(parts, caller, server.id) : 0,
    lastSeenAt,
    metrics,
  });
}

/** A server as the caller sees it; undefined when they do not. */
export function serverRowFor(parts: RowParts, caller: Caller, server: Server): ServerRow | undefined {
  const target = { kind: 'server', server } as const;
  const seen = parts.enforcer.decide(caller, 'server.see', target);
  if (seen.verdict !== 'allow') return undefined;
  const shell = parts.enforcer.decide(caller, 'shell.open', target);
  const { online, lastSeenAt, facts = server.facts, metrics } = parts.hub.presence(server.id);
  return {
    id: server.id,
    name: server.name,
    labels: server.labels,
    tier: tierOf(server.labels),
    groups: groupNamesFor(parts, caller, server),
    state: serverState(server, online),
    ...(lastSeenAt === undefined ? {} : { lastSeenAt }),
    level: seen.level,
    needs: needsOf(shell),
    users: [...shell.users],
    liveSessions: liveSessionsFor(parts, caller, server.id),
    ...(facts === undefined ? {} : { facts }),
    ...(metrics === undefined ? {} : { metrics }),
  };
}

const needsOf = ({ verdict }: Decision): ServerRow['needs'] => {
  switch (verdict) {
    case 'allow':
      return 'nothing';
    case 'challenge':
      return 'factor';
    case 'ask':
      return 'approval';
    case 'deny':
      return 'level';
    default:
      return verdict satisfies never;
  }
};

/** Names of the groups that choose a server: all for who may list groups, else the caller's own (a group's name is not for strangers). */
function groupNamesFor(parts: RowParts, caller: Caller, server: Server): string[] {
  const all = reachOf(parts.log).chosen(server).groups;
  if (all.length === 0) return [];
  const known = parts.enforcer.decide(caller, 'group.list', workspace).verdict === 'allow';
  return all.flatMap(({ group }) => (known || group.members.includes(caller.person.id) ? [group.name] : []));
}

/** Sessions that have not ended, by server, as of one event of the log. */
type Live = { readonly seq: number; readonly on: ReadonlyMap<ServerId, readonly Session[]> };
const liveByLog = new WeakMap<Log, Live>();

function liveOn(log: Log, server: ServerId): readonly Session[] {
  const state = log.settled;
  let held = liveByLog.get(log);
  if (held?.seq !== state.seq) {
    const on = new Map<ServerId, Session[]>();
    for (const session of rows(state.sessions)) {
      if (session.state === 'ended') continue;
      const there = on.get(session.server);
      if (there === undefined) on.set(session.server, [session]);
      else there.push(session);
    }
    held = { seq: state.seq, on };
    liveByLog.set(log, held);
  }
  return held.on.get(server) ?? [];
}

const liveSessionsFor = (parts: RowParts, caller: Caller, server: ServerId): number =>
  liveOn(parts.log, server).filter((session) => maySeeSession(parts, caller, session)).length;

const maySeeSession = (parts: RowParts, caller: Caller, session: Session): boolean =>
  parts.enforcer.decide(caller, 'session.see', sessionTarget(parts.log.settled, session)).verdict === 'allow';

/** A session as the caller sees it; undefined when they do not. */
export const sessionRowFor = (parts: RowParts, caller: Caller, session: Session): SessionRow | undefined =>
  maySeeSession(parts, caller, session) ? sessionRow(parts, caller, session) : undefined;

/** A session that the caller was already allowed to see. */
export function sessionRow(parts: RowParts, caller: Caller, session: Session): SessionRow {
  const state = parts.log.settled;
  const live = session.state === 'ended' ? undefined : parts.hub.live(session.id);
  const nameOf = (person: string): string => state.people[person]?.name ?? removedName(person);
  const ending = session.state === 'ended' ? session.ending : undefined;
  return {
    id: session.id,
    server: session.server,
    serverName: state.servers[session.server]?.name ?? removedName(session.server),
    tier: session.tier,
    person: session.person,
    personName: nameOf(session.person),
    ...(session.user === undefined ? {} : { osUser: session.user }),
    level: session.level,
    state: live?.state ?? sessionStateOf(session),
    startedAt: session.startedAt,
    ...(ending === undefined ? {} : { endedAt: ending.at, reason: ending.reason }),
    ...(ending?.code === undefined ? {} : { exitCode: ending.code }),
    size: live?.size ?? session.size,
    participants: session.participants
      .filter((participant) => participant.left === undefined)
      .map(({ id, person, role, joinedAt, ordinal }) => ({ id, person, name: nameOf(person), role, joinedAt, ordinal })),
    title: (live?.title ?? '').slice(0, 256),
    bytes: live?.bytes ?? ending?.bytes ?? 0,
    recording: session.recording,
    rec: live?.rec ?? recOf(state, session),
    mine: session.person === caller.person.id,
    needs: needsOf(parts.enforcer.decide(caller, 'session.watch', sessionTarget(state, session))),
    freezes: freezesOf(session).map(({ cause, by, why }) => ({
      cause,
      ...(by === undefined ? {} : { by: nameOf(by) }),
      ...(why === undefined ? {} : { why }),
    })),
    ...(live?.moderation === undefined ? {} : { moderation: { ...live.moderation, eligible: [...live.moderation.eligible] } }),
    ...(live?.detachedAt === undefined ? {} : { detachedAt: live.detachedAt }),
    ...(live?.awayAt === undefined ? {} : { awayAt: live.awayAt }),
    ...(live === undefined ? {} : { ends: { ...live.ends } }),
  };
}

const freezesOf = (session: Session): readonly Freeze[] => (session.state === 'ended' ? [] : (session.freezes ?? []));

/** What the log alone says, while the relay does not have the session (its agent is away, or the gateway has just started). */
function sessionStateOf(session: Session): SessionRow['state'] {
  if (session.state !== 'running') return session.state;
  if (freezesOf(session).length > 0) return 'frozen';
  return session.participants.some((one) => one.role === 'driver' && one.left === undefined) ? 'running' : 'detached';
}

function recOf(state: State, session: Session): LiveFacts['rec'] {
  const closed = state.recordings[session.recording]?.closed;
  if (closed !== undefined) return closed.incomplete ? 'failed' : 'closed';
  return session.state === 'ended' ? 'failed' : 'behind';
}

/** Everybody's number of live sessions, for a list of people. */
export function liveSessionsByPerson(state: State): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const session of rows(state.sessions))
    if (session.state !== 'ended') counts.set(session.person, (counts.get(session.person) ?? 0) + 1);
  return counts;
}

export function personRow(state: State, person: Person, liveSessions: number): PersonRow {
  return {
    id: person.id,
    name: person.name,
    ...(person.email === undefined ? {} : { email: person.email }),
    role: person.role,
    status: person.status,
    groups: rows(state.groups)
      .filter((group) => group.members.includes(person.id))
      .map((group) => group.name)
      .toSorted(),
    factor: person.factor === undefined ? 'none' : 'totp',
    liveSessions,
    ...(person.lastLoginAt === undefined ? {} : { lastLoginAt: person.lastLoginAt }),
    ...(person.inviteUntil === undefined ? {} : { inviteUntil: person.inviteUntil }),
  };
}

export function groupRow(state: State, group: Group): GroupRow {
  return {
    id: group.id,
    name: group.name,
    members: group.members.map((member) => state.people[member]?.name ?? removedName(member)).toSorted(),
    access: group.access.map((rule) => ({ ...rule })),
  };
}
