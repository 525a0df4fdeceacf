// `sallyport attach` without a terminal on stdin: what comes in there is typed, what the session says goes to stdout as it came, until the
// session ends. The pty has 80 × 24 cells. The end of stdin ends nothing: a script says `exit`, or the session is left by a signal.
// A session that says more than the line carries is painted, as for any viewer: what scrolled past meanwhile is only in the recording.
// After a cut everything unconfirmed goes again by number without asking: there is nobody to ask, and the input was given as a whole.
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import type { Gives, TerminalProfile } from '../../gateway/protocol/operator.ts';
import { emptySlate } from '../../gateway/screen/slate.ts';
import type { Link } from '../link/link.ts';
import { closedOutcome, leftOutcome, type SessionOutcome } from './ending.ts';
import { openKeys } from './keys.ts';
import { comeBack } from './return.ts';
import { type Seat, takeSeat } from './seat.ts';

export const pipeSize = { cols: 80, rows: 24 } as const;
const mostPendingBytes = 1024 * 1024;

/** What brings a terminal to a known state before a picture is of no use to a program that reads. */
function withoutSlate(bytes: Uint8Array): Uint8Array {
  const slate = Buffer.from(emptySlate(pipeSize.cols));
  return Buffer.from(bytes.subarray(0, slate.length)).equals(slate) ? bytes.subarray(slate.length) : bytes;
}

const keyboardGone = (session: SessionRow): SessionOutcome => ({
  ...leftOutcome(session, 'taken-over'),
  sentence: `${session.serverName}: the keyboard is with another terminal now; the session goes on`,
});

export type Pipes = {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  /** Ends the visit; the session goes on. */
  readonly signal: AbortSignal;
};

export function drivePiped(
  { stdin, stdout, signal }: Pipes,
  link: Link,
  given: Gives<'session.open'> | Gives<'session.attach'>,
  profile: TerminalProfile,
): Promise<SessionOutcome> {
  return new Promise((resolve) => {
    const { session } = given;
    const keys = openKeys('inputOffset' in given ? given.inputOffset : 0);
    const calledOff = new AbortController();
    let participant = given.participant;
    let seat: Seat;
    let away = false;
    let over = false;

    const finish = (outcome: SessionOutcome): void => {
      if (over) return;
      over = true;
      calledOff.abort();
      seat.leave();
      stdin.off('data', typed);
      stdin.pause();
      signal.removeEventListener('abort', leave);
      resolve(outcome);
    };
    const pump = (): void => {
      if (away) return;
      for (let piece = keys.next(); piece !== undefined; piece = keys.next()) if (!seat.type(piece.offset, piece.bytes)) break;
      if (keys.pending() > mostPendingBytes) stdin.pause();
      else stdin.resume();
    };
    const typed = (bytes: Uint8Array): void => {
      keys.type(bytes, true, performance.now());
      keys.release();
      pump();
    };
    const again = (): void => {
      keys.resume(0, false, performance.now());
      keys.release();
      pump();
    };
    /** Left because nobody could be asked. */
    let unsaid: SessionOutcome | undefined;
    const leave = (): void => {
      const left = (): void => finish(unsaid ?? leftOutcome(session, 'detached'));
      void link.request('session.detach', { channel: seat.channel }, 1_000).then(left);
    };
    /** Nobody is here to say that it is meant so: the line and what follows it are not sent, and the visit is over. */
    const unadvised = (against: string): void => {
      const sentence = `${session.serverName}: ${against}. Nobody is here to go on with it, so nothing more is sent; the session goes on`;
      unsaid = { ...leftOutcome(session, 'detached'), sentence, tone: 'bad', exit: 3 };
      leave();
    };
    const returned = (): void => {
      if (over || away) return;
      away = true;
      const have = seat.shown();
      seat.leave();
      void comeBack({
        link,
        session,
        participant,
        size: () => pipeSize,
        profile,
        have: () => have,
        signal: calledOff.signal,
      }).then((result) => {
        if (over || result === undefined) return;
        if ('over' in result) return finish(result.over);
        // Nobody reads here who could sit beside it.
        if ('handed' in result) return finish(keyboardGone(session));
        away = false;
        sit(result.back);
        keys.resume(result.back.inputOffset, result.back.participant !== participant, performance.now());
        keys.release();
        participant = result.back.participant;
        pump();
      });
    };
    const sit = (at: Gives<'session.open'> | Gives<'session.attach'>): void => {
      seat = takeSeat(link, at, {
        onOutput: (bytes, fresh, drawn) => void stdout.write(fresh ? withoutSlate(bytes) : bytes, () => drawn()),
        onPush: (push) => {
          if (push.type === 'session.closed') {
            if (push.left === 'too-slow' || push.left === 'disconnected') returned();
            else if (push.left === 'taken-over') finish(keyboardGone(session));
            else finish(push.ended === undefined && unsaid !== undefined ? unsaid : closedOutcome(session, push));
          } else if (push.type === 'session.notice' && push.notice === 'advised') unadvised(push.text);
          else if (push.type === 'session.notice' && (push.notice === 'agent-back' || push.notice === 'resumed')) again();
        },
        onTyped: (offset) => {
          keys.confirm(offset, performance.now());
          pump();
        },
        onCut: returned,
      });
      if (link.state().state !== 'open') returned();
    };
    signal.addEventListener('abort', leave, { once: true });
    sit(given);
    stdin.on('data', typed);
    stdin.resume();
  });
}
