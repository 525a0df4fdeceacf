// The nouns that travel: what a server, a session, a person looks like to somebody who may see it. Closed sets live here.
import * as v from 'valibot';
import {
  deviceId,
  grantId,
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

/** Milliseconds since 1970, whole. */
export const instant = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8_640_000_000_000_000));
export type Instant = v.InferOutput<typeof instant>;

/** A count or position that must survive JSON: 0 … 2^53−1. */
export const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

/** Free text from a person or a server: bounded, never trusted to be printable (TRUST X1 is applied where it is shown). */
export const text = (max: number) => v.pipe(v.string(), v.maxLength(max));

/** The name a person is called by: unique in the workspace, taken from the identity provider, lower case. */
export const personName = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,31}$/, 'a name is 1–32 of a–z 0–9 . _ -'));
export const serverName = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'a server name is 1–63 of a–z 0–9 . -'));
export const groupName = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'a group name is 1–63 of a–z 0–9 . _ -'));
/** An account of the operating system of a server. */
export const osUser = v.pipe(v.string(), v.regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'an OS user is 1–32 of a–z 0–9 _ -'));

const labelKey = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_-]{0,31}$/, 'a label key is 1–32 of a–z 0–9 _ -'));
const labelValue = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a label value is 1–63 of A–Z a–z 0–9 . _ -'));
export const labels = v.pipe(v.record(labelKey, labelValue), v.maxEntries(32));
export type Labels = v.InferOutput<typeof labels>;

export const roles = ['user', 'staff', 'superuser'] as const;
export const role = v.picklist(roles);
export type Role = v.InferOutput<typeof role>;

/** What a person may do on a server, weakest first (S38). none = not visible; terminal = shell without sudo; full = with. */
export const levels = ['none', 'read-only', 'terminal', 'full'] as const;
export const level = v.picklist(levels);
export type Level = v.InferOutput<typeof level>;

/** How much a server matters (S49); the label `tier` of a server, `normal` without it. */
export const tiers = ['normal', 'important', 'critical'] as const;
export const tier = v.picklist(tiers);
export type Tier = v.InferOutput<typeof tier>;

/** A chosen set of servers: name glob (only `*`), and labels that must all be equal. */
export const selector = v.strictObject({
  name: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9*][a-z0-9.*-]{0,62}$/, 'a name pattern is 1–63 of a–z 0–9 . - *'))),
  labels: v.optional(labels),
});
export type Selector = v.InferOutput<typeof selector>;

/** What a group gives on the servers a selector chooses. `users`: allowed OS users, first = default; `{name}` = the person's own name; empty = the agent's own user. */
export const accessRule = v.strictObject({
  servers: selector,
  level,
  users: v.pipe(v.array(v.union([v.literal('{name}'), osUser])), v.maxLength(16)),
});
export type AccessRule = v.InferOutput<typeof accessRule>;

/** driver types; peer may take the keyboard; observer is inert; moderator may stop (E1). */
export const participantRoles = ['driver', 'peer', 'observer', 'moderator'] as const;
export const participantRole = v.picklist(participantRoles);
export type ParticipantRole = v.InferOutput<typeof participantRole>;

/** Roles a person can be invited to, or ask for, in a session that is not theirs. */
export const joinableRoles = ['peer', 'observer', 'moderator'] as const;
export const joinableRole = v.picklist(joinableRoles);
export type JoinableRole = v.InferOutput<typeof joinableRole>;

/**
 * pending: nothing runs yet, somebody must be present first · opening: asked of the agent · running: the pty lives · detached: lives, nobody
 * drives · frozen: lives, takes no input · ended.
 */
export const sessionStates = ['pending', 'opening', 'running', 'detached', 'frozen', 'ended'] as const;
export const sessionState = v.picklist(sessionStates);
export type SessionState = v.InferOutput<typeof sessionState>;

/** Why a session takes no input. recording also holds back output (A1); the others only keys. */
export const freezeCauses = [
  'recording', // it cannot be recorded
  'held', // a person froze it
  'moderation', // somebody who must be present is not
] as const;
export const freezeCause = v.picklist(freezeCauses);
export type FreezeCause = v.InferOutput<typeof freezeCause>;

/** Why a session ended: a closed set, the same words on screen and in the log (law 9). */
export const endingReasons = [
  'exited', // the program ended by itself
  'killed', // a person stopped it
  'revoked', // the person who drives it may no longer: suspended, removed, login revoked
  'access-changed', // role, group or policy no longer allows it
  'agent-lost', // the agent process is gone, and its shells with it
  'agent-refused', // the agent would not open it
  'expired', // the longest life of its tier is over
  'idle', // nobody typed for as long as its tier allows
  'locked', // a lock on the person, the role, the device, the sign-in or the server
  'gateway-gone', // the gateway stayed away longer than the tier allows; the agent hung up
  'recording-failed', // it could not be recorded (A1)
  'server-removed',
  'unknown-after-restore', // the agent holds a session this gateway has no record of (D6)
] as const;
export const endingReason = v.picklist(endingReasons);
export type EndingReason = v.InferOutput<typeof endingReason>;

/** Why a participant left while the session went on. */
export const leavingCauses = [
  'detached',
  'disconnected',
  'logged-out',
  'revoked',
  'taken-over',
  'too-slow',
  'absent', // a moderator who did not prove to be there
  'uninvited', // the invitation is over
  'put-out', // somebody who may sent this guest away
  'session-ended',
] as const;
export const leavingCause = v.picklist(leavingCauses);
export type LeavingCause = v.InferOutput<typeof leavingCause>;

/** Size of a terminal in cells. The pty, the model and the painter all clamp to this. */
export const maxCols = 500;
export const maxRows = 200;
export const terminalSize = v.strictObject({
  cols: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxCols)),
  rows: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxRows)),
});
export type TerminalSize = v.InferOutput<typeof terminalSize>;

export const hostFacts = v.strictObject({
  hostname: text(255),
  os: text(128),
  kernel: text(128),
  arch: text(32),
  cpus: count,
  memoryBytes: count,
  bootId: text(64),
  user: text(64),
  agentVersion: text(64),
});
export type HostFacts = v.InferOutput<typeof hostFacts>;

export const hostMetrics = v.strictObject({
  /** One-minute load average × 100, whole. */
  load100: count,
  memoryUsedBytes: count,
  diskUsedPercent: count,
  uptimeSeconds: count,
});
export type HostMetrics = v.InferOutput<typeof hostMetrics>;

/** A server as one person may see it. `level` is that person's; `needs` is what an attach would ask for now. */
export const serverRow = v.strictObject({
  id: serverId,
  name: serverName,
  labels,
  tier,
  groups: v.array(text(63)),
  state: v.picklist(['online', 'offline', 'never-seen']),
  lastSeenAt: v.optional(instant),
  level,
  needs: v.picklist(['nothing', 'factor', 'approval', 'level']),
  users: v.array(text(32)),
  liveSessions: count,
  facts: v.optional(hostFacts),
  metrics: v.optional(hostMetrics),
});
export type ServerRow = v.InferOutput<typeof serverRow>;

export const participantRow = v.strictObject({
  id: participantId,
  person: personId,
  name: text(64),
  role: participantRole,
  joinedAt: instant,
  /** Counts up within the session and is never used again: also which colour a participant has. */
  ordinal: count,
});
export type ParticipantRow = v.InferOutput<typeof participantRow>;

export const sessionRow = v.strictObject({
  id: sessionId,
  server: serverId,
  serverName: text(64),
  tier,
  person: personId,
  personName: text(64),
  osUser: v.optional(text(64)),
  level,
  state: sessionState,
  startedAt: instant,
  endedAt: v.optional(instant),
  reason: v.optional(endingReason),
  exitCode: v.optional(v.number()),
  size: terminalSize,
  participants: v.array(participantRow),
  title: text(256),
  bytes: count,
  recording: recordingId,
  /** The REC light (M9): on = durable on disk; behind = written, not yet durable for over a second; failed. */
  rec: v.picklist(['on', 'behind', 'failed', 'closed']),
  /** True for the person asking. */
  mine: v.boolean(),
  /** What watching would ask of the person asking, now. */
  needs: v.picklist(['nothing', 'factor', 'approval', 'level']),
  /** Why it takes no input; empty = it does. */
  freezes: v.array(v.strictObject({ cause: freezeCause, by: v.optional(text(64)), why: v.optional(text(500)) })),
  /** Who must be present, where somebody must (E2): how many moderators, how many are, and who could be. */
  moderation: v.optional(v.strictObject({ needs: count, present: count, eligible: v.pipe(v.array(text(64)), v.maxLength(64)) })),
  /** Since when nobody drives it, or its server is away. */
  detachedAt: v.optional(instant),
  awayAt: v.optional(instant),
  /** When it ends by itself, and why, as far as is known now. `grant` = the one it rests on, where that ends first. */
  ends: v.optional(v.strictObject({ at: instant, reason: endingReason, grant: v.optional(grantId) })),
});
export type SessionRow = v.InferOutput<typeof sessionRow>;

/** A door that is shut for a while, or for good (S55, E5): on a person, a role, a group, a sign-in, a device, a server, or all servers that a selector chooses now
 * and later (E42). */
export const lockKinds = ['person', 'role', 'group', 'login', 'device', 'server', 'servers'] as const;
export const lockKind = v.picklist(lockKinds);
export type LockKind = v.InferOutput<typeof lockKind>;

export const lockRow = v.strictObject({
  id: lockId,
  kind: lockKind,
  /** What it is on: an id, the name of a role, or a selector as it is typed: `web-*,env=production`. */
  target: text(64),
  targetName: text(64),
  why: text(500),
  by: text(64),
  at: instant,
  until: v.optional(instant),
});
export type LockRow = v.InferOutput<typeof lockRow>;

/** An invitation to one person, into one session, in one role, for a while (S61). Its code is shown once. */
export const inviteRow = v.strictObject({
  id: inviteId,
  session: sessionId,
  personName: text(64),
  role: joinableRole,
  by: text(64),
  expiresAt: instant,
});
export type InviteRow = v.InferOutput<typeof inviteRow>;

export const severities = ['info', 'warning', 'alert'] as const;
export const outcomes = ['ok', 'denied', 'failed'] as const;

/** One line of the audit tail: the event, with the names its ids have now, and a sentence for people. */
export const auditRow = v.strictObject({
  seq: count,
  at: instant,
  type: text(64),
  code: text(8),
  severity: v.picklist(severities),
  outcome: v.picklist(outcomes),
  actor: v.strictObject({
    kind: v.picklist(['person', 'server', 'gateway', 'stranger']),
    id: v.optional(text(64)),
    name: text(64),
  }),
  target: v.optional(v.strictObject({ id: text(64), name: text(64) })),
  session: v.optional(sessionId),
  address: v.optional(text(64)),
  summary: text(512),
  hash: text(64),
  data: v.record(v.string(), v.unknown()),
  /** What it changed, in short; absent where there was nothing before, or is nothing after. */
  change: v.optional(v.strictObject({ before: text(160), after: text(160) })),
  /** The decision that allowed it: what policy was asked, and the policies that decided. */
  decision: v.optional(v.strictObject({ id: text(64), actions: v.array(text(64)), policies: v.array(text(128)) })),
  /** Done by somebody who had broken the glass (S53). */
  breakGlass: v.optional(v.literal(true)),
});
export type AuditRow = v.InferOutput<typeof auditRow>;

export const personRow = v.strictObject({
  id: personId,
  name: text(64),
  email: v.optional(text(254)),
  role,
  status: v.picklist(['invited', 'active', 'suspended']),
  groups: v.array(text(63)),
  factor: v.picklist(['none', 'totp']),
  liveSessions: count,
  lastLoginAt: v.optional(instant),
  /** An invitation that is not taken up by then is over. */
  inviteUntil: v.optional(instant),
});
export type PersonRow = v.InferOutput<typeof personRow>;

export const groupRow = v.strictObject({ id: groupId, name: groupName, members: v.array(text(64)), access: v.array(accessRule) });
export type GroupRow = v.InferOutput<typeof groupRow>;

/** Who I am, as the gateway sees this connection. */
export const self = v.strictObject({
  person: personId,
  name: text(64),
  email: v.optional(text(254)),
  role,
  groups: v.array(text(63)),
  login: loginId,
  device: deviceId,
  deviceKnown: v.boolean(),
  factor: v.picklist(['none', 'totp']),
  loginExpiresAt: instant,
  gatewayName: text(64),
  gatewayVersion: text(32),
  /** Newest second-factor proofs of this login: what they opened, and until when. */
  proofs: v.array(
    v.strictObject({
      action: text(64),
      target: v.optional(text(64)),
      until: instant,
      /** Of a declared batch (M15): the servers it covers. */
      servers: v.optional(selector),
    }),
  ),
  /** False: no second factor was ever proven from the address of this sign-in (T23). */
  addressKnown: v.optional(v.boolean()),
  /** Signed in by breaking the glass (S53). */
  breakGlass: v.optional(v.strictObject({ until: instant })),
  /** Recovery codes left; few or none: make new ones (T17). */
  recoveryCodes: v.optional(count),
});
export type Self = v.InferOutput<typeof self>;

/** A decision as told to the person who asked: which policies spoke, what is missing (law 4). */
export const decisionTold = v.strictObject({
  verdict: v.picklist(['allow', 'challenge', 'ask', 'deny']),
  action: text(64),
  target: v.optional(text(64)),
  policies: v.array(text(128)),
  /** In words a person can act on, e.g. "a second factor from the last 5 minutes". */
  missing: v.array(text(256)),
});
export type DecisionTold = v.InferOutput<typeof decisionTold>;
