// One session as its agent holds it: a program on a terminal, its numbered output, its numbered input. It outlives every connection (D6): attached
// to a channel while the gateway is there, away while it is not; away for longer than its tier allows, it is hung up (TRUST §0, G11).
import type { FromAgent, Order } from '../gateway/protocol/agent.ts';
import { type Result, refuse } from '../gateway/protocol/errors.ts';
import { type Frame, maxFramePayload } from '../gateway/protocol/frames.ts';
import type { SessionId } from '../gateway/protocol/ids.ts';
import type { TerminalSize } from '../gateway/protocol/nouns.ts';
import { openInbox } from './inbox.ts';
import { openOutbox } from './outbox.ts';
import type { Pty, PtyEnding } from './pty.ts';
import { openShell, type ShellChoice } from './shell.ts';

type OpenOrder = Extract<Order, { kind: 'open' }>;

export type SessionEvents = {
  /** There is something to send. */
  readonly wake: () => void;
  /** A fact for whoever reads the agent's log. */
  readonly note: (event: string, facts: Readonly<Record<string, string | number>>) => void;
};

export type Session = {
  readonly id: SessionId;
  /** Starts the program. Until this resolves the session can be attached, detached and killed like any other. */
  start(): Promise<Result<number>>;
  /** The gateway is here, and has all output before `durable` on disk. Returns output bytes it lacks and nobody holds any more. */
  attach(channel: number, durable: number): number;
  /** The gateway is gone: from now on the time of `hangUpAfterMs` runs. Does nothing when it already does. */
  detach(): void;
  channel(): number | undefined;
  /** `kept` or `keys` for this session. `bad-frame` when no honest gateway could have sent it. */
  take(frame: Frame): Result<undefined>;
  resize(size: TerminalSize): void;
  /** Ends the program and its whole tree. */
  kill(): void;
  /** Ends it and lets go of its output: nobody will ever ask for it. */
  discard(): void;
  /** The next frame for the wire, if credit and connection allow one. */
  nextFrame(): Frame | undefined;
  /** The news of the exit: once per attachment, after the last output byte was sent. */
  nextMessage(): FromAgent | undefined;
  standing(): { readonly session: SessionId; readonly produced: number; readonly freed: number; readonly ended: boolean };
  /** Settles when the program ended and its output is all in the outbox. */
  readonly over: Promise<void>;
  /** It could not be started, and the connection that asked is gone: the news travels as an exit. */
  fail(): void;
  /** Stops timers; called when the session is forgotten. */
  forget(): void;
};

/** What shells end with when a program cannot be run. */
const COMMAND_CANNOT_RUN = 126;
/** setTimeout counts in 31 bits. */
const LONGEST_TIMER_MS = 2_147_483_647;

export function holdSession(order: OpenOrder, events: SessionEvents, shell: ShellChoice): Session {
  const outbox = openOutbox();
  const inbox = openInbox();
  /** Typed bytes on their way to the kernel, oldest first, and how far each participant's have got. */
  const underWay: { participant: number; count: number }[] = [];
  const applied = new Map<number, number>();
  const untold = new Set<number>();
  let pty: Pty | undefined;
  let ending: PtyEnding | undefined;
  let channel: number | undefined;
  let killed = false;
  let discarded = false;
  let paused = false;
  let openedTold = false;
  let exitTold = false;
  let away: NodeJS.Timeout | undefined;
  let finish = (): void => {};
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const end = (): void => {
    killed = true;
    void pty?.kill();
  };
  const flow = (): void => {
    const full = outbox.full() && !discarded;
    if (full === paused) return;
    paused = full;
    if (full) pty?.pause();
    else pty?.resume();
  };
  const typed = (count: number): void => {
    for (let rest = count; rest > 0; ) {
      const first = underWay[0];
      if (first === undefined) return;
      const part = Math.min(rest, first.count);
      rest -= part;
      first.count -= part;
      if (first.count === 0) underWay.shift();
      applied.set(first.participant, (applied.get(first.participant) ?? 0) + part);
      untold.add(first.participant);
    }
    events.wake();
  };
  const type = (frame: Extract<Frame, { kind: 'keys' }>): Result<undefined> => {
    const judged = inbox.judge(frame.participant, frame.offset, frame.bytes);
    switch (judged.verdict) {
      case 'apply': {
        const run = { participant: frame.participant, count: judged.bytes.length };
        underWay.push(run);
        // A copy: the frame's bytes are a window into the buffer of the socket.
        if (pty?.write(Uint8Array.from(judged.bytes)) === true) inbox.took(frame.participant, judged.bytes.length);
        else underWay.splice(underWay.indexOf(run), 1);
        return { ok: true, value: undefined };
      }
      case 'known':
      case 'gap':
        // Said again how far it is: the gateway goes on from there.
        untold.add(frame.participant);
        events.wake();
        return { ok: true, value: undefined };
      case 'too-many':
        return refuse('bad-frame', 'more participants than a session can have');
      default:
        return judged satisfies never;
    }
  };

  return {
    id: order.session,
    over,
    async start() {
      const opened = await openShell(
        order,
        {
          data(bytes) {
            if (discarded) return;
            outbox.append(bytes);
            flow();
            events.wake();
          },
          typed,
        },
        shell,
      );
      if (!opened.ok) {
        finish();
        return opened;
      }
      pty = opened.value;
      openedTold = true;
      void pty.ended.then((how) => {
        ending = how;
        clearTimeout(away);
        finish();
        events.wake();
      });
      if (killed) end();
      if (paused && !discarded) pty.pause();
      events.wake();
      return { ok: true, value: pty.pid };
    },
    attach(nowChannel, durable) {
      clearTimeout(away);
      away = undefined;
      channel = nowChannel;
      exitTold = false;
      const lost = outbox.resume(durable);
      for (const { participant } of inbox.offsets()) untold.add(participant);
      flow();
      events.wake();
      return lost;
    },
    detach() {
      channel = undefined;
      if (ending !== undefined) return;
      away ??= setTimeout(
        () => {
          events.note('session.hung-up', { session: order.session, afterMs: order.hangUpAfterMs });
          end();
        },
        Math.min(order.hangUpAfterMs, LONGEST_TIMER_MS),
      );
    },
    channel: () => channel,
    take(frame) {
      if (frame.kind === 'keys') return type(frame);
      if (frame.kind !== 'kept') return refuse('bad-frame', `an agent takes no ${frame.kind} frames`);
      if (!outbox.kept(frame.received, frame.durable))
        return refuse('bad-frame', 'an acknowledgement of bytes that were never sent');
      flow();
      events.wake();
      return { ok: true, value: undefined };
    },
    resize: (size) => pty?.resize(size.cols, size.rows),
    kill: end,
    discard() {
      discarded = true;
      paused = false;
      end();
      pty?.resume();
    },
    nextFrame() {
      if (channel === undefined || !openedTold) return undefined;
      for (const participant of untold) {
        untold.delete(participant);
        return { kind: 'applied', channel, participant, offset: applied.get(participant) ?? 0 };
      }
      const run = outbox.next(maxFramePayload);
      return run === undefined ? undefined : { kind: 'output', channel, ...run };
    },
    nextMessage() {
      const { sent, end: last } = outbox.positions();
      if (ending === undefined || channel === undefined || exitTold || sent < last) return undefined;
      exitTold = true;
      return {
        type: 'session.exited',
        session: order.session,
        end: last,
        code: ending.code,
        ...(ending.signal === undefined ? {} : { signal: ending.signal }),
        survivors: ending.survivors.length,
      };
    },
    standing() {
      const { base, end: produced } = outbox.positions();
      return { session: order.session, produced, freed: base, ended: ending !== undefined };
    },
    fail() {
      openedTold = true;
      ending = { code: COMMAND_CANNOT_RUN, survivors: [], leftBehind: 0 };
      events.wake();
    },
    forget: () => clearTimeout(away),
  };
}
