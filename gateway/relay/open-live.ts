// Makes a live session (live.ts says what it is) out of its parts: recorder, picture, intake, typing, company and lifetime, each in its own file.
// Limit: what a program still says after a kill is recorded only as long as `farewellMs` lasts.
import type { Advice } from '../policy/enforcer.ts';
import { type Result, refuse } from '../protocol/errors.ts';
import { maxFramePayload } from '../protocol/frames.ts';
import type { EndingReason, Instant, LeavingCause, TerminalSize } from '../protocol/nouns.ts';
import { advised } from '../session/advised.ts';
import { ended, frozen, left, unfrozen } from '../session/ending.ts';
import type { Ending } from '../session/session.ts';
import { cutTo, openCompany, paceOf } from './company.ts';
import { openFreezes } from './freezes.ts';
import type { LiveFacts } from './hub.ts';
import { openIntake } from './intake.ts';
import { type Ends, firstWarningMs, openLifetime, type Rest } from './lifetime.ts';
import type { Exit, Line, LineEvents, Overtaken } from './line.ts';
import { openLineAdvice } from './line-advice.ts';
import type { Ended, Live, LiveParts } from './live.ts';
import { openModeration } from './moderation.ts';
import type { Clipping } from './picture.ts';
import { openWatchfulness } from './presence.ts';
import { answeringProfile } from './profile.ts';
import { openRecorder } from './recorder.ts';
import type { Seat } from './seat.ts';
import { openTrail } from './trail.ts';
import { openTyping } from './typing.ts';

/** A killed program has this long to end before the session is closed without it (T1: all within a second). */
export const farewellMs = 600;
/** After the end, viewers who are behind may still be shown the last picture. */
const lastLookMs = 2_000;
/** Exit code of a shell that a hang-up ended. */
const hungUpCode = 129;
/** Ends of what nobody is left to hang up. */
const unopened: ReadonlySet<EndingReason> = new Set(['agent-refused', 'agent-lost', 'gateway-gone']);

export function openLive(parts: LiveParts): Live {
  const { session, clock, picture, tell } = parts;
  const trail = openTrail();
  const typing = openTyping();
  let boot = parts.boot;
  let line: Line | undefined;
  /** Whether an agent has told how far input got since this gateway runs. */
  let inputKnown = boot === undefined;
  let produced = 0;
  let consent: boolean | undefined;
  let clippings: Clipping[] = [];
  let detachedAt: Instant | undefined;
  let awayAt: Instant | undefined;
  let farewell: ((exit: Exit | undefined) => void) | undefined;
  let pendingExit: Exit | undefined;
  let ending: Promise<void> | undefined;
  let leaving = false;
  let turn: Promise<unknown> = Promise.resolve();
  /** The newest of those who left is in the log. */
  let departures: Promise<void> = Promise.resolve();

  const recorder = openRecorder(parts.writer, clock, {
    durable: (position) => intake.durable(position),
    failed(cause) {
      intake.hold();
      for (const view of company.views()) view.hold();
      freezes.add(
        'recording',
        `Frozen: this session cannot be recorded (${cause}). It goes on when it can, and ends after a minute.`,
      );
      void tell((row) => frozen(row, 'recording'));
    },
    mended() {
      intake.flow();
      for (const view of company.views()) view.resume();
      freezes.remove('recording', 'The recording goes on, without a gap.');
      void tell((row) => unfrozen(row, 'recording'));
      takePendingExit(exited);
    },
    gaveUp: () => void end({ reason: 'recording-failed' }),
  });
  const intake = openIntake({
    recorder,
    picture,
    trail,
    typing,
    views: () => company.views(),
    clipping(clipping) {
      const { driver } = company;
      if (consent === true) driver?.view.aside(clipping.bytes);
      else if (consent === undefined && driver !== undefined) {
        clippings = [clipping];
        driver.notice('clipboard', `${clipping.text.length} characters`);
      }
    },
    changed: parts.changed,
    keyframed: parts.keyframed,
  });
  const company = openCompany({
    session: session.id,
    clock,
    nameOf: parts.nameOf,
    signedIn: parts.signedIn,
    standingOf: parts.standingOf,
    subject: {
      get version() {
        return picture.version;
      },
      get between() {
        return picture.between;
      },
      position: () => intake.position,
      screen: () => picture.screen(),
    },
    position: () => intake.position,
    moderation: () => moderation.facts(),
    input,
    seated(seat) {
      const { participant, ordinal, person, role } = seat;
      recorder.note(intake.position, { did: 'joined', participant, ordinal, person, role });
      if (freezes.has('recording')) seat.view.hold();
      if (role === 'driver') detachedAt = undefined;
      if (role === 'moderator') watchfulness.began(seat);
      weighModeration();
      parts.changed();
    },
    greet(seat) {
      const glass = parts.glassUntil(session.login) ?? parts.glassUntil(seat.login);
      if (glass !== undefined) seat.notice('break-glass', `BREAK-GLASS until ${new Date(glass).toISOString().slice(11, 16)} UTC`);
      const { told } = freezes;
      if (told !== undefined) seat.notice(told.notice, told.text);
      if (line === undefined && boot !== undefined)
        seat.notice('agent-away', `${parts.serverName} is not connected; the session goes on there.`);
      const { at, reason } = lifetime.ends;
      const inMs = at - clock.now();
      if (inMs <= firstWarningMs) seat.notice('ending-soon', endingSoon(reason, inMs, lifetime.rest));
      company.sayStanding(seat);
    },
    left(seat, cause, told) {
      const { participant, ordinal, role } = seat;
      recorder.note(intake.position, { did: 'left', participant, ordinal, cause });
      if (role === 'driver') {
        detachedAt = clock.now();
        advice.clear();
      }
      watchfulness.ended(seat);
      parts.changed();
      // A gateway that stops leaves this to its next start.
      if (leaving || ending !== undefined) return;
      if (!told) departures = tell((row) => left(row, participant, cause));
      weighModeration();
    },
  });
  const advice = openLineAdvice<Advice>({
    clock,
    on: parts.advises,
    fresh: boot === undefined,
    screen: () => picture.screen(),
    appliedUpTo: typing.appliedUpTo,
    judge: parts.advice,
    send,
    giveBack: typing.giveBack,
    ask(seat, { policies, words }) {
      const against = `${policies.join(', ')} advises against this line`;
      seat.notice('advised', words === undefined ? against : `${against}: ${words}`);
      for (const other of company.all())
        if (other !== seat) other.notice('message', `${against}; ${parts.nameOf(seat.person)} is asked.`);
    },
    record: ({ participant, person, login }, { policies }, answer) => {
      const position = intake.position;
      return tell((row) => advised(row, { participant, person, login, policies, answer, position }));
    },
  });
  const lifetime = openLifetime({
    clock,
    startedAt: session.startedAt,
    until: session.state === 'ended' ? undefined : session.until,
    limits: parts.limits,
    warn: (reason, inMs, rest) => company.everybody('ending-soon', endingSoon(reason, inMs, rest)),
    expired: () => void end({ reason: 'expired' }),
    idle: () => void end({ reason: 'idle' }),
    forsaken: () => void end({ reason: 'gateway-gone' }),
  });
  const watchfulness = openWatchfulness(clock, parts.limits.presenceMs, (seat) => void unseat(seat, 'absent'));
  if (boot !== undefined) {
    lifetime.away(parts.awayForMs);
    awayAt = clock.now() - parts.awayForMs;
    detachedAt = clock.now();
  }

  function weighModeration(): void {
    if (ending === undefined && !leaving) moderation.weigh();
  }
  const pending = (): boolean => boot === undefined;
  const freezes = openFreezes({
    session,
    nameOf: parts.nameOf,
    everybody: company.everybody,
    pending,
    thawed() {
      company.driver?.typed(typing.appliedUpTo(company.driver.ordinal));
      for (const seat of company.all()) company.sayStanding(seat);
    },
    changed() {
      // Nothing goes on past a freeze: the client sends it again when that is over.
      if (freezes.any) advice.clear();
      parts.changed();
    },
  });
  const { eligible, moderated } = parts;
  const moderation = openModeration({ session, present: company.moderators, eligible, pending, freezes, tell, moderated });
  moderation.weigh();

  function exited(exit: Exit): void {
    if (exit.end !== intake.arrived) {
      line?.breach(refuse('bad-message', `an exit after ${exit.end} bytes of which ${intake.arrived} came`).problem);
      return;
    }
    if (farewell !== undefined) return farewell(exit);
    // Its last words are on disk before the session may end; while that fails, it is frozen and waits.
    pendingExit = exit;
    if (!freezes.has('recording') && boot !== undefined) void settleExit();
  }
  async function settleExit(): Promise<void> {
    const done = await recorder.settle();
    if (!done.ok) return;
    takePendingExit((exit) => {
      // An agent left alone for so long hangs up by itself (G11); what ended otherwise meanwhile, ended by itself.
      const hungUp = lifetime.tooLong && (exit.signal === 'SIGHUP' || exit.code === hungUpCode);
      void end({ reason: hungUp ? 'gateway-gone' : 'exited', exit });
    });
  }
  function takePendingExit(take: (exit: Exit) => void): void {
    const exit = pendingExit;
    pendingExit = undefined;
    if (exit !== undefined) take(exit);
  }

  const events: LineEvents = {
    output(seq, bytes) {
      lifetime.touch();
      intake.output(seq, bytes);
      advice.moved('output');
    },
    applied(participant, offset) {
      typing.applied(participant, offset);
      for (const seat of company.all()) if (seat.ordinal === participant) seat.typed(typing.appliedUpTo(participant));
      advice.moved('applied');
    },
    exited,
    lost() {
      line = undefined;
      advice.clear();
      intake.part();
      farewell?.(undefined);
      if (ending !== undefined || leaving || boot === undefined) return;
      lifetime.away();
      awayAt = clock.now();
      company.everybody(
        'agent-away',
        `${parts.serverName} lost its connection; what you type is not sent. The session goes on there.`,
      );
      parts.changed();
    },
  };

  function input(seat: Seat, offset: number, bytes: Uint8Array): void {
    // Refused, not kept: the client holds what was not confirmed, and a person decides about it (FEATURES 4b).
    if (line === undefined || freezes.any || ending !== undefined || !company.has(seat)) return;
    if (parts.standingOf(seat.login) === 'frozen') return;
    const run = typing.take(seat.ordinal, offset, bytes);
    if (run === 'over') return seat.connection.end(refuse('too-large', 'more unconfirmed input than its window').problem);
    if (run === undefined) return seat.typed(typing.appliedUpTo(seat.ordinal));
    lifetime.touch();
    parts.typed(seat.connection);
    if (advice.busy || parts.advises()) return advice.take(seat, run.offset, run.bytes);
    advice.passed();
    send(seat, run.offset, run.bytes);
    return undefined;
  }
  function send({ ordinal }: Seat, offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += maxFramePayload)
      line?.keys(ordinal, offset + at, bytes.subarray(at, at + maxFramePayload));
    recorder.note(intake.position, { did: 'typed', ordinal, offset, length: bytes.length });
  }

  async function interrupt(seat: Seat, key: number): Promise<Result<Overtaken>> {
    const away = refuse('offline', `${parts.serverName} is not connected`);
    if (line === undefined || ending !== undefined || !company.has(seat)) return away;
    if (freezes.any || parts.standingOf(seat.login) === 'frozen') return refuse('busy', 'this session takes no keys now');
    if (advice.asking) return refuse('busy', 'a line waits for an answer');
    const asked = line;
    advice.pause();
    const how = await asked.interrupt(seat.ordinal, key);
    advice.goOn(how?.taken === true);
    if (how === undefined) return away;
    if (!how.taken) return { ok: true, value: how };
    if (!typing.back(seat.ordinal, how.offset)) {
      asked.breach(refuse('bad-message', `input that stands at ${how.offset}, where it cannot`).problem);
      return away;
    }
    lifetime.touch();
    parts.typed(seat.connection);
    recorder.note(intake.position, { did: 'typed', ordinal: seat.ordinal, offset: how.offset, length: 1 });
    return { ok: true, value: how };
  }

  function resizeTo(size: TerminalSize): void {
    const before = picture.size;
    if (size.cols === before.cols && size.rows === before.rows) return;
    // Here, at this position, for recording and picture alike; the program hears of it when the agent does.
    picture.resize(size);
    recorder.resized(intake.position, picture.size);
    trail.clear();
    line?.resize(picture.size);
    for (const seat of company.all()) {
      seat.view.changed(seat.role === 'driver');
      if (seat.role !== 'driver') seat.connection.push({ type: 'session.resized', channel: seat.channel, size: picture.size });
    }
    parts.changed();
  }

  /** Resolves when it is in the log. */
  async function unseat(seat: Seat, cause: LeavingCause, told = false): Promise<void> {
    if (company.unseat(seat, cause, told)) await departures;
  }

  function end(how: Ended): Promise<void> {
    // A gateway that stops ends nothing any more: its next start hears of it.
    if (leaving && ending === undefined) return Promise.resolve();
    ending ??= finish(how);
    return ending;
  }
  async function finish(how: Ended): Promise<void> {
    let { exit } = how;
    advice.clear();
    produced = Math.max(produced, how.produced ?? 0);
    if (exit === undefined) {
      for (const view of company.views()) view.hold();
      if (line !== undefined && !unopened.has(how.reason)) exit = await hangUp(line, how.reason);
    }
    lifetime.stop();
    watchfulness.stop();
    const shown = intake.position;
    const done = await recorder.close(shown);
    // A file that could not be closed holds what is sure, and not what was shown.
    const end = done.ok ? shown : recorder.durable;
    const lostBytes = Math.max(0, produced - end, intake.arrived - end);
    const facts = {
      reason: how.reason,
      code: exit?.code,
      signal: exit?.signal,
      by: how.by,
      why: how.why,
      bytes: end,
      lostBytes,
      survivors: exit?.survivors ?? 0,
    };
    const incomplete = lostBytes > 0 || how.reason === 'recording-failed';
    await tell((row) => ended(row, facts, done.ok ? { ...done.value, incomplete } : undefined));
    if (exit === undefined) line?.abandon();
    else line?.release();
    const said: Ending = { at: clock.now(), ...facts, why: how.told ?? how.why };
    const by = how.by === undefined ? undefined : parts.nameOf(how.by);
    for (const seat of company.all()) {
      if (how.exit !== undefined) lastLook(seat, said, by);
      else {
        seat.close({ ended: said, by }, end);
        company.forget(seat);
      }
    }
    parts.over();
    parts.changed();
    if (company.size === 0) picture.dispose();
  }
  /** A program that ended by itself: its last words are shown before the end is said. */
  function lastLook(seat: Seat, said: Ending, by: string | undefined): void {
    const deadline = clock.mono() + lastLookMs;
    const look = (): void => {
      if (!seat.view.current && clock.mono() < deadline && company.has(seat)) return void clock.after(10, look);
      seat.close({ ended: said, by }, intake.position);
      company.forget(seat);
      if (company.size === 0) picture.dispose();
    };
    look();
  }
  function hangUp(to: Line, reason: EndingReason): Promise<Exit | undefined> {
    return new Promise((resolve) => {
      const late = clock.after(farewellMs, () => resolve(undefined));
      farewell = (exit) => {
        late();
        resolve(exit);
      };
      to.kill(reason);
    });
  }

  function stateNow(): LiveFacts['state'] {
    if (boot === undefined) return freezes.has('moderation') ? 'pending' : 'opening';
    if (freezes.any) return 'frozen';
    return company.driver === undefined ? 'detached' : 'running';
  }

  return {
    session,
    events,
    recorder,
    end,
    unseat,
    get boot() {
      return boot;
    },
    get ending() {
      return ending !== undefined;
    },
    get driver() {
      return company.driver;
    },
    seats: company.all,
    facts() {
      const prefix = titlePrefix(parts.serverName);
      const { title } = picture.screen();
      return {
        state: stateNow(),
        size: picture.size,
        title: (title.startsWith(prefix) ? title.slice(prefix.length) : title).slice(0, 256),
        bytes: intake.position,
        rec: recorder.light,
        moderation: moderation.facts(),
        detachedAt: boot === undefined ? undefined : detachedAt,
        awayAt: boot === undefined ? undefined : awayAt,
        ends: lifetime.ends,
      };
    },
    ordered(to) {
      line = to;
      intake.join(to, 0);
    },
    begin(now) {
      boot = now;
      // The model has a least size; the pty gets the same.
      if (picture.size.cols !== session.size.cols || picture.size.rows !== session.size.rows) line?.resize(picture.size);
      if (line === undefined) lifetime.away();
      // A program that was over at once ends when whoever opened it has been told that it is there.
      takePendingExit((exit) => lifetime.after(1, () => exited(exit)));
      parts.changed();
    },
    resume(to, from, told) {
      line = to;
      produced = Math.max(produced, told);
      lifetime.back();
      awayAt = undefined;
      typing.rewind();
      inputKnown = true;
      intake.join(to, from);
      to.resize(picture.size);
      company.everybody('agent-back', `${parts.serverName} is connected again.`);
      company.driver?.typed(typing.appliedUpTo(company.driver.ordinal));
      parts.changed();
    },
    seatDriver(who, how) {
      picture.profile = answeringProfile(how.profile);
      const same = how.size.cols === picture.size.cols && how.size.rows === picture.size.rows;
      const { have } = how;
      resizeTo(how.size);
      if (have === undefined || !same) return company.seatDriver(who);
      intake.meet(have);
      return company.seatDriver(who, { have, missed: () => trail.since(have) });
    },
    seatGuest: company.seatGuest,
    get moderated() {
      return moderation.enough;
    },
    freeze: freezes.add,
    unfreeze: freezes.remove,
    say: (text) => company.everybody('message', text),
    ask: company.ask,
    asker: company.asker,
    handed(to) {
      company.peerOf(to)?.notice('handed', 'The keyboard is yours.');
    },
    present: watchfulness.proven,
    restsOn(rest) {
      const before = lifetime.rest;
      lifetime.restsOn(rest);
      if (lifetime.rest !== before) parts.changed();
    },
    extend(until) {
      lifetime.extend(until);
      company.everybody(
        'message',
        `This session now lives until ${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
      );
      parts.changed();
    },
    inputOffset: (ordinal) => (inputKnown ? typing.appliedUpTo(ordinal) : undefined),
    resize(by, size, look) {
      if (by.role === 'driver') return resizeTo(size);
      by.view.recrop(cutTo(size, look));
      if (look.framesPerSecond !== undefined) by.view.pace(paceOf(look.framesPerSecond));
      return undefined;
    },
    tellStanding(login) {
      for (const seat of company.all()) if (seat.login === login) company.sayStanding(seat);
    },
    clipboard(allow) {
      consent = allow;
      if (allow) for (const clipping of clippings) company.driver?.view.aside(clipping.bytes);
      clippings = [];
    },
    interrupt,
    advised: advice.answer,
    arrived: (seat) => typing.next(seat.ordinal),
    inTurn(act) {
      const mine = turn.then(act, act);
      turn = mine.catch(() => undefined);
      return mine;
    },
    async leave() {
      leaving = true;
      lifetime.stop();
      watchfulness.stop();
      advice.clear();
      company.everybody('message', 'The gateway stops or restarts; the session goes on, and you come back to it by itself.');
      for (const view of company.views()) view.close();
      if (ending !== undefined) await ending;
      else await recorder.leave();
    },
  };
}

const endingSoon = (reason: Ends['reason'], inMs: number, rest: Rest | undefined): string => {
  const minutes = Math.max(1, Math.round(inMs / 60_000));
  const span = minutes === 1 ? 'a minute' : `${minutes} minutes`;
  if (reason === 'access-changed') return `This session ends in ${span}: ${rest?.words ?? 'what it rests on'} ends.`;
  return reason === 'idle'
    ? `This session ends in ${span}: nothing was typed or printed for long. Any key keeps it.`
    : `This session ends in ${span}: its longest life is over.`;
};

/** Stands before every title a session gives the driver's terminal (X3). */
export const titlePrefix = (serverName: string): string => `${serverName}: `;
