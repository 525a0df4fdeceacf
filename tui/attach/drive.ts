// Driving one session from a real terminal: what is typed goes to the pty, what comes goes to the terminal, and neither a cut line, a lost
// agent nor a frozen session loses, repeats or surprises with a byte (law 5, law 9). The pieces are pure and beside this file; here they meet.
//
// Known limits: keys wait behind one's own paste (Ctrl-C does not overtake it); predictions are not made yet.

import { problemSentence } from '../../gateway/protocol/errors.ts';
import type { ParticipantId } from '../../gateway/protocol/ids.ts';
import type { TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { Gives, TerminalProfile } from '../../gateway/protocol/operator.ts';
import type { Tty } from '../attach-port.ts';
import type { ChannelPush } from '../link/channels.ts';
import type { Link } from '../link/link.ts';
import { closedOutcome, leftOutcome, type SessionOutcome } from './ending.ts';
import { type Escape, escapeHelp, openEscapeReader } from './escapes.ts';
import { sessionFacts, watchersLine } from './facts.ts';
import { openGlass } from './glass.ts';
import { openKeys } from './keys.ts';
import { openNotices } from './notices.ts';
import { comeBack, waitingLine } from './return.ts';
import { type Seat, takeSeat } from './seat.ts';
import { sizeOf, takeTerminal } from './tenure.ts';

/** Most bytes typed ahead: beyond it the terminal waits while the way is open, and typing is refused with a bell while it is not. */
const mostPendingBytes = 16 * 1024 * 1024;
const mostHeldBytes = 1024 * 1024;

/** How long leaving waits for the gateway to say so, ms. */
const farewellMs = 300;

type DriveGiven = Gives<'session.open'> | Gives<'session.attach'>;
type Gate = 'line' | 'agent' | 'frozen';
type Question = 'held' | 'clipboard';

/** Drives the session until it ends, is left, or cannot be come back to. Owns the terminal meanwhile. `row` = where the cursor stands, when known. */
export function driveSession(
  tty: Tty,
  link: Link,
  given: DriveGiven,
  profile: TerminalProfile,
  row?: number,
): Promise<SessionOutcome> {
  return new Promise((resolve) => {
    const { stdin, stdout } = tty;
    const { session } = given;
    let size = sizeOf(stdout);
    const glass = openGlass({ write: (bytes, done) => void stdout.write(bytes, done) }, size.cols, size.rows, row);
    const notices = openNotices(glass.banner);
    const escapes = openEscapeReader();
    const keys = openKeys('inputOffset' in given ? given.inputOffset : 0);
    const calledOff = new AbortController();
    const shut = new Set<Gate>();
    let participant: ParticipantId = given.participant;
    let seat: Seat;
    let have: number | undefined;
    let question: Question | undefined;
    let clipboardAsked = false;
    let over = false;
    let leaving = false;
    let ticking: NodeJS.Timeout | undefined;
    let resizing = false;
    let told: TerminalSize = size;

    const finish = (outcome: SessionOutcome): void => {
      if (over) return;
      over = true;
      calledOff.abort();
      clearInterval(ticking);
      notices.close();
      stopStates();
      seat.leave();
      tenure.end();
      resolve(outcome);
    };
    const pump = (): void => {
      if (shut.size > 0 || question === 'held') return;
      for (let piece = keys.next(); piece !== undefined; piece = keys.next()) if (!seat.type(piece.offset, piece.bytes)) return;
      if (keys.pending() < mostPendingBytes) stdin.resume();
      else stdin.pause();
    };
    const open = (gate: Gate): void => {
      shut.delete(gate);
      if (shut.size > 0) return;
      if (keys.held() > 0) ask('held');
      pump();
    };

    const ask = (next: Question): void => {
      // One question at a time: held keys first, they block typing.
      if (question === 'held') return;
      clipboardAsked ||= next === 'clipboard';
      question = next;
      notices.stay(
        'question',
        next === 'held'
          ? `${keys.held()} bytes were typed while nothing could be sent: Enter sends them, Esc discards them`
          : 'The program wants to write to your clipboard: y allows it for this session, n refuses',
      );
    };
    const answered = (): void => {
      question = undefined;
      notices.stay('question', undefined);
      pump();
    };
    /** Keys while a question stands; what is no answer is refused with a bell. */
    const answer = (bytes: Uint8Array): void => {
      const key = Buffer.from(bytes).toString('latin1');
      if (question === 'held') {
        if (key === '\r' || key === '\n') keys.release();
        else if (key === '\x1b' || key === '\x03') keys.discard();
        else return glass.bell();
        return answered();
      }
      const allow = /^[yY]$/.test(key);
      if (!allow && !/^[nN\x1b\x03]$/.test(key)) return glass.bell();
      void link.request('session.clipboard', { channel: seat.channel, allow });
      return answered();
    };

    const typed = (bytes: Uint8Array): void => {
      for (const one of escapes.feed(bytes)) {
        if (over || leaving) return;
        if (one.kind === 'escape') obey(one.escape);
        else if (question !== undefined) answer(one.bytes);
        else {
          notices.key();
          if (shut.size > 0 && keys.held() + one.bytes.length > mostHeldBytes) glass.bell();
          else keys.type(one.bytes, shut.size === 0, performance.now());
        }
      }
      if (over) return;
      pump();
      if (shut.has('line')) sayWaiting();
    };

    const detached = (): void => finish(leftOutcome(session, 'detached'));
    const obey = (escape: Escape): void => {
      switch (escape) {
        case 'detach':
          leaving = true;
          void link.request('session.detach', { channel: seat.channel }).then(detached);
          // The person leaves now, whatever the line does.
          setTimeout(detached, shut.has('line') ? 0 : farewellMs);
          return undefined;
        case 'help':
          return notices.page(escapeHelp.map(([what, does]) => `${what}  ${does}`));
        case 'redraw':
          return glass.redraw();
        case 'watchers':
          void link.request('session.show', { session: session.id }).then((shown) => {
            notices.pass(shown.ok ? watchersLine(shown.value.session) : problemSentence(shown.problem));
          });
          return undefined;
        case 'info':
          void link.request('session.show', { session: session.id }).then((shown) => {
            notices.page(sessionFacts(shown.ok ? shown.value.session : session, size, link, keys.pending()));
          });
          return undefined;
        default:
          return escape satisfies never;
      }
    };

    const heard = (push: ChannelPush): void => {
      if (push.type === 'session.closed') {
        // The last bytes are on their way to the terminal before this (C5); writes are in order.
        if (push.ended === undefined && (push.left === 'too-slow' || push.left === 'disconnected')) return comeBackAfterCut();
        return finish(closedOutcome(session, push));
      }
      if (push.type !== 'session.notice') return undefined;
      switch (push.notice) {
        case 'clipboard':
          if (clipboardAsked) return undefined;
          return ask('clipboard');
        case 'agent-away':
          shut.add('agent');
          return notices.stay('session', push.text);
        case 'frozen':
          shut.add('frozen');
          return notices.stay('session', push.text);
        case 'agent-back':
        case 'resumed':
          notices.stay('session', undefined);
          notices.pass(push.text, 'good');
          keys.resume(0, false, performance.now());
          return open(push.notice === 'resumed' ? 'frozen' : 'agent');
        case 'watched':
        case 'unwatched':
        case 'message':
        case 'asked':
        case 'handed':
        case 'presence':
        case 'pending':
        case 'ending-soon':
          return notices.pass(push.text, push.notice === 'ending-soon' ? 'bad' : 'plain');
        default:
          return push.notice satisfies never;
      }
    };

    const sayWaiting = (): void => notices.stay('line', waitingLine(link.state(), Date.now(), keys.held()));
    const comeBackAfterCut = (): void => {
      if (over || shut.has('line')) return;
      have = glass.between() ? seat.shown() : undefined;
      shut.add('line');
      // What the agent and the recorder were doing is said anew on return.
      shut.delete('agent');
      shut.delete('frozen');
      notices.stay('session', undefined);
      seat.leave();
      sayWaiting();
      ticking = setInterval(sayWaiting, 1_000);
      void comeBack({ link, session, participant, size: () => size, profile, have: () => have, signal: calledOff.signal }).then(
        (result) => {
          if (over || result === undefined) return;
          clearInterval(ticking);
          if ('over' in result) return finish(result.over);
          const { back } = result;
          sit(back);
          keys.resume(back.inputOffset, back.participant !== participant, performance.now());
          participant = back.participant;
          told = size;
          notices.stay('line', undefined);
          notices.pass('the link is back', 'good');
          open('line');
        },
      );
    };

    const sit = (at: DriveGiven): void => {
      seat = takeSeat(link, at, {
        onOutput: (bytes, _fresh, drawn) => glass.show(bytes, drawn),
        onPush: heard,
        onTyped: (offset) => {
          keys.confirm(offset, performance.now());
          pump();
        },
        onCut: comeBackAfterCut,
      });
      // The line may have broken between the answer and now.
      if (link.state().state !== 'open') comeBackAfterCut();
    };

    const resized = (next: TerminalSize): void => {
      size = next;
      glass.resize(next.cols, next.rows);
      void tellSize();
    };
    /** One at a time, the newest last. */
    const tellSize = async (): Promise<void> => {
      if (resizing) return;
      resizing = true;
      while (!over && !shut.has('line') && (told.cols !== size.cols || told.rows !== size.rows)) {
        told = size;
        await link.request('session.resize', { channel: seat.channel, size: told });
      }
      resizing = false;
    };

    const stopStates = link.onState(() => {
      if (shut.has('line')) sayWaiting();
    });
    const tenure = takeTerminal(tty, {
      onKeys: typed,
      onSize: resized,
      onContinue: () => glass.redraw(),
      onGone: (cause) =>
        finish({
          ...leftOutcome(session, 'disconnected'),
          sentence: `${session.serverName}: ${cause}; the session goes on`,
          exit: 1,
        }),
      giveBack: () => glass.giveBack(),
    });
    notices.pass(`${session.serverName} · ${session.osUser ?? "as the agent's user"} · recorded · ~? for help`);
    sit(given);
    resized(sizeOf(stdout));
  });
}
