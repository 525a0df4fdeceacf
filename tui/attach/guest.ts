// A turn beside the keyboard of a session: as observer, peer or moderator. It is painted, cropped to this terminal, and inert (law 6, E1): no key ever
// goes to the gateway as input; keys pan, leave, ask, and do what the role may. The picture keeps the driver's size: of a larger one the part with the
// cursor is shown, a smaller one leaves the rest blank.

import { problemSentence } from '../../gateway/protocol/errors.ts';
import type { JoinableRole, TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { Gives, TerminalProfile } from '../../gateway/protocol/operator.ts';
import type { Tty } from '../attach-port.ts';
import { type History, openHistory } from '../history/history.ts';
import type { ChannelPush } from '../link/channels.ts';
import type { Link } from '../link/link.ts';
import { coloursOf } from '../parts/palette.ts';
import { type ActParts, markPlace, saidNo, secretLine, writeMessage } from './acts.ts';
import { bannerRows, stripRow } from './banner.ts';
import { hearCalls } from './called.ts';
import { openCalm } from './calm.ts';
import { openChanges } from './changes.ts';
import { type Company, companyOf, driverOf, whoIsHere } from './company.ts';
import { closedOutcome, foundEnded, leftOutcome, type SessionOutcome } from './ending.ts';
import { framed } from './frame.ts';
import type { Banner } from './glass.ts';
import { askForKeyboard, freezeOrFree, terminate, wantsToTake } from './guest-acts.ts';
import { type GuestCommand, guestCommand, guestHelp, panSteps } from './guest-keys.ts';
import { type GuestView, guestRow } from './guest-line.ts';
import { openGuestNews } from './guest-news.ts';
import { helpPage } from './help-page.ts';
import { openLook } from './look.ts';
import { openNotices } from './notices.ts';
import { openPane } from './pane.ts';
import { openPresence, type Presence } from './presence.ts';
import { openPresses, type Pressed } from './presses.ts';
import { openQuestions } from './questions.ts';
import { type Seat, takeSeat } from './seat.ts';
import { sizeOf, takeTerminal } from './tenure.ts';
import type { Turn } from './turn.ts';
import { requestWithCode } from './with-code.ts';

const againMs = 1_000;

type Aside = Extract<Turn, { seat: 'aside' }>;

/** Until it ends, is left, or the keyboard is theirs. Owns the terminal meanwhile. */
export function guestTurn(tty: Tty, link: Link, { given, says, startled }: Aside, profile: TerminalProfile): Promise<Turn> {
  return new Promise((resolve) => {
    const { stdout } = tty;
    const role: JoinableRole = 'role' in given ? given.role : 'observer';
    const colours = coloursOf(process.env);
    let session = given.session;
    let me = given.participant;
    let company: Company = companyOf(session);
    let met = false;
    let size = sizeOf(stdout);
    const look = openLook(session.size);
    const pane = openPane({ write: (bytes, done) => void stdout.write(bytes, done) });
    let theirs = session.size;
    let banner: Banner | undefined;
    let coming = false;
    let putOut: SessionOutcome | undefined;
    let online = true;
    let seat: Seat;
    let presence: Presence | undefined;
    let over = false;
    let again: NodeJS.Timeout | undefined;
    let sitting = true;
    let history: History | undefined;

    const window = (): TerminalSize => ({ cols: size.cols, rows: Math.max(1, size.rows - 1) });
    const draw = (): void => {
      if (over) return;
      if (history !== undefined) return history.draw();
      const part = look.part(window());
      const asks = company.asking.includes(me);
      const wants: GuestView['wants'] = coming ? 'coming' : asks ? 'asked' : 'nothing';
      const view = { session, company, me, role, size: theirs, window: window(), corner: look.corner(), wants, online };
      const field = questions.field(size.cols - 2);
      const words = field === undefined ? guestRow(view, size.cols) : [{ text: ' ' }, ...field];
      const status = stripRow(words, size.cols, 'plain', colours);
      const rows = (banner?.lines ?? []).flatMap(({ words, tone }) => bannerRows(words, size.cols, tone, colours));
      pane.draw(framed(part, status, size.cols, size.rows, rows));
    };
    const notices = openNotices((next) => {
      banner = next;
      draw();
    });
    const lookBack = (): void => {
      history ??= openHistory({
        link,
        session: () => session,
        size: () => size,
        over: () => (banner?.lines ?? []).flatMap(({ words, tone }) => bannerRows(words, size.cols, tone, colours)),
        draw: pane.draw,
        bell: () => void stdout.write('\x07'),
        leave: (problem) => {
          history?.close();
          history = undefined;
          if (problem !== undefined) notices.pass(problemSentence(problem), { tone: 'bad' });
          draw();
        },
      });
    };
    const changes = openChanges(notices);
    const questions = openQuestions(() => {
      notices.stay('question', questions.put());
      draw();
    });
    const end = (turn: Turn): void => {
      if (over) return;
      over = true;
      clearTimeout(again);
      history?.close();
      presses.close();
      questions.close();
      notices.close();
      presence?.close();
      calm?.close();
      stopPushes();
      stopStates();
      stopCalls();
      seat.leave();
      tenure.end();
      look.close();
      resolve(turn);
    };
    const finish = (outcome: SessionOutcome): void => end({ seat: 'none', outcome });
    const leave = (): void => {
      void link.request('session.detach', { channel: seat.channel });
      const sentence = `${session.serverName}: you left, the session goes on`;
      finish({ ...leftOutcome(session, 'detached', role), sentence });
    };
    /** All of it is painted for us, whatever part we show. */
    const askForAll = (): void => {
      look.resize(theirs);
      void link.request('session.resize', { channel: seat.channel, size: theirs });
    };
    const parts: ActParts = {
      link,
      session: () => session,
      channel: () => seat.channel,
      company: () => company,
      notices,
      questions,
    };

    /** The keyboard is ours to have: from here on as its driver. */
    const comeToKeyboard = async (takeOver: boolean): Promise<void> => {
      if (coming || over) return;
      coming = true;
      draw();
      const body = () => ({ session: session.id, size, profile, ...(takeOver ? { takeOver } : {}) });
      const taken = await requestWithCode(link, 'session.attach', body, secretLine(parts));
      coming = false;
      if (over) {
        if (taken.ok) void link.request('session.detach', { channel: taken.value.channel });
        return;
      }
      if (!taken.ok && putOut !== undefined) return finish(putOut);
      if (saidNo(parts, taken) || !taken.ok) return draw();
      void link.request('session.detach', { channel: seat.channel });
      end({ seat: 'keyboard', given: taken.value, says: 'the keyboard is yours · ~g gives it away · ~? for help' });
    };
    const obey = (command: GuestCommand, press: string): void => {
      switch (command) {
        case 'leave':
          return leave();
        case 'pan':
          return void (look.pan(...(panSteps[press] ?? [0, 0]), window()) && draw());
        case 'follow':
          look.follow();
          return draw();
        case 'ask':
          // Where nobody has it there is nobody to ask.
          if (driverOf(company) === undefined) return void comeToKeyboard(false);
          return void askForKeyboard(parts);
        case 'take-over':
          return void wantsToTake(parts).then((yes) => (yes ? comeToKeyboard(true) : undefined));
        case 'freeze':
          return void freezeOrFree(parts);
        case 'terminate':
          return void terminate(parts);
        case 'mark':
          return void markPlace(parts);
        case 'message':
          return void writeMessage(parts);
        case 'who':
          return notices.page(whoIsHere(company, me));
        case 'history':
          return lookBack();
        case 'redraw':
          pane.torn();
          return draw();
        case 'help':
          return notices.page(helpPage(`Your keys here (${role}):`, guestHelp(role), size.cols - 2));
        default:
          return command satisfies never;
      }
    };
    const pressed = (one: Pressed): void => {
      if (over || calm?.stray() === true) return;
      const answered = presence?.key() === true;
      if (history !== undefined) return history.pressed(one);
      // Ctrl-C always leaves, whatever else stands there.
      if ('press' in one && one.press === 'ctrl+c') return leave();
      if (answered) return;
      if (questions.open()) return void questions.take(one);
      const page = notices.key();
      if ('pasted' in one) return;
      const command = guestCommand(one.press, role);
      if (command === undefined) return;
      // The key that closes a page does nothing else.
      if (page && (command === 'leave' || command === 'help' || command === 'who')) return;
      obey(command, one.press);
    };
    const presses = openPresses(pressed);

    /** What the list says of it, where nobody told us: the light, the freezes, the state. */
    const refresh = (): void => {
      void link.request('session.show', { session: session.id }).then((shown) => {
        if (over || !shown.ok) return;
        session = shown.value.session;
        draw();
      });
    };
    const news = openGuestNews(notices, {
      changed: refresh,
      wanted: () => presence?.asked(),
      handed: () => void (role === 'peer' && comeToKeyboard(false)),
    });
    const heard = (push: ChannelPush): void => {
      switch (push.type) {
        case 'session.closed':
          putOut = closedOutcome(session, push, role);
          // This seat may only have made room for the one at the keyboard.
          return coming && push.ended === undefined ? undefined : finish(putOut);
        case 'session.resized':
          theirs = push.size;
          askForAll();
          return draw();
        case 'session.company': {
          if (met) changes.heard(company, push, me);
          met = true;
          company = push;
          return draw();
        }
        case 'session.notice':
          return news.heard(push);
        default:
          return push satisfies never;
      }
    };
    const sit = (at: Gives<'session.watch'> | Gives<'session.join'>): void => {
      presence?.close();
      const everyMs = 'presenceMs' in at ? at.presenceMs : undefined;
      presence =
        everyMs === undefined
          ? undefined
          : openPresence({
              everyMs,
              prove: async () => (await link.request('session.present', { channel: at.channel })).ok,
              say: (words) => notices.stay('presence', words),
            });
      seat = takeSeat(link, at, {
        onOutput: (bytes, fresh, drawn) => {
          look.feed(bytes, fresh);
          draw();
          drawn();
        },
        onPush: heard,
        onCut: () => {
          online = false;
          sitting = false;
          presence?.close();
          notices.stay('presence', undefined);
          draw();
        },
      });
    };
    const sitAgain = async (): Promise<void> => {
      if (over || sitting) return;
      sitting = true;
      const join = () => ({ session: session.id, role, size: theirs });
      const back =
        role === 'observer'
          ? await link.request('session.watch', { session: session.id, size: theirs })
          : await requestWithCode(link, 'session.join', join, secretLine(parts));
      if (over) return;
      if (back.ok) {
        session = back.value.session;
        me = back.value.participant;
        company = companyOf(session);
        met = false;
        online = true;
        news.forget();
        theirs = session.size;
        sit(back.value);
        askForAll();
        return draw();
      }
      sitting = false;
      const { code } = back.problem;
      if (code === 'unreachable' || code === 'timeout' || code === 'busy' || code === 'starting') {
        again = setTimeout(() => void sitAgain(), againMs);
        return;
      }
      const shown = await link.request('session.show', { session: session.id });
      if (shown.ok && shown.value.session.state === 'ended') return finish(foundEnded(shown.value.session, role));
      const sentence = `${session.serverName}: ${problemSentence(back.problem)}`;
      finish({ ending: 'lost', sentence, tone: 'bad', session: session.id, exit: 6 });
    };

    const stopCalls = hearCalls(link, session.id, notices);
    const stopPushes = link.onPush((push) => {
      if (push.type !== 'sessions.changed') return;
      const row = push.rows.find((one) => one.id === session.id);
      if (row === undefined) return;
      session = row;
      draw();
    });
    const stopStates = link.onState((state) => {
      if (state.state === 'open') void sitAgain();
      else if (state.state === 'refused')
        finish({ ending: 'lost', sentence: problemSentence(state.problem), tone: 'bad', session: session.id, exit: 6 });
    });
    const tenure = takeTerminal(tty, {
      onKeys: (bytes) => presses.feed(bytes),
      onSize: (next) => {
        size = next;
        pane.torn();
        draw();
      },
      onContinue: () => {
        pane.torn();
        draw();
      },
      onGone: (cause) =>
        finish({ ending: 'left', sentence: `${session.serverName}: ${cause}`, tone: 'bad', session: session.id, exit: 1 }),
      giveBack: () => pane.giveBack(),
    });
    const greet = (): void => {
      notices.stay('line', undefined);
      if (says !== undefined) notices.pass(says, { ms: 10_000 });
    };
    const calm = startled === true ? openCalm(greet) : undefined;
    if (calm === undefined) greet();
    else notices.stay('line', 'the keyboard is with somebody else now: keys mean nothing for a moment', 'plain');
    sit(given);
    askForAll();
    draw();
  });
}
