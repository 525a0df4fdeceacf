// One live session: output from its agent is recorded, modelled and shown; input of its driver goes to the agent; it freezes when it cannot be
// recorded, waits while its agent is away, and ends once, with a reason. In memory: what must survive is in the log and in the recording.
// Decides nothing about who may: that is asked before anybody is seated (handlers), and again when something changed (re-check.ts).
// Limit: what a program still says after a kill is recorded only as long as `farewellMs` lasts.
import type { NewEvent } from '../protocol/events.ts';
import { refuse } from '../protocol/errors.ts';
import { maxFramePayload } from '../protocol/frames.ts';
import type { BootId, LoginId, ParticipantId, PersonId } from '../protocol/ids.ts';
import type { EndingReason, LeavingCause, ParticipantRole, TerminalSize } from '../protocol/nouns.ts';
import type { TerminalProfile } from '../protocol/operator.ts';
import type { CastWriter, Clock } from '../ports.ts';
import { crop } from '../screen/crop.ts';
import type { Screen } from '../screen/screen.ts';
import { ended, frozen, left, unfrozen } from '../session/ending.ts';
import type { Ending, Session } from '../session/session.ts';
import type { Connection } from './connection.ts';
import type { LiveFacts } from './hub.ts';
import { openIntake } from './intake.ts';
import type { Exit, Line, LineEvents } from './line.ts';
import type { Clipping, Picture } from './picture.ts';
import { answeringProfile } from './profile.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { openSeat, type Seat } from './seat.ts';
import type { Standing as LoginStanding } from './staleness.ts';
import { openTrail } from './trail.ts';
import { openTyping } from './typing.ts';
import { driverIntervalMs } from './view.ts';

/** A killed program has this long to end before the session is closed without it (T1: all within a second). */
export const farewellMs = 600;
/** After the end, viewers who are behind may still be shown the last picture. */
const lastLookMs = 2_000;
/** An agent hangs up by itself when its gateway stayed away too long; the gateway gives it this much longer to come back and say so. */
const awayGraceMs = 60_000;
const warningMs = 300_000;
/** Exit code of a shell that a hang-up ended. */
const hungUpCode = 129;
export const mostFramesPerSecond = 20;
/** Ends of what nobody is left to hang up. */
const unopened: ReadonlySet<EndingReason> = new Set(['agent-refused', 'agent-lost', 'gateway-gone']);

export type LiveParts = {
  readonly session: Session;
  readonly serverName: string;
  readonly writer: CastWriter;
  readonly picture: Picture;
  /** The agent process that holds the pty; undefined while it is being opened. */
  readonly boot: BootId | undefined;
  /** How long its agent may have been without a gateway when this one started, ms. */
  readonly awayForMs: number;
  readonly clock: Clock;
  readonly limits: { readonly sessionMs: number; readonly awayMs: number };
  /** Writes to the log what a pure transition says of the session as staged; rejects never: a log that cannot be written ends the process. */
  readonly tell: (transition: (session: Session | undefined) => readonly NewEvent[]) => Promise<void>;
  readonly nameOf: (person: PersonId) => string;
  readonly signedIn: (login: LoginId) => boolean;
  /** Whether the provider still vouches for a login, as far as is known (staleness.ts). */
  readonly standingOf: (login: LoginId) => LoginStanding;
  readonly changed: () => void;
  /** Somebody typed. */
  readonly typed: (connection: Connection) => void;
  /** It ended: its row is in the log, its recording closed. */
  readonly over: () => void;
};

export type Ended = {
  readonly reason: EndingReason;
  readonly by?: PersonId | undefined;
  readonly why?: string | undefined;
  readonly exit?: Exit;
  /** Output the agent says it produced. */
  readonly produced?: number;
};

export type Joiner = {
  readonly participant: ParticipantId;
  readonly ordinal: number;
  readonly person: PersonId;
  readonly login: LoginId;
  readonly connection: Connection;
};

export type Live = {
  readonly session: Session;
  readonly events: LineEvents;
  readonly boot: BootId | undefined;
  readonly recorder: Pick<Recorder, 'durable' | 'written' | 'light' | 'settle'>;
  readonly ending: boolean;
  readonly driver: Seat | undefined;
  seats(): readonly Seat[];
  facts(): LiveFacts;
  /** Its order goes out on this line; output may follow its opening at once. */
  ordered(line: Line): void;
  /** The pty is there, and so is its driver. */
  begin(boot: BootId): void;
  /** The agent is back and sends from `from` on; it had produced `produced` bytes. */
  resume(line: Line, from: number, produced: number): void;
  seatDriver(
    who: Joiner,
    how: { readonly size: TerminalSize; readonly profile: TerminalProfile; readonly have: number | undefined },
  ): Seat;
  seatObserver(who: Joiner, how: { readonly size: TerminalSize; readonly framesPerSecond: number | undefined }): Seat;
  /** Input of a participant that is with the pty; undefined = not known (nobody told since the gateway started). */
  inputOffset(ordinal: number): number | undefined;
  unseat(seat: Seat, cause: LeavingCause): Promise<void>;
  resize(seat: Seat, size: TerminalSize, pan: { readonly x: number; readonly y: number }): void;
  clipboard(allow: boolean): void;
  /** The standing of a login changed: whoever sits here with it is told. */
  tellStanding(login: LoginId): void;
  /** Once; every call resolves when the end is in the log. */
  end(how: Ended): Promise<void>;
  /** One after the other: who takes the driver's seat. */
  inTurn<T>(act: () => Promise<T>): Promise<T>;
  /** The gateway stops; the session goes on without it (D6). */
  leave(): Promise<void>;
};

export function openLive(parts: LiveParts): Live {
  const { session, clock, picture, tell } = parts;
  const seats = new Map<ParticipantId, Seat>();
  const trail = openTrail();
  const typing = openTyping();
  let boot = parts.boot;
  let line: Line | undefined;
  /** Whether an agent has told how far input got since this gateway runs. */
  let inputKnown = boot === undefined;
  let produced = 0;
  let awaySince: number | undefined;
  let driver: Seat | undefined;
  let consent: boolean | undefined;
  let clippings: Clipping[] = [];
  let failure: string | undefined;
  let farewell: ((exit: Exit | undefined) => void) | undefined;
  let pendingExit: Exit | undefined;
  let ending: Promise<void> | undefined;
  let leaving = false;
  let turn: Promise<unknown> = Promise.resolve();
  const timers = new Set<() => void>();

  const after = (ms: number, call: () => void): (() => void) => {
    const cancel = clock.after(Math.max(0, ms), () => {
      timers.delete(cancel);
      call();
    });
    timers.add(cancel);
    return () => {
      timers.delete(cancel);
      cancel();
    };
  };
  const everybody = (notice: Parameters<Seat['notice']>[0], text: string): void => {
    for (const seat of seats.values()) seat.notice(notice, text);
  };

  const recorder = openRecorder(parts.writer, clock, {
    durable: (position) => intake.durable(position),
    failed(cause) {
      failure = cause;
      intake.hold();
      for (const seat of seats.values()) seat.view.hold();
      everybody('frozen', `Frozen: this session cannot be recorded (${cause}). It goes on when it can, and ends after a minute.`);
      parts.changed();
      void tell((row) => frozen(row, 'recording'));
    },
    mended() {
      failure = undefined;
      intake.flow();
      for (const seat of seats.values()) seat.view.resume();
      driver?.typed(typing.appliedUpTo(driver.ordinal));
      everybody('resumed', 'The recording goes on, without a gap.');
      for (const seat of seats.values()) sayStanding(seat);
      parts.changed();
      void tell(unfrozen);
      const exit = pendingExit;
      pendingExit = undefined;
      if (exit !== undefined) exited(exit);
    },
    gaveUp: () => void end({ reason: 'recording-failed' }),
  });
  const intake = openIntake({
    recorder,
    picture,
    trail,
    typing,
    *views() {
      for (const seat of seats.values()) yield seat.view;
    },
    clipping(clipping) {
      if (consent === true) driver?.view.aside(clipping.bytes);
      else if (consent === undefined && driver !== undefined) {
        clippings = [clipping];
        driver.notice('clipboard', `${clipping.text.length} characters`);
      }
    },
    changed: parts.changed,
  });

  const exited = (exit: Exit): void => {
    if (exit.end !== intake.arrived) {
      line?.breach(refuse('bad-message', `an exit after ${exit.end} bytes of which ${intake.arrived} came`).problem);
      return;
    }
    if (farewell !== undefined) return farewell(exit);
    // What waits for the recorder is recorded before the session may end.
    if (failure !== undefined || boot === undefined) {
      pendingExit = exit;
      return;
    }
    // An agent left alone for so long hangs up by itself (G11); what ended otherwise meanwhile, ended by itself.
    const tooLong = lastAwayMs >= parts.limits.awayMs && (exit.signal === 'SIGHUP' || exit.code === hungUpCode);
    void end({ reason: tooLong ? 'gateway-gone' : 'exited', exit });
  };
  let lastAwayMs = 0;
  let stopAway = (): void => {};
  const away = (alreadyMs = 0): void => {
    awaySince = clock.mono() - alreadyMs;
    stopAway = after(parts.limits.awayMs + awayGraceMs, () => void end({ reason: 'gateway-gone' }));
  };

  const events: LineEvents = {
    output: (seq, bytes) => intake.output(seq, bytes),
    applied(participant, offset) {
      typing.applied(participant, offset);
      for (const seat of seats.values()) if (seat.ordinal === participant) seat.typed(typing.appliedUpTo(participant));
    },
    exited,
    lost() {
      line = undefined;
      intake.part();
      farewell?.(undefined);
      if (ending !== undefined || leaving || boot === undefined) return;
      away();
      everybody('agent-away', `${parts.serverName} lost its connection; what you type is not sent. The session goes on there.`);
      parts.changed();
    },
  };

  const input = (seat: Seat, offset: number, bytes: Uint8Array): void => {
    // Refused, not kept: the client holds what was not confirmed, and a person decides about it (FEATURES 4b).
    if (line === undefined || failure !== undefined || ending !== undefined || seats.get(seat.participant) !== seat) return;
    if (parts.standingOf(seat.login) === 'frozen') return;
    const run = typing.take(seat.ordinal, offset, bytes);
    if (run === 'over') return seat.connection.end(refuse('too-large', 'more unconfirmed input than its window').problem);
    if (run === undefined) return seat.typed(typing.appliedUpTo(seat.ordinal));
    for (let at = 0; at < run.bytes.length; at += maxFramePayload)
      line.keys(seat.ordinal, run.offset + at, run.bytes.subarray(at, at + maxFramePayload));
    parts.typed(seat.connection);
    recorder.note(intake.position, { did: 'typed', ordinal: seat.ordinal, offset: run.offset, length: run.bytes.length });
    return undefined;
  };

  const resizeTo = (size: TerminalSize): void => {
    const before = picture.size;
    if (size.cols === before.cols && size.rows === before.rows) return;
    // Here, at this position, for recording and picture alike; the program hears of it when the agent does.
    picture.resize(size);
    recorder.resized(intake.position, picture.size);
    trail.clear();
    line?.resize(picture.size);
    for (const seat of seats.values()) {
      seat.view.changed(seat.role === 'driver');
      if (seat.role !== 'driver') seat.connection.push({ type: 'session.resized', channel: seat.channel, size: picture.size });
    }
    parts.changed();
  };

  const seat = (who: Joiner, role: ParticipantRole, view: Parameters<typeof openSeat>[0]['view']): Seat => {
    const taken = openSeat({
      ...who,
      session: session.id,
      role,
      clock,
      view,
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
      input,
      gone: (gone) => void unseat(gone, parts.signedIn(gone.login) ? 'disconnected' : 'logged-out'),
    });
    seats.set(who.participant, taken);
    const { participant, ordinal, person } = who;
    recorder.note(intake.position, { did: 'joined', participant, ordinal, person, role });
    if (failure !== undefined) taken.view.hold();
    // After the answer that names the channel.
    after(1, () => {
      if (failure !== undefined) taken.notice('frozen', `Frozen: this session cannot be recorded (${failure}).`);
      if (line === undefined && boot !== undefined)
        taken.notice('agent-away', `${parts.serverName} is not connected; the session goes on there.`);
      sayStanding(taken);
    });
    parts.changed();
    return taken;
  };
  /** D1: warned, then typing stops; nothing ends for that. */
  function sayStanding(one: Seat): void {
    const standing = parts.standingOf(one.login);
    if (standing === 'warned')
      one.notice('message', 'Your identity provider no longer renews this sign-in: sign in again. In 15 minutes typing stops.');
    else if (standing === 'frozen' && one.role === 'driver')
      one.notice(
        'frozen',
        'Typing has stopped: your identity provider no longer renews this sign-in. Sign in again; the session goes on.',
      );
  }
  const watchers = (): Seat[] => [...seats.values()].filter((one) => one.role !== 'driver');

  async function unseat(gone: Seat, cause: LeavingCause): Promise<void> {
    if (seats.get(gone.participant) !== gone) return;
    seats.delete(gone.participant);
    if (driver === gone) driver = undefined;
    else driver?.notice('unwatched', `${parts.nameOf(gone.person)} no longer watches`);
    gone.close({ left: cause }, intake.position);
    recorder.note(intake.position, { did: 'left', participant: gone.participant, ordinal: gone.ordinal, cause });
    parts.changed();
    // A gateway that stops leaves this to its next start.
    if (!leaving && ending === undefined) await tell((row) => left(row, gone.participant, cause));
  }

  function end(how: Ended): Promise<void> {
    // A gateway that stops ends nothing any more: its next start hears of it.
    if (leaving && ending === undefined) return Promise.resolve();
    ending ??= finish(how);
    return ending;
  }
  async function finish(how: Ended): Promise<void> {
    let { exit } = how;
    produced = Math.max(produced, how.produced ?? 0);
    if (exit === undefined) {
      for (const one of seats.values()) one.view.hold();
      if (line !== undefined && !unopened.has(how.reason)) exit = await hangUp(line, how.reason);
    }
    for (const cancel of timers) cancel();
    timers.clear();
    const end = intake.position;
    const done = await recorder.close(end);
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
    const said: Ending = { at: clock.now(), ...facts };
    const by = how.by === undefined ? undefined : parts.nameOf(how.by);
    for (const one of seats.values())
      if (how.exit !== undefined) lastLook(one, said, by);
      else one.close({ ended: said, by }, end);
    if (how.exit === undefined) seats.clear();
    driver = undefined;
    parts.over();
    parts.changed();
    if (seats.size === 0) picture.dispose();
  }
  /** A program that ended by itself: its last words are shown before the end is said. */
  function lastLook(one: Seat, said: Ending, by: string | undefined): void {
    const deadline = clock.mono() + lastLookMs;
    const look = (): void => {
      if (!one.view.current && clock.mono() < deadline && seats.has(one.participant)) return void clock.after(10, look);
      one.close({ ended: said, by }, intake.position);
      seats.delete(one.participant);
      if (seats.size === 0) picture.dispose();
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

  const remaining = parts.limits.sessionMs - (clock.now() - session.startedAt);
  // The wall clock says how old a session is after a restart; it never gives more than a whole life (R11).
  const life = Math.min(Math.max(0, remaining), parts.limits.sessionMs);
  after(life, () => void end({ reason: 'expired' }));
  if (life > warningMs)
    after(life - warningMs, () => everybody('ending-soon', 'This session ends in 5 minutes: its longest life is over.'));
  if (boot !== undefined) away(parts.awayForMs);

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
      return driver;
    },
    seats: () => [...seats.values()],
    facts() {
      const state =
        boot === undefined ? 'opening' : failure !== undefined ? 'frozen' : driver === undefined ? 'detached' : 'running';
      const prefix = titlePrefix(parts.serverName);
      const { title } = picture.screen();
      return {
        state,
        size: picture.size,
        title: (title.startsWith(prefix) ? title.slice(prefix.length) : title).slice(0, 256),
        bytes: intake.position,
        rec: recorder.light,
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
      const exit = pendingExit;
      pendingExit = undefined;
      if (line === undefined) away();
      // A program that was over at once ends when whoever opened it has been told that it is there.
      if (exit !== undefined) after(1, () => exited(exit));
      parts.changed();
    },
    resume(to, from, told) {
      line = to;
      produced = Math.max(produced, told);
      lastAwayMs = awaySince === undefined ? 0 : clock.mono() - awaySince;
      awaySince = undefined;
      stopAway();
      typing.rewind();
      inputKnown = true;
      intake.join(to, from);
      to.resize(picture.size);
      for (const one of seats.values()) {
        one.notice('agent-back', `${parts.serverName} is connected again.`);
        if (one === driver) one.typed(typing.appliedUpTo(one.ordinal));
      }
      parts.changed();
    },
    seatDriver(who, how) {
      if (driver !== undefined) void unseat(driver, 'taken-over');
      picture.profile = answeringProfile(how.profile);
      const same = how.size.cols === picture.size.cols && how.size.rows === picture.size.rows;
      const { have } = how;
      const missed = have === undefined || !same ? undefined : () => trail.since(have);
      resizeTo(how.size);
      driver = seat(who, 'driver', {
        streams: true,
        intervalMs: driverIntervalMs,
        cut: (screen) => screen,
        missed,
        tooSlow: () => driver && void unseat(driver, 'too-slow'),
      });
      const mine = driver;
      after(1, () => {
        for (const one of watchers()) mine.notice('watched', `${parts.nameOf(one.person)} watches`);
      });
      return driver;
    },
    seatObserver(who, how) {
      const rate = Math.min(Math.max(how.framesPerSecond ?? mostFramesPerSecond, 1), mostFramesPerSecond);
      const taken: Seat = seat(who, 'observer', {
        streams: false,
        intervalMs: Math.ceil(1000 / rate),
        cut: cutTo(how.size, { x: 0, y: 0 }),
        missed: undefined,
        tooSlow: () => void unseat(taken, 'too-slow'),
      });
      driver?.notice('watched', `${parts.nameOf(who.person)} watches`);
      return taken;
    },
    inputOffset: (ordinal) => (inputKnown ? typing.appliedUpTo(ordinal) : undefined),
    resize(by, size, pan) {
      if (by.role === 'driver') resizeTo(size);
      else by.view.recrop(cutTo(size, pan));
    },
    tellStanding(login) {
      for (const one of seats.values()) if (one.login === login) sayStanding(one);
    },
    clipboard(allow) {
      consent = allow;
      if (allow) for (const clipping of clippings) driver?.view.aside(clipping.bytes);
      clippings = [];
    },
    inTurn(act) {
      const mine = turn.then(act, act);
      turn = mine.catch(() => undefined);
      return mine;
    },
    async leave() {
      leaving = true;
      for (const cancel of timers) cancel();
      timers.clear();
      for (const one of seats.values()) one.view.close();
      if (ending !== undefined) await ending;
      else await recorder.leave();
    },
  };
}

const cutTo =
  (size: TerminalSize, pan: { readonly x: number; readonly y: number }) =>
  (screen: Screen): Screen =>
    crop(screen, size.cols, size.rows, pan.x, pan.y);

/** Stands before every title a session gives the driver's terminal (X3). */
export const titlePrefix = (serverName: string): string => `${serverName}: `;
