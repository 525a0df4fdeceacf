// How a turn at a session was over, in one plain sentence and an exit code (law 9: the same closed set of reasons as in the log). Pure.
import { constants } from 'node:os';
import type { EndingReason, LeavingCause, SessionRow } from '../../gateway/protocol/nouns.ts';
import type { Push } from '../../gateway/protocol/operator.ts';
import type { TtyOutcome } from '../attach-port.ts';

/** `exit`: what a plain command ends with (DESIGN §4: the remote code, 128 + signal; otherwise by the reason). */
export type SessionOutcome = TtyOutcome & { readonly exit: number };

export type Closed = Extract<Push, { readonly type: 'session.closed' }>;
type Ended = NonNullable<Closed['ended']>;

const reasonWords: Readonly<Record<EndingReason, string>> = {
  exited: 'the shell ended',
  killed: 'the session was killed',
  revoked: 'the session ended because the sign-in or the account behind it was revoked',
  'access-changed': 'the session ended because access to it changed',
  'agent-lost': 'the session ended because the agent on the server is gone, and its shells with it',
  'agent-refused': 'the agent on the server would not open the session',
  expired: 'the session reached the longest life of its tier',
  idle: 'the session ended because nobody typed for as long as its tier allows',
  locked: 'the session ended because a lock was set',
  'gateway-gone': 'the session ended because the gateway stayed away too long',
  'recording-failed': 'the session ended because it could not be recorded',
  'server-removed': 'the session ended because the server was removed',
  'unknown-after-restore': 'the session ended because the gateway has no record of it',
};

/** Exit codes of endings that are not the program's own. */
const reasonExit: Readonly<Record<EndingReason, number>> = {
  exited: 0,
  killed: 3,
  revoked: 3,
  'access-changed': 3,
  'agent-lost': 6,
  'agent-refused': 3,
  expired: 8,
  idle: 8,
  locked: 3,
  'gateway-gone': 6,
  'recording-failed': 1,
  'server-removed': 6,
  'unknown-after-restore': 6,
};

const leavingWords: Readonly<Record<LeavingCause, string>> = {
  detached: 'detached; the session goes on',
  disconnected: 'disconnected; the session goes on',
  'logged-out': 'you signed out; the session goes on',
  revoked: 'your right to this session was revoked',
  'taken-over': 'the session was taken over from another terminal of yours',
  'too-slow': 'this line was too slow; the session goes on',
  absent: 'you did not show that you were there; the session goes on',
  uninvited: 'the invitation is over; the session goes on',
  'session-ended': 'the session has ended',
};

/** @param signal such as `SIGKILL` or `KILL` */
export function signalNumber(signal: string): number | undefined {
  const name = signal.startsWith('SIG') ? signal : `SIG${signal}`;
  return Object.entries(constants.signals).find(([known]) => known === name)?.[1];
}

export function endedOutcome(session: SessionRow, ended: Ended): SessionOutcome {
  const { reason, exitCode, signal, by, why } = ended;
  const own =
    reason !== 'exited' ? '' : signal !== undefined ? ` by ${signal}` : exitCode !== undefined ? ` with ${exitCode}` : '';
  const sentence = `${session.serverName}: ${reasonWords[reason]}${own}${by === undefined ? '' : ` by ${by}`}${
    why === undefined ? '' : ` (${why})`
  }${reason === 'exited' ? '' : ` [${reason}]`}`;
  const number = signal === undefined ? undefined : signalNumber(signal);
  return {
    ending: 'ended',
    sentence,
    tone: reason === 'exited' ? 'good' : 'bad',
    session: session.id,
    exit: reason === 'exited' ? (number === undefined ? (exitCode ?? 0) : 128 + number) : reasonExit[reason],
  };
}

export function leftOutcome(session: SessionRow, cause: LeavingCause): SessionOutcome {
  const good = cause === 'detached' || cause === 'session-ended';
  return {
    ending: cause === 'detached' ? 'detached' : 'left',
    sentence: `${session.serverName}: ${leavingWords[cause]}`,
    tone: good ? 'good' : 'bad',
    session: session.id,
    exit: good ? 0 : 3,
  };
}

/** The last word on a channel (C5). */
export function closedOutcome(session: SessionRow, closed: Closed): SessionOutcome {
  return closed.ended === undefined ? leftOutcome(session, closed.left ?? 'disconnected') : endedOutcome(session, closed.ended);
}

/** A session found ended on return. */
export function foundEnded(session: SessionRow): SessionOutcome {
  return endedOutcome(session, {
    reason: session.reason ?? 'exited',
    ...(session.exitCode === undefined ? {} : { exitCode: session.exitCode }),
  });
}
