// What an event changed, as a pair: before and after. Every event that a request may leave has one (FEATURES §4d); made = there was nothing before,
// removed = there is nothing after. Read from the event alone, so that whoever has the log has it. Ids stand for things; names are shown elsewhere.
import type { FoldedEvent } from './folded.ts';

export type Change = { readonly before: unknown; readonly after: unknown };

const made = (after: unknown): Change => ({ before: undefined, after });
const removed = (before: unknown): Change => ({ before, after: undefined });
const turned = (before: unknown, after: unknown): Change => ({ before, after });

/** Undefined for what changes nothing of the workspace: readings, refusals, the life of the log itself. */
export function changeOf(event: FoldedEvent): Change | undefined {
  switch (event.type) {
    case 'login.succeeded':
    case 'login.started':
    case 'device.registered':
    case 'person.added':
    case 'group.added':
    case 'enrolment.created':
    case 'server.enrolled':
    case 'session.started':
    case 'session.joined':
    case 'session.messaged':
    case 'session.marked':
    case 'session.shared':
    case 'lock.added':
    case 'recording.started':
    case 'request.made':
    case 'grant.made':
    case 'address.added':
    case 'breakglass.asked':
    case 'breakglass.opened':
    case 'campaign.started':
    case 'hold.placed':
    case 'factor.enrolment-started':
    case 'factor.reset-asked':
    case 'workspace.initialised':
    case 'workspace.deletion-asked':
      return made(event.data);

    case 'login.ended':
      return removed(event.data.login);
    case 'device.revoked':
      return removed(event.data.device);
    case 'person.removed':
      return removed(event.data.role ?? 'somebody');
    case 'group.removed':
      return removed(event.data.before ?? event.data.name ?? event.data.group);
    case 'server.removed':
      return removed(event.data.labels ?? event.data.name ?? event.data.server);
    case 'lock.removed':
      return removed({ kind: event.data.kind, target: event.data.target });
    case 'address.removed':
      return removed({ cidr: event.data.cidr, effect: event.data.effect });
    case 'session.unshared':
      return removed(event.data.invite);
    case 'hold.released':
      return removed(event.data.hold);
    case 'recording.purged':
      return removed(event.data.recording);
    case 'segment.purged':
      return removed({ first: event.data.first, last: event.data.last });
    case 'person.erased':
      return removed(event.data.person);
    case 'workspace.deleted':
      return removed('the workspace');
    case 'session.left':
      return removed(event.data.participant);
    case 'session.ended':
      return turned('live', event.data.reason);
    case 'session.kill-ordered':
      return turned('live', 'ending');
    case 'server.connected':
      return turned('offline', 'online');
    case 'server.disconnected':
      return turned('online', 'offline');
    case 'recording.closed':
      return turned('open', 'closed');
    case 'session.opened':
      return turned('starting', 'open');

    case 'person.role-set':
    case 'group.members-set':
    case 'group.access-set':
    case 'server.labels-set':
    case 'settings.set':
    case 'policy.applied':
      return turned(event.data.before, event.data.after);
    case 'policy.trial-set':
      return turned(event.data.before ?? 'none', event.data.digest ?? 'none');
    case 'session.extended':
    case 'grant.extended':
      return turned(event.data.before ?? 'earlier', event.data.until);
    case 'person.suspended':
      return turned('active', 'suspended');
    case 'person.restored':
      return turned('suspended', 'active');
    case 'person.bound':
      return turned('invited', 'active');
    case 'session.frozen':
      return turned('goes on', `frozen: ${event.data.cause}`);
    case 'session.unfrozen':
      return turned('frozen', 'goes on');
    case 'session.asked':
      return turned('watches', 'asks for the keyboard');
    case 'session.handed':
      return turned(event.data.by, event.data.to);
    case 'session.presence-proven':
      return turned('to be proven', 'present');
    case 'clipboard.allowed':
      return turned('asked', event.data.allow ? 'allowed' : 'refused');
    case 'command.advised':
      return turned('advised against', event.data.answer);
    case 'device.trusted':
      return turned('new', 'trusted');
    case 'factor.enrolled':
      return turned('begun', 'enrolled');
    case 'factor.proven':
      return turned('to be proven', { action: event.data.action, until: event.data.until });
    case 'factor.codes-made':
      return turned('earlier codes', event.data.recoveryDigests);
    case 'factor.reset':
      return turned('enrolled', 'none');
    case 'request.approved':
      return turned('waits', { terms: event.data.terms });
    case 'request.denied':
      return turned('waits', 'denied');
    case 'request.ended':
      return turned('waits', event.data.cause);
    case 'grant.ended':
      return turned('open', event.data.cause);
    case 'grant.turned':
      return turned(event.data.open ? 'shut' : 'open', event.data.open ? 'open' : 'shut');
    case 'breakglass.sealed':
      return turned('earlier codes', event.data.digests);
    case 'breakglass.approved':
      return turned('waits', 'let in');
    case 'breakglass.over':
      return turned('in', 'over');
    case 'breakglass.reviewed':
      return turned('to be reviewed', event.data.finding);
    case 'campaign.answered':
      return turned('to be answered', event.data.answer);
    case 'campaign.closed':
      return turned('open', { kept: event.data.kept, revoked: event.data.revoked });
    case 'epoch.began':
      return turned(event.data.epoch - 1, event.data.epoch);
    case 'identity.refreshed':
      return turned('to be asked', 'known');

    case 'gateway.started':
    case 'gateway.stopped':
    case 'gateway.restored':
    case 'state.sealed':
    case 'audit.recovered':
    case 'stranger.refused':
    case 'audit.read':
    case 'audit.heartbeat':
    case 'audit.exported':
    case 'clock.stepped':
    case 'login.refused':
    case 'identity.refresh-started':
    case 'identity.refresh-failed':
    case 'factor.refused':
    case 'enrolment.refused':
    case 'agent.refused':
    case 'recording.exported':
    case 'recording.read':
    case 'access.denied':
    case 'access.challenged':
    case 'breakglass.refused':
    case 'anchor.late':
    case 'anchor.restored':
    case 'anchor.conflict':
    case 'witness.conflict':
    case 'anchored.conflict':
    case 'trail.stale':
    case 'trail.restored':
    case 'sink.late':
    case 'sink.restored':
    case 'sink.tested':
    case 'alert.raised':
      return undefined;
    default:
      return event satisfies never;
  }
}
