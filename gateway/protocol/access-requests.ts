// What an operator's program asks of access control: policies, requests and grants, sign-ins and devices, address rules, settings, break-glass,
// reviews. The same table as operator.ts, which takes these in.
import * as v from 'valibot';
import {
  accessTerms,
  addressEffect,
  addressRuleRow,
  breakGlassRow,
  campaignRow,
  cidr,
  deniedGroup,
  deviceRow,
  grantRow,
  loginRow,
  policiesText,
  policyExpectation,
  policyRow,
  policyVersionRow,
  requestRow,
  settingsVersionRow,
  unusedRight,
  verdict,
  workspaceSettings,
} from './access-nouns.ts';
import { addressRuleId, breakGlassId, campaignId, campaignItemId, deviceId, grantId, loginId, requestId } from './ids.ts';
import { count, decisionTold, instant, selector, self, text } from './nouns.ts';

const base64url = (max: number) => v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+$/), v.maxLength(max));
const reference = text(64);
const code = text(64);
/** Why somebody does something, in their words. */
const why = text(500);
const days = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(400));
const nothing = v.strictObject({});
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex'));

export const accessRequests = {
  // Policies (S47, D3)
  'policy.list': {
    takes: nothing,
    gives: v.strictObject({
      version: count,
      digest,
      policies: v.array(policyRow),
      /** What admins added, as it was written: what an editor begins with. */
      added: policiesText,
      versions: v.array(policyVersionRow),
      /** How fresh a second factor must be for each action, where a policy asks for one (S23). `minutes`: of a window. */
      stepUp: v.optional(
        v.array(
          v.strictObject({
            action: text(64),
            about: text(32),
            freshness: v.picklist(['none', 'window', 'always']),
            minutes: v.optional(count),
          }),
        ),
      ),
      /** A set on trial: decided beside the real one, never instead of it. */
      trial: v.optional(
        v.strictObject({
          digest,
          since: instant,
          by: text(64),
          asked: count,
          wouldDeny: count,
          wouldAllow: count,
          examples: v.array(
            v.strictObject({ person: text(64), action: text(64), target: text(64), now: verdict, would: verdict }),
          ),
        }),
      ),
    }),
  },
  /** Whether a set could be applied, and what it would change: people × servers that look different. Changes nothing. */
  'policy.check': {
    takes: v.strictObject({ policies: policiesText }),
    gives: v.strictObject({
      problems: v.array(v.strictObject({ policy: v.optional(text(128)), message: text(512) })),
      added: v.array(text(128)),
      changed: v.array(text(128)),
      removed: v.array(text(128)),
      gained: count,
      lost: count,
      /** There was too much to look at all of it: more may change. */
      partly: v.optional(v.boolean()),
      examples: v.array(v.strictObject({ person: text(64), action: text(64), target: text(64), now: verdict, would: verdict })),
    }),
  },
  /** `expect` = the version one has seen: another's change in between is not overwritten. */
  'policy.apply': {
    takes: v.strictObject({ policies: policiesText, expect: count, why }),
    gives: v.strictObject({ version: count, digest }),
  },
  'policy.rollback': { takes: v.strictObject({ version: count, why }), gives: v.strictObject({ version: count, digest }) },
  /** Puts a set on trial; without one, ends the trial. */
  'policy.trial': { takes: v.strictObject({ policies: v.optional(policiesText) }), gives: nothing },
  /** Asks each expectation of the policies in force, or of `policies` (E18). */
  'policy.test': {
    takes: v.strictObject({
      policies: v.optional(policiesText),
      expectations: v.pipe(v.array(policyExpectation), v.maxLength(500)),
    }),
    gives: v.strictObject({
      results: v.array(
        v.strictObject({
          ok: v.boolean(),
          got: v.picklist(['allow', 'challenge', 'ask', 'deny', 'hidden', 'error']),
          decision: v.optional(decisionTold),
          detail: v.optional(text(512)),
        }),
      ),
    }),
  },

  // Just in time (S44, S45, E17, M5)
  'access.list': {
    /** `ended`: also what is over, newest first, at most 200 of each. */
    takes: v.strictObject({ ended: v.optional(v.boolean()) }),
    gives: v.strictObject({ requests: v.array(requestRow), grants: v.array(grantRow) }),
  },
  'access.request': { takes: v.strictObject({ terms: accessTerms, why }), gives: v.strictObject({ request: requestRow }) },
  /** `digest` = of the row as it was displayed; `terms`, where the approver gives less than was asked (its own digest: `termsDigest`). */
  'access.approve': {
    takes: v.strictObject({ request: requestId, digest, terms: v.optional(accessTerms), why: v.optional(why) }),
    gives: v.strictObject({ request: requestRow, grant: v.optional(grantRow) }),
  },
  'access.deny': { takes: v.strictObject({ request: requestId, why }), gives: v.strictObject({ request: requestRow }) },
  'access.withdraw': { takes: v.strictObject({ request: requestId }), gives: v.strictObject({ request: requestRow }) },
  /** Prolongs a grant of one's own (M14): at once where policy lets, else as a request that its reviewers see. */
  'grant.extend': {
    takes: v.strictObject({ grant: grantId, why }),
    gives: v.strictObject({ grant: grantRow, request: v.optional(requestRow) }),
  },
  'grant.revoke': { takes: v.strictObject({ grant: grantId, why }), gives: v.strictObject({ grant: grantRow, sessions: count }) },

  // Sign-ins, devices, factors
  /** Without `person`, one's own. */
  'login.list': {
    takes: v.strictObject({ person: v.optional(reference) }),
    gives: v.strictObject({ logins: v.array(loginRow) }),
  },
  'login.revoke': { takes: v.strictObject({ login: loginId, why }), gives: v.strictObject({ sessions: count }) },
  'device.list': {
    takes: v.strictObject({ person: v.optional(reference) }),
    gives: v.strictObject({ devices: v.array(deviceRow) }),
  },
  /** Forgets a device: its sign-ins end, and it is new when it comes again. */
  'device.revoke': { takes: v.strictObject({ device: deviceId, why }), gives: v.strictObject({ logins: count }) },
  /** One code for a declared batch (M15, E16): shells on the servers chosen, for so long, for this purpose. */
  'factor.batch': {
    takes: v.strictObject({
      code,
      servers: selector,
      minutes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(480)),
      why,
    }),
    gives: v.strictObject({ until: instant, servers: count }),
  },
  /** Takes a lost authenticator from somebody else, so that they can set up another: two people must ask for it (each its own request). */
  'factor.reset': {
    takes: v.strictObject({ person: reference, why }),
    gives: v.strictObject({ reset: v.boolean(), until: v.optional(instant) }),
  },

  // Address rules (S51, S52)
  'address.list': {
    takes: nothing,
    gives: v.strictObject({ rules: v.array(addressRuleRow), /** Of this connection. */ peer: text(64) }),
  },
  /** `force`: also when the caller would be outside. */
  'address.add': {
    takes: v.strictObject({
      cidr,
      effect: addressEffect,
      servers: v.optional(selector),
      note: text(200),
      force: v.optional(v.boolean()),
    }),
    /** `sessions` = live ones that end by it; `warning` = the caller is outside the list of servers chosen. */
    gives: v.strictObject({ rule: addressRuleRow, sessions: count, warning: v.optional(text(256)) }),
  },
  'address.remove': {
    takes: v.strictObject({ rule: addressRuleId, why, force: v.optional(v.boolean()) }),
    gives: v.strictObject({ sessions: count }),
  },

  // The workspace
  'settings.show': {
    takes: nothing,
    gives: v.strictObject({ version: count, settings: workspaceSettings, versions: v.array(settingsVersionRow) }),
  },
  'settings.set': {
    takes: v.strictObject({ settings: v.partial(workspaceSettings), expect: count, why }),
    gives: v.strictObject({ version: count, settings: workspaceSettings }),
  },
  'settings.rollback': {
    takes: v.strictObject({ version: count, why }),
    gives: v.strictObject({ version: count, settings: workspaceSettings }),
  },
  /** Two superusers, each with the name of the workspace typed out (S35). */
  'workspace.delete': {
    takes: v.strictObject({ name: text(64), why }),
    gives: v.strictObject({ deleted: v.boolean(), until: v.optional(instant) }),
  },

  // Break-glass (S53): the first two without a sign-in
  /** By somebody whom the provider cannot let in now: name, a code of their authenticator, and a sealed code, or a second person who approves. */
  'breakglass.start': {
    takes: v.strictObject({
      person: reference,
      code,
      sealed: v.optional(text(64)),
      deviceKey: base64url(64),
      machine: text(128),
      why,
    }),
    gives: v.strictObject({ handle: base64url(64), state: v.picklist(['open', 'waiting']), expiresAt: instant }),
  },
  /** Answers when it is open: the token is shown this once. `proof` = device signature of `loginStatement`. */
  'breakglass.finish': {
    takes: v.strictObject({ handle: base64url(64), proof: base64url(128) }),
    gives: v.strictObject({ token: text(128), self }),
  },
  'breakglass.list': { takes: nothing, gives: v.strictObject({ entrances: v.array(breakGlassRow), sealedLeft: count }) },
  /** Makes sealed codes anew (older ones die): to be printed and locked away. Shown this once. */
  'breakglass.seal': { takes: nothing, gives: v.strictObject({ codes: v.array(text(32)) }) },
  'breakglass.approve': { takes: v.strictObject({ entrance: breakGlassId, why }), gives: nothing },
  'breakglass.review': { takes: v.strictObject({ entrance: breakGlassId, finding: text(1000) }), gives: nothing },

  // Reviews (S80, S81)
  'review.denied': { takes: v.strictObject({ days }), gives: v.strictObject({ groups: v.array(deniedGroup) }) },
  'review.unused': {
    takes: v.strictObject({ days }),
    gives: v.strictObject({ rights: v.array(unusedRight), /** Beyond those listed. */ more: v.optional(count) }),
  },
  'campaign.list': { takes: nothing, gives: v.strictObject({ campaigns: v.array(campaignRow) }) },
  /** Asks for keep or revoke of every membership and grant; what has no answer at the deadline is revoked. `group`: only its members. */
  'campaign.start': {
    takes: v.strictObject({ name: text(64), days, group: v.optional(reference), why }),
    gives: v.strictObject({ campaign: campaignRow }),
  },
  'campaign.answer': {
    takes: v.strictObject({ campaign: campaignId, item: campaignItemId, answer: v.picklist(['keep', 'revoke']), why }),
    gives: v.strictObject({ campaign: campaignRow }),
  },
} as const;
