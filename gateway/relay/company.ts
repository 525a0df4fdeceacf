// Who sits in one live session: at most one driver, and observers. Seats them, tells them things, shows the driver who watches (T28), and lets
// them go with a cause. Decides nothing about who may.
import type { Clock } from '../ports.ts';
import type { ParticipantId } from '../protocol/ids.ts';
import type { LeavingCause, ParticipantRole, TerminalSize } from '../protocol/nouns.ts';
import { crop } from '../screen/crop.ts';
import type { Screen } from '../screen/screen.ts';
import type { Joiner, LiveParts } from './live.ts';
import { type Notice, openSeat, type Seat } from './seat.ts';
import type { TrailRun } from './trail.ts';
import { driverIntervalMs, type Subject, type View, type ViewOptions } from './view.ts';

export const mostFramesPerSecond = 20;

export type CompanyParts = Pick<LiveParts, 'nameOf' | 'signedIn' | 'standingOf'> & {
  readonly session: LiveParts['session']['id'];
  readonly clock: Clock;
  readonly subject: Subject;
  readonly input: (seat: Seat, offset: number, bytes: Uint8Array) => void;
  /** Somebody took a seat, before they are shown anything. */
  readonly seated: (seat: Seat) => void;
  /** Somebody who just sat down has been told their channel, and is to hear how things are. */
  readonly greet: (seat: Seat) => void;
  /** Somebody left, while the session goes on. */
  readonly left: (seat: Seat, cause: LeavingCause) => void;
  readonly position: () => number;
};

export type Company = {
  readonly driver: Seat | undefined;
  readonly size: number;
  all(): readonly Seat[];
  views(): Iterable<View>;
  has(seat: Seat): boolean;
  everybody(notice: Notice, text: string): void;
  /** Takes the place of a driver who sits there. */
  seatDriver(who: Joiner, back?: { readonly missed: () => readonly TrailRun[] | undefined; readonly have: number }): Seat;
  seatObserver(who: Joiner, how: { readonly size: TerminalSize; readonly framesPerSecond: number | undefined }): Seat;
  /** False = they did not sit here any more. */
  unseat(seat: Seat, cause: LeavingCause): boolean;
  /** Forgets a seat that was closed with the session's end. */
  forget(seat: Seat): void;
  /** What the provider's silence means for whoever sits here (D1): warned, then typing stops; nothing ends for that. */
  sayStanding(seat: Seat): void;
};

export function openCompany(parts: CompanyParts): Company {
  const { clock, nameOf } = parts;
  const seats = new Map<ParticipantId, Seat>();
  let driver: Seat | undefined;

  const sit = (who: Joiner, role: ParticipantRole, view: ViewOptions): Seat => {
    const { session, subject, input } = parts;
    const seat = openSeat({
      ...who,
      session,
      role,
      clock,
      view,
      subject,
      input,
      gone: (gone) => void unseat(gone, parts.signedIn(gone.login) ? 'disconnected' : 'logged-out'),
    });
    seats.set(who.participant, seat);
    parts.seated(seat);
    // After the answer that names the channel.
    clock.after(1, () => {
      if (seats.get(seat.participant) === seat) parts.greet(seat);
    });
    return seat;
  };
  function unseat(seat: Seat, cause: LeavingCause): boolean {
    if (seats.get(seat.participant) !== seat) return false;
    seats.delete(seat.participant);
    if (driver === seat) driver = undefined;
    else driver?.notice('unwatched', `${nameOf(seat.person)} no longer watches`);
    seat.close({ left: cause }, parts.position());
    parts.left(seat, cause);
    return true;
  }

  return {
    get driver() {
      return driver;
    },
    get size() {
      return seats.size;
    },
    all: () => [...seats.values()],
    *views() {
      for (const seat of seats.values()) yield seat.view;
    },
    has: (seat) => seats.get(seat.participant) === seat,
    everybody(notice, text) {
      for (const seat of seats.values()) seat.notice(notice, text);
    },
    seatDriver(who, back) {
      if (driver !== undefined) unseat(driver, 'taken-over');
      const seat: Seat = sit(who, 'driver', {
        streams: true,
        intervalMs: driverIntervalMs,
        cut: (screen) => screen,
        missed: back?.missed,
        ahead: back !== undefined && back.have > parts.position() ? back.have : undefined,
        tooSlow: () => void unseat(seat, 'too-slow'),
      });
      driver = seat;
      clock.after(1, () => {
        for (const one of seats.values()) if (one.role !== 'driver') seat.notice('watched', `${nameOf(one.person)} watches`);
      });
      return seat;
    },
    seatObserver(who, how) {
      const rate = Math.min(Math.max(how.framesPerSecond ?? mostFramesPerSecond, 1), mostFramesPerSecond);
      const seat: Seat = sit(who, 'observer', {
        streams: false,
        intervalMs: Math.ceil(1000 / rate),
        cut: cutTo(how.size, { x: 0, y: 0 }),
        missed: undefined,
        tooSlow: () => void unseat(seat, 'too-slow'),
      });
      driver?.notice('watched', `${nameOf(who.person)} watches`);
      return seat;
    },
    unseat,
    forget(seat) {
      seats.delete(seat.participant);
      if (driver === seat) driver = undefined;
    },
    sayStanding(seat) {
      const standing = parts.standingOf(seat.login);
      if (standing === 'warned')
        seat.notice(
          'message',
          'Your identity provider no longer renews this sign-in: sign in again. In 15 minutes typing stops.',
        );
      else if (standing === 'frozen' && seat.role === 'driver')
        seat.notice(
          'frozen',
          'Typing has stopped: your identity provider no longer renews this sign-in. Sign in again; the session goes on.',
        );
    },
  };
}

/** An observer's part of the screen. */
export const cutTo =
  (size: TerminalSize, pan: { readonly x: number; readonly y: number }) =>
  (screen: Screen): Screen =>
    crop(screen, size.cols, size.rows, pan.x, pan.y);
