// The closed catalogue of audit events: type, stable code, severity, data, personal data. State is a fold over these (law 2), so an
// event says everything its change needs, and nothing secret. Names, e-mails and addresses stand only in `personal` (erasable, D2);
// data holds ids and digests. An event's shape is never edited: a new shape is a new `version` with an upcaster (gateway/audit/upcast.ts).
//
// Code = family letter + number + I (info), W (refused or worrying) or A (alert). Families: G gateway, L login, F factor, P people, S servers,
// T terminal sessions, R recordings, D decisions; those of access control are in access-events.ts, of the trail itself in
// trail-events.ts.
import * as v from 'valibot';
import { accessEvents } from './access-events.ts';
import {
  bootId,
  chainId,
  decisionId,
  deviceId,
  enrolmentId,
  groupId,
  inviteId,
  lockId,
  loginId,
  participantId,
  personId,
  recordingId,
  serverId,
  sessionId,
} from './ids.ts';
import {
  accessRule,
  count,
  endingReason,
  freezeCause,
  groupName,
  hostFacts,
  instant,
  joinableRole,
  labels,
  leavingCause,
  level,
  lockKind,
  osUser,
  outcomes,
  participantRole,
  personName,
  role,
  selector,
  serverName,
  severities,
  terminalSize,
  text,
  tier,
} from './nouns.ts';
import { trailEvents } from './trail-events.ts';

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex'));
const publicKey = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, 'an Ed25519 public key, base64url'));
const nothing = v.strictObject({});
const why = text(500);
const address = text(64);

type Severity = (typeof severities)[number];
const event = <D extends v.GenericSchema, P extends v.GenericSchema>(code: string, severity: Severity, data: D, personal: P) =>
  ({ code, severity, version: 1, data, personal }) as const;

/** Who a person is at the identity provider. */
const claim = v.strictObject({ kind: v.picklist(['email', 'sub']), value: text(254) });

export const events = {
  // Gateway
  'workspace.initialised': event(
    'G0001I',
    'info',
    v.strictObject({
      chain: chainId,
      gatewayKey: publicKey,
      caDigest: digest,
      issuer: text(2048),
      clientId: text(256),
      name: text(64),
    }),
    nothing,
  ),
  'gateway.started': event(
    'G0002I',
    'info',
    v.strictObject({
      boot: bootId,
      version: text(32),
      rebuilt: v.boolean(),
      /** What was wrong with the signed head beside the log: without it nobody here can tell whether the end of the log is its end. */
      head: v.optional(v.picklist(['missing', 'unreadable'])),
    }),
    nothing,
  ),
  'gateway.stopped': event('G0003I', 'info', v.strictObject({ boot: bootId }), nothing),
  /** The checkpoint written by the fold up to and including `seq` has this digest (D2). */
  'state.sealed': event('G0004I', 'info', v.strictObject({ seq: count, digest }), nothing),
  'audit.recovered': event('G0005W', 'warning', v.strictObject({ bytes: count, digest }), nothing),
  'stranger.refused': event('G0006W', 'warning', v.strictObject({ cause: text(64), count }), v.strictObject({ address })),
  'audit.read': event(
    'G0007I',
    'info',
    v.strictObject({ query: text(512), from: v.optional(count), live: v.boolean() }),
    v.strictObject({ address }),
  ),
  'clock.stepped': event('G0008W', 'warning', v.strictObject({ byMs: v.pipe(v.number(), v.integer()) }), nothing),

  // Login (L)
  'login.started': event(
    'L1000I',
    'info',
    v.strictObject({ deviceKey: publicKey }),
    v.strictObject({ address, machine: text(128) }),
  ),
  'login.refused': event(
    'L1001W',
    'warning',
    v.strictObject({ cause: text(64), person: v.optional(personId), deviceKey: v.optional(publicKey) }),
    v.strictObject({ address, subject: v.optional(text(254)), email: v.optional(text(254)) }),
  ),
  'login.succeeded': event(
    'L1002I',
    'info',
    v.strictObject({
      login: loginId,
      person: personId,
      device: deviceId,
      tokenDigest: digest,
      expiresAt: instant,
      idleMs: count,
      /** The vault holds a refresh token for this login under its id; this is its digest. */
      refreshDigest: v.optional(digest),
    }),
    v.strictObject({ address, machine: text(128) }),
  ),
  'login.ended': event(
    'L1003I',
    'info',
    v.strictObject({
      login: loginId,
      person: personId,
      cause: v.picklist(['logout', 'expired', 'idle', 'revoked', 'suspended', 'removed', 'provider']),
      why: v.optional(why),
    }),
    nothing,
  ),
  'device.registered': event(
    'L1004I',
    'info',
    v.strictObject({ device: deviceId, person: personId, key: publicKey }),
    v.strictObject({ machine: text(128) }),
  ),
  /** A factor was proven on this device: it is no longer new (T23). */
  'device.trusted': event('L1005I', 'info', v.strictObject({ device: deviceId, person: personId }), nothing),
  'identity.refresh-started': event('L1010I', 'info', v.strictObject({ login: loginId, person: personId }), nothing),
  'identity.refreshed': event(
    'L1011I',
    'info',
    v.strictObject({ login: loginId, person: personId, refreshDigest: v.optional(digest) }),
    nothing,
  ),
  'identity.refresh-failed': event(
    'L1012W',
    'warning',
    v.strictObject({
      login: loginId,
      person: personId,
      cause: v.picklist(['invalid-grant', 'unfinished', 'disabled', 'provider-down', 'no-refresh-token']),
    }),
    nothing,
  ),

  // Factor (F)
  /** The vault holds the seed under the person's id; this is its digest. */
  'factor.enrolment-started': event(
    'F2000I',
    'info',
    v.strictObject({ person: personId, login: loginId, secretDigest: digest }),
    nothing,
  ),
  'factor.enrolled': event(
    'F2001I',
    'info',
    v.strictObject({ person: personId, login: loginId, step: count, recoveryDigests: v.pipe(v.array(digest), v.maxLength(16)) }),
    nothing,
  ),
  /** A code was right; its time step is spent for this person for ever (T10, T11). */
  'factor.proven': event(
    'F2002I',
    'info',
    v.strictObject({
      person: personId,
      login: loginId,
      method: v.picklist(['totp', 'recovery']),
      step: v.optional(count),
      recoveryDigest: v.optional(digest),
      /** How many other recovery codes it took with it (T17). */
      codesRevoked: v.optional(count),
      action: text(64),
      target: v.optional(text(64)),
      until: instant,
      /** A declared batch (M15): the servers it covers, and what for. */
      servers: v.optional(selector),
      why: v.optional(why),
    }),
    v.strictObject({ address }),
  ),
  'factor.refused': event(
    'F2003W',
    'warning',
    v.strictObject({
      person: personId,
      login: loginId,
      cause: v.picklist(['wrong', 'used', 'malformed', 'throttled']),
      until: v.optional(instant),
    }),
    v.strictObject({ address }),
  ),
  'factor.codes-made': event(
    'F2004I',
    'info',
    v.strictObject({ person: personId, login: loginId, recoveryDigests: v.pipe(v.array(digest), v.maxLength(16)) }),
    nothing,
  ),

  // People and groups (P)
  'person.added': event(
    'P3000I',
    'info',
    /** Not bound by then, the invitation is over. */
    v.strictObject({ person: personId, role, expiresAt: v.optional(instant) }),
    v.strictObject({ name: personName, claim }),
  ),
  /** First sign-in: from now on this subject, and no other with the same e-mail, is the person (T25). */
  'person.bound': event(
    'P3001I',
    'info',
    v.strictObject({ person: personId, issuer: text(2048), subjectDigest: digest }),
    v.strictObject({ email: v.optional(text(254)), subject: text(254) }),
  ),
  'person.role-set': event('P3002I', 'info', v.strictObject({ person: personId, before: role, after: role, why }), nothing),
  'person.suspended': event('P3003W', 'warning', v.strictObject({ person: personId, why }), nothing),
  'person.restored': event('P3004I', 'info', v.strictObject({ person: personId, why }), nothing),
  /** The name goes with it, so that the log can still say who left; erasing the personal part erases it. */
  'person.removed': event(
    'P3005W',
    'warning',
    v.strictObject({ person: personId, role: v.optional(role), why }),
    v.strictObject({ name: v.optional(personName) }),
  ),
  'group.added': event('P3010I', 'info', v.strictObject({ group: groupId, name: groupName }), nothing),
  'group.members-set': event(
    'P3011I',
    'info',
    v.strictObject({ group: groupId, before: v.array(personId), after: v.array(personId) }),
    nothing,
  ),
  'group.access-set': event(
    'P3012I',
    'info',
    v.strictObject({ group: groupId, before: v.array(accessRule), after: v.array(accessRule) }),
    nothing,
  ),
  'group.removed': event(
    'P3013I',
    'info',
    v.strictObject({
      group: groupId,
      name: v.optional(groupName),
      /** Whom it held and what it gave. */
      before: v.optional(v.strictObject({ members: v.array(personId), access: v.array(accessRule) })),
      why,
    }),
    nothing,
  ),

  // Servers (S)
  'enrolment.created': event(
    'S4000I',
    'info',
    v.strictObject({
      enrolment: enrolmentId,
      server: serverId,
      name: serverName,
      labels,
      tokenDigest: digest,
      expiresAt: instant,
    }),
    nothing,
  ),
  'enrolment.refused': event(
    'S4001W',
    'warning',
    v.strictObject({ cause: v.picklist(['unknown', 'used', 'expired', 'malformed']) }),
    v.strictObject({ address }),
  ),
  /** Spends the enrolment token (G1). */
  'server.enrolled': event(
    'S4002I',
    'info',
    v.strictObject({ server: serverId, enrolment: enrolmentId, key: publicKey, facts: hostFacts }),
    v.strictObject({ address }),
  ),
  'server.labels-set': event('S4003I', 'info', v.strictObject({ server: serverId, before: labels, after: labels }), nothing),
  'server.removed': event(
    'S4004W',
    'warning',
    v.strictObject({ server: serverId, name: v.optional(serverName), labels: v.optional(labels), why }),
    nothing,
  ),
  'server.connected': event(
    'S4005I',
    'info',
    v.strictObject({ server: serverId, boot: bootId, facts: hostFacts }),
    v.strictObject({ address }),
  ),
  'server.disconnected': event('S4006I', 'info', v.strictObject({ server: serverId, boot: bootId, cause: text(64) }), nothing),
  'agent.refused': event(
    'S4007W',
    'warning',
    v.strictObject({ server: v.optional(serverId), cause: text(64) }),
    v.strictObject({ address }),
  ),

  // Terminal sessions (T)
  'session.started': event(
    'T5000I',
    'info',
    v.strictObject({
      session: sessionId,
      server: serverId,
      person: personId,
      login: loginId,
      user: v.optional(osUser),
      level,
      tier,
      size: terminalSize,
      recording: recordingId,
      policies: v.array(text(128)),
      policyDigest: digest,
      /** Moderators that must be present before anything runs, and while anybody types (E2). */
      moderators: v.optional(count),
    }),
    v.strictObject({ address }),
  ),
  'session.opened': event('T5001I', 'info', v.strictObject({ session: sessionId, boot: bootId, pid: count }), nothing),
  'session.joined': event(
    'T5002I',
    'info',
    v.strictObject({
      session: sessionId,
      participant: participantId,
      ordinal: count,
      person: personId,
      login: loginId,
      role: participantRole,
      policies: v.array(text(128)),
    }),
    v.strictObject({ address }),
  ),
  'session.left': event(
    'T5003I',
    'info',
    v.strictObject({
      session: sessionId,
      participant: participantId,
      cause: leavingCause,
      by: v.optional(personId),
      why: v.optional(why),
    }),
    nothing,
  ),
  'session.frozen': event(
    'T5004W',
    'warning',
    v.strictObject({ session: sessionId, cause: freezeCause, by: v.optional(personId), why: v.optional(why) }),
    nothing,
  ),
  /** Without a cause: of whatever froze it. */
  'session.unfrozen': event(
    'T5005I',
    'info',
    v.strictObject({ session: sessionId, cause: v.optional(freezeCause), by: v.optional(personId) }),
    nothing,
  ),
  /** A peer asks for the keyboard (M12). */
  'session.asked': event('T5010I', 'info', v.strictObject({ session: sessionId, participant: participantId }), nothing),
  /** From now on this person may drive: given by the driver, or taken over by somebody who may. */
  'session.handed': event(
    'T5011I',
    'info',
    v.strictObject({ session: sessionId, to: personId, by: personId, how: v.picklist(['given', 'taken']) }),
    nothing,
  ),
  'session.messaged': event(
    'T5012I',
    'info',
    v.strictObject({ session: sessionId, by: personId }),
    v.strictObject({ text: text(500) }),
  ),
  'session.extended': event(
    'T5013I',
    'info',
    v.strictObject({ session: sessionId, by: personId, before: v.optional(instant), until: instant, why }),
    nothing,
  ),
  /** Somebody marked this place of the recording; `position` = output bytes. */
  'session.marked': event(
    'T5014I',
    'info',
    v.strictObject({ session: sessionId, by: personId, position: count, label: text(200) }),
    nothing,
  ),
  /** One person was invited; the digest is that of the short code, which only they can use. */
  'session.shared': event(
    'T5015I',
    'info',
    v.strictObject({
      session: sessionId,
      invite: inviteId,
      person: personId,
      role: joinableRole,
      by: personId,
      codeDigest: digest,
      expiresAt: instant,
    }),
    nothing,
  ),
  'session.unshared': event(
    'T5016I',
    'info',
    v.strictObject({
      session: sessionId,
      invite: inviteId,
      by: v.optional(personId),
      cause: v.picklist(['taken-back', 'expired']),
    }),
    nothing,
  ),
  /** A moderator proved to be there (E3). */
  'session.presence-proven': event('T5017I', 'info', v.strictObject({ session: sessionId, participant: participantId }), nothing),
  /** Somebody who may stops a session: durable before the program is hung up (law 1); `session.ended` says how it went. */
  'session.kill-ordered': event('T5008I', 'info', v.strictObject({ session: sessionId, by: v.optional(personId), why }), nothing),
  'session.ended': event(
    'T5006I',
    'info',
    v.strictObject({
      session: sessionId,
      reason: endingReason,
      code: v.optional(v.pipe(v.number(), v.integer())),
      signal: v.optional(text(16)),
      by: v.optional(personId),
      why: v.optional(why),
      bytes: count,
      /** Bytes produced that never reached the recording (only when the agent was lost with them). */
      lostBytes: count,
      survivors: count,
    }),
    nothing,
  ),
  'clipboard.allowed': event(
    'T5007I',
    'info',
    v.strictObject({ session: sessionId, participant: participantId, allow: v.boolean() }),
    nothing,
  ),
  /**
   * Policies advised against a line about to be entered in a live shell (S43), and what became of it: it went on as it stood, or it was dropped and
   * nothing was sent. The line itself is not here (TRUST §0); `position` = output bytes, where the recording shows it.
   */
  'command.advised': event(
    'T5018I',
    'info',
    v.strictObject({
      session: sessionId,
      participant: participantId,
      policies: v.array(text(128)),
      answer: v.picklist(['went-on', 'dropped']),
      by: personId,
      position: count,
    }),
    nothing,
  ),

  // Locks (K)
  'lock.added': event(
    'K8000W',
    'warning',
    v.strictObject({ lock: lockId, kind: lockKind, target: text(64), why, by: personId, until: v.optional(instant) }),
    nothing,
  ),
  'lock.removed': event(
    'K8001I',
    'info',
    v.strictObject({
      lock: lockId,
      kind: lockKind,
      target: text(64),
      cause: v.picklist(['removed', 'expired']),
      by: v.optional(personId),
      why: v.optional(why),
    }),
    nothing,
  ),

  // Recordings (R)
  /** The vault key wraps the recording's key; this is the digest of the wrapped key. */
  'recording.started': event(
    'R6000I',
    'info',
    v.strictObject({ recording: recordingId, session: sessionId, keyDigest: digest }),
    nothing,
  ),
  'recording.closed': event(
    'R6001I',
    'info',
    v.strictObject({
      recording: recordingId,
      session: sessionId,
      bytes: count,
      chunks: count,
      root: digest,
      durationMs: count,
      incomplete: v.boolean(),
    }),
    nothing,
  ),
  'recording.exported': event(
    'R6002I',
    'info',
    v.strictObject({ recording: recordingId, format: text(16) }),
    v.strictObject({ address }),
  ),
  /** The history of a live session, from its first byte, was opened to somebody. */
  'recording.read': event(
    'R6003I',
    'info',
    v.strictObject({ recording: recordingId, session: sessionId }),
    v.strictObject({ address }),
  ),

  // Decisions (D): what was not simply allowed. One record a request, never one a row (A38).
  'access.denied': event(
    'D7000W',
    'warning',
    v.strictObject({ action: text(64), target: v.optional(text(64)), policies: v.array(text(128)), missing: v.array(text(256)) }),
    v.strictObject({ address }),
  ),
  'access.challenged': event(
    'D7001I',
    'info',
    v.strictObject({ action: text(64), target: v.optional(text(64)), policies: v.array(text(128)), missing: v.array(text(256)) }),
    v.strictObject({ address }),
  ),

  ...accessEvents,
  ...trailEvents,
} as const;

export type EventType = keyof typeof events;
export const eventTypes: readonly EventType[] = Object.keys(events).filter((key): key is EventType => Object.hasOwn(events, key));
export type EventData<T extends EventType> = v.InferOutput<(typeof events)[T]['data']>;
export type EventPersonal<T extends EventType> = v.InferOutput<(typeof events)[T]['personal']>;

export const actor = v.variant('kind', [
  v.strictObject({ kind: v.literal('person'), id: personId, login: v.optional(loginId), device: v.optional(deviceId) }),
  v.strictObject({ kind: v.literal('server'), id: serverId }),
  v.strictObject({ kind: v.literal('gateway') }),
  v.strictObject({ kind: v.literal('stranger') }),
]);
export type Actor = v.InferOutput<typeof actor>;

/** An event as a transition makes it: before it has a place in the chain. */
export type NewEvent = {
  [T in EventType]: {
    readonly type: T;
    readonly actor: Actor;
    readonly outcome: (typeof outcomes)[number];
    readonly data: EventData<T>;
    readonly personal: EventPersonal<T>;
    /** Id of what it happened to, when one thing stands out. */
    readonly target?: string;
    readonly session?: v.InferOutput<typeof sessionId>;
    /** The operator's request this belongs to. */
    readonly request?: string;
  };
}[EventType];

/** The decision that allowed a request, on everything it changed: what was asked of policy, and the policies that decided. */
export const decisionRef = v.strictObject({ id: decisionId, actions: v.array(text(64)), policies: v.array(text(128)) });
export type DecisionRef = v.InferOutput<typeof decisionRef>;

/** The sealed record: exactly what is hashed (TRUST §5). Canonical form: RFC 8785, integers only. */
export const auditRecord = v.strictObject({
  v: v.literal(1),
  chain: chainId,
  seq: count,
  /** Of the key that signs heads of it (forward security). */
  epoch: count,
  ts: instant,
  mono: count,
  boot: bootId,
  type: text(64),
  /** Version of this type's data; older ones are upcast when folded. */
  tv: count,
  outcome: v.picklist(outcomes),
  actor,
  target: v.optional(text(64)),
  session: v.optional(sessionId),
  request: v.optional(text(64)),
  data: v.record(v.string(), v.unknown()),
  decision: v.optional(decisionRef),
  /** SHA-256 over salt and canonical personal data: erasing that leaves the chain whole. */
  personal: v.optional(digest),
  prev: digest,
  hash: digest,
});
export type AuditRecord = v.InferOutput<typeof auditRecord>;

/** One line of the log: the record, and beside it (outside the hash) its erasable part. */
export const auditLine = v.strictObject({
  record: auditRecord,
  personal: v.optional(
    v.strictObject({ salt: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/)), data: v.record(v.string(), v.unknown()) }),
  ),
});
export type AuditLine = v.InferOutput<typeof auditLine>;
