// Audit events of access control: the same catalogue as events.ts, which takes these in. Families: C policies and settings, A requests and
// grants, N addresses, B break-glass, W reviews.
import * as v from 'valibot';
import {
  accessTerms,
  addressEffect,
  cidr,
  grantEndings,
  mostGrantServers,
  policiesText,
  workspaceSettings,
} from './access-nouns.ts';
import {
  addressRuleId,
  breakGlassId,
  campaignId,
  campaignItemId,
  deviceId,
  grantId,
  groupId,
  loginId,
  personId,
  requestId,
  serverId,
} from './ids.ts';
import { count, instant, selector, type severities, text } from './nouns.ts';

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex'));
const publicKey = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, 'an Ed25519 public key, base64url'));
const nothing = v.strictObject({});
const why = text(500);
const address = text(64);
/** The servers that were chosen, and displayed, when it was asked for. Absent = whatever the selector chooses. */
const servers = v.optional(v.pipe(v.array(serverId), v.maxLength(mostGrantServers)));

type Severity = (typeof severities)[number];
const event = <D extends v.GenericSchema, P extends v.GenericSchema>(code: string, severity: Severity, data: D, personal: P) =>
  ({ code, severity, version: 1, data, personal }) as const;

export const accessEvents = {
  // Policies and settings (C)
  'policy.applied': event(
    'C9000W',
    'warning',
    v.strictObject({
      version: count,
      before: digest,
      after: digest,
      /** What admins added, whole. */
      policies: policiesText,
      added: v.array(text(128)),
      changed: v.array(text(128)),
      removed: v.array(text(128)),
      by: personId,
      why,
      /** The version whose text this is again. */
      rollbackTo: v.optional(count),
    }),
    nothing,
  ),
  /** A set on trial, or without one, the end of the trial. */
  'policy.trial-set': event(
    'C9001I',
    'info',
    v.strictObject({
      by: personId,
      policies: v.optional(policiesText),
      digest: v.optional(digest),
      /** Digest of the set that was on trial. */
      before: v.optional(digest),
    }),
    nothing,
  ),
  'settings.set': event(
    'C9010W',
    'warning',
    v.strictObject({
      version: count,
      before: workspaceSettings,
      after: workspaceSettings,
      by: personId,
      why,
      rollbackTo: v.optional(count),
    }),
    nothing,
  ),
  'workspace.deletion-asked': event('C9020A', 'alert', v.strictObject({ by: personId, until: instant, why }), nothing),
  /** From now on nothing is allowed, and no gateway serves this folder. */
  'workspace.deleted': event('C9021A', 'alert', v.strictObject({ by: personId, with: personId, why }), nothing),

  // Requests and grants (A)
  'request.made': event(
    'A1100I',
    'info',
    v.strictObject({
      request: requestId,
      person: personId,
      terms: accessTerms,
      servers,
      why,
      needs: count,
      expiresAt: instant,
      digest,
      extends: v.optional(grantId),
    }),
    nothing,
  ),
  /** One approval; `terms` as this approver gives them, `digest` of what was displayed to them. */
  'request.approved': event(
    'A1101I',
    'info',
    v.strictObject({ request: requestId, by: personId, terms: accessTerms, digest, why: v.optional(why) }),
    nothing,
  ),
  'request.denied': event('A1102W', 'warning', v.strictObject({ request: requestId, by: personId, why }), nothing),
  'request.ended': event(
    'A1103I',
    'info',
    v.strictObject({ request: requestId, cause: v.picklist(['expired', 'withdrawn', 'removed']) }),
    nothing,
  ),
  'grant.made': event(
    'A1110I',
    'info',
    v.strictObject({
      grant: grantId,
      request: v.optional(requestId),
      person: personId,
      terms: accessTerms,
      servers,
      until: instant,
      by: v.pipe(v.array(personId), v.maxLength(16)),
      why,
    }),
    nothing,
  ),
  'grant.extended': event(
    'A1111I',
    'info',
    v.strictObject({
      grant: grantId,
      before: v.optional(instant),
      until: instant,
      by: v.pipe(v.array(personId), v.maxLength(16)),
      why,
      /** The request whose approval prolonged it; absent = its holder did, as policy lets. */
      request: v.optional(requestId),
    }),
    nothing,
  ),
  'grant.ended': event(
    'A1112I',
    'info',
    v.strictObject({ grant: grantId, cause: v.picklist(grantEndings), by: v.optional(personId), why: v.optional(why) }),
    nothing,
  ),
  /** A recurring grant's window opened or shut: what it gives changed. */
  'grant.turned': event('A1113I', 'info', v.strictObject({ grant: grantId, open: v.boolean() }), nothing),

  // Sign-ins, devices, factors
  'device.revoked': event(
    'L1006W',
    'warning',
    v.strictObject({ device: deviceId, person: personId, by: personId, why }),
    nothing,
  ),
  'factor.reset-asked': event(
    'F2005W',
    'warning',
    v.strictObject({ person: personId, by: personId, until: instant, why }),
    nothing,
  ),
  /** The authenticator and the recovery codes of this person are worth nothing any more; all their sign-ins end. */
  'factor.reset': event('F2006A', 'alert', v.strictObject({ person: personId, by: personId, with: personId, why }), nothing),

  // Addresses (N)
  'address.added': event(
    'N1200W',
    'warning',
    v.strictObject({
      rule: addressRuleId,
      cidr,
      effect: addressEffect,
      servers: v.optional(selector),
      note: text(200),
      by: personId,
      forced: v.boolean(),
    }),
    nothing,
  ),
  'address.removed': event(
    'N1201W',
    'warning',
    v.strictObject({ rule: addressRuleId, cidr, effect: addressEffect, by: personId, why, forced: v.boolean() }),
    nothing,
  ),

  // Break-glass (B)
  'breakglass.sealed': event(
    'B1300W',
    'warning',
    v.strictObject({ by: personId, digests: v.pipe(v.array(digest), v.maxLength(8)) }),
    nothing,
  ),
  /** Somebody proved their authenticator and waits for a second person, unless they gave a sealed code. */
  'breakglass.asked': event(
    'B1301A',
    'alert',
    v.strictObject({
      entrance: breakGlassId,
      person: personId,
      deviceKey: publicKey,
      step: count,
      expiresAt: instant,
      why,
      /** The sealed code they gave, spent by this: nobody else is waited for. */
      sealedDigest: v.optional(digest),
    }),
    v.strictObject({ address, machine: text(128) }),
  ),
  /** A second person lets them in; `breakglass.opened` follows when the device that asked comes for it. */
  'breakglass.approved': event('B1306A', 'alert', v.strictObject({ entrance: breakGlassId, by: personId, why }), nothing),
  'breakglass.refused': event(
    'B1302A',
    'alert',
    v.strictObject({ cause: text(64), person: v.optional(personId), entrance: v.optional(breakGlassId) }),
    v.strictObject({ address }),
  ),
  /** `login.succeeded` stands beside it. */
  'breakglass.opened': event(
    'B1303A',
    'alert',
    v.strictObject({
      entrance: breakGlassId,
      person: personId,
      login: loginId,
      how: v.picklist(['sealed', 'approved']),
      by: v.optional(personId),
      sealedDigest: v.optional(digest),
      step: v.optional(count),
      until: instant,
      why,
    }),
    v.strictObject({ address, machine: text(128) }),
  ),
  'breakglass.over': event('B1304W', 'warning', v.strictObject({ entrance: breakGlassId }), nothing),
  'breakglass.reviewed': event(
    'B1305I',
    'info',
    v.strictObject({ entrance: breakGlassId, by: personId, finding: text(1000) }),
    nothing,
  ),

  // Reviews (W)
  'campaign.started': event(
    'W1400I',
    'info',
    v.strictObject({
      campaign: campaignId,
      name: text(64),
      by: personId,
      deadline: instant,
      why,
      items: v.pipe(
        v.array(
          v.strictObject({
            item: campaignItemId,
            person: personId,
            group: v.optional(groupId),
            grant: v.optional(grantId),
          }),
        ),
        v.maxLength(5000),
      ),
    }),
    nothing,
  ),
  'campaign.answered': event(
    'W1401I',
    'info',
    v.strictObject({
      campaign: campaignId,
      item: campaignItemId,
      answer: v.picklist(['keep', 'revoke']),
      /** Absent = nobody answered in time. */
      by: v.optional(personId),
      why,
    }),
    nothing,
  ),
  /** `signature` = of the gateway over the result, base64url. */
  'campaign.closed': event(
    'W1402I',
    'info',
    v.strictObject({ campaign: campaignId, kept: count, revoked: count, unanswered: count, digest, signature: text(128) }),
    nothing,
  ),
} as const;
