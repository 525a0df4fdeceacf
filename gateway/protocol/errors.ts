// The one table of expected errors. A code is stable; the sentence is for people; `next` says what to do; `exit` is the exit code of a
// command that ends with it (DESIGN §4: 0 done, 1 our fault, 2 usage, 3 denied, 4 approval pending, 5 step-up needed, 6 not found or
// offline, 7 verification failed, 8 timeout). A thrown error is a bug and is not in this table.
import * as v from 'valibot';
import { count, decisionTold, text } from './nouns.ts';

type ErrorEntry = { readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8; readonly sentence: string; readonly next: string };

export const errors = {
  bug: {
    exit: 1,
    sentence: 'Something went wrong on our side.',
    next: 'Try again; if it stays, show the log of the gateway to whoever runs it.',
  },
  'bad-message': { exit: 2, sentence: 'The message is not one this protocol knows.', next: 'Update the program that sent it.' },
  'bad-frame': { exit: 2, sentence: 'The binary frame is malformed.', next: 'Update the program that sent it.' },
  'too-large': { exit: 2, sentence: 'The message is larger than allowed.', next: 'Send less at a time.' },
  'bad-request': { exit: 2, sentence: 'A value in the request is not acceptable.', next: 'Correct the value named.' },
  version: {
    exit: 2,
    sentence: 'This program and the gateway speak no common protocol version.',
    next: 'Update the older of the two.',
  },
  starting: { exit: 6, sentence: 'The gateway is starting or stopping.', next: 'Try again in a few seconds.' },
  busy: { exit: 6, sentence: 'Too many requests at once.', next: 'Wait a moment and try again.' },
  'not-signed-in': { exit: 3, sentence: 'You are not signed in.', next: 'Run: sallyport login' },
  'login-expired': { exit: 3, sentence: 'Your sign-in has expired.', next: 'Run: sallyport login' },
  'login-revoked': { exit: 3, sentence: 'Your sign-in was revoked.', next: 'Sign in again, or ask an administrator why.' },
  suspended: { exit: 3, sentence: 'Your account is suspended.', next: 'Ask an administrator of this workspace.' },
  'not-invited': {
    exit: 3,
    sentence: 'The identity provider knows you, but this workspace does not.',
    next: 'Ask an administrator to add you.',
  },
  'device-flow-off': {
    exit: 3,
    sentence: 'Signing in with a code is switched off for your role.',
    next: 'Ask a superuser of this workspace.',
  },
  'login-denied': {
    exit: 3,
    sentence: 'The sign-in was refused at the identity provider.',
    next: 'Start again if that was not you refusing.',
  },
  'code-expired': {
    exit: 8,
    sentence: 'The sign-in code expired before it was confirmed.',
    next: 'Start again and confirm the code in time.',
  },
  'provider-down': {
    exit: 6,
    sentence: 'The identity provider does not answer.',
    next: 'Try again; open sessions go on meanwhile.',
  },
  'provider-answer': {
    exit: 1,
    sentence: 'The identity provider gave an answer that must not be trusted.',
    next: 'Show the log of the gateway to whoever runs it.',
  },
  device: { exit: 3, sentence: 'This device could not prove its key.', next: 'Sign in again on this machine.' },
  denied: { exit: 3, sentence: 'Policy does not allow this.', next: 'See which policy spoke, or ask for access.' },
  'approval-needed': { exit: 4, sentence: 'Somebody must approve this first.', next: 'Ask for access: sallyport request' },
  'already-asked': {
    exit: 4,
    sentence: 'You have asked for just this already, and it waits for an approval.',
    next: 'Follow it: sallyport requests ls',
  },
  'already-granted': {
    exit: 2,
    sentence: 'A grant of yours gives this already.',
    next: 'Use it, or prolong it: sallyport grants ls',
  },
  'request-over': {
    exit: 6,
    sentence: 'That request waits for nobody any more.',
    next: 'See how it ended: sallyport requests ls --all',
  },
  'not-as-displayed': {
    exit: 3,
    sentence: 'What was displayed is not what is asked for now.',
    next: 'Look at the request again, then decide.',
  },
  'step-up': { exit: 5, sentence: 'This needs a fresh second factor.', next: 'Enter the code your authenticator shows.' },
  'factor-none': { exit: 5, sentence: 'You have not set up a second factor.', next: 'Run: sallyport totp enroll' },
  'factor-already': {
    exit: 2,
    sentence: 'A second factor is already set up.',
    next: 'Use it, or ask an administrator to reset it.',
  },
  'code-wrong': { exit: 3, sentence: 'That code is not right.', next: 'Enter the six digits your authenticator shows now.' },
  'code-used': { exit: 3, sentence: 'That code was already used.', next: 'Wait for the next code.' },
  'code-throttled': { exit: 3, sentence: 'Too many wrong codes.', next: 'Wait, then try again.' },
  'not-found': { exit: 6, sentence: 'There is nothing by that name that you may see.', next: 'Look at the list: sallyport ls' },
  ambiguous: { exit: 2, sentence: 'That name fits more than one.', next: 'Give the whole name or the id.' },
  offline: {
    exit: 6,
    sentence: 'The server is not connected.',
    next: 'It dials in by itself. See when it is back: sallyport ls',
  },
  'agent-refused': { exit: 3, sentence: 'The agent on the server refused.', next: 'The reason is beside this sentence.' },
  'session-ended': { exit: 6, sentence: 'The session has ended.', next: 'Its recording remains.' },
  'not-peer': {
    exit: 3,
    sentence: 'Only a peer may ask for the keyboard.',
    next: 'Join as one: sallyport join SESSION --role peer',
  },
  'not-moderator': {
    exit: 3,
    sentence: 'Only a moderator may do that.',
    next: 'Join as one: sallyport join SESSION --role moderator',
  },
  'nobody-asks': { exit: 2, sentence: 'Nobody asks for the keyboard.', next: 'A peer asks for it first.' },
  'breakglass-refused': {
    exit: 3,
    sentence: 'Breaking the glass was refused.',
    next: 'A name, a code or a right may be missing; the audit log of the gateway says which. Ask a superuser.',
  },
  'access-locked': { exit: 3, sentence: 'A lock is on this.', next: 'The reason is beside this sentence; ask whoever set it.' },
  'not-driver': { exit: 3, sentence: 'Only the driver of a session may do that.', next: 'Ask the driver to hand over.' },
  'address-lockout': {
    exit: 3,
    sentence: 'That would shut you out yourself.',
    next: 'Allow the address you come from first.',
  },
  'changed-meanwhile': {
    exit: 2,
    sentence: 'Somebody changed this meanwhile.',
    next: 'Look at what is there now, then decide.',
  },
  'workspace-deleted': {
    exit: 6,
    sentence: 'This workspace was deleted.',
    next: 'Its log remains and can be verified: sallyport-gateway verify. For another workspace: sallyport-gateway init with a folder of its own.',
  },
  limit: { exit: 3, sentence: 'A limit is reached.', next: 'End something first.' },
  exists: { exit: 2, sentence: 'There is already one by that name.', next: 'Choose another name.' },
  'last-superuser': {
    exit: 3,
    sentence: 'That would leave the workspace without a superuser.',
    next: 'Make somebody else superuser first.',
  },
  'enrolment-token': {
    exit: 3,
    sentence: 'The enrolment token is not valid: unknown, used or expired.',
    next: 'Make a new one: sallyport servers add NAME',
  },
  'agent-key': { exit: 3, sentence: 'The agent could not prove its key.', next: 'Enrol the server again.' },
  'agent-duplicate': {
    exit: 3,
    sentence: 'Another agent with this key is connected and answers.',
    next: 'Stop one of them; a copied key must be enrolled anew.',
  },
  'gateway-key': {
    exit: 3,
    sentence: 'The gateway could not prove the key this agent was enrolled with.',
    next: 'Do not go on. Check the address, then enrol again.',
  },
  'order-refused': {
    exit: 3,
    sentence: 'The order was not signed for this agent, this connection and this moment.',
    next: 'Ask again; if it stays, check the clocks and the keys.',
  },
  'os-user': {
    exit: 3,
    sentence: 'The server cannot run this as that OS user.',
    next: 'Choose a user that exists there, or change the access rule.',
  },
  spawn: { exit: 1, sentence: 'The shell could not be started.', next: 'Look at the shell and home folder of that user.' },
  'audit-unavailable': {
    exit: 1,
    sentence: 'The audit log cannot be written, so nothing is allowed.',
    next: 'Free space or mend the disk of the gateway.',
  },
  'recording-failed': {
    exit: 1,
    sentence: 'The session cannot be recorded, so it may not go on.',
    next: 'Free space or mend the disk of the gateway.',
  },
  'disk-low': {
    exit: 1,
    sentence: 'The gateway is low on disk space and opens no new sessions.',
    next: 'Free space on the gateway.',
  },
  verification: {
    exit: 7,
    sentence: 'Verification failed.',
    next: 'The first bad record is named; keep a copy before anything else.',
  },
  'witness-conflict': {
    exit: 7,
    sentence: 'The audit log of this gateway is not the one remembered here.',
    next: 'Keep what is remembered and compare it with an anchor. Once it is known why: sallyport audit witness forget (on a server: sallyport-agent witness forget).',
  },
  'witness-file': {
    exit: 3,
    sentence: 'What is remembered here of audit logs cannot be used.',
    next: 'Look at the file: it must be yours alone (mode 0600). If it is damaged, keep a copy and take it away: from then on the next log shown is the one that counts.',
  },
  'state-altered': {
    exit: 7,
    sentence: 'The saved state does not match the audit log.',
    next: 'If you trust the log: sallyport-gateway serve --rebuild',
  },
  'state-missing': {
    exit: 6,
    sentence: 'The saved state is missing.',
    next: 'Rebuild it from the log: sallyport-gateway serve --rebuild',
  },
  'state-purged': {
    exit: 6,
    sentence: 'The state cannot be made again from the log, because the beginning of the log was purged.',
    next: 'Put state.json back from a backup: sallyport-gateway restore',
  },
  'epoch-key': {
    exit: 7,
    sentence: 'The key with which the audit log goes on is not here.',
    next: 'Put the newest keys folder back, or: sallyport-gateway restore. A log that was put back to an older end shows like this too.',
  },
  'already-initialised': {
    exit: 2,
    sentence: 'This folder already holds a workspace.',
    next: 'Use another folder, or: sallyport-gateway serve',
  },
  'not-initialised': { exit: 6, sentence: 'This folder holds no workspace.', next: 'Run: sallyport-gateway init' },
  locked: { exit: 6, sentence: 'Another gateway is using this folder.', next: 'Stop it first.' },
  timeout: { exit: 8, sentence: 'That took too long.', next: 'Try again.' },
  unreachable: { exit: 6, sentence: 'The gateway cannot be reached.', next: 'Check the address and the network.' },
  untrusted: { exit: 3, sentence: 'The certificate of the gateway is not one you trust.', next: 'Give its CA file with --ca.' },
  credentials: {
    exit: 3,
    sentence: 'The credentials file cannot be used.',
    next: 'It must be yours alone (mode 0600); run: sallyport login',
  },
  'needs-terminal': { exit: 2, sentence: 'This needs a terminal.', next: 'Run it in one, or use the plain commands.' },
  'terminal-small': { exit: 2, sentence: 'The terminal is too small.', next: 'Make it at least 40 columns by 10 rows.' },
  usage: { exit: 2, sentence: 'The command is not one we know.', next: 'See --help.' },
  readonly: { exit: 3, sentence: 'This was started read-only.', next: 'Start without --readonly.' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errors;
export const errorCodes: readonly ErrorCode[] = Object.keys(errors).filter((key): key is ErrorCode => Object.hasOwn(errors, key));

/** An expected failure as a value. `detail` names the thing at fault (shown through safeText), never a secret. */
export const problem = v.strictObject({
  code: v.picklist(errorCodes),
  detail: v.optional(text(512)),
  decision: v.optional(decisionTold),
  retryAfterMs: v.optional(count),
});
export type Problem = v.InferOutput<typeof problem>;

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

export const fine = <T>(value: T): Result<T> => ({ ok: true, value });
export const refuse = (
  code: ErrorCode,
  detail?: string,
  more?: Omit<Problem, 'code' | 'detail'>,
): { readonly ok: false; readonly problem: Problem } => ({
  ok: false,
  problem: { code, ...(detail === undefined ? {} : { detail: detail.slice(0, 512) }), ...more },
});

/** The sentence a person reads: what happened, the detail if any, and the next step. */
export function problemSentence(p: Problem): string {
  const entry = errors[p.code];
  const detail = p.detail === undefined ? '' : ` (${p.detail})`;
  return `${entry.sentence}${detail} ${entry.next}`;
}

export const exitCodeOf = (p: Problem): number => errors[p.code].exit;
