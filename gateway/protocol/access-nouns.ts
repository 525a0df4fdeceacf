// The nouns of access control that travel: requests and grants, address rules, workspace settings, policies, reviews, break-glass, devices.
import * as v from 'valibot';
import {
  addressRuleId,
  breakGlassId,
  campaignId,
  campaignItemId,
  deviceId,
  grantId,
  loginId,
  personId,
  requestId,
} from './ids.ts';
import { count, instant, level, osUser, role, selector, text } from './nouns.ts';

const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex'));
const clockTime = v.pipe(v.string(), v.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day is HH:MM'));

/** When a recurring grant holds: on these days (1 = Monday … 7 = Sunday) from … to in this time zone; `to` before `from` ends on the next day (E20). */
export const weekWindow = v.strictObject({
  days: v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(7))), v.minLength(1), v.maxLength(7)),
  from: clockTime,
  to: clockTime,
  /** IANA name, e.g. Europe/Berlin. */
  zone: text(64),
});
export type WeekWindow = v.InferOutput<typeof weekWindow>;

/** Longest life of a grant, minutes: 90 days (a recurring one); the workspace may set less. */
export const mostGrantMinutes = 129_600;

/** Servers one request may choose: all of them are displayed to whoever approves it, by name. */
export const mostGrantServers = 64;
const serverNames = v.pipe(v.array(text(64)), v.maxLength(mostGrantServers));

export const grantLevels = ['read-only', 'terminal', 'full'] as const;

/** What a request asks for and a grant gives (S44). `minutes` counts from the moment it is given. `users`: OS users, first = default; absent = the agent's own. */
export const accessTerms = v.strictObject({
  servers: selector,
  level: v.picklist(grantLevels),
  minutes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(mostGrantMinutes)),
  users: v.optional(v.pipe(v.array(osUser), v.maxLength(16))),
  window: v.optional(weekWindow),
});
export type AccessTerms = v.InferOutput<typeof accessTerms>;

export const requestStates = ['pending', 'approved', 'denied', 'expired', 'withdrawn'] as const;
export type AccessRequestState = (typeof requestStates)[number];

/** A request for access as one person may see it. `digest` = of what is displayed: an approval is bound to it (M5). */
export const requestRow = v.strictObject({
  id: requestId,
  person: personId,
  personName: text(64),
  mine: v.boolean(),
  /** As far as those who approved so far give it. */
  terms: accessTerms,
  /** What was asked for, where an approver has narrowed it. */
  asked: v.optional(accessTerms),
  why: text(500),
  at: instant,
  expiresAt: instant,
  state: v.picklist(requestStates),
  /** Approvals it takes, and those given. */
  needs: count,
  approvals: v.array(v.strictObject({ by: text(64), at: instant })),
  /** Servers it would give now: those it chose when it was made, as far as they still fit. Later ones are never in it. */
  serverCount: count,
  servers: serverNames,
  /** `displayedDigest` (displayed.ts) of this row: whoever is about to approve computes it again. */
  digest: hex,
  /** The one asking may approve or deny it, after a second factor. */
  mayReview: v.boolean(),
  /** The end of it: by whom, and why. */
  by: v.optional(text(64)),
  because: v.optional(text(500)),
  grant: v.optional(grantId),
  /** The grant it would prolong. */
  extends: v.optional(grantId),
});
export type RequestRow = v.InferOutput<typeof requestRow>;

export const grantEndings = ['expired', 'revoked', 'review', 'removed'] as const;

export const grantRow = v.strictObject({
  id: grantId,
  request: v.optional(requestId),
  person: personId,
  personName: text(64),
  mine: v.boolean(),
  terms: accessTerms,
  why: text(500),
  /** Who approved it. */
  by: v.array(text(64)),
  at: instant,
  until: instant,
  /** shut: outside its recurring window. */
  state: v.picklist(['open', 'shut', 'ended']),
  /** When a recurring one opens or shuts next. */
  turnsAt: v.optional(instant),
  /** Servers it gives now. */
  serverCount: count,
  servers: serverNames,
  ended: v.optional(
    v.strictObject({ cause: v.picklist(grantEndings), by: v.optional(text(64)), why: v.optional(text(500)), at: instant }),
  ),
  mayRevoke: v.boolean(),
});
export type GrantRow = v.InferOutput<typeof grantRow>;

/** A range of addresses, as people write it; checked and made plain by gateway/access/address.ts. */
export const cidr = text(64);
export const addressEffect = v.picklist(['allow', 'deny']);

/** Where connections may come from (S51, S52): for the workspace, or for the servers chosen. */
export const addressRuleRow = v.strictObject({
  id: addressRuleId,
  cidr,
  effect: addressEffect,
  servers: v.optional(selector),
  note: text(200),
  by: text(64),
  at: instant,
});
export type AddressRuleRow = v.InferOutput<typeof addressRuleRow>;

/** What superusers set for the workspace while it runs. */
export const workspaceSettings = v.strictObject({
  /** Nobody does anything but set up a second factor until they have one (S23). */
  factorRequired: v.boolean(),
  /** Roles that may sign in by device flow (T24). */
  deviceFlow: v.pipe(v.array(role), v.maxLength(3)),
  /** How long a request waits for its reviewers, minutes. */
  requestMinutes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_080)),
  /** Longest grant, minutes. */
  grantMinutes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(mostGrantMinutes)),
});
export type WorkspaceSettings = v.InferOutput<typeof workspaceSettings>;
export const defaultSettings: WorkspaceSettings = {
  factorRequired: false,
  deviceFlow: ['user', 'staff', 'superuser'],
  requestMinutes: 60,
  grantMinutes: 1440,
};

export const settingsVersionRow = v.strictObject({
  version: count,
  settings: workspaceSettings,
  by: text(64),
  at: instant,
  why: text(500),
});

/** Policies that admins add, as Cedar text: one policy a paragraph, each with an @id. Bytes of UTF-16. */
export const policiesText = text(49_152);

export const policyRow = v.strictObject({
  id: text(128),
  origin: v.picklist(['built-in', 'added']),
  effect: v.picklist(['permit', 'forbid']),
  text: text(4096),
});
export type PolicyRow = v.InferOutput<typeof policyRow>;

export const policyVersionRow = v.strictObject({
  version: count,
  digest: hex,
  /** How many policies were added to the built-in ones. */
  policies: count,
  by: text(64),
  at: instant,
  why: text(500),
});

export const verdict = v.picklist(['allow', 'challenge', 'ask', 'deny']);

/** What a person is expected to be answered (S47, E18): facts named here stand in for those they would have. */
export const policyExpectation = v.strictObject({
  person: text(64),
  action: text(64),
  target: v.optional(text(64)),
  expect: v.picklist(['allow', 'challenge', 'ask', 'deny', 'hidden']),
  /** A policy that must be among those that decided. */
  by: v.optional(text(128)),
  given: v.optional(
    v.strictObject({
      role: v.optional(role),
      groups: v.optional(v.array(text(63))),
      factor: v.optional(v.picklist(['none', 'enrolled', 'fresh'])),
      approved: v.optional(v.boolean()),
      granted: v.optional(v.picklist(grantLevels)),
      device: v.optional(v.picklist(['new', 'trusted'])),
      address: v.optional(text(64)),
      at: v.optional(text(32)),
    }),
  ),
});
export type PolicyExpectation = v.InferOutput<typeof policyExpectation>;

export const deviceRow = v.strictObject({
  id: deviceId,
  person: personId,
  personName: text(64),
  machine: text(128),
  registeredAt: instant,
  trustedAt: v.optional(instant),
  mine: v.boolean(),
  current: v.boolean(),
  logins: count,
  locked: v.boolean(),
});
export type DeviceRow = v.InferOutput<typeof deviceRow>;

export const loginRow = v.strictObject({
  id: loginId,
  person: personId,
  personName: text(64),
  device: deviceId,
  machine: text(128),
  address: text(64),
  startedAt: instant,
  expiresAt: instant,
  mine: v.boolean(),
  current: v.boolean(),
  /** Connections it has now. */
  connections: count,
  liveSessions: count,
  breakGlass: v.boolean(),
  /** False: no second factor was ever proven on its device, or from its address (T23). */
  known: v.optional(v.boolean()),
});
export type LoginRow = v.InferOutput<typeof loginRow>;

/** An entrance in an emergency, past the identity provider (S53). */
export const breakGlassRow = v.strictObject({
  id: breakGlassId,
  person: personId,
  personName: text(64),
  why: text(500),
  machine: text(128),
  at: instant,
  state: v.picklist(['waiting', 'open', 'over', 'refused']),
  how: v.optional(v.picklist(['sealed', 'approved'])),
  by: v.optional(text(64)),
  until: v.optional(instant),
  /** Absent = the review that must follow has not been. */
  reviewed: v.optional(v.strictObject({ by: text(64), at: instant, finding: text(1000) })),
  mayApprove: v.boolean(),
  mayReview: v.boolean(),
});
export type BreakGlassRow = v.InferOutput<typeof breakGlassRow>;

/** One right under review: a membership of a group, or a grant. */
export const campaignItemRow = v.strictObject({
  id: campaignItemId,
  kind: v.picklist(['member', 'grant']),
  person: personId,
  personName: text(64),
  /** What it is, in words: “group db-admins: full on db-*”. */
  what: text(256),
  lastUsedAt: v.optional(instant),
  answer: v.optional(v.picklist(['keep', 'revoke'])),
  by: v.optional(text(64)),
  why: v.optional(text(500)),
  mayAnswer: v.boolean(),
});
export type CampaignItemRow = v.InferOutput<typeof campaignItemRow>;

export const campaignRow = v.strictObject({
  id: campaignId,
  name: text(64),
  by: text(64),
  at: instant,
  deadline: instant,
  state: v.picklist(['open', 'closed']),
  items: v.array(campaignItemRow),
  /** Of a closed one: SHA-256 of its result, signed by the gateway (base64url). */
  signature: v.optional(text(128)),
});
export type CampaignRow = v.InferOutput<typeof campaignRow>;

/** What somebody reaches on one server through groups, before and after a change (S37). `users`: OS users, empty = the agent's own. */
const reachChangeRow = v.strictObject({
  personName: text(64),
  serverName: text(64),
  before: level,
  after: level,
  usersBefore: v.array(text(32)),
  usersAfter: v.array(text(32)),
});
export type ReachChangeRow = v.InferOutput<typeof reachChangeRow>;

/** What a change of a group gives and takes: how many pairs of person and server, how many people and servers, and the first 100 pairs of each. */
export const reachChange = v.strictObject({
  gained: v.strictObject({ count, people: count, servers: count, rows: v.array(reachChangeRow) }),
  lost: v.strictObject({ count, people: count, servers: count, rows: v.array(reachChangeRow) }),
});
export type ReachChange = v.InferOutput<typeof reachChange>;

/** Denials that look alike, and a rule that would allow them (S80). */
export const deniedGroup = v.strictObject({
  action: text(64),
  policies: v.array(text(128)),
  missing: v.array(text(256)),
  count,
  people: v.array(text(64)),
  targets: v.array(text(64)),
  lastAt: instant,
  /** Cedar text that would open it, with a comment of where it comes from; only a comment where no rule would. */
  draft: text(4096),
  /** Policies that forbid it, whatever is proven or approved: then there is no rule to draft. */
  closedBy: v.optional(v.array(text(128))),
});
export type DeniedGroup = v.InferOutput<typeof deniedGroup>;

export const unusedRight = v.strictObject({
  kind: v.picklist(['member', 'grant', 'rule']),
  person: v.optional(text(64)),
  group: v.optional(text(63)),
  what: text(256),
  lastUsedAt: v.optional(instant),
});
export type UnusedRight = v.InferOutput<typeof unusedRight>;
