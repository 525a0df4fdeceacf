// What the dashboard asks of the programs that take the whole terminal: raw attach, watching, the wall. The dashboard has made Ink let go
// before it calls (alternate screen left, raw mode off, no listener on stdin) and paints everything anew afterwards, so an
// implementation owns the terminal from the call until its promise settles, and gives it back as it found it (law 11): raw mode off,
// modes reset, its own listeners gone. The gateway has already said yes to coming in: step-up and refusals of that were settled in the
// dashboard. What is asked for inside (the keyboard, its return, more time) is settled inside, second factor included.
//
// Who calls what:
//   open, or come back to one's own     request `session.open` / `session.attach`                    then `drive(tty, link, given, profile)`
//   take over another's keyboard        request `session.attach` with `takeOver: true`               then `drive(tty, link, given, profile)`
//   watch                               request `session.watch`                                      then `watch(tty, link, given, profile)`
//   see a recording                     request `recording.export`, its first piece                  then `replay(tty, link, given)`
//   join as peer or moderator, by code  request `session.join` with `role`, or a code as `session`   then `watch(tty, link, given, profile)`
// One call is one stay: who hands the keyboard over goes on as a peer, and who is handed it as the driver, before the promise settles.
import type { SessionId } from '../gateway/protocol/ids.ts';
import type { SessionRow } from '../gateway/protocol/nouns.ts';
import type { Gives, TerminalProfile } from '../gateway/protocol/operator.ts';
import type { Link } from './link/link.ts';
import type { Replayed } from './model/ask.ts';

export type Tty = { readonly stdin: NodeJS.ReadStream; readonly stdout: NodeJS.WriteStream };

/** How a turn at the terminal was over. */
export type TtyOutcome = {
  /** detached, left: the session goes on · ended: it is over · lost: the line or the sign-in is. */
  readonly ending: 'detached' | 'ended' | 'left' | 'lost';
  /** One line for the person, e.g. "db-1: the shell ended with 0". Shown through safeText. */
  readonly sentence: string;
  /** `good`: as wished · `bad`: not (killed, revoked, lost). */
  readonly tone: 'good' | 'bad';
  /** The session to select when the dashboard is back. */
  readonly session?: SessionId;
  /** Chosen inside (the wall, an observer who takes the keyboard): what to do next with which session. */
  readonly next?: { readonly go: 'attach' | 'take-over' | 'watch'; readonly session: SessionId };
};

export type AttachPort = {
  /** Asks the terminal what it is; called once, before Ink starts. Must not wait for a mute terminal longer than 200 ms. */
  readonly measure: (tty: Tty) => Promise<TerminalProfile>;
  /** Drives a session that `session.open` or `session.attach` just gave (`takeOver` or not). */
  readonly drive: (
    tty: Tty,
    link: Link,
    given: Gives<'session.open'> | Gives<'session.attach'>,
    profile: TerminalProfile,
  ) => Promise<TtyOutcome>;
  /**
   * Shows a session that `session.watch` or `session.join` just gave, with the keys of the role it was given in. `profile` = what `measure`
   * gave, for the case that one is handed the keyboard inside; without it, what TERM says.
   */
  readonly watch: (
    tty: Tty,
    link: Link,
    given: Gives<'session.watch'> | Gives<'session.join'>,
    profile?: TerminalProfile,
  ) => Promise<TtyOutcome>;
  /** Plays a recording that `recording.export` just gave the first piece of; fetches the rest meanwhile. */
  readonly replay: (tty: Tty, link: Link, given: Replayed) => Promise<TtyOutcome>;
  /** Several sessions in tiles; asks `session.watch` itself, and what is done to one from its tile. `readonly`: nothing is. */
  readonly wall: (
    tty: Tty,
    link: Link,
    sessions: readonly SessionRow[],
    how?: { readonly readonly: boolean },
  ) => Promise<TtyOutcome>;
};
