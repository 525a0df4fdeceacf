// Keeps an agent connected: dials, obeys, dials again with full jitter, never gives up (S2, G10); its sessions outlive every connection (D6).
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { conflictProblem, type Testimony } from '../gateway/audit/testimony.ts';
import { type FromAgent, type ToAgent, witnessVersion } from '../gateway/protocol/agent.ts';
import { backoffMs, resetEveryMs } from '../gateway/protocol/backoff.ts';
import { type Problem, problemSentence, type Result, refuse } from '../gateway/protocol/errors.ts';
import type { Frame } from '../gateway/protocol/frames.ts';
import { mintId } from '../gateway/protocol/ids.ts';
import { agentProtocol, programVersion, type VersionRange } from '../gateway/protocol/version.ts';
import type { HandOver } from './hand-over.ts';
import { readFacts, readMetrics } from './host.ts';
import { type Identity, readIdentity } from './identity.ts';
import { LINK_PACE, type Link, type LinkPace, openLink } from './link.ts';
import { openLogWatch, untilForgotten } from './log-watch.ts';
import { openOrderBook } from './orders.ts';
import { type RunState, readRunState, startTicksOf, stillRuns, writeRunState } from './run-state.ts';
import { openSessions, type Sessions } from './sessions.ts';
import type { ShellChoice } from './shell.ts';
import { endMarked } from './tree.ts';
import type { Installed } from './upgrade.ts';
import { readWitness } from './witness.ts';

export type AgentNote = (event: string, facts: Readonly<Record<string, string | number>>) => void;

export type RunOptions = {
  /** Folder that `enroll` filled. */
  readonly state: string;
  readonly note?: AgentNote;
  readonly shell?: ShellChoice;
  readonly pace?: Partial<AgentPace>;
  /** What the running program was started as; without it there is no upgrade. */
  readonly installed?: Installed;
  /** What the image before this one handed over: the same agent goes on (D6). */
  readonly before?: HandOver;
};

/** Spans, all in ms; the defaults are the protocol's. Shorter in tests only. */
export type AgentPace = LinkPace & {
  /** Wait before a given retry, 0 = the first. */
  readonly backoffMs: (attempt: number) => number;
  /** A welcome resets the count of attempts at most this often. */
  readonly resetMs: number;
  readonly metricsMs: number;
  /** The log is looked at again so long after it was. */
  readonly witnessMs: number;
  /** The gateway has so long to show it. */
  readonly witnessPatienceMs: number;
  /** Between two tries while the gateway shows another log than the one remembered. */
  readonly refusedMs: number;
};

export type RunningAgent = {
  readonly identity: Identity;
  /** Settles at the first welcome. */
  readonly connected: Promise<void>;
  /** Becomes the program that is installed now, taking its sessions along; comes back only when it could not, and goes on. */
  upgrade(): Promise<void>;
  /** Announces the leave, ends all sessions, closes. */
  stop(): Promise<void>;
  /** Settles when the agent has stopped. */
  readonly stopped: Promise<void>;
};

const PACE: AgentPace = {
  ...LINK_PACE,
  backoffMs: (attempt) => backoffMs(attempt, Math.random()),
  resetMs: resetEveryMs,
  metricsMs: 30_000,
  witnessMs: 600_000,
  witnessPatienceMs: 60_000,
  refusedMs: 600_000,
};
/** How long a stopping agent waits for its gateway to have the last of its sessions on disk. */
const RELEASE_MS = 2_000;
/** How long programs that are just being started may hold an upgrade up. */
const HOLD_MS = 15_000;
/** More than this unsent on the socket, and no more is handed to it. */
const SOCKET_LIMIT_BYTES = 1024 * 1024;

/** Runs the agent of a state folder until stopped. `not-found` or `credentials` when there is no usable identity. */
export async function runAgent(options: RunOptions): Promise<Result<RunningAgent>> {
  const identity = await readIdentity(options.state);
  if (!identity.ok) return identity;
  const before = await readRunState(options.state);
  if (before !== undefined && before.pid !== process.pid) {
    if (await stillRuns(before)) return refuse('agent-duplicate', `process ${before.pid} runs from ${options.state}`);
    for (const session of before.sessions) {
      const count = await endMarked(session);
      if (count > 0) options.note?.('session.swept', { session, processes: count });
    }
  }
  return { ok: true, value: start(identity.value, options, (await startTicksOf(process.pid)) ?? 0) };
}

function start(identity: Identity, options: RunOptions, startTicks: number): RunningAgent {
  const pace = { ...PACE, ...options.pace };
  const note = options.note ?? (() => {});
  const { before, installed } = options;
  const boot = before?.boot ?? mintId('boo', randomBytes(26));
  const startedAt = before?.startedAt ?? Date.now();
  let upgrades: NonNullable<RunState['upgrade']> = {
    count: before === undefined ? 0 : before.upgrades + 1,
    answered: before === undefined ? 0 : before.answered + 1,
  };
  /** Between the first and the last step of an upgrade: no report is written, the next image would find it half. */
  let frozen = false;
  const stopping = new AbortController();
  let leaving = false;
  let link: Link | undefined;
  let pumping = false;
  let welcomed = (): void => {};
  const connected = new Promise<void>((resolve) => {
    welcomed = resolve;
  });

  const pump = (): void => {
    pumping = false;
    if (link === undefined) return;
    const { waiting, frame, send } = link;
    while (waiting() < SOCKET_LIMIT_BYTES) {
      const next = sessions.next();
      if (next === undefined) return;
      if ('frame' in next) frame(next.frame);
      else send(next.message);
    }
  };
  // After all that this turn of the loop reads: a burst becomes few frames, a single key is not held back.
  const wake = (): void => {
    if (pumping) return;
    pumping = true;
    setImmediate(pump);
  };
  const sessions = openSessions({ wake, note, changed: () => void record() }, options.shell ?? {});
  const tell = (message: FromAgent): void => link?.send(message);
  let standingNow: Pick<RunState, 'connection'> & Partial<RunState> = { connection: 'waiting' };
  let writing: Promise<void> = Promise.resolve();
  const record = (state = standingNow): Promise<void> => {
    standingNow = state;
    if (frozen) return writing;
    writing = writing.then(() =>
      writeRunState(options.state, {
        pid: process.pid,
        startTicks,
        boot,
        startedAt,
        gateway: identity.gateway,
        server: identity.name,
        version: programVersion,
        ...(installed === undefined ? {} : { upgrade: upgrades }),
        sessions: sessions.standing().map(({ session }) => session),
        ...standingNow,
      }),
    );
    return writing;
  };

  const serve = async (now: Link, witness: Testimony | undefined): Promise<void> => {
    const welcomedAt = performance.now();
    const orders = openOrderBook({ gatewayKey: identity.gatewayKey, server: identity.server, nonce: now.nonce });
    const take = (frame: Frame): void => {
      const taken = sessions.take(frame);
      if (taken.ok) return;
      note('gateway.breach', { why: taken.problem.detail ?? taken.problem.code });
      now.close();
    };
    const watch =
      now.protocol < witnessVersion
        ? undefined
        : openLogWatch({
            folder: options.state,
            witness,
            tell: now.send,
            note,
            everyMs: pace.witnessMs,
            patienceMs: pace.witnessPatienceMs,
            giveUp: now.close,
          });
    const whenWitnessed = watch?.whenWitnessed ?? ((_bytes: number, act: () => void) => act());
    watch?.begin();
    if (witness?.conflict !== undefined) return void (await now.closed);
    link = now;
    sessions.join(now.welcome);
    now.onRoom(wake);
    now.listen({
      // What was acknowledged opens and types nothing.
      frame: (frame) => (frame.kind === 'keys' ? whenWitnessed(frame.bytes.length, () => take(frame)) : take(frame)),
      message(message) {
        if (message.type === 'ping') return tell({ type: 'pong', at: message.at });
        if (message.type === 'witness.head') return void watch?.take(message);
        const sinceWelcomeMs = performance.now() - welcomedAt;
        return whenWitnessed(0, () => hear(message, sessions, { orders, note, tell, sinceWelcomeMs }));
      },
    });
    const metrics = setInterval(() => tell({ type: 'metrics', metrics: readMetrics() }), pace.metricsMs);
    tell({ type: 'metrics', metrics: readMetrics() });
    wake();
    note('connected', { gateway: identity.gateway });
    await record({ connection: 'connected', since: Date.now() });
    welcomed();
    const cause = await now.closed;
    watch?.end();
    clearInterval(metrics);
    link = undefined;
    sessions.part();
    note('disconnected', { cause });
  };

  const standing = () => ({ boot, facts: readFacts(), sessions: sessions.standing() });
  const takeUp = async ({ sessions: held, version }: HandOver): Promise<void> => {
    await sessions.takeUp(held);
    note('upgraded', { from: version, to: programVersion, sessions: held.length });
    await record();
  };
  const run = async (): Promise<void> => {
    if (before !== undefined) await takeUp(before);
    let last: Problem | undefined;
    let resetAt = Number.NEGATIVE_INFINITY;
    for (let attempt = 0; !stopping.signal.aborted; ) {
      const witness = await readWitness(options.state);
      const opened = witness.ok ? await openLink(identity, standing, stopping.signal, pace, spoken(witness.value)) : witness;
      if (opened.ok && witness.ok) {
        if (performance.now() - resetAt >= pace.resetMs) {
          attempt = 0;
          resetAt = performance.now();
        }
        await serve(opened.value, witness.value);
        const now = await readWitness(options.state);
        last = now.ok ? conflictProblem(now.value) : now.problem;
      } else if (!opened.ok) {
        last = opened.problem;
        if (!stopping.signal.aborted) note('unreachable', { code: last.code, why: problemSentence(last) });
      }
      if (leaving || stopping.signal.aborted) break;
      const refused = last?.code === 'witness-conflict';
      const waitMs = refused ? pace.refusedMs : pace.backoffMs(attempt);
      attempt += 1;
      await record({
        connection: 'waiting',
        since: Date.now(),
        attempt,
        nextAttemptAt: Date.now() + waitMs,
        ...(last === undefined ? {} : { problem: last }),
      });
      if (refused) await untilForgotten(options.state, waitMs, stopping.signal);
      else await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
    await record({ connection: 'stopped', since: Date.now() });
  };
  const stopped = run();
  let farewell: Promise<void> | undefined;
  const leave = async (): Promise<void> => {
    tell({ type: 'leaving', why: 'the agent was asked to stop' });
    await sessions.endAll();
    const last = link;
    if (last !== undefined) {
      // What the shells said last, and how they ended, is worth a moment: released means on the gateway's disk.
      await Promise.race([sessions.released(), last.closed, delay(RELEASE_MS, undefined, { ref: false })]);
      last.close();
      leaving = true;
      await last.closed;
    }
    stopping.abort();
    await stopped;
  };

  let upgrading: Promise<void> | undefined;
  const replace = async (by: Installed): Promise<void> => {
    const { upgrade } = await import('./upgrade.ts');
    const refused = await upgrade({
      state: options.state,
      installed: by,
      note,
      async hold() {
        const held = await Promise.race([sessions.hold().then(() => true), delay(HOLD_MS, false, { ref: false })]);
        if (!held) return false;
        frozen = true;
        await writing;
        return true;
      },
      handOver: () => ({
        version: programVersion,
        boot,
        startedAt,
        upgrades: upgrades.count,
        answered: upgrades.answered,
        sessions: sessions.handOver(),
      }),
      objection: () => (farewell === undefined ? { ok: true, value: undefined } : refuse('agent-refused', 'it is stopping')),
    });
    sessions.goOn();
    frozen = false;
    upgrades = { ...upgrades, answered: upgrades.answered + 1, refused };
    note('upgrade.refused', { why: refused.detail ?? refused.code });
    await record();
  };

  return {
    identity,
    connected,
    stopped,
    upgrade() {
      if (installed === undefined) return Promise.resolve();
      upgrading ??= replace(installed).finally(() => {
        upgrading = undefined;
      });
      return upgrading;
    },
    stop() {
      farewell ??= leave();
      return farewell;
    },
  };
}

/** Who remembers a head is no witness for a gateway that cannot show any: no older version is spoken with it any more (W5). */
const spoken = (witness: Testimony | undefined): VersionRange =>
  witness === undefined ? agentProtocol : { ...agentProtocol, oldest: Math.min(witnessVersion, agentProtocol.newest) };

type Ear = {
  readonly orders: ReturnType<typeof openOrderBook>;
  readonly note: AgentNote;
  readonly tell: (message: FromAgent) => void;
  /** When it came. */
  readonly sinceWelcomeMs: number;
};

function hear(message: Exclude<ToAgent, { type: 'ping' | 'witness.head' }>, sessions: Sessions, ear: Ear): void {
  switch (message.type) {
    case 'order': {
      const judged = ear.orders.judge(message.payload, message.signature, ear.sinceWelcomeMs);
      if (judged.ok) return sessions.obey(judged.value, ear.tell);
      return ear.note('order.refused', { why: judged.problem.detail ?? judged.problem.code });
    }
    default:
      return sessions.hear(message, ear.tell);
  }
}
