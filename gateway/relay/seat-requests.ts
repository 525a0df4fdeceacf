// What somebody who sits in a live session asks through their channel: sizes, leaving, the clipboard, the keyboard, being there. Whose seat it is says
// who asks; nothing here lets anybody in.
import type { Log } from '../audit/commit.ts';
import type { Clock } from '../ports.ts';
import { fine, refuse } from '../protocol/errors.ts';
import type { EventData, NewEvent } from '../protocol/events.ts';
import type { PersonId } from '../protocol/ids.ts';
import { handed } from '../session/hand-over.ts';
import type { Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import type { Live } from './live.ts';
import type { Seat } from './seat.ts';

export type SeatRequestParts = {
  readonly log: Log;
  readonly clock: Clock;
  readonly at: (connection: Connection, channel: number) => { readonly live: Live; readonly seat: Seat } | undefined;
  readonly nameOf: (person: PersonId) => string;
};

const actorOf = (seat: Seat) => ({ kind: 'person', id: seat.person, login: seat.login }) as const;
/** Something a participant did, as an event. */
const did = <T extends 'session.asked' | 'session.presence-proven' | 'clipboard.allowed'>(
  type: T,
  { session }: Live,
  seat: Seat,
  data: EventData<T>,
  request: string | undefined,
  outcome: NewEvent['outcome'] = 'ok',
) =>
  ({
    type,
    actor: actorOf(seat),
    outcome,
    target: session.server,
    session: session.id,
    ...(request === undefined ? {} : { request }),
    data,
    personal: {},
  }) as const;

export function seatRequests({
  log,
  clock,
  at,
  nameOf,
}: SeatRequestParts): Pick<
  Hub,
  'resize' | 'detach' | 'clipboard' | 'interrupt' | 'advised' | 'arrived' | 'ask' | 'give' | 'present'
> {
  const record = (event: NewEvent): Promise<undefined> => log.commit(() => ({ events: [event], answer: undefined }));
  return {
    resize(connection, channel, size, look) {
      const seated = at(connection, channel);
      if (seated === undefined) return refuse('session-ended');
      seated.live.resize(seated.seat, size, look);
      return fine({});
    },

    async detach(connection, channel) {
      const seated = at(connection, channel);
      if (seated === undefined) return refuse('session-ended');
      await seated.live.unseat(seated.seat, 'detached');
      return fine({});
    },

    async clipboard(connection, channel, allow, request) {
      const seated = at(connection, channel);
      if (seated === undefined) return refuse('session-ended');
      if (seated.seat.role !== 'driver') return refuse('not-driver');
      const { live, seat } = seated;
      await record(
        did(
          'clipboard.allowed',
          live,
          seat,
          { session: live.session.id, participant: seat.participant, allow },
          request,
          allow ? 'ok' : 'denied',
        ),
      );
      // Somebody else may drive by now: it is not their yes.
      if (live.driver !== seat) return refuse('session-ended');
      live.clipboard(allow);
      return fine({});
    },

    async interrupt(connection, channel, key) {
      const seated = at(connection, channel);
      if (seated === undefined) return refuse('session-ended');
      return seated.seat.role === 'driver' ? seated.live.interrupt(seated.seat, key) : refuse('not-driver');
    },

    async advised(connection, channel, answer) {
      const seated = at(connection, channel);
      if (seated === undefined) return refuse('session-ended');
      return seated.seat.role === 'driver' ? fine(await seated.live.advised(seated.seat, answer)) : refuse('not-driver');
    },

    arrived(connection, channel) {
      const seated = at(connection, channel);
      return seated === undefined ? refuse('session-ended') : fine({ arrived: seated.live.arrived(seated.seat) });
    },

    async ask(connection, channel, request) {
      const seated = at(connection, channel);
      if (seated === undefined) return refuse('session-ended');
      const { live, seat } = seated;
      if (seat.role !== 'peer') return refuse('not-peer');
      await record(did('session.asked', live, seat, { session: live.session.id, participant: seat.participant }, request));
      live.ask(seat);
      return fine({});
    },

    async give(connection, channel, to, request) {
      const seated = at(connection, channel);
      if (seated === undefined) return refuse('session-ended');
      const { live, seat } = seated;
      if (live.driver !== seat) return refuse('not-driver');
      const next = live.asker(to);
      if (next === undefined) return refuse('nobody-asks');
      await log.commit((state) => ({
        events: handed(state.sessions[live.session.id], {
          actor: actorOf(seat),
          by: seat.person,
          to: next.person,
          how: 'given',
          request,
        }),
        answer: undefined,
      }));
      return fine({ to: nameOf(next.person) });
    },

    async present(connection, channel, request) {
      const seated = at(connection, channel);
      if (seated === undefined) return refuse('session-ended');
      const { live, seat } = seated;
      if (seat.role !== 'moderator') return refuse('not-moderator');
      const { forMs, record: due } = live.present(seat);
      if (due)
        await record(
          did('session.presence-proven', live, seat, { session: live.session.id, participant: seat.participant }, request),
        );
      return fine({ until: clock.now() + forMs });
    },
  };
}
