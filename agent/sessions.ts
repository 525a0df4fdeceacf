// All sessions of this agent process, across connections: opens what a verified order asks for, joins them to the connection that is there, and
// keeps what the gateway has not got yet. Knows no socket.
import type { FromAgent, Order, ToAgent } from '../gateway/protocol/agent.ts';
import { type Result, refuse } from '../gateway/protocol/errors.ts';
import type { Frame } from '../gateway/protocol/frames.ts';
import type { SessionId } from '../gateway/protocol/ids.ts';
import type { SessionState } from './hand-over.ts';
import type { Standing, Welcome } from './link.ts';
import { holdSession, type Session, type SessionEvents } from './session.ts';
import { openShell, type ShellChoice } from './shell.ts';

export type Sessions = {
  /** A new connection: each session goes on at its channel, is hung up, or stays away (unknown to this gateway). */
  join(welcome: Welcome): void;
  /** The connection is gone. */
  part(): void;
  /** A verified order. `tell` speaks on the connection that it came on. */
  obey(order: Order, tell: (message: FromAgent) => void): void;
  /** `tell` speaks on the connection that it came on. */
  hear(message: Extract<ToAgent, { session: SessionId }>, tell: (message: FromAgent) => void): void;
  /** `bad-frame` when no honest gateway could have sent it. */
  take(frame: Frame): Result<undefined>;
  /** What is to be sent, a frame of each session in turn so that a flood does not starve the others; undefined when there is nothing. */
  next(): { readonly frame: Frame } | { readonly message: FromAgent } | undefined;
  standing(): Standing['sessions'];
  /** Settles when none is held: each ended, and its end and output are on the gateway's disk. */
  released(): Promise<void>;
  /** Ends all of them and opens no more; settles when every program is gone. */
  endAll(): Promise<void>;
  /** Opens no more for now; settles when each that was being opened runs or could not be. */
  hold(): Promise<void>;
  /** After `hold`: lets nothing more in or out, and tells all of them (D6). */
  handOver(): SessionState[];
  /** Undoes `hold` and `handOver`. */
  goOn(): void;
  /** Takes up those that another image of this process handed over. Before the first connection. */
  takeUp(states: readonly SessionState[]): Promise<void>;
};

export type SessionsEvents = SessionEvents & {
  /** A session came or went. */
  readonly changed: () => void;
};

/** How long ending sessions may take to hand their last output over when the agent stops. */
const FAREWELL_MS = 3_000;
/** Terminals one agent opens at most. */
export const MOST_SESSIONS = 512;

export function openSessions(events: SessionsEvents, shell: ShellChoice): Sessions {
  const held = new Map<SessionId, Session>();
  const byChannel = new Map<number, Session>();
  /** Where the next turn begins. */
  let turn = 0;
  /** Counts connections: what was asked on one is answered on that one only. */
  let connection = 0;
  let stopping = false;
  let upgrading = false;
  const onRelease: (() => void)[] = [];

  const forget = (session: Session): void => {
    session.forget();
    held.delete(session.id);
    events.changed();
    if (held.size === 0) for (const call of onRelease.splice(0)) call();
    const channel = session.channel();
    if (channel !== undefined) byChannel.delete(channel);
  };
  const attach = (session: Session, channel: number, durable: number): void => {
    const lost = session.attach(channel, durable);
    byChannel.set(channel, session);
    if (lost > 0) events.note('output.lost', { session: session.id, bytes: lost });
  };
  const dismiss = (session: Session): void => {
    session.discard();
    void session.over.then(() => forget(session));
  };
  const objection = (order: Order): ReturnType<typeof refuse> | undefined => {
    if (stopping) return refuse('agent-refused', 'the agent is stopping');
    if (upgrading) return refuse('agent-refused', 'the agent is being upgraded; ask again in a moment');
    if (held.has(order.session)) return refuse('order-refused', 'that session is already open');
    if (byChannel.has(order.channel)) return refuse('order-refused', 'that channel is in use');
    if (held.size >= MOST_SESSIONS) return refuse('limit', `${MOST_SESSIONS} sessions are open on this server`);
    return undefined;
  };

  return {
    join(welcome) {
      for (const { session, channel, durable } of welcome.resume) {
        const known = held.get(session);
        if (known !== undefined) attach(known, channel, durable);
      }
      for (const { session, reason } of welcome.end) {
        const known = held.get(session);
        if (known === undefined) continue;
        events.note('session.dismissed', { session, reason });
        dismiss(known);
      }
      for (const session of welcome.unknown) events.note('session.unknown', { session });
    },
    part() {
      connection += 1;
      byChannel.clear();
      for (const session of held.values()) session.detach();
    },
    obey(order, tell) {
      const wrong = objection(order);
      if (wrong !== undefined) {
        events.note('order.refused', { session: order.session, why: wrong.problem.detail ?? wrong.problem.code });
        // Of a session that lives, a refusal would sound like its end: then only the log hears of it.
        if (!held.has(order.session)) tell({ type: 'session.refused', session: order.session, problem: wrong.problem });
        return;
      }
      const { hangUpAfterMs } = order;
      const session = holdSession(
        { session: order.session, hangUpAfterMs },
        (listener) => openShell(order, listener, shell),
        events,
      );
      held.set(order.session, session);
      events.changed();
      attach(session, order.channel, 0);
      const asked = connection;
      void session.start().then((started) => {
        if (started.ok) {
          events.note('session.opened', { session: order.session, pid: started.value });
          if (asked === connection) tell({ type: 'session.opened', session: order.session, pid: started.value });
          return;
        }
        events.note('session.refused', { session: order.session, why: started.problem.detail ?? started.problem.code });
        if (asked !== connection) return session.fail();
        forget(session);
        tell({ type: 'session.refused', session: order.session, problem: started.problem });
      });
    },
    hear(message, tell) {
      const session = held.get(message.session);
      if (session === undefined) return;
      switch (message.type) {
        case 'session.resize':
          return session.resize(message.size);
        case 'session.kill':
          events.note('session.killed', { session: session.id, reason: message.reason });
          return session.kill();
        case 'session.interrupt': {
          const asked = connection;
          void session.interrupt(message.participant, message.key).then((answer) => {
            if (asked === connection) tell(answer);
          });
          return undefined;
        }
        case 'session.release':
          // Only of what has ended: a program that still runs is never forgotten, whoever says so.
          if (session.standing().ended) forget(session);
          return undefined;
        default:
          return message satisfies never;
      }
    },
    take(frame) {
      const session = byChannel.get(frame.channel);
      // A channel released or dismissed a moment ago may still have frames under way.
      return session === undefined ? { ok: true, value: undefined } : session.take(frame);
    },
    next() {
      const all = [...byChannel.values()];
      for (let i = 0; i < all.length; i += 1) {
        const session = all[(turn + i) % all.length];
        const frame = session?.nextFrame();
        if (frame !== undefined) {
          turn = (turn + i + 1) % all.length;
          return { frame };
        }
        const message = session?.nextMessage();
        if (message !== undefined) return { message };
      }
      return undefined;
    },
    standing: () => [...held.values()].map((session) => session.standing()),
    released: () =>
      new Promise((resolve) => {
        if (held.size === 0) resolve();
        else onRelease.push(resolve);
      }),
    async endAll() {
      stopping = true;
      const all = [...held.values()];
      const over = Promise.all(all.map((session) => session.over));
      for (const session of all) session.kill();
      // Output that waits for room at the gateway would hold up the stop for ever: then it is let go.
      const late = setTimeout(() => all.forEach((session) => session.discard()), FAREWELL_MS);
      await over;
      clearTimeout(late);
    },
    async hold() {
      upgrading = true;
      await Promise.all([...held.values()].map((session) => session.started));
    },
    handOver: () => [...held.values()].map((session) => session.handOver()),
    goOn() {
      upgrading = false;
      for (const session of held.values()) session.goOn();
    },
    async takeUp(states) {
      // Like node-pty, only for who has sessions.
      const { adoptPty } = await import('./pty.ts');
      await Promise.all(
        states.map(async (state) => {
          const { session: id, hangUpAfterMs, pty } = state;
          const session = holdSession(
            { session: id, hangUpAfterMs },
            async (listener) =>
              pty === undefined ? refuse('session-ended') : { ok: true, value: await adoptPty(pty, listener) },
            events,
            state,
          );
          held.set(id, session);
          await session.start();
          session.detach();
          if (state.discarded) void session.over.then(() => forget(session));
        }),
      );
    },
  };
}
