// A turn at the keyboard of a session, from a real terminal: what is typed goes to the pty, what comes goes to the terminal, and neither a cut
// line, a lost agent nor a frozen session loses, repeats or surprises with a byte (law 5, law 9). The pieces are beside this file; here they meet.

import { problemSentence } from '../../gateway/protocol/errors.ts';
import type { ParticipantId } from '../../gateway/protocol/ids.ts';
import type { TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { TerminalProfile } from '../../gateway/protocol/operator.ts';
import type { Tty } from '../attach-port.ts';
import type { ChannelPush } from '../link/channels.ts';
import type { Link } from '../link/link.ts';
import { lifeNow } from '../link/waking.ts';
import { coloursOf } from '../parts/palette.ts';
import { type ActParts, markPlace, secretLine, writeMessage } from './acts.ts';
import { hearCalls } from './called.ts';
import { whoIsHere } from './company.ts';
import { openCover } from './cover.ts';
import { askForTime, giveKeyboard } from './driver-acts.ts';
import { openDriverNews, type Stop } from './driver-news.ts';
import { closedOutcome, leftOutcome, type SessionOutcome } from './ending.ts';
import { type Escape, escapeHeading, escapeHelp, openEscapeReader } from './escapes.ts';
import { sessionFacts } from './facts.ts';
import { openGlass } from './glass.ts';
import { helpPage } from './help-page.ts';
import { stepAside } from './keyboard.ts';
import { openKeys } from './keys.ts';
import { openLookBack } from './look-back.ts';
import { openNotices } from './notices.ts';
import { nextOwn } from './own-sessions.ts';
import { openPredictionLayer } from './prediction-layer.ts';
import type { PredictMode } from './prediction-trigger.ts';
import { openPresses } from './presses.ts';
import { openQuestions } from './questions.ts';
import { comeBack, waitingLine } from './return.ts';
import { type Seat, takeSeat } from './seat.ts';
import { sizeOf, takeTerminal } from './tenure.ts';
import type { Turn } from './turn.ts';
import { openTypist } from './typist.ts';

/** Most bytes typed ahead: beyond it the terminal waits while the way is open, and typing is refused with a bell while it is not. */
const mostPendingBytes = 16 * 1024 * 1024;
const mostHeldBytes = 1024 * 1024;

/** How long leaving waits for the gateway to say so, ms. */
const farewellMs = 300;

type Seated = Extract<Turn, { seat: 'keyboard' }>;
/** Why keys do not go: the line is down, the server's is, it is frozen, or the keyboard is with somebody else. */
type Gate = Stop | 'line' | 'handed';

/** Until it ends, is left, cannot be come back to, or the keyboard is with somebody else. Owns the terminal meanwhile. */
export function driveTurn(
  tty: Tty,
  link: Link,
  { given, says, row }: Seated,
  profile: TerminalProfile,
  predict: PredictMode,
): Promise<Turn> {
  return new Promise((resolve) => {
    const { stdin, stdout } = tty;
    const { session } = given;
    let size = sizeOf(stdout);
    const colours = coloursOf(process.env);
    const cover = openCover({ write: (bytes, done) => void stdout.write(bytes, done) });
    const glass = openGlass(cover.sink, size.cols, size.rows, row, colours);
    const lookBack = openLookBack({
      cover,
      link,
      session,
      size: () => size,
      colours,
      notices: () => notices,
      bell: () => void stdout.write('\x07'),
      typedOn: (bytes) => typed(bytes),
      back: () => {
        glass.redraw();
        // It was asked for at the start of a line, and nothing was typed into that since.
        escapes.standsAt(true);
      },
    });
    const notices = openNotices((banner) => {
      glass.banner(banner);
      lookBack.banner(banner);
    });
    const escapes = openEscapeReader();
    const keys = openKeys('inputOffset' in given ? given.inputOffset : 0);
    const prediction = openPredictionLayer({
      mode: predict,
      start: keys.end(),
      roundTripMs: link.roundTripMs,
      screen: glass.screen,
      refresh: glass.refresh,
      now: () => performance.now(),
    });
    glass.layer(prediction);
    const calledOff = new AbortController();
    const shut = new Set<Gate>();
    let participant: ParticipantId = given.participant;
    let seat: Seat;
    let have: number | undefined;
    let holding = false;
    let clipboardAsked = false;
    let over = false;
    let leaving = false;
    let ticking: NodeJS.Timeout | undefined;
    let resizing = false;
    let told: TerminalSize = size;

    const end = (turn: Turn): void => {
      if (over) return;
      over = true;
      calledOff.abort();
      clearInterval(ticking);
      presses.close();
      questions.close();
      news.close();
      notices.close();
      prediction.close();
      stopStates();
      stopCalls();
      seat.leave();
      lookBack.end();
      tenure.end();
      resolve(turn);
    };
    const finish = (outcome: SessionOutcome): void => end({ seat: 'none', outcome });
    const pump = (): void => {
      if (shut.size > 0 || holding) return;
      if (!typist.send()) return;
      if (keys.pending() < mostPendingBytes) stdin.resume();
      else stdin.pause();
    };
    const open = (gate: Gate): void => {
      shut.delete(gate);
      if (shut.size > 0) return;
      if (keys.held() > 0) void askHeld();
      pump();
    };

    /** Where the session's line stood when the question came. */
    let stoodAt = true;
    let wasAsking = false;
    const questions = openQuestions(() => {
      if (questions.open() && !wasAsking) stoodAt = escapes.atLineStart();
      wasAsking = questions.open();
      notices.stay('question', questions.put() ?? questions.field(size.cols - 2));
    });
    const presses = openPresses((pressed) => {
      if (questions.open() && !questions.take(pressed)) glass.bell();
    });
    const typist = openTypist({
      keys,
      link,
      questions,
      seat: () => seat,
      open: () => shut.size === 0,
      pump,
      renumbered: (offset) => prediction.reset(offset),
    });
    const askCode = secretLine({ questions });
    /** What was typed while nothing could be sent is never sent unasked. */
    const askHeld = async (): Promise<void> => {
      if (holding) return;
      holding = true;
      const words = `${keys.held()} bytes were typed while nothing could be sent: Enter sends them, Esc discards them`;
      const answers = { enter: 'send', esc: 'discard', 'ctrl+c': 'discard' } as const;
      const answer = await questions.choice(words, answers, 'urgent');
      holding = false;
      if (over || answer === undefined) return;
      if (answer === 'send') keys.release();
      else keys.discard();
      prediction.reset();
      pump();
    };
    const askClipboard = async (): Promise<void> => {
      if (clipboardAsked) return;
      clipboardAsked = true;
      const words = 'The program wants to write to your clipboard: y allows it for this session, n refuses';
      const answers = { y: 'yes', Y: 'yes', n: 'no', N: 'no', esc: 'no', 'ctrl+c': 'no' } as const;
      const answer = await questions.choice(words, answers);
      if (answer !== undefined) void link.request('session.clipboard', { channel: seat.channel, allow: answer === 'yes' });
    };

    const typed = (bytes: Uint8Array): void => {
      if (lookBack.open()) return lookBack.feed(bytes);
      const guessed: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
      for (const one of escapes.feed(bytes)) {
        if (over || leaving) return;
        if (lookBack.open()) {
          if (one.kind === 'keys') lookBack.feed(one.bytes);
        } else if (one.kind === 'escape') obey(one.escape);
        else if (questions.open()) {
          typist.pressing(one.bytes);
          presses.feed(one.bytes);
          escapes.standsAt(stoodAt);
        } else {
          notices.key();
          const full = shut.size > 0 && keys.held() + one.bytes.length > mostHeldBytes;
          if (full || shut.has('handed')) glass.bell();
          else {
            const offset = keys.end();
            typist.type(one.bytes);
            guessed.push({ offset, bytes: one.bytes });
          }
        }
      }
      if (over) return;
      // Of what is held back nothing is shown.
      const guess = (): void => {
        if (shut.size === 0 && !holding) for (const { offset, bytes } of guessed.splice(0)) prediction.type(offset, bytes);
      };
      // On a line that keeps up a guess must not cost the key its time; on others the gateway is told what was foreseen.
      if (prediction.shows()) guess();
      pump();
      guess();
      if (shut.has('line')) sayWaiting();
    };

    const detached = (): void => finish(leftOutcome(session, 'detached'));
    const acts: ActParts = {
      link,
      session: () => session,
      channel: () => seat.channel,
      company: () => news.company(),
      notices,
      questions,
    };
    /** Another session of one's own that one leaves this one for. */
    let goesTo: SessionOutcome | undefined;
    const goOn = async (): Promise<void> => {
      const listed = await link.request('session.list', {});
      if (over || leaving) return;
      if (!listed.ok) return notices.pass(problemSentence(listed.problem), { tone: 'bad' });
      const next = nextOwn(listed.value.sessions, session.id);
      if (next === undefined) return notices.pass('you have no other session');
      leaving = true;
      goesTo = { ...leftOutcome(session, 'detached'), next: { go: 'attach', session: next.id } };
      const on = goesTo;
      void link.request('session.detach', { channel: seat.channel }).then(() => finish(on));
      setTimeout(() => finish(on), farewellMs);
    };
    const obey = (escape: Escape): void => {
      switch (escape) {
        case 'detach':
          leaving = true;
          void link.request('session.detach', { channel: seat.channel }).then(detached);
          // The person leaves now, whatever the line does.
          setTimeout(detached, shut.has('line') ? 0 : farewellMs);
          return undefined;
        case 'next':
          return void goOn();
        case 'help':
          return notices.page(helpPage(escapeHeading, escapeHelp, size.cols - 2));
        case 'redraw':
          return glass.redraw();
        case 'history':
          return lookBack.begin();
        case 'who':
          return notices.page(whoIsHere(news.company(), participant));
        case 'give':
          return void giveKeyboard(acts);
        case 'message':
          return void writeMessage(acts);
        case 'mark':
          return void markPlace(acts);
        case 'extend':
          return void askForTime(acts, news.extended);
        case 'info':
          void link.request('session.show', { session: session.id }).then((shown) => {
            if (!shown.ok) notices.pass(problemSentence(shown.problem), { tone: 'bad' });
            else notices.page(sessionFacts(shown.value.session, size, link, seat.mode(), keys.pending(), Date.now()));
          });
          return undefined;
        default:
          return escape satisfies never;
      }
    };

    const news = openDriverNews(session, participant, notices, {
      stopped: (by) => void shut.add(by),
      goesOn: (after) => {
        keys.resume(0, false, lifeNow());
        open(after);
      },
      clipboard: () => void askClipboard(),
      advised: (text) => void typist.advised(text),
    });
    const heard = (push: ChannelPush): void => {
      switch (push.type) {
        case 'session.closed':
          // The last bytes are on their way to the terminal before this (C5); writes are in order.
          if (push.ended === undefined && (push.left === 'too-slow' || push.left === 'disconnected')) return comeBackAfterCut();
          if (push.ended === undefined && push.left === 'taken-over') return void goAside();
          if (push.ended === undefined && goesTo !== undefined) return finish(goesTo);
          return finish(closedOutcome(session, push));
        case 'session.resized':
          return undefined;
        case 'session.company':
        case 'session.notice':
          return news.heard(push);
        default:
          return push satisfies never;
      }
    };

    /** The keyboard is with somebody else: on as a peer, where one may. */
    const goAside = async (): Promise<void> => {
      if (over || shut.has('handed')) return;
      shut.add('handed');
      seat.leave();
      notices.stay('line', 'the keyboard is with somebody else now; you stay as a peer…', 'plain');
      const lost = keys.pending();
      prediction.reset();
      const window = (): TerminalSize => ({ cols: size.cols, rows: Math.max(1, size.rows - 1) });
      const aside = await stepAside(link, session, window, askCode);
      if ('over' in aside) return finish(aside.over);
      if (over || leaving) return void link.request('session.detach', { channel: aside.given.channel });
      const unsure = lost === 0 ? '' : ` · ${lost} typed bytes may not have arrived`;
      return end({ seat: 'aside', given: aside.given, says: `${aside.says}${unsure}`, startled: true });
    };

    const sayWaiting = (): void => notices.stay('line', waitingLine(link.state(), Date.now(), keys.held()));
    const comeBackAfterCut = (): void => {
      if (over || shut.has('line') || shut.has('handed')) return;
      have = glass.between() ? seat.shown() : undefined;
      shut.add('line');
      // What the agent and the recorder were doing is said anew on return.
      shut.delete('agent');
      shut.delete('frozen');
      news.forget();
      seat.leave();
      prediction.reset();
      sayWaiting();
      ticking = setInterval(sayWaiting, 1_000);
      const { signal } = calledOff;
      void comeBack({ link, session, participant, size: () => size, profile, have: () => have, askCode, signal }).then(
        (result) => {
          if (over || result === undefined) return;
          clearInterval(ticking);
          if ('over' in result) return finish(result.over);
          if ('handed' in result) return void goAside();
          const { back } = result;
          sit(back);
          keys.resume(back.inputOffset, back.participant !== participant, lifeNow());
          prediction.reset(back.inputOffset);
          participant = back.participant;
          news.back(back.session, participant);
          told = size;
          notices.stay('line', undefined);
          notices.pass('the link is back');
          open('line');
        },
      );
    };

    const sit = (at: Seated['given']): void => {
      typist.seated('inputOffset' in at ? at.inputOffset : 0);
      const taken = takeSeat(link, at, {
        onOutput: (bytes, _fresh, drawn) => glass.show(bytes, drawn),
        onPush: heard,
        onTyped: (offset) => {
          typist.confirm(offset);
          prediction.ack(offset);
          pump();
        },
        onCut: comeBackAfterCut,
      });
      seat = {
        ...taken,
        type: (offset, bytes) => taken.type(offset, bytes, prediction.foresees(offset, offset + bytes.length)),
      };
      // The line may have broken between the answer and now.
      if (link.state().state !== 'open') comeBackAfterCut();
    };

    const resized = (next: TerminalSize): void => {
      size = next;
      glass.resize(next.cols, next.rows);
      lookBack.redraw();
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

    const stopCalls = hearCalls(link, session.id, notices);
    const stopStates = link.onState(() => {
      if (shut.has('line')) sayWaiting();
    });
    const tenure = takeTerminal(tty, {
      onKeys: typed,
      onSize: resized,
      onContinue: () => void (lookBack.redraw() || glass.redraw()),
      onGone: (cause) =>
        finish({
          ...leftOutcome(session, 'disconnected'),
          sentence: `${session.serverName}: ${cause}; the session goes on`,
          exit: 1,
        }),
      giveBack: () => {
        lookBack.end();
        glass.giveBack();
      },
    });
    notices.pass(says ?? `${session.serverName} · ${session.osUser ?? "as the agent's user"} · recorded · ~? for help`);
    sit(given);
    resized(sizeOf(stdout));
  });
}
