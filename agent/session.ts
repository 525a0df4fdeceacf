// One session as its agent holds it: a program on a terminal, its numbered output, its numbered input. It outlives every connection (D6): attached
// to a channel while the gateway is there, away while it is not; away for longer than its tier allows, it is hung up (TRUST §0, G11).
import type { FromAgent } from '../gateway/protocol/agent.ts';
import { type Result, refuse } from '../gateway/protocol/errors.ts';
import { type Frame, maxFramePayload } from '../gateway/protocol/frames.ts';
import type { SessionId } from '../gateway/protocol/ids.ts';
import type { TerminalSize } from '../gateway/protocol/nouns.ts';
import type { Exit } from './adopted.ts';
import type { SessionState } from './hand-over.ts';
import { openInbox } from './inbox.ts';
import { openOutbox } from './outbox.ts';
import type { Pty, PtyListener } from './running-pty.ts';

/** Opens the program of a session, or finds it again. */
export type Opener = (listener: PtyListener) => Promise<Result<Pty>>;

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
  /** A key goes before what its typist has under way, if it is one that interrupts now. Resolves with what is to be answered. */
  interrupt(participant: number, key: number): Promise<Extract<FromAgent, { type: 'session.interrupted' }>>;
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
  /** Settles when the program runs or could not be started. */
  readonly started: Promise<void>;
  /** Lets nothing more in or out, and tells all that another image of this process needs to go on (D6). Only once it is started. */
  handOver(): SessionState;
  /** That image did not come: it goes on here. */
  goOn(): void;
  /** It could not be started, and the connection that asked is gone: the news travels as an exit. */
  fail(): void;
  /** Stops timers; called when the session is forgotten. */
  forget(): void;
};

/**
 * Output read from the program and not sent, while a gateway takes it: what answers a key stands behind it (GOALS §link, Ctrl-C in a flood), so a flood
 * is let in no faster than it goes out. A gateway that takes nothing for a while is another matter: then all is kept that may be (A4).
 */
const AHEAD_BYTES = 128 * 1024;
const STALLED_MS = 500;

/** What shells end with when a program cannot be run. */
const COMMAND_CANNOT_RUN = 126;
/** setTimeout counts in 31 bits. */
const LONGEST_TIMER_MS = 2_147_483_647;

export function holdSession(
  asked: { readonly session: SessionId; readonly hangUpAfterMs: number },
  open: Opener,
  events: SessionEvents,
  before?: SessionState,
): Session {
  const outbox = openOutbox({}, before === undefined ? undefined : { base: before.base, pieces: before.output });
  const inbox = openInbox(before?.expected);
  /** Typed bytes on their way to the kernel, oldest first, and how far each participant's have got. */
  const underWay: { participant: number; count: number }[] = before?.underWay.map((run) => ({ ...run })) ?? [];
  const applied = new Map(before?.applied.map(({ participant, offset }) => [participant, offset]));
  const untold = new Set<number>();
  let pty: Pty | undefined;
  let ending: (Exit & { readonly survivors: number }) | undefined = before?.ending;
  let channel: number | undefined;
  let killed = before?.killed ?? false;
  let discarded = before?.discarded ?? false;
  let paused = outbox.full() && !discarded;
  let openedTold = before !== undefined;
  let exitTold = false;
  let away: { readonly timer: NodeJS.Timeout; readonly until: number } | undefined;
  /** What is left of its time without a gateway, when that ran before the upgrade. */
  let awayMs = before?.awayMs;
  let finish = (): void => {};
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let settle = (): void => {};
  const started = new Promise<void>((resolve) => {
    settle = resolve;
  });
  if (ending !== undefined) finish();

  const end = (): void => {
    killed = true;
    void pty?.kill();
  };
  /** When the gateway last took something; while it does, a flood waits here. */
  let tookAt = 0;
  let waiting: NodeJS.Timeout | undefined;
  const tooFarAhead = (): boolean => {
    if (channel === undefined) return false;
    const { sent, end: produced } = outbox.positions();
    const ahead = produced - sent;
    if (ahead <= (paused ? AHEAD_BYTES / 2 : AHEAD_BYTES)) return false;
    const leftMs = tookAt + STALLED_MS - performance.now();
    if (leftMs <= 0) return false;
    waiting ??= setTimeout(() => {
      waiting = undefined;
      flow();
    }, leftMs);
    return true;
  };
  const flow = (): void => {
    const full = !discarded && (outbox.full() || tooFarAhead());
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
        if (pty?.write(Uint8Array.from(judged.bytes), frame.participant) === true)
          inbox.took(frame.participant, judged.bytes.length);
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

  const back = (): void => {
    clearTimeout(away?.timer);
    away = undefined;
    awayMs = undefined;
  };

  return {
    id: asked.session,
    over,
    started,
    async start() {
      const opened = await open({
        data(bytes) {
          if (discarded) return;
          outbox.append(bytes);
          flow();
          events.wake();
        },
        typed,
      });
      settle();
      if (!opened.ok) {
        finish();
        return opened;
      }
      pty = opened.value;
      openedTold = true;
      void pty.ended.then(({ code, signal, survivors }) => {
        ending = { code, signal, survivors: survivors.length };
        back();
        finish();
        events.wake();
      });
      let at = 0;
      for (const { participant, count } of before?.underWay ?? []) {
        pty.write(before?.typing.subarray(at, at + count) ?? new Uint8Array(), participant);
        at += count;
      }
      if (killed) end();
      if (paused && !discarded) pty.pause();
      events.wake();
      return { ok: true, value: pty.pid };
    },
    attach(nowChannel, durable) {
      back();
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
      if (away !== undefined) return;
      const leftMs = Math.min(awayMs ?? asked.hangUpAfterMs, LONGEST_TIMER_MS);
      const timer = setTimeout(() => {
        events.note('session.hung-up', { session: asked.session, afterMs: asked.hangUpAfterMs });
        end();
      }, leftMs);
      away = { timer, until: performance.now() + leftMs };
    },
    channel: () => channel,
    take(frame) {
      if (frame.kind === 'keys') return type(frame);
      if (frame.kind !== 'kept') return refuse('bad-frame', `an agent takes no ${frame.kind} frames`);
      if (!outbox.kept(frame.received, frame.durable))
        return refuse('bad-frame', 'an acknowledgement of bytes that were never sent');
      tookAt = performance.now();
      flow();
      events.wake();
      return { ok: true, value: undefined };
    },
    resize: (size) => pty?.resize(size.cols, size.rows),
    async interrupt(participant, key) {
      const unread = await pty?.interrupt(participant, key, (count) => {
        for (const run of underWay) if (run.participant === participant) run.count = 0;
        // They were never typed: the same numbers come again for others.
        if (count > 0) inbox.took(participant, -count);
      });
      const offset = applied.get(participant) ?? 0;
      return {
        type: 'session.interrupted',
        session: asked.session,
        participant,
        taken: unread !== undefined,
        offset,
        unread: unread ?? 0,
      };
    },
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
      if (paused) flow();
      return run === undefined ? undefined : { kind: 'output', channel, ...run };
    },
    nextMessage() {
      const { sent, end: last } = outbox.positions();
      if (ending === undefined || channel === undefined || exitTold || sent < last) return undefined;
      exitTold = true;
      return {
        type: 'session.exited',
        session: asked.session,
        end: last,
        ...(ending.code === undefined ? {} : { code: ending.code }),
        ...(ending.signal === undefined ? {} : { signal: ending.signal }),
        survivors: ending.survivors,
      };
    },
    standing() {
      const { base, end: produced } = outbox.positions();
      return { session: asked.session, produced, freed: base, ended: ending !== undefined };
    },
    fail() {
      openedTold = true;
      ending = { code: COMMAND_CANNOT_RUN, survivors: 0 };
      events.wake();
    },
    forget() {
      clearTimeout(away?.timer);
      clearTimeout(waiting);
    },
    handOver() {
      const handed = ending === undefined ? pty?.handOver() : undefined;
      const leftMs = away === undefined ? undefined : Math.max(0, Math.ceil(away.until - performance.now()));
      return {
        ...asked,
        ...(leftMs === undefined ? {} : { awayMs: leftMs }),
        killed,
        discarded,
        base: outbox.positions().base,
        output: outbox.held(),
        expected: [...inbox.offsets()],
        applied: [...applied].map(([participant, offset]) => ({ participant, offset })),
        // What an ended program did not read, nobody will.
        underWay: handed === undefined || handed.typing.length === 0 ? [] : underWay.map((run) => ({ ...run })),
        typing: handed?.typing ?? new Uint8Array(),
        ...(handed === undefined ? {} : { pty: handed.state }),
        ...(ending === undefined ? {} : { ending }),
      };
    },
    goOn() {
      if (!paused) pty?.resume();
    },
  };
}
