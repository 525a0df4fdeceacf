// Identifiers. Every id is made by us: a prefix that names the noun, then 26 characters of [a-z0-9] (130 bits, TRUST B6).
// A name a person chose never stands in for an id, and never reaches a path.
import * as v from 'valibot';

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Random characters in an id; each carries five bits. */
export const idRandomBytes = 26;

const idSchema = <Prefix extends string, Brand extends string>(prefix: Prefix, brand: Brand) =>
  v.pipe(
    v.string(),
    v.regex(new RegExp(`^${prefix}_[a-z0-9]{26}$`), `expected an id that starts with ${prefix}_`),
    v.brand(brand),
  );

export const personId = idSchema('usr', 'PersonId');
export const deviceId = idSchema('dev', 'DeviceId');
export const loginId = idSchema('lgn', 'LoginId');
export const groupId = idSchema('grp', 'GroupId');
export const serverId = idSchema('srv', 'ServerId');
export const enrolmentId = idSchema('enr', 'EnrolmentId');
export const sessionId = idSchema('ses', 'SessionId');
export const participantId = idSchema('par', 'ParticipantId');
export const recordingId = idSchema('rec', 'RecordingId');
export const requestId = idSchema('req', 'RequestId');
export const bootId = idSchema('boo', 'BootId');
export const chainId = idSchema('chn', 'ChainId');
export const inviteId = idSchema('inv', 'InviteId');
export const lockId = idSchema('lck', 'LockId');
export const grantId = idSchema('gra', 'GrantId');
export const addressRuleId = idSchema('adr', 'AddressRuleId');
export const campaignId = idSchema('cam', 'CampaignId');
export const campaignItemId = idSchema('cit', 'CampaignItemId');
export const breakGlassId = idSchema('brk', 'BreakGlassId');
export const holdId = idSchema('hld', 'HoldId');
export const decisionId = idSchema('dec', 'DecisionId');

const byPrefix = {
  usr: personId,
  dev: deviceId,
  lgn: loginId,
  grp: groupId,
  srv: serverId,
  enr: enrolmentId,
  ses: sessionId,
  par: participantId,
  rec: recordingId,
  req: requestId,
  boo: bootId,
  chn: chainId,
  inv: inviteId,
  lck: lockId,
  gra: grantId,
  adr: addressRuleId,
  cam: campaignId,
  cit: campaignItemId,
  brk: breakGlassId,
  hld: holdId,
  dec: decisionId,
} as const;

export type PersonId = v.InferOutput<typeof personId>;
export type DeviceId = v.InferOutput<typeof deviceId>;
export type LoginId = v.InferOutput<typeof loginId>;
export type GroupId = v.InferOutput<typeof groupId>;
export type ServerId = v.InferOutput<typeof serverId>;
export type EnrolmentId = v.InferOutput<typeof enrolmentId>;
export type SessionId = v.InferOutput<typeof sessionId>;
export type ParticipantId = v.InferOutput<typeof participantId>;
export type RecordingId = v.InferOutput<typeof recordingId>;
export type BootId = v.InferOutput<typeof bootId>;
export type ChainId = v.InferOutput<typeof chainId>;
export type InviteId = v.InferOutput<typeof inviteId>;
export type LockId = v.InferOutput<typeof lockId>;
export type RequestId = v.InferOutput<typeof requestId>;
export type GrantId = v.InferOutput<typeof grantId>;
export type AddressRuleId = v.InferOutput<typeof addressRuleId>;
export type CampaignId = v.InferOutput<typeof campaignId>;
export type CampaignItemId = v.InferOutput<typeof campaignItemId>;
export type BreakGlassId = v.InferOutput<typeof breakGlassId>;
export type HoldId = v.InferOutput<typeof holdId>;

export type IdPrefix = keyof typeof byPrefix;

/**
 * Makes an id from {@link idRandomBytes} random bytes; chance is an argument, never a call.
 * @throws when fewer bytes are given (a bug of the caller).
 */
export function mintId<P extends IdPrefix>(prefix: P, random: Uint8Array): v.InferOutput<(typeof byPrefix)[P]> {
  if (random.length < idRandomBytes) throw new Error('an id needs 26 random bytes');
  let text = `${prefix}_`;
  for (let i = 0; i < idRandomBytes; i += 1) text += alphabet[(random[i] ?? 0) & 31];
  return v.parse(byPrefix[prefix], text);
}
