// Coming back to a session after the line was cut: waits for the line, attaches again, and says what it waits for. Shared by terminal and pipe.
import { type ErrorCode, type Problem, problemSentence, type Result } from '../../gateway/protocol/errors.ts';
import type { ParticipantId } from '../../gateway/protocol/ids.ts';
import type { SessionRow, TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { Gives, Takes, TerminalProfile } from '../../gateway/protocol/operator.ts';
import type { Link, LinkState } from '../link/link.ts';
import { foundEnded, type SessionOutcome } from './ending.ts';
import { type AskCode, withCode } from './with-code.ts';

/** No retry mends these: the session, the sign-in or the right to it is gone, or a person must act first. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unreachable',
  'timeout',
  'starting',
  'busy',
  'offline',
  'audit-unavailable',
  'recording-failed',
]);
const againMs = 1_000;

export type Back =
  | { readonly back: Gives<'session.attach'> }
  /** The keyboard is with somebody else by now. */
  | { readonly handed: Problem }
  | { readonly over: SessionOutcome };

export type ReturnOptions = {
  readonly link: Link;
  readonly session: SessionRow;
  readonly participant: ParticipantId;
  readonly size: () => TerminalSize;
  readonly profile: TerminalProfile;
  /** Output position that the terminal shows rightly. */
  readonly have: () => number | undefined;
  /** Asks the person for a code, where coming back takes a fresh one; without it that is the end. */
  readonly askCode?: AskCode;
  /** Called off. */
  readonly signal: AbortSignal;
};

/** Undefined when it was called off. */
export async function comeBack(options: ReturnOptions): Promise<Back | undefined> {
  const { link, session, signal } = options;
  const asked = (): Takes<'session.attach'> => {
    const have = options.have();
    return {
      session: session.id,
      size: options.size(),
      profile: options.profile,
      resume: options.participant,
      ...(have === undefined ? {} : { have }),
    };
  };
  for (;;) {
    // It goes with the proof of who one is: no round trip of its own (LOWBAND §5.10).
    const first = await link.ahead('session.attach', asked, signal);
    if (first === undefined || signal.aborted) return undefined;
    const state = link.state();
    if (state.state === 'refused') return lost(session, problemOf(state));
    // The line broke before the answer: the next connection takes the next request along, once this one is known to be over.
    if (!first.ok && first.problem.code === 'unreachable' && state.state !== 'open') continue;
    if (state.state === 'open' && state.self === undefined) return lost(session, state.problem ?? { code: 'not-signed-in' });
    const askCode = options.askCode ?? (() => Promise.resolve(undefined));
    const answer = await orAborted(withCode(link, 'session.attach', asked, askCode, first), signal);
    if (answer === undefined) return undefined;
    if (answer.ok) return { back: answer.value };
    if (!passing.has(answer.problem.code)) return await howItEnded(link, session, answer);
    await orAborted(new Promise((resolve) => setTimeout(resolve, againMs)), signal);
    if (signal.aborted) return undefined;
  }
}

async function howItEnded(link: Link, session: SessionRow, refused: Extract<Result<never>, { ok: false }>): Promise<Back> {
  const shown = await link.request('session.show', { session: session.id });
  if (shown.ok && shown.value.session.state === 'ended') return { over: foundEnded(shown.value.session) };
  const driver = shown.ok ? shown.value.session.participants.find((one) => one.role === 'driver') : undefined;
  const state = link.state();
  const me = state.state === 'open' ? state.self?.person : undefined;
  if (refused.problem.code === 'denied' && driver !== undefined && driver.person !== me) return { handed: refused.problem };
  return lost(session, refused.problem);
}

function lost(session: SessionRow, problem: Problem): Back {
  return {
    over: {
      ending: 'lost',
      sentence: `${session.serverName}: the session goes on, but this terminal cannot come back. ${problemSentence(problem)}`,
      tone: 'bad',
      session: session.id,
      exit: 6,
    },
  };
}

const problemOf = (state: LinkState): Problem => ('problem' in state ? state.problem : undefined) ?? { code: 'unreachable' };

/** What the promise gives, or undefined once called off. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve(undefined);
    const stop = (): void => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener('abort', stop);
        resolve(value);
      },
      (cause: unknown) => reject(cause instanceof Error ? cause : new Error(String(cause))),
    );
  });
}

/** What a person reads while the line is down. */
export function waitingLine(state: LinkState, now: number, held: number): string {
  const tail = `${held > 0 ? ` · ${held} ${held === 1 ? 'byte' : 'bytes'} typed, held back` : ''} · Enter ~. detaches`;
  if (state.state === 'waiting') {
    const seconds = Math.max(0, Math.ceil((state.retryAt - now) / 1000));
    return `link lost, trying again in ${seconds} s${tail}`;
  }
  return `link lost, ${state.state === 'open' ? 'coming back to the session' : 'connecting'}…${tail}`;
}
