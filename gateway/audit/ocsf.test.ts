// Every type of event as an OCSF event, held against what the schema 1.5.0 demands of its class. The schema is on no registry we use: what it demands is
// written down here, from events/ and objects/ of github.com/ocsf/ocsf-schema at 1.5.0.
import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { arbitraryEventOf } from '../../fixtures/events.ts';
import { HandClock } from '../../fixtures/faults/hand-clock.ts';
import { openMemoryLog } from '../../fixtures/memory-log.ts';
import { type EventType, eventTypes } from '../protocol/events.ts';
import type { AuditRow } from '../protocol/nouns.ts';
import { ocsfOf, ocsfTest } from './ocsf.ts';
import { auditRow } from './tell.ts';

const text = v.pipe(v.string(), v.minLength(1));
const whole = v.pipe(v.number(), v.integer());
/** An object of which one attribute at least must be there. */
const oneOf = <E extends v.ObjectEntries>(entries: E) =>
  v.pipe(
    v.strictObject(entries),
    v.check((value) => Object.keys(value).length > 0, 'at_least_one'),
  );
const user = v.pipe(
  v.strictObject({
    uid: v.optional(text),
    name: v.optional(text),
    email_addr: v.optional(text),
    type_id: v.optional(v.picklist([0, 1, 2, 3, 99])),
    type: v.optional(text),
  }),
  v.check(({ uid, name }) => uid !== undefined || name !== undefined, 'at_least_one of uid, name'),
);
const actor = oneOf({ user: v.optional(user), app_name: v.optional(text) });
const endpoint = oneOf({
  ip: v.optional(v.union([v.pipe(v.string(), v.ipv4()), v.pipe(v.string(), v.ipv6())])),
  name: v.optional(text),
  uid: v.optional(text),
  svc_name: v.optional(text),
});
const product = v.strictObject({ name: text, vendor_name: text, version: text });
const resources = v.array(oneOf({ uid: v.optional(text), name: v.optional(text) }));
const service = oneOf({ name: v.optional(text), uid: v.optional(text) });

const every = {
  activity_id: whole,
  activity_name: text,
  category_uid: whole,
  category_name: text,
  class_uid: whole,
  class_name: text,
  type_uid: whole,
  type_name: text,
  time: whole,
  message: text,
  severity_id: v.picklist([0, 1, 2, 3, 4, 5, 6, 99]),
  severity: text,
  status_id: whole,
  status: text,
  status_detail: v.optional(text),
  metadata: v.strictObject({
    version: v.literal('1.5.0'),
    product,
    uid: v.optional(text),
    sequence: v.optional(whole),
    event_code: v.optional(text),
    log_name: text,
  }),
  unmapped: v.record(v.string(), v.unknown()),
};
const iam = { ...every, actor: v.optional(actor), src_endpoint: v.optional(endpoint) };

/** Activities and attributes of each class we use; what a class has no place for is not there. */
const schema: Readonly<Record<number, { readonly activities: readonly number[]; readonly shape: v.GenericSchema }>> = {
  2004: {
    activities: [0, 1, 2, 3, 99],
    shape: v.strictObject({
      ...every,
      finding_info: v.strictObject({
        uid: text,
        title: text,
        created_time: whole,
        types: v.array(text),
        analytic: v.strictObject({ name: text, type_id: v.literal(1), type: text }),
      }),
      is_alert: v.boolean(),
      evidences: v.array(oneOf({ actor: v.optional(actor), src_endpoint: v.optional(endpoint) })),
      resources: v.optional(resources),
    }),
  },
  3001: { activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 99], shape: v.strictObject({ ...iam, user }) },
  3002: {
    activities: [0, 1, 2, 3, 4, 5, 6, 99],
    shape: v.strictObject({
      ...iam,
      user,
      // at_least_one: service, dst_endpoint
      service,
      dst_endpoint: v.optional(endpoint),
      session: v.optional(v.strictObject({ uid: text })),
      is_remote: v.boolean(),
      is_mfa: v.optional(v.boolean()),
      auth_protocol_id: v.optional(v.picklist([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 99])),
      auth_protocol: v.optional(text),
      logon_type_id: v.optional(v.picklist([0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 99])),
      logon_type: v.optional(text),
    }),
  },
  3004: {
    activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 99],
    shape: v.strictObject({
      ...iam,
      entity: v.pipe(
        v.strictObject({ type: text, uid: v.optional(text), name: v.optional(text) }),
        v.check(({ uid, name }) => uid !== undefined || name !== undefined, 'at_least_one of uid, name'),
      ),
      comment: v.optional(text),
    }),
  },
  3005: { activities: [0, 1, 2, 99], shape: v.strictObject({ ...iam, user, privileges: v.pipe(v.array(text), v.minLength(1)) }) },
  3006: {
    activities: [0, 1, 2, 3, 4, 5, 6, 99],
    shape: v.strictObject({
      ...iam,
      group: oneOf({ uid: v.optional(text), name: v.optional(text) }),
      user: v.optional(user),
      privileges: v.optional(v.array(text)),
    }),
  },
  // at_least_one: src_endpoint, dst_endpoint
  4001: {
    activities: [0, 1, 2, 3, 4, 5, 6, 7, 99],
    shape: v.strictObject({ ...every, src_endpoint: endpoint, dst_endpoint: endpoint }),
  },
  6002: { activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 99], shape: v.strictObject({ ...every, app: product }) },
  6003: {
    activities: [0, 1, 2, 3, 4, 99],
    shape: v.strictObject({
      ...every,
      actor,
      api: v.strictObject({ operation: text, service }),
      src_endpoint: endpoint,
      resources: v.optional(resources),
    }),
  },
};

function problemOf(event: Readonly<Record<string, unknown>>): string | undefined {
  const numbers = v.parse(
    v.looseObject({ class_uid: whole, category_uid: whole, activity_id: whole, type_uid: whole, status_id: whole }),
    event,
  );
  const demanded = schema[numbers.class_uid];
  if (demanded === undefined) return `class ${numbers.class_uid}`;
  if (!demanded.activities.includes(numbers.activity_id)) return `activity ${numbers.activity_id} of ${numbers.class_uid}`;
  if (numbers.category_uid !== Math.floor(numbers.class_uid / 1000)) return `category ${numbers.category_uid}`;
  if (numbers.type_uid !== numbers.class_uid * 100 + numbers.activity_id) return `type ${numbers.type_uid}`;
  const fits = v.safeParse(demanded.shape, event);
  return fits.success ? undefined : `${v.getDotPath(fits.issues[0])}: ${fits.issues[0].message}`;
}

const who: readonly AuditRow['actor'][] = [
  { kind: 'person', id: `usr_${'u'.repeat(26)}`, name: 'uma' },
  { kind: 'server', id: `srv_${'s'.repeat(26)}`, name: 'web-1' },
  { kind: 'gateway', name: 'gateway' },
  { kind: 'stranger', name: 'somebody' },
];

test.each(eventTypes)('S77: %s is an OCSF event as its class demands, whatever it says and whoever did it', async (type) => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryEventOf(type),
      fc.constantFrom(...who),
      fc.constantFrom('ok', 'denied', 'failed'),
      async (event, actor, outcome) => {
        const log = openMemoryLog(new HandClock());
        await log.commit(() => ({ events: [event], answer: undefined }));
        for await (const settled of log.read(-1)) {
          const row: AuditRow = { ...auditRow(settled, log.settled), actor, outcome };
          const made = ocsfOf(type, row);
          expect(problemOf(made)).toBe(undefined);
          expect(made).toMatchObject({ time: row.at, message: row.summary, metadata: { sequence: row.seq, uid: row.hash } });
          expect(made['unmapped']).toMatchObject({ type, seq: row.seq, hash: row.hash, data: row.data });
        }
      },
    ),
    { numRuns: 4 },
  );
});

const row = (type: EventType, more: Partial<AuditRow>): AuditRow => ({
  seq: 7,
  at: 1_764_000_000_000,
  type,
  code: 'X0000I',
  severity: 'info',
  outcome: 'ok',
  actor: { kind: 'person', id: 'usr_u', name: 'uma' },
  summary: 'said',
  hash: 'h',
  data: {},
  ...more,
});

test('S77: a shell is a remote interactive logon to its server; a denial fails; an alert is a finding that names its rule', () => {
  const shell = row('session.started', {
    session: 'ses_x' as NonNullable<AuditRow['session']>,
    address: '192.0.2.7',
    target: { id: 'srv_w', name: 'web-1' },
    data: { person: 'usr_u', server: 'srv_w' },
  });
  expect(ocsfOf('session.started', shell)).toMatchObject({
    class_uid: 3002,
    type_uid: 300_201,
    activity_name: 'Logon',
    user: { uid: 'usr_u', name: 'uma' },
    dst_endpoint: { uid: 'srv_w', name: 'web-1' },
    src_endpoint: { ip: '192.0.2.7' },
    session: { uid: 'ses_x' },
    logon_type_id: 10,
    status_id: 1,
    actor: { user: { uid: 'usr_u', name: 'uma' } },
  });
  const denied = row('access.denied', { outcome: 'denied', severity: 'warning', data: { action: 'shell.open' } });
  expect(ocsfOf('access.denied', denied)).toMatchObject({ class_uid: 6003, status_id: 2, severity_id: 3 });
  const alert = row('alert.raised', {
    severity: 'alert',
    actor: { kind: 'gateway', name: 'gateway' },
    data: { rule: 'denied-burst' },
  });
  expect(ocsfOf('alert.raised', alert)).toMatchObject({
    class_uid: 2004,
    severity_id: 4,
    is_alert: true,
    finding_info: { uid: 'h', types: ['denied-burst'] },
  });
  const mild = { ...alert, data: { rule: 'new-network', severity: 'warning' } };
  expect(ocsfOf('alert.raised', mild)).toMatchObject({ severity_id: 3, severity: 'Medium' });
});

test('E40: a test is a base event of no class of ours', () => {
  expect(ocsfTest('a test', 1)).toMatchObject({ class_uid: 0, category_uid: 0, type_uid: 99, unmapped: { test: true } });
});
