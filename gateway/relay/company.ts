// Who sits in one live session: at most one driver, and guests: peers, observers, moderators. Seats them, tells them things, shows everybody who
// is there (T28), and lets them go with a cause. Decides nothing about who may.
import type { Clock } from '../ports.ts';
import type { ParticipantId, PersonId } from '../protocol/ids.ts';
import type { JoinableRole, LeavingCause, ParticipantRole, TerminalSize } from '../protocol/nouns.ts';
import { openCrop } from '../screen/crop.ts';
import type { Screen } from '../screen/screen.ts';
import type { Joiner, LiveParts } from './live.ts';
import { type Notice, openSeat, type Seat } from './seat.ts';
import type { TrailRun } from './trail.ts';
import { driverIntervalMs, type Subject, type View, type ViewOptions } from './view.ts';

export const mostFramesPerSecond = 20;
/** Who comes and goes is told so much later, together with whoever follows at once. */
const introductionMs = 50;

const comingWords = { driver: 'drives', peer: 'joined', observer: 'watches', moderator: 'moderates' } as const;
const goingWords = {
  driver: 'no longer drives',
  peer: 'left',
  observer: 'no longer watches',
  moderator: 'no longer moderates',
} as const;

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
  readonly left: (seat: Seat, cause: LeavingCause, told: boolean) => void;
  readonly position: () => number;
  /** Beside who is there: how it stands with those who must be. */
  readonly moderation: () =>
    | { readonly needs: number; readonly present: number; readonly eligible: readonly string[] }
    | undefined;
};

/** How a guest looks at it: painted, at most so often, cut to their terminal. */
export type GuestView = { readonly size: TerminalSize; readonly framesPerSecond: number | undefined };

export type Company = {
  readonly driver: Seat | undefined;
  readonly size: number;
  all(): readonly Seat[];
  views(): Iterable<View>;
  has(seat: Seat): boolean;
  everybody(notice: Notice, text: string): void;
  /** Takes the place of a driver who sits there. */
  seatDriver(who: Joiner, back?: { readonly missed: () => readonly TrailRun[] | undefined; readonly have: number }): Seat;
  seatGuest(who: Joiner, role: JoinableRole, how: GuestView): Seat;
  /** False = they did not sit here any more. `told` = the log knows already. */
  unseat(seat: Seat, cause: LeavingCause, told?: boolean): boolean;
  /** A peer wants to drive. */
  ask(seat: Seat): void;
  /** The peer who asked last, or the one named; undefined = nobody. */
  asker(named: ParticipantId | undefined): Seat | undefined;
  /** The seat of a person from which they asked, else the peer's seat they took last. */
  peerOf(person: PersonId): Seat | undefined;
  /** Distinct people here as moderators. */
  moderators(): number;
  /** Tells everybody who is there, soon. */
  introduce(): void;
  /** Forgets a seat that was closed with the session's end. */
  forget(seat: Seat): void;
  /** What the provider's silence means for whoever sits here (D1): warned, then typing stops; nothing ends for that. */
  sayStanding(seat: Seat): void;
};

export function openCompany(parts: CompanyParts): Company {
  const { clock, nameOf } = parts;
  const seats = new Map<ParticipantId, Seat>();
  let driver: Seat | undefined;
  let asking: Seat[] = [];
  let introducing = false;
  /** Joins and leaves in one go are told once. */
  const introduce = (): void => {
    if (introducing) return;
    introducing = true;
    clock.after(introductionMs, () => {
      introducing = false;
      const participants = [...seats.values()]
        .toSorted((a, b) => a.ordinal - b.ordinal)
        .map((seat) => ({
          id: seat.participant,
          person: seat.person,
          name: nameOf(seat.person),
          role: seat.role,
          joinedAt: seat.since,
          ordinal: seat.ordinal,
        }));
      const moderation = parts.moderation();
      const who = {
        participants,
        asking: asking.map((seat) => seat.participant),
        ...(moderation === undefined ? {} : { moderation: { ...moderation, eligible: [...moderation.eligible] } }),
      };
      for (const seat of seats.values()) seat.company(who);
    });
  };

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
    introduce();
    // After the answer that names the channel.
    clock.after(1, () => {
      if (seats.get(seat.participant) === seat) parts.greet(seat);
    });
    return seat;
  };
  function unseat(seat: Seat, cause: LeavingCause, told = false): boolean {
    if (seats.get(seat.participant) !== seat) return false;
    seats.delete(seat.participant);
    asking = asking.filter((one) => one !== seat);
    if (driver === seat) driver = undefined;
    else driver?.notice('unwatched', `${nameOf(seat.person)} ${goingWords[seat.role]}`);
    seat.close({ left: cause }, parts.position());
    parts.left(seat, cause, told);
    introduce();
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
        for (const one of seats.values())
          if (one.role !== 'driver') seat.notice('watched', `${nameOf(one.person)} ${comingWords[one.role]}`);
      });
      return seat;
    },
    seatGuest(who, role, how) {
      const seat: Seat = sit(who, role, {
        streams: false,
        intervalMs: paceOf(how.framesPerSecond),
        cut: cutTo(how.size, { x: 0, y: 0 }),
        missed: undefined,
        tooSlow: () => void unseat(seat, 'too-slow'),
      });
      driver?.notice('watched', `${nameOf(who.person)} ${comingWords[role]}`);
      return seat;
    },
    ask(seat) {
      asking = [...asking.filter((one) => one !== seat), seat];
      driver?.notice('asked', `${nameOf(seat.person)} asks for the keyboard`);
      introduce();
    },
    asker: (named) =>
      named === undefined
        ? asking.at(-1)
        : [...seats.values()].find((seat) => seat.participant === named && seat.role === 'peer'),
    peerOf: (person) =>
      asking.findLast((seat) => seat.person === person) ??
      [...seats.values()].findLast((seat) => seat.person === person && seat.role === 'peer'),
    moderators: () => new Set([...seats.values()].filter(({ role }) => role === 'moderator').map(({ person }) => person)).size,
    introduce,
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

/** Least time between two pictures for a guest, ms. */
export const paceOf = (framesPerSecond: number | undefined): number =>
  Math.ceil(1000 / Math.min(Math.max(framesPerSecond ?? mostFramesPerSecond, 1), mostFramesPerSecond));

/** A guest's part of the screen. */
export function cutTo(size: TerminalSize, pan: { readonly x: number; readonly y: number }): (screen: Screen) => Screen {
  const crop = openCrop();
  return (screen) => crop(screen, size.cols, size.rows, pan.x, pan.y);
}
