// An event as a line for people: who, what, on what, in one sentence, with the names ids have now. Pure. What a name holds is foreign text: it
// is made safe where it is shown (TRUST X1).
import { events } from '../protocol/events.ts';
import type { AuditRow, EndingReason } from '../protocol/nouns.ts';
import { changeOf } from './changes.ts';
import type { Settled } from './commit.ts';
import { isTrail } from './fold-trail.ts';
import type { FoldedEvent } from './folded.ts';
import { type Names, namesIn } from './names.ts';
import { rows, type State } from './state.ts';
import { accessSentence } from './tell-access.ts';
import { trailSentence } from './tell-trail.ts';

export const cut = (text: string, most: number): string =>
  (text.length <= most ? text : `${text.slice(0, most - 1)}…`).toWellFormed();

/** The row of the audit tail for a settled event. */
export function auditRow(settled: Settled, state: State): AuditRow {
  const { event, record, personal } = settled;
  const names = namesIn(state);
  const entry = events[event.type];
  const address = personal?.['address'];
  const who = actorName(settled, names);
  const target = targetOf(settled, state);
  const change = changeOf(event);
  return {
    seq: record.seq,
    at: record.ts,
    type: event.type,
    code: entry.code,
    severity: entry.severity,
    outcome: record.outcome,
    actor: {
      kind: record.actor.kind,
      ...('id' in record.actor ? { id: record.actor.id } : {}),
      name: shortActor(record.actor, names),
    },
    ...(target === undefined ? {} : { target: { id: target, name: cut(removedNow(event, target) ?? names.any(target), 64) } }),
    ...(record.session === undefined ? {} : { session: record.session }),
    ...(typeof address === 'string' ? { address: cut(address, 64) } : {}),
    summary: cut(sentence(event, who, names), 512),
    hash: record.hash,
    data: { ...record.data, ...(personal === undefined ? {} : { personal }) },
    ...(change?.before === undefined || change.after === undefined
      ? {}
      : { change: { before: short(change.before), after: short(change.after) } }),
    ...(record.decision === undefined ? {} : { decision: record.decision }),
    ...(behindGlass(settled, state) ? { breakGlass: true as const } : {}),
  };
}

const short = (value: unknown): string => cut(typeof value === 'string' ? value : JSON.stringify(value), 160);

/** Done in a sign-in that was made by breaking the glass, or to a session opened in one (S53). */
function behindGlass({ record }: Settled, state: State): boolean {
  const entrances = rows(state.entrances);
  if (entrances.length === 0) return false;
  const by = 'login' in record.actor ? record.actor.login : undefined;
  const opened = record.session === undefined ? undefined : state.sessions[record.session]?.login;
  return entrances.some(({ login }) => login !== undefined && (login === by || login === opened));
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The name a thing had when this very event removed it. */
function removedNow(event: FoldedEvent, target: string): string | undefined {
  if (event.type === 'person.removed' && event.data.person === target) return event.personal?.name;
  if (event.type === 'group.removed' && event.data.group === target) return event.data.name;
  if (event.type === 'server.removed' && event.data.server === target) return event.data.name;
  return undefined;
}

/** What it happened to: what the event says, else the server it names, that of its session, or the group or person. */
export function targetOf({ record }: Pick<Settled, 'record'>, state: State): string | undefined {
  const { data } = record;
  const session = record.session ?? text(data['session']);
  const server = text(data['server']) ?? (session === undefined ? undefined : state.sessions[session]?.server);
  return record.target ?? server ?? text(data['group']) ?? text(data['person']);
}

/** What a row calls whoever did it. */
export const shortActor = (actor: Settled['record']['actor'], names: Names): string =>
  actor.kind === 'gateway' ? 'gateway' : cut(actorName({ record: { actor } }, names), 64);

function actorName({ record }: { readonly record: Pick<Settled['record'], 'actor'> }, names: Names): string {
  switch (record.actor.kind) {
    case 'person':
      return names.person(record.actor.id);
    case 'server':
      return names.server(record.actor.id);
    case 'gateway':
      return 'the gateway';
    case 'stranger':
      return 'somebody';
    default:
      return record.actor satisfies never;
  }
}

const kilobytes = (bytes: number): string =>
  bytes < 1024 ? `${bytes} B` : bytes < 1_048_576 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
const because = (why: string): string => (why === '' ? '' : `: ${why}`);
const list = (items: readonly string[]): string => (items.length === 0 ? 'nobody' : items.join(', '));

const endings: Readonly<Record<EndingReason, string>> = {
  exited: 'its program exited',
  killed: 'it was stopped',
  revoked: 'the right to it was revoked',
  'access-changed': 'policy no longer allows it',
  'agent-lost': 'the agent is gone, and the shell with it',
  'agent-refused': 'the agent would not open it',
  expired: 'it reached its longest life',
  idle: 'nobody typed for too long',
  locked: 'a lock was set',
  'gateway-gone': 'the gateway stayed away too long',
  'recording-failed': 'it could not be recorded',
  'server-removed': 'the server was removed',
  'unknown-after-restore': 'this gateway had no record of it',
};

/** What happened, in one sentence without its final stop. Exhaustive by type. */
function sentence(event: FoldedEvent, who: string, names: Names): string {
  switch (event.type) {
    case 'workspace.initialised':
      return `workspace ${event.data.name} was made`;
    case 'gateway.started':
      return `the gateway started${event.data.rebuilt ? ', its state rebuilt from the log' : ''}${event.data.head === undefined ? '' : `, the signed head beside its log was ${event.data.head}`} (version ${event.data.version})`;
    case 'gateway.stopped':
      return 'the gateway stopped';
    case 'state.sealed':
      return `the state up to record ${event.data.seq} was sealed`;
    case 'audit.recovered':
      return `the log was found torn after a crash; ${event.data.bytes} bytes that nobody had been told of were set aside`;
    case 'stranger.refused':
      return `${event.data.count} refusals of somebody not signed in (${event.data.cause})`;
    case 'audit.read':
      return `${who} ${event.data.live ? 'follows' : 'read'} the audit log${event.data.query === '' ? '' : ` for ${event.data.query}`}`;
    case 'clock.stepped':
      return `the wall clock was set ${event.data.byMs < 0 ? 'back' : 'forward'} by ${Math.round(Math.abs(event.data.byMs) / 1000)} s`;
    case 'login.started':
      return `a sign-in was begun on ${event.personal?.machine ?? 'a machine'}`;
    case 'login.refused':
      return `a sign-in${event.data.person === undefined ? '' : ` of ${names.person(event.data.person)}`} was refused: ${event.data.cause}`;
    case 'login.succeeded':
      return `${names.person(event.data.person)} signed in on ${event.personal?.machine ?? 'a machine'}`;
    case 'login.ended':
      return `a sign-in of ${names.person(event.data.person)} ended: ${event.data.cause}${because(event.data.why ?? '')}`;
    case 'device.registered':
      return `${names.person(event.data.person)} has a new device, ${event.personal?.machine ?? 'a machine'}`;
    case 'device.trusted':
      return `a device of ${names.person(event.data.person)} is trusted, a second factor having been proven on it`;
    case 'identity.refresh-started':
      return `the identity provider is asked about ${names.person(event.data.person)}`;
    case 'identity.refreshed':
      return `the identity provider still knows ${names.person(event.data.person)}`;
    case 'identity.refresh-failed':
      return `the identity provider did not vouch for ${names.person(event.data.person)}: ${event.data.cause}`;
    case 'factor.enrolment-started':
      return `${names.person(event.data.person)} began to set up a second factor`;
    case 'factor.enrolled':
      return `${names.person(event.data.person)} set up a second factor`;
    case 'factor.proven':
      return `${names.person(event.data.person)} proved a second factor (${event.data.method}) for ${event.data.action}${event.data.target === undefined ? '' : ` on ${names.any(event.data.target)}`}`;
    case 'factor.refused':
      return `a second factor of ${names.person(event.data.person)} was refused: ${event.data.cause}`;
    case 'factor.codes-made':
      return `${names.person(event.data.person)} made new recovery codes`;
    case 'person.added':
      return `${who} added ${event.personal?.name ?? names.person(event.data.person)} as ${event.data.role}`;
    case 'person.bound':
      return `${names.person(event.data.person)} was bound to their account at ${event.data.issuer}`;
    case 'person.role-set':
      return `${who} changed the role of ${names.person(event.data.person)} from ${event.data.before} to ${event.data.after}${because(event.data.why)}`;
    case 'person.suspended':
      return `${who} suspended ${names.person(event.data.person)}${because(event.data.why)}`;
    case 'person.restored':
      return `${who} restored ${names.person(event.data.person)}${because(event.data.why)}`;
    case 'person.removed':
      return `${who} removed ${event.personal?.name ?? names.person(event.data.person)}${because(event.data.why)}`;
    case 'group.added':
      return `${who} made group ${event.data.name}`;
    case 'group.members-set': {
      const { group, before, after } = event.data;
      const gone = before.filter((id) => !after.includes(id)).map(names.person);
      const come = after.filter((id) => !before.includes(id)).map(names.person);
      const changes = [
        ...(come.length > 0 ? [`added ${list(come)}`] : []),
        ...(gone.length > 0 ? [`took out ${list(gone)}`] : []),
      ];
      return `${who} changed the members of group ${names.group(group)}${changes.length === 0 ? '' : `: ${changes.join('; ')}`}`;
    }
    case 'group.access-set':
      return `${who} changed what group ${names.group(event.data.group)} gives: ${event.data.after.length} rules, ${event.data.before.length} before`;
    case 'group.removed':
      return `${who} removed group ${event.data.name ?? names.group(event.data.group)}${because(event.data.why)}`;
    case 'enrolment.created':
      return `${who} made an enrolment token for ${event.data.name}`;
    case 'enrolment.refused':
      return `an enrolment was refused: the token is ${event.data.cause}`;
    case 'server.enrolled':
      return `${names.server(event.data.server)} was enrolled by ${event.data.facts.hostname}`;
    case 'server.labels-set':
      return `${who} changed the labels of ${names.server(event.data.server)}`;
    case 'server.removed':
      return `${who} removed server ${event.data.name ?? names.server(event.data.server)}${because(event.data.why)}`;
    case 'server.connected':
      return `${names.server(event.data.server)} connected`;
    case 'server.disconnected':
      return `${names.server(event.data.server)} disconnected: ${event.data.cause}`;
    case 'agent.refused':
      return `an agent${event.data.server === undefined ? '' : ` for ${names.server(event.data.server)}`} was refused: ${event.data.cause}`;
    case 'session.started': {
      const { person, server, user } = event.data;
      return `${names.person(person)} opened a shell on ${names.server(server)}${user === undefined ? '' : ` as ${user}`}`;
    }
    case 'session.opened':
      return `${names.shell(event.data.session)} is open`;
    case 'session.joined': {
      const { person, role, session } = event.data;
      const verb = { driver: 'drives', peer: 'joined', observer: 'watches', moderator: 'moderates' }[role];
      return `${names.person(person)} ${verb} ${names.shell(session)}`;
    }
    case 'session.left': {
      const { session, participant, cause, by, why } = event.data;
      const guest = names.participant(session, participant);
      if (by !== undefined) return `${names.person(by)} sent ${guest} out of ${names.shell(session)}${because(why ?? '')}`;
      return `${guest} left ${names.shell(session)}: ${cause}`;
    }
    case 'session.frozen': {
      const { session, cause, by, why } = event.data;
      const shell = names.shell(session);
      if (cause === 'held') return `${by === undefined ? who : names.person(by)} froze ${shell}${because(why ?? '')}`;
      return `${shell} is frozen: ${cause === 'recording' ? 'it cannot be recorded' : 'a moderator is missing'}`;
    }
    case 'session.unfrozen': {
      const { session, by } = event.data;
      return by === undefined ? `${names.shell(session)} goes on` : `${names.person(by)} let ${names.shell(session)} go on`;
    }
    case 'session.asked':
      return `${names.participant(event.data.session, event.data.participant)} asked for the keyboard of ${names.shell(event.data.session)}`;
    case 'session.handed': {
      const { session, to, by, how } = event.data;
      if (how === 'taken') return `${names.person(to)} took over ${names.shell(session)}`;
      return `${names.person(by)} handed the keyboard of ${names.shell(session)} to ${names.person(to)}`;
    }
    case 'session.messaged':
      return `${names.person(event.data.by)} wrote to ${names.shell(event.data.session)}${because(event.personal?.text ?? '')}`;
    case 'session.extended':
      return `${names.person(event.data.by)} prolonged ${names.shell(event.data.session)} to ${new Date(event.data.until).toISOString()}${because(event.data.why)}`;
    case 'session.marked':
      return `${names.person(event.data.by)} marked ${names.shell(event.data.session)}${because(event.data.label)}`;
    case 'session.shared': {
      const { session, person, role, by } = event.data;
      return `${names.person(by)} invited ${names.person(person)} to ${names.shell(session)} as ${role}`;
    }
    case 'session.unshared':
      return `an invitation to ${names.shell(event.data.session)} ${event.data.cause === 'expired' ? 'expired' : 'was taken back'}`;
    case 'session.presence-proven':
      return `${names.participant(event.data.session, event.data.participant)} proved to be in ${names.shell(event.data.session)}`;
    case 'lock.added': {
      const { kind, target, why, until } = event.data;
      const span = until === undefined ? '' : ` until ${new Date(until).toISOString()}`;
      return `${who} locked ${kind} ${names.any(target)}${span}${because(why)}`;
    }
    case 'lock.removed': {
      const { kind, target, cause, why } = event.data;
      if (cause === 'expired') return `the lock on ${kind} ${names.any(target)} ended`;
      return `${who} took the lock off ${kind} ${names.any(target)}${because(why ?? '')}`;
    }
    case 'session.kill-ordered':
      return `${who} stops ${names.shell(event.data.session)}${because(event.data.why)}`;
    case 'session.ended': {
      const { session, reason, code, signal, by, why, lostBytes } = event.data;
      const how = signal !== undefined ? ` (${signal})` : code !== undefined ? ` (code ${code})` : '';
      const whom = by === undefined ? '' : ` by ${names.person(by)}`;
      const lost = lostBytes === 0 ? '' : `; ${kilobytes(lostBytes)} of its output was lost`;
      return `${names.shell(session)} ended: ${endings[reason]}${how}${whom}${because(why ?? '')}${lost}`;
    }
    case 'clipboard.allowed':
      return `${names.participant(event.data.session, event.data.participant)} ${event.data.allow ? 'allowed' : 'refused'} clipboard writes in ${names.shell(event.data.session)}`;
    case 'command.advised': {
      const { session, participant, policies, answer } = event.data;
      const did = answer === 'went-on' ? 'went on with it' : 'dropped it';
      return `${policies.join(', ')} advised against a line in ${names.shell(session)}; ${names.participant(session, participant)} ${did}`;
    }
    case 'recording.started':
      return `recording of ${names.shell(event.data.session)} began`;
    case 'recording.closed':
      return `recording of ${names.shell(event.data.session)} closed: ${kilobytes(event.data.bytes)}${event.data.incomplete ? ', incomplete' : ''}`;
    case 'recording.exported':
      return `${who} exported ${names.sessionOf(event.data.recording)} as ${event.data.format}`;
    case 'recording.read':
      return `${who} read the history of ${names.shell(event.data.session)}`;
    case 'access.denied':
    case 'access.challenged': {
      const { action, target, missing } = event.data;
      const on = target === undefined ? '' : ` on ${names.any(target)}`;
      const verb = event.type === 'access.denied' ? 'was denied' : 'was asked for more before';
      return `${who} ${verb} ${action}${on}${missing.length === 0 ? '' : `: ${missing.join(', ')}`}`;
    }
    default:
      return isTrail(event) ? trailSentence(event, who, names) : accessSentence(event, who, names);
  }
}
