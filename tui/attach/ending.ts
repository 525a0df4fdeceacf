// How a turn at a session was over, in one plain sentence, what to do next, and an exit code (law 9: the same closed set of reasons as in the
// log). Pure.
import { constants } from 'node:os';
import type { EndingReason, LeavingCause, ParticipantRole, SessionRow } from '../../gateway/protocol/nouns.ts';
import type { Push } from '../../gateway/protocol/operator.ts';
import type { TtyOutcome } from '../attach-port.ts';

/** `exit`: what a plain command ends with (DESIGN §4: the remote code, 128 + signal; otherwise by the reason). */
export type SessionOutcome = TtyOutcome & {
  readonly exit: number;
  /** What to do next on a command line; the dashboard shows it by itself. */
  readonly advice?: string;
};

export type Closed = Extract<Push, { readonly type: 'session.closed' }>;
type Ended = NonNullable<Closed['ended']>;

type Told = {
  readonly words: string;
  /** What to do now; empty = nothing. */
  readonly next: (session: SessionRow, role: ParticipantRole) => string;
  /** Exit code where it is not the program's own. */
  readonly exit: number;
};

const openAnother = ({ serverName }: SessionRow): string => `open another: sallyport attach ${serverName}`;
const backCommand = ({ id }: SessionRow, role: ParticipantRole): string =>
  role === 'driver'
    ? `sallyport attach --session ${id}`
    : role === 'observer'
      ? `sallyport watch ${id}`
      : `sallyport join ${id} --role ${role}`;
const comeBack = (session: SessionRow, role: ParticipantRole): string => `come back: ${backCommand(session, role)}`;
const recordingRemains = (): string => 'its recording remains: sallyport recordings ls';

const reasons: Readonly<Record<EndingReason, Told>> = {
  exited: { words: 'the shell ended', next: () => '', exit: 0 },
  killed: { words: 'the session was killed', next: recordingRemains, exit: 3 },
  revoked: {
    words: 'the session ended because the sign-in or the account behind it was revoked',
    next: () => 'sign in again: sallyport login',
    exit: 3,
  },
  'access-changed': {
    words: 'the session ended because access to it changed',
    next: ({ serverName }) => `see what you may do: sallyport ls; ask for more: sallyport request ${serverName}`,
    exit: 3,
  },
  'agent-lost': {
    words: 'the session ended because the agent on the server is gone, and its shells with it',
    next: openAnother,
    exit: 6,
  },
  'agent-refused': {
    words: 'the agent on the server would not open the session',
    next: () => 'look at the agent there: sallyport-agent doctor',
    exit: 3,
  },
  expired: { words: 'the session reached the longest life of its tier', next: openAnother, exit: 8 },
  idle: { words: 'the session ended because nobody typed for as long as its tier allows', next: openAnother, exit: 8 },
  locked: {
    words: 'the session ended because a lock was set',
    next: () => 'ask whoever set it: staff see it in sallyport locks ls',
    exit: 3,
  },
  'gateway-gone': { words: 'the session ended because the gateway stayed away too long', next: openAnother, exit: 6 },
  'recording-failed': {
    words: 'the session ended because it could not be recorded',
    next: () => 'free space on the disk of the gateway, then open another',
    exit: 1,
  },
  'server-removed': {
    words: 'the session ended because the server was removed',
    next: () => 'see what there is: sallyport ls',
    exit: 6,
  },
  'unknown-after-restore': {
    words: 'the session ended because the gateway has no record of it',
    next: openAnother,
    exit: 6,
  },
};

const leavings: Readonly<Record<LeavingCause, Told>> = {
  detached: { words: 'detached; the session goes on', next: comeBack, exit: 0 },
  disconnected: { words: 'disconnected; the session goes on', next: comeBack, exit: 6 },
  'logged-out': { words: 'you signed out; the session goes on', next: () => 'sign in again: sallyport login', exit: 3 },
  revoked: { words: 'your right to this session was revoked', next: () => 'ask an administrator of this workspace', exit: 3 },
  'taken-over': { words: 'the session was taken over from another terminal of yours', next: comeBack, exit: 3 },
  'too-slow': { words: 'this line was too slow; the session goes on', next: comeBack, exit: 8 },
  absent: { words: 'you did not show that you were there; the session goes on', next: comeBack, exit: 3 },
  uninvited: { words: 'your invitation is over; the session goes on', next: () => 'ask whoever invited you', exit: 3 },
  'put-out': { words: 'you were sent out; the session goes on', next: () => 'ask whoever drives it', exit: 3 },
  'session-ended': { words: 'the session has ended', next: recordingRemains, exit: 0 },
};

const advised = (next: string): { readonly advice?: string } => (next === '' ? {} : { advice: next });

/** @param signal such as `SIGKILL` or `KILL` */
export function signalNumber(signal: string): number | undefined {
  const name = signal.startsWith('SIG') ? signal : `SIG${signal}`;
  return Object.entries(constants.signals).find(([known]) => known === name)?.[1];
}

export function endedOutcome(session: SessionRow, ended: Ended, role: ParticipantRole = 'driver'): SessionOutcome {
  const { reason, exitCode, signal, by, why } = ended;
  const { words, next, exit } = reasons[reason];
  const own =
    reason !== 'exited' ? '' : signal !== undefined ? ` by ${signal}` : exitCode !== undefined ? ` with ${exitCode}` : '';
  const whose = by === undefined ? '' : ` by ${by}`;
  const because = why === undefined || why === '' ? '' : ` (${why})`;
  const sentence = `${session.serverName}: ${words}${own}${whose}${because}${reason === 'exited' ? '' : ` [${reason}]`}`;
  const number = signal === undefined ? undefined : signalNumber(signal);
  // The code of the program is that of who ran it; who only looked on ends well.
  const code = role !== 'driver' ? 0 : number === undefined ? (exitCode ?? 0) : 128 + number;
  return {
    ending: 'ended',
    sentence,
    ...advised(role === 'driver' ? next(session, role) : ''),
    tone: reason === 'exited' ? 'good' : 'bad',
    session: session.id,
    exit: reason === 'exited' ? code : exit,
  };
}

/** `role`: what one was, and comes back as. */
export function leftOutcome(session: SessionRow, cause: LeavingCause, role: ParticipantRole = 'driver'): SessionOutcome {
  const good = cause === 'detached' || cause === 'session-ended';
  const { words, next, exit } = leavings[cause];
  return {
    ending: cause === 'detached' && role === 'driver' ? 'detached' : 'left',
    sentence: `${session.serverName}: ${words}`,
    ...advised(next(session, role)),
    tone: good ? 'good' : 'bad',
    session: session.id,
    exit,
  };
}

/** The last word on a channel (C5). */
export function closedOutcome(session: SessionRow, closed: Closed, role: ParticipantRole = 'driver'): SessionOutcome {
  return closed.ended === undefined
    ? leftOutcome(session, closed.left ?? 'disconnected', role)
    : endedOutcome(session, closed.ended, role);
}

/** A session found ended on return. */
export function foundEnded(session: SessionRow, role: ParticipantRole = 'driver'): SessionOutcome {
  return endedOutcome(
    session,
    { reason: session.reason ?? 'exited', ...(session.exitCode === undefined ? {} : { exitCode: session.exitCode }) },
    role,
  );
}
