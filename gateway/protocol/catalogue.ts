// The catalogue of audit events as a reference: what each one means, its code and weight, and the fields it has. Read from the very schemas, so that it
// cannot say anything else than they do; only the meanings are written here, one for each type.
import { type EventType, events, eventTypes } from './events.ts';

export type CatalogueField = { readonly name: string; readonly form: string; readonly optional: boolean };
export type CatalogueEntry = {
  readonly type: EventType;
  readonly code: string;
  readonly severity: string;
  readonly version: number;
  readonly meaning: string;
  readonly data: readonly CatalogueField[];
  /** Stands beside the record, hashed into it as a salted digest, so that it can be erased. */
  readonly personal: readonly CatalogueField[];
};

const meanings: Readonly<Record<EventType, string>> = {
  'workspace.initialised': 'The workspace was made: its chain, keys and identity provider.',
  'gateway.started': 'A gateway began to serve this workspace.',
  'gateway.stopped': 'It ended as it was told to; without this record it was killed.',
  'gateway.restored': 'The workspace was restored from a backup; what was recorded after the backup is not in this log.',
  'state.sealed': 'The saved state up to a record has this digest.',
  'audit.recovered': 'A torn last line, never acknowledged, was set aside after a crash.',
  'audit.read': 'Somebody read the audit log, or follows it.',
  'audit.exported': 'Somebody took records away as evidence.',
  'audit.heartbeat': 'Nothing else happened for a minute, and the log goes on.',
  'stranger.refused': 'Peers that are not signed in were refused: one record per address, cause and minute.',
  'clock.stepped': 'The wall clock was set forward or back.',
  'epoch.began': 'A new key signs from here on; the one before certified it and is destroyed.',
  'hold.placed': 'What fits a query may not be purged.',
  'hold.released': 'It may be again.',
  'recording.purged': 'The recording of a session was purged: its file and its key are gone.',
  'segment.purged': 'The records of a segment were purged; its manifest stays.',
  'person.erased': 'Somebody who had left was erased from the log and the state.',
  'anchor.late': 'An anchor outside the gateway did not take the newest heads in time.',
  'anchor.restored': 'It took all of them again.',
  'anchor.conflict': 'An anchor holds a head that is not of this log: one of the two was altered.',
  'trail.stale': 'Every anchor is so far behind that nobody outside vouches for the log: no new privileged session.',
  'trail.restored': 'An anchor vouches for the log again, or none is configured any more.',
  'anchored.conflict':
    'Another gateway, whose heads are kept here, signed a head that does not go on from the one held: its log was cut or forked.',
  'witness.conflict': 'An agent or a dashboard holds a head that is not of this log: one of the two was altered.',
  'sink.late': 'A system that events are sent to does not take them.',
  'sink.restored': 'It has caught up.',
  'sink.tested': 'Somebody sent a test event to it.',
  'alert.raised': 'A rule about events fits.',
  'login.started': 'A sign-in was begun with a device.',
  'login.refused': 'A sign-in was refused.',
  'login.succeeded': 'Somebody signed in.',
  'login.ended': 'A sign-in ended.',
  'device.registered': 'Somebody signed in with a device for the first time.',
  'device.trusted': 'A second factor was proven on a device: it is no longer new.',
  'device.revoked': 'A device signs nobody in any more.',
  'identity.refresh-started': 'The identity provider is asked about somebody who is signed in.',
  'identity.refreshed': 'It vouched for them.',
  'identity.refresh-failed': 'It did not.',
  'factor.enrolment-started': 'Somebody began to set up a second factor.',
  'factor.enrolled': 'They did.',
  'factor.proven': 'A second factor was proven for an action; its time step is spent.',
  'factor.refused': 'A code was refused.',
  'factor.codes-made': 'New recovery codes were made; the earlier ones are worth nothing.',
  'factor.reset-asked': 'Somebody asked to take a lost second factor from a person; a second one must agree.',
  'factor.reset': 'Two people took a second factor from a person.',
  'person.added': 'A person was invited.',
  'person.bound': 'They signed in for the first time: from now on this account is the person.',
  'person.role-set': 'The role of a person changed.',
  'person.suspended': 'A person may not do anything any more.',
  'person.restored': 'They may again.',
  'person.removed': 'A person was removed, or did not take up an invitation in time.',
  'group.added': 'A group was made.',
  'group.members-set': 'Who is in a group changed.',
  'group.access-set': 'What a group gives changed.',
  'group.removed': 'A group was removed.',
  'enrolment.created': 'A token was made that makes one server part of the workspace.',
  'enrolment.refused': 'An enrolment was refused.',
  'server.enrolled': 'A server became part of the workspace; its token is spent.',
  'server.labels-set': 'The labels of a server changed.',
  'server.removed': 'A server was removed.',
  'server.connected': 'The agent of a server connected.',
  'server.disconnected': 'It went.',
  'agent.refused': 'An agent was refused.',
  'session.started': 'A shell was asked for, and will be opened.',
  'session.opened': 'The shell is open.',
  'session.joined': 'Somebody came to a session, as driver, peer, observer or moderator.',
  'session.left': 'They left it.',
  'session.frozen': 'No input reaches a session, and nothing of it is shown, until its cause is over.',
  'session.unfrozen': 'It goes on.',
  'session.asked': 'A peer asked for the keyboard.',
  'session.handed': 'Somebody else may type now.',
  'session.messaged': 'Somebody wrote to those in a session.',
  'session.extended': 'A session may live longer.',
  'session.marked': 'Somebody marked a place of its recording.',
  'session.shared': 'Somebody was invited to a session.',
  'session.unshared': 'An invitation is over.',
  'session.presence-proven': 'A moderator proved to be there.',
  'session.kill-ordered': 'Somebody stops a session.',
  'session.ended': 'A session is over, with its reason.',
  'clipboard.allowed': 'A driver let a session write to their clipboard, or did not.',
  'command.advised': 'Policies advised against a line in a live shell.',
  'recording.started': 'A recording began.',
  'recording.closed': 'It ended: its size, and the root of its chunks.',
  'recording.exported': 'Somebody took a copy of a recording.',
  'recording.read': 'Somebody read the history of a live session.',
  'lock.added': 'A lock shuts somebody or something out, and ends their sessions.',
  'lock.removed': 'It was taken off, or ran out.',
  'access.denied': 'Something was denied, with the policies that decided and what was missing.',
  'access.challenged': 'Something was asked for more proof first.',
  'policy.applied': 'The policies that admins add were changed.',
  'policy.trial-set': 'Policies were put on trial, or the trial was ended.',
  'settings.set': 'The settings of the workspace were changed.',
  'workspace.deletion-asked': 'Somebody asked to delete the workspace; a second one must agree.',
  'workspace.deleted': 'Two people deleted the workspace.',
  'request.made': 'Somebody asked for access for a time.',
  'request.approved': 'Somebody approved it, after a second factor over what was displayed.',
  'request.denied': 'Somebody denied it.',
  'request.ended': 'It ended without an answer.',
  'grant.made': 'Access for a time was given.',
  'grant.extended': 'It lasts longer.',
  'grant.ended': 'It is over.',
  'grant.turned': 'The window of a recurring grant opened or shut.',
  'address.added': 'A rule says where connections may come from.',
  'address.removed': 'It was removed.',
  'breakglass.sealed': 'New sealed codes for an emergency were made.',
  'breakglass.asked': 'Somebody wants in without the identity provider.',
  'breakglass.approved': 'A second person lets them in.',
  'breakglass.refused': 'They were refused.',
  'breakglass.opened': 'They are in, for an hour.',
  'breakglass.over': 'The hour is over.',
  'breakglass.reviewed': 'Somebody else reviewed what was done.',
  'campaign.started': 'A review of who may do what began.',
  'campaign.answered': 'One right was kept or revoked.',
  'campaign.closed': 'It is over; the gateway signed its result.',
};

/** All of it, by code. */
export const catalogue = (): readonly CatalogueEntry[] =>
  eventTypes
    .map((type) => {
      const { code, severity, version, data, personal } = events[type];
      return { type, code, severity, version, meaning: meanings[type], data: fieldsOf(data), personal: fieldsOf(personal) };
    })
    .toSorted((a, b) => (a.code < b.code ? -1 : 1));

// What we read of a valibot schema; its own types do not expose these generically.
type Schema = {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly item?: Schema;
  readonly wrapped?: Schema;
  readonly options?: readonly unknown[];
  readonly pipe?: readonly (Schema & { readonly requirement?: unknown; readonly message?: unknown })[];
};

function fieldsOf(schema: unknown): readonly CatalogueField[] {
  return Object.entries((schema as Schema).entries ?? {}).map(([name, field]) => ({
    name,
    form: formOf(field),
    optional: field.type === 'optional',
  }));
}

/** A schema in a few words. */
function formOf(schema: Schema): string {
  const rules = (schema.pipe ?? []).slice(1);
  const said = rules.map(({ message }) => message).find((message) => typeof message === 'string');
  switch (schema.type) {
    case 'optional':
      return schema.wrapped === undefined ? 'anything' : formOf(schema.wrapped);
    case 'string': {
      const most = rules.find(({ type }) => type === 'max_length')?.requirement;
      return typeof said === 'string'
        ? said.replace(/^expected /, '')
        : typeof most === 'number'
          ? `text of at most ${most}`
          : 'text';
    }
    case 'number':
      return 'whole number';
    case 'boolean':
      return 'yes or no';
    case 'picklist':
      return (schema.options ?? []).map(String).join(' | ');
    case 'array':
      return schema.item === undefined ? 'list' : `list of (${formOf(schema.item)})`;
    case 'strict_object':
      return `{ ${Object.keys(schema.entries ?? {}).join(', ')} }`;
    default:
      return schema.type;
  }
}
