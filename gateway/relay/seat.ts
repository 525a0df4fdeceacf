// One person's place in a live session: their connection's channel, and the view they get through it. Observers are inert (law 6): what they
// type goes nowhere.
import type { Clock } from '../ports.ts';
import { refuse } from '../protocol/errors.ts';
import type { Frame } from '../protocol/frames.ts';
import type { LoginId, ParticipantId, PersonId, SessionId } from '../protocol/ids.ts';
import type { Instant, LeavingCause, ParticipantRole } from '../protocol/nouns.ts';
import type { Push } from '../protocol/operator.ts';
import type { Ending } from '../session/session.ts';
import type { Connection } from './connection.ts';
import { openEchoAck } from './echo-ack.ts';
import { openView, type Subject, type View, type ViewOptions } from './view.ts';

export type Notice = Extract<Push, { type: 'session.notice' }>['notice'];

export type Seat = {
  readonly participant: ParticipantId;
  readonly ordinal: number;
  readonly role: ParticipantRole;
  readonly person: PersonId;
  readonly login: LoginId;
  readonly connection: Connection;
  readonly channel: number;
  /** When they sat down. */
  readonly since: Instant;
  readonly view: View;
  notice(notice: Notice, text: string): void;
  /** Who is in the session now. */
  company(who: Omit<Extract<Push, { type: 'session.company' }>, 'type' | 'channel'>): void;
  /** The pty has their input up to `offset`; they hear of it when what it echoes is on its way to them (F4). */
  typed(offset: number): void;
  /** Says why it is over, then gives the channel back. Once. */
  close(why: { readonly left: LeavingCause } | { readonly ended: Ending; readonly by: string | undefined }, end: number): void;
};

export type SeatParts = {
  readonly session: SessionId;
  readonly participant: ParticipantId;
  readonly ordinal: number;
  readonly role: ParticipantRole;
  readonly person: PersonId;
  readonly login: LoginId;
  readonly connection: Connection;
  readonly subject: Subject;
  readonly clock: Clock;
  readonly view: ViewOptions;
  readonly input: (seat: Seat, offset: number, bytes: Uint8Array) => void;
  /** The connection is gone. */
  readonly gone: (seat: Seat) => void;
};

export function openSeat(parts: SeatParts): Seat {
  const { session, participant, ordinal, role, person, login, connection, clock } = parts;
  let closed = false;
  const take = (frame: Frame): void => {
    if (closed) return;
    if (frame.kind === 'seen') {
      if (!seat.view.seen(frame.received))
        connection.end(refuse('bad-frame', 'an acknowledgement of more than was sent').problem);
    } else if (frame.kind === 'input' || frame.kind === 'foreseen') {
      if (role !== 'driver') return;
      view.keyed(frame.kind === 'foreseen' ? frame.bytes : undefined);
      parts.input(seat, frame.offset, frame.bytes);
    } else connection.end(refuse('bad-frame', `${frame.kind} on a session`).problem);
  };
  const channel = connection.openChannel(take);
  const view: View = openView(channel, connection, parts.subject, clock, { ...parts.view, sent: () => echoes.framed() });
  const echoes = openEchoAck({
    clock,
    position: parts.subject.position,
    shown: () => view.sentUpTo,
    expected: () => view.patient,
    say: (offset) => connection.frame({ kind: 'typed', channel, offset }),
  });
  const seat: Seat = {
    participant,
    ordinal,
    role,
    person,
    login,
    connection,
    channel,
    since: clock.now(),
    view,
    notice(notice, text) {
      if (!closed) connection.push({ type: 'session.notice', channel, notice, text: text.slice(0, 500) });
    },
    company(who) {
      if (!closed) connection.push({ type: 'session.company', channel, ...who });
    },
    typed(offset) {
      if (!closed) echoes.applied(offset);
    },
    close(why, end) {
      if (closed) return;
      closed = true;
      stopListening();
      view.close();
      echoes.close();
      connection.push({ type: 'session.closed', channel, session, ...told(why), end });
      connection.closeChannel(channel);
    },
  };
  const stopListening = connection.onClose(() => parts.gone(seat));
  return seat;
}

type Told = Pick<Extract<Push, { type: 'session.closed' }>, 'ended' | 'left'>;

function told(why: Parameters<Seat['close']>[0]): Told {
  if ('left' in why) return { left: why.left };
  const { reason, code, signal, why: words } = why.ended;
  return {
    ended: {
      reason,
      ...(code === undefined ? {} : { exitCode: code }),
      ...(signal === undefined ? {} : { signal }),
      ...(why.by === undefined ? {} : { by: why.by }),
      ...(words === undefined ? {} : { why: words }),
    },
  };
}
