// An event in the words of OCSF 1.5.0 (Open Cybersecurity Schema Framework), so that a monitoring system needs no parser of ours. Pure; every type of
// event has its class here, by the type checker.
//
// Choices: a shell is an authentication to the server (logon type Remote Interactive), not SSH Activity, because no SSH is spoken. What nobody else's
// class fits is API Activity when somebody did it, and Application Lifecycle when the gateway did. What OCSF has no place for stands in `unmapped`,
// under our own names, with the number and the hash of the record. Alerts and conflicts are Detection Findings.
import { isIP } from 'node:net';
import type { EventType } from '../protocol/events.ts';
import type { AuditRow, Instant } from '../protocol/nouns.ts';
import { programVersion } from '../protocol/version.ts';

const version = '1.5.0';

/** Classes used, with their activities as the schema captions them; 99 = Other in each. */
const classes = {
  base: { uid: 0, category: 0, caption: 'Base Event', activities: {} },
  finding: { uid: 2004, category: 2, caption: 'Detection Finding', activities: { 1: 'Create', 2: 'Update', 3: 'Close' } },
  account: {
    uid: 3001,
    category: 3,
    caption: 'Account Change',
    activities: {
      1: 'Create',
      2: 'Enable',
      5: 'Disable',
      6: 'Delete',
      9: 'Lock',
      10: 'MFA Factor Enable',
      11: 'MFA Factor Disable',
      12: 'Unlock',
    },
  },
  authentication: { uid: 3002, category: 3, caption: 'Authentication', activities: { 1: 'Logon', 2: 'Logoff', 6: 'Preauth' } },
  entity: {
    uid: 3004,
    category: 3,
    caption: 'Entity Management',
    activities: { 1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete', 6: 'Enroll', 7: 'Unenroll', 10: 'Activate' },
  },
  access: {
    uid: 3005,
    category: 3,
    caption: 'User Access Management',
    activities: { 1: 'Assign Privileges', 2: 'Revoke Privileges' },
  },
  group: {
    uid: 3006,
    category: 3,
    caption: 'Group Management',
    activities: { 1: 'Assign Privileges', 2: 'Revoke Privileges', 3: 'Add User', 4: 'Remove User', 5: 'Delete', 6: 'Create' },
  },
  network: { uid: 4001, category: 4, caption: 'Network Activity', activities: { 1: 'Open', 2: 'Close', 5: 'Refuse' } },
  lifecycle: {
    uid: 6002,
    category: 6,
    caption: 'Application Lifecycle',
    activities: { 1: 'Install', 2: 'Remove', 3: 'Start', 4: 'Stop' },
  },
  api: { uid: 6003, category: 6, caption: 'API Activity', activities: { 1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete' } },
} as const satisfies Record<string, OcsfClass>;
type OcsfClass = {
  readonly uid: number;
  readonly category: number;
  readonly caption: string;
  readonly activities: Readonly<Record<number, string>>;
};
type ClassName = keyof typeof classes;

const categories: Readonly<Record<number, string>> = {
  0: 'Uncategorized',
  2: 'Findings',
  3: 'Identity & Access Management',
  4: 'Network Activity',
  6: 'Application Activity',
};

type Row = AuditRow;
type Fields = Readonly<Record<string, unknown>>;
type Mapped = {
  readonly class: ClassName;
  readonly activity: (row: Row) => number;
  /** What the class demands beyond what every event has. */
  readonly fields: (row: Row) => Fields;
};

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const part = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {});
const longer = (row: Row): boolean => list(row.data['after']).length >= list(row.data['before']).length;
const given = (fields: Fields): Fields => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** What a thing is called, as far as the row says it. */
function nameOf(row: Row, id: string): string | undefined {
  if (row.target?.id === id) return row.target.name;
  return row.actor.id === id ? row.actor.name : undefined;
}
const thing = (row: Row, id: string): Fields => given({ uid: id, name: text(nameOf(row, id)) });
const targetOf = ({ target }: Row): Fields | undefined => {
  const told = given({ uid: text(target?.id), name: text(target?.name) });
  return Object.keys(told).length === 0 ? undefined : told;
};

/** Whom it is about. */
function userOf(row: Row): Fields {
  const id = text(row.data['person']) ?? (row.actor.kind === 'person' ? row.actor.id : undefined);
  const personal = part(row.data['personal']);
  if (id !== undefined)
    return given({ ...thing(row, id), ...(text(personal['name']) === undefined ? {} : { name: personal['name'] }) });
  const subject = text(personal['subject']) ?? text(personal['email']);
  return given({ name: subject ?? 'unknown', email_addr: text(personal['email']) });
}

function actorOf({ actor }: Row): Fields {
  switch (actor.kind) {
    case 'person':
      return { user: given({ uid: actor.id, name: actor.name, type_id: 1, type: 'User' }) };
    case 'server':
      return { app_name: 'sallyport-agent', user: given({ uid: actor.id, name: actor.name, type_id: 3, type: 'System' }) };
    case 'gateway':
      return { app_name: 'sallyport-gateway' };
    case 'stranger':
      return { user: { name: 'unknown', type_id: 0, type: 'Unknown' } };
    default:
      return actor.kind satisfies never;
  }
}

const resourcesOf = (row: Row): readonly Fields[] | undefined => {
  const target = targetOf(row);
  return target && [target];
};
const gatewayEnd: Fields = { svc_name: 'sallyport-gateway' };
const endOf = (address: string | undefined): Fields | undefined =>
  address === undefined || address === '' ? undefined : isIP(address) === 0 ? { name: address } : { ip: address };
const fixed = (activity: number) => () => activity;

const authentication = (activity: number, fields: (row: Row) => Fields = () => ({})): Mapped => ({
  class: 'authentication',
  activity: fixed(activity),
  fields: (row) => ({ user: userOf(row), service: { name: 'sallyport' }, is_remote: true, ...fields(row) }),
});
const secondFactor = authentication(99, () => ({ is_mfa: true }));
const shell = (activity: number): Mapped =>
  authentication(activity, (row) =>
    given({
      dst_endpoint: targetOf(row) ?? gatewayEnd,
      session: row.session === undefined ? undefined : { uid: row.session },
      logon_type_id: 10,
      logon_type: 'Remote Interactive',
    }),
  );
const account = (activity: number): Mapped => ({
  class: 'account',
  activity: fixed(activity),
  fields: (row) => ({ user: userOf(row) }),
});
const entity = (activity: number, type: string, key?: string): Mapped => ({
  class: 'entity',
  activity: fixed(activity),
  fields: (row) => {
    const id = (key === undefined ? undefined : text(row.data[key])) ?? text(row.target?.id);
    const comment = text(row.data['why']);
    return given({ entity: { type, ...(id === undefined ? { name: type } : thing(row, id)) }, comment });
  },
});
/** @param privileges of the data of the event; a grant of which only the end is told names itself */
const access = (activity: (row: Row) => number, privileges: (data: Fields) => unknown): Mapped => ({
  class: 'access',
  activity,
  fields: (row) => ({ user: userOf(row), privileges: [text(privileges(row.data)) ?? text(row.data['grant']) ?? 'grant'] }),
});
const levelOf = (data: Fields): unknown => part(data['terms'])['level'];
const group = (activity: (row: Row) => number): Mapped => ({
  class: 'group',
  activity,
  fields: (row) => {
    const id = text(row.data['group']) ?? text(row.target?.id);
    const name = text(row.data['name']) ?? (id === undefined ? 'unknown' : text(nameOf(row, id)));
    const [before, after] = [list(row.data['before']), list(row.data['after'])];
    const people = [...after.filter((one) => !before.includes(one)), ...before.filter((one) => !after.includes(one))];
    const [user] = people.filter((one) => typeof one === 'string');
    const levels = after.map((one) => text(part(one)['level'])).filter((level) => level !== undefined);
    return given({
      group: given({ uid: id, name }),
      user: user === undefined ? undefined : { uid: user },
      privileges: levels.length === 0 ? undefined : [...new Set(levels)],
    });
  },
});
const network = (activity: number): Mapped => ({
  class: 'network',
  activity: fixed(activity),
  fields: (row) => {
    const server = text(row.data['server']);
    const from = given({ ...(server === undefined ? {} : thing(row, server)), ...endOf(row.address) });
    return { src_endpoint: Object.keys(from).length === 0 ? { name: 'unknown' } : from, dst_endpoint: gatewayEnd };
  },
});
const lifecycle = (activity: number): Mapped => ({
  class: 'lifecycle',
  activity: fixed(activity),
  fields: () => ({ app: product }),
});
const api = (activity: number): Mapped => ({
  class: 'api',
  activity: fixed(activity),
  fields: (row) =>
    given({
      api: { operation: row.type, service: { name: 'sallyport' } },
      resources: resourcesOf(row),
      src_endpoint: endOf(row.address) ?? gatewayEnd,
    }),
});
const finding: Mapped = {
  class: 'finding',
  activity: fixed(1),
  fields: (row) => {
    const rule = text(row.data['rule']) ?? row.type;
    return given({
      finding_info: {
        uid: row.hash,
        title: row.summary,
        created_time: row.at,
        types: [rule],
        analytic: { name: rule, type_id: 1, type: 'Rule' },
      },
      is_alert: true,
      evidences: [given({ actor: actorOf(row), src_endpoint: endOf(row.address) })],
      resources: resourcesOf(row),
    });
  },
};

const product: Fields = { name: 'Sallyport', vendor_name: 'Sallyport', version: programVersion };

const mapping: Readonly<Record<EventType, Mapped>> = {
  'workspace.initialised': lifecycle(1),
  'gateway.started': lifecycle(3),
  'gateway.stopped': lifecycle(4),
  'state.sealed': lifecycle(99),
  'audit.recovered': lifecycle(99),
  'stranger.refused': network(5),
  'audit.read': api(2),
  'clock.stepped': lifecycle(99),
  'login.started': authentication(6),
  'login.refused': authentication(1),
  'login.succeeded': authentication(1, () => ({ auth_protocol_id: 4, auth_protocol: 'OpenID' })),
  'login.ended': authentication(2),
  'device.registered': entity(6, 'device', 'device'),
  'device.trusted': entity(10, 'device', 'device'),
  'device.revoked': entity(7, 'device', 'device'),
  'identity.refresh-started': authentication(99),
  'identity.refreshed': authentication(99),
  'identity.refresh-failed': authentication(99),
  'factor.enrolment-started': account(99),
  'factor.enrolled': account(10),
  'factor.proven': secondFactor,
  'factor.refused': secondFactor,
  'factor.codes-made': account(99),
  'factor.reset-asked': account(99),
  'factor.reset': account(11),
  'person.added': account(1),
  'person.bound': account(2),
  'person.role-set': access(fixed(1), (data) => data['after']),
  'person.suspended': account(5),
  'person.restored': account(2),
  'person.removed': account(6),
  'person.erased': account(6),
  'group.added': group(fixed(6)),
  'group.members-set': group((row) => (longer(row) ? 3 : 4)),
  'group.access-set': group((row) => (longer(row) ? 1 : 2)),
  'group.removed': group(fixed(5)),
  'enrolment.created': entity(1, 'enrolment', 'enrolment'),
  'enrolment.refused': entity(6, 'server'),
  'server.enrolled': entity(6, 'server', 'server'),
  'server.labels-set': entity(3, 'server', 'server'),
  'server.removed': entity(4, 'server', 'server'),
  'server.connected': network(1),
  'server.disconnected': network(2),
  'agent.refused': network(5),
  'session.started': shell(1),
  'session.ended': shell(2),
  'session.opened': api(1),
  'session.joined': api(3),
  'session.left': api(3),
  'session.frozen': api(3),
  'session.unfrozen': api(3),
  'session.asked': api(3),
  'session.handed': api(3),
  'session.messaged': api(3),
  'session.extended': api(3),
  'session.marked': api(3),
  'session.shared': api(3),
  'session.unshared': api(3),
  'session.presence-proven': api(3),
  'session.kill-ordered': api(4),
  'clipboard.allowed': api(3),
  'command.advised': api(99),
  'lock.added': entity(1, 'lock', 'lock'),
  'lock.removed': entity(4, 'lock', 'lock'),
  'recording.started': api(1),
  'recording.closed': api(3),
  'recording.exported': api(2),
  'recording.read': api(2),
  'access.denied': api(99),
  'access.challenged': api(99),
  'policy.applied': entity(3, 'policy'),
  'policy.trial-set': entity(3, 'policy on trial'),
  'settings.set': entity(3, 'settings'),
  'workspace.deletion-asked': entity(4, 'workspace'),
  'workspace.deleted': lifecycle(2),
  'request.made': api(1),
  'request.approved': api(3),
  'request.denied': api(3),
  'request.ended': api(4),
  'grant.made': access(fixed(1), levelOf),
  'grant.extended': access(fixed(1), levelOf),
  'grant.ended': access(fixed(2), levelOf),
  'grant.turned': access((row) => (row.data['open'] === true ? 1 : 2), levelOf),
  'address.added': entity(1, 'address rule', 'rule'),
  'address.removed': entity(4, 'address rule', 'rule'),
  'breakglass.sealed': entity(1, 'sealed codes'),
  'breakglass.asked': authentication(6),
  'breakglass.approved': api(3),
  'breakglass.refused': authentication(1),
  'breakglass.opened': authentication(1, () => ({ is_mfa: true })),
  'breakglass.over': authentication(2),
  'breakglass.reviewed': api(3),
  'campaign.started': api(1),
  'campaign.answered': api(3),
  'campaign.closed': api(3),
  'epoch.began': entity(3, 'signing key'),
  'audit.heartbeat': lifecycle(99),
  'gateway.restored': lifecycle(99),
  'hold.placed': entity(1, 'hold', 'hold'),
  'hold.released': entity(4, 'hold', 'hold'),
  'segment.purged': api(4),
  'recording.purged': api(4),
  'audit.exported': api(2),
  'anchor.late': lifecycle(99),
  'anchor.restored': lifecycle(99),
  'anchor.conflict': finding,
  'trail.stale': finding,
  'trail.restored': lifecycle(99),
  'anchored.conflict': finding,
  'witness.conflict': finding,
  'sink.late': lifecycle(99),
  'sink.restored': lifecycle(99),
  'sink.tested': api(99),
  'alert.raised': finding,
};

const severityOf = {
  info: { severity_id: 1, severity: 'Informational' },
  warning: { severity_id: 3, severity: 'Medium' },
  alert: { severity_id: 4, severity: 'High' },
} as const;

/** An alert is as severe as its rule. */
const severityIn = (row: Row): keyof typeof severityOf => {
  const said = row.type === 'alert.raised' ? row.data['severity'] : undefined;
  return said === 'info' || said === 'warning' || said === 'alert' ? said : row.severity;
};

function base(name: ClassName, activity: number, at: Instant, message: string): Fields {
  const { uid, category, caption } = classes[name];
  const activities: Readonly<Record<number, string>> = classes[name].activities;
  const activityName = activities[activity] ?? 'Other';
  return {
    activity_id: activity,
    activity_name: activityName,
    category_uid: category,
    category_name: categories[category],
    class_uid: uid,
    class_name: caption,
    type_uid: uid * 100 + activity,
    type_name: `${caption}: ${activityName}`,
    time: at,
    message,
  };
}

/** The OCSF event of a row. @param type of the row, as the catalogue has it */
export function ocsfOf(type: EventType, row: AuditRow): Fields {
  const { class: name, activity, fields } = mapping[type];
  const own = fields(row);
  const src = name === 'lifecycle' || name === 'finding' ? undefined : endOf(row.address);
  return given({
    ...base(name, activity(row), row.at, row.summary),
    ...severityOf[severityIn(row)],
    ...(name === 'finding'
      ? { status_id: 1, status: 'New' }
      : row.outcome === 'ok'
        ? { status_id: 1, status: 'Success' }
        : { status_id: 2, status: 'Failure', status_detail: text(row.data['cause']) ?? row.outcome }),
    metadata: { version, product, uid: row.hash, sequence: row.seq, event_code: row.code, log_name: 'audit' },
    // Other classes have no place for who did it.
    actor: classes[name].category === 3 || name === 'api' ? actorOf(row) : undefined,
    src_endpoint: src,
    ...own,
    unmapped: given({
      type: row.type,
      seq: row.seq,
      hash: row.hash,
      outcome: row.outcome,
      actor: row.actor,
      target: row.target,
      session: row.session,
      data: row.data,
      break_glass: row.breakGlass,
    }),
  });
}

/** What `sink.test` sends: a base event, nothing that could be taken for something that happened. */
export const ocsfTest = (message: string, at: Instant): Fields => ({
  ...base('base', 99, at, message),
  ...severityOf.info,
  status_id: 99,
  status: 'Other',
  metadata: { version, product, log_name: 'audit' },
  unmapped: { test: true },
});
