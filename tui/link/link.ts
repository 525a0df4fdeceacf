// The line to the gateway as the rest of the face knows it: it comes back by itself, checks that it is still the same gateway, brings
// the sign-in along, and hands out channels. What travels is in connection.ts. Channels do not outlive a connection: who holds one
// hears of the cut (`onCut`), waits for `open` and attaches again with what it has.
import { createHash } from 'node:crypto';
import { backoffMs, resetEveryMs } from '../../gateway/protocol/backoff.ts';
import { type ErrorCode, type Problem, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { Frame } from '../../gateway/protocol/frames.ts';
import type { Self } from '../../gateway/protocol/nouns.ts';
import {
  type CredentialsFile,
  type Gives,
  operatorStatement,
  type Push,
  type RequestType,
  type Takes,
} from '../../gateway/protocol/operator.ts';
import { gatewayAddress } from './address.ts';
import { type ChannelListener, channelBook } from './channels.ts';
import { type Connection, connect, type Welcome } from './connection.ts';
import { readDeviceKey } from './device-key.ts';
import type { LineFigures } from './meter.ts';
import { type Pace, realPace } from './pace.ts';
import { openPrepared } from './prepared.ts';
import { openTicket } from './ticket.ts';
import { localAddresses, type Woken, watchWaking } from './waking.ts';

export type LinkState =
  /** A socket is being opened, greeted and signed in. `attempt` counts from 0 since the line was last good. */
  | { readonly state: 'connecting'; readonly attempt: number }
  /** Requests are answered. `self` is who one is; without it, `problem` says why not (absent: nobody has signed in here yet). */
  | {
      readonly state: 'open';
      readonly welcome: Welcome;
      readonly self: Self | undefined;
      readonly problem: Problem | undefined;
    }
  /** The line is down; the next attempt is at `retryAt` (wall clock, ms). */
  | { readonly state: 'waiting'; readonly attempt: number; readonly retryAt: number; readonly problem: Problem }
  /** Going on would be wrong or useless: another gateway, another protocol, closed here. */
  | { readonly state: 'refused'; readonly problem: Problem };

export type Channel = {
  /** False when the connection of this channel is over: the frame went nowhere. */
  readonly send: (frame: Frame) => boolean;
  /** Stops listening; tell the gateway with `session.detach`. */
  readonly close: () => void;
};

export type Link = {
  /** Address as written down and shown. */
  readonly url: string;
  readonly state: () => LinkState;
  /** Waits for nothing: while the line is down the answer is `unreachable` at once. Default time limit 30 s; `Infinity` = none. */
  readonly request: <T extends RequestType>(type: T, body: Takes<T>, timeoutMs?: number) => Promise<Result<Gives<T>>>;
  /**
   * A request for as soon as it can be answered: now, or with the next connection, right behind the proof of who one is and in the same packet, so that
   * coming back costs no round trip more. `body` is made when it is sent. Answered `not-signed-in` where the proof was not taken, `unreachable` when
   * that connection broke or the link is refused; never because of a wait. Undefined when `signal` called it off first.
   */
  readonly ahead: <T extends RequestType>(
    type: T,
    body: () => Takes<T>,
    signal?: AbortSignal,
    timeoutMs?: number,
  ) => Promise<Result<Gives<T>> | undefined>;
  /** Every push, those of channels included. The returned function ends it. */
  readonly onPush: (listener: (push: Push) => void) => () => void;
  readonly onState: (listener: (state: LinkState) => void) => () => void;
  /** Frames and pushes of a channel, from its first: what came before the call is handed over in order. */
  readonly openChannel: (channel: number, listener: ChannelListener) => Channel;
  /** Smoothed round trip in ms; undefined while the line is down. */
  readonly roundTripMs: () => number | undefined;
  /** Measures again now (a ping); the result shows in `roundTripMs`. */
  readonly measure: () => void;
  /** Round trip, bytes on the network and what comes in now: for a status line. Reads only. */
  readonly figures: () => LineFigures;
  readonly credentials: () => CredentialsFile | undefined;
  /** After a sign-in or a sign-out: who one is from now on, on this connection and the next. */
  readonly adopt: (credentials: CredentialsFile | undefined, self: Self | undefined) => void;
  /** Resolves at the next `open` (at once when it is); false when the link was refused or closed instead. */
  readonly whenOpen: () => Promise<boolean>;
  /** Ends a wait; also tries again after a refusal that somebody may have mended meanwhile. */
  readonly retryNow: () => void;
  readonly close: () => void;
};

export type LinkOptions = {
  readonly url: string;
  /** PEM of the authority to trust; by default the one in the credentials, otherwise the system's. */
  readonly ca?: string | undefined;
  /** Public key the gateway must have; by default the one in the credentials. */
  readonly gatewayKey?: string | undefined;
  readonly credentials?: CredentialsFile | undefined;
  /**
   * For HTTPS_PROXY, NO_PROXY, and SALLYPORT_TLS_GROUPS: what the keys of a first connection are agreed on with, as openssl writes it. `X25519` saves
   * 2.3 kB and a third of a second at 64 kbit/s against what node prefers, and is no proof against the computers to come. Default: process.env.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly pace?: Pace;
  /** The addresses of this machine. Default: those there are. */
  readonly addresses?: () => readonly string[];
};

/** A machine that slept so long is given up by its gateway (45 s, S6): its connection is dead, whatever the socket believes. */
const deadAfterMs = 50_000;
/** A sign of life on a line that may have changed: longer than a stall of 5 s, which costs nobody the line (FEATURES §4b). */
const provenMs = 6_000;

/** No retry mends these. */
const hopeless: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['version', 'gateway-key', 'untrusted']);

/** A link whose first connection stands (signed in when the credentials allow it), or why not. It reconnects by itself from then on. */
export async function openLink(options: LinkOptions): Promise<Result<Link>> {
  const started = startLink(options);
  return started.ok ? standing(started.value) : started;
}

/** The same, of a link that was started already. One that does not stand at its first attempt is closed. */
export async function standing(link: Link): Promise<Result<Link>> {
  const first = await settled(link);
  if (first.state === 'open') return { ok: true, value: link };
  link.close();
  return { ok: false, problem: first.problem };
}

/** A link that begins to connect now and keeps trying. Errors: `usage` for an address that is none. */
export function startLink(options: LinkOptions): Result<Link> {
  const address = gatewayAddress(options.url);
  if (!address.ok) return address;
  const pace = options.pace ?? realPace;
  const pushListeners = new Set<(push: Push) => void>();
  const stateListeners = new Set<(state: LinkState) => void>();
  const channels = channelBook();
  const ticket = openTicket();
  const prepared = openPrepared();
  const past = { in: 0, out: 0 };
  let credentials = options.credentials;
  let state: LinkState = { state: 'connecting', attempt: 0 };
  let connection: Connection | undefined;
  let closed = false;
  let attempt = 0;
  let calmRetry = () => {};
  let resetAt = Number.NEGATIVE_INFINITY;
  /** The next attempt is made at once: nobody else lost their line for that reason. */
  let alone = false;
  /** Gives up what is being brought up. */
  let abandon = () => {};

  const become = (next: LinkState) => {
    state = next;
    for (const listener of stateListeners) listener(next);
  };
  const heard = (push: Push) => {
    if (state.state === 'open' && push.type === 'self.changed') become({ ...state, self: push.self });
    if (state.state === 'open' && push.type === 'login.ended') become({ ...state, self: undefined, problem: push.problem });
    if ('channel' in push) channels.push(push);
    for (const listener of pushListeners) listener(push);
  };
  const lost = (problem: Problem) => {
    const bytes = connection?.bytes();
    past.in += bytes?.in ?? 0;
    past.out += bytes?.out ?? 0;
    connection = undefined;
    channels.cut();
    down(problem);
  };
  const down = (problem: Problem) => {
    if (closed) return;
    if (hopeless.has(problem.code)) {
      prepared.refuse(problem);
      return become({ state: 'refused', problem });
    }
    const wait = Math.max(alone ? 0 : backoffMs(attempt, pace.chance()), problem.retryAfterMs ?? 0);
    alone = false;
    attempt += 1;
    calmRetry = pace.after(wait, attemptNow);
    become({ state: 'waiting', attempt, retryAt: pace.now() + wait, problem });
  };
  const attemptNow = () => {
    calmRetry();
    calmRetry = () => {};
    if (closed) return;
    become({ state: 'connecting', attempt });
    void bringUp();
  };
  /** The machine woke, or moved: the line is there again at once, not after what was waited for. */
  const roused = ({ asleepMs, moved }: Woken) => {
    attempt = 0;
    if (state.state === 'waiting') return attemptNow();
    if (state.state === 'connecting') {
      alone = true;
      return abandon();
    }
    const at = connection?.standsOn();
    const hurry = () => {
      alone = true;
    };
    if (asleepMs < deadAfterMs && (moved === undefined || at === undefined || moved.has(at)))
      return connection?.prove(provenMs, hurry);
    hurry();
    return connection?.breakOff({ code: 'unreachable', detail: asleepMs > 0 ? 'this machine slept' : 'this machine has moved' });
  };
  const stopWatching = watchWaking(pace, options.addresses ?? localAddresses, roused);
  const bringUp = async () => {
    const ca = options.ca ?? credentials?.gateway.ca;
    const connected = await connect({
      address: address.value,
      ca,
      env: options.env ?? process.env,
      pace,
      ticket,
      dialling: (giveUp) => {
        abandon = giveUp;
      },
      onPush: heard,
      onFrame: (frame) => channels.frame(frame),
      onClose: (problem) => {
        if (connection !== undefined) lost(problem);
      },
    });
    if (!connected.ok) return down(connected.problem);
    const fresh = connected.value;
    abandon = () => fresh.breakOff({ code: 'unreachable', detail: 'begun anew' });
    if (closed) return fresh.close();
    const expected = options.gatewayKey ?? credentials?.gateway.key;
    if (expected !== undefined && expected !== fresh.welcome.gateway) {
      fresh.close();
      ticket.forget();
      return down({ code: 'gateway-key', detail: 'another gateway answers at this address' });
    }
    const proving = resume(fresh, credentials);
    const stands = prepared.send(fresh);
    const resumed = await proving;
    if (!resumed.ok && lineProblems.has(resumed.problem.code)) {
      fresh.close();
      stands(false);
      return down(resumed.problem);
    }
    stands(!closed);
    if (closed) return fresh.close();
    connection = fresh;
    const openAt = pace.now();
    if (openAt - resetAt >= resetEveryMs || openAt < resetAt) {
      attempt = 0;
      resetAt = openAt;
    }
    become({
      state: 'open',
      welcome: fresh.welcome,
      self: resumed.ok ? resumed.value : undefined,
      problem: resumed.ok ? undefined : resumed.problem,
    });
    // Asked while the proof was on its way.
    prepared.send(fresh)(true);
  };

  const link: Link = {
    url: address.value.url,
    state: () => state,
    request: async (type, body, timeoutMs) => {
      if (connection === undefined) return refuse('unreachable', describe(state));
      const answer = await connection.request(type, body, timeoutMs);
      if (answer.ok) channels.opened(answer.value);
      return answer;
    },
    ahead: async (type, body, signal, timeoutMs) => {
      if (state.state === 'refused') return { ok: false, problem: state.problem };
      if (connection === undefined) return prepared.add(type, body, signal, timeoutMs, channels.opened);
      return link.request(type, body(), timeoutMs);
    },
    onPush: (listener) => {
      pushListeners.add(listener);
      return () => pushListeners.delete(listener);
    },
    onState: (listener) => {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    openChannel: (channel, listener) => {
      const mine = connection;
      const leave = channels.open(channel, listener);
      return { send: (frame) => mine !== undefined && mine === connection && mine.send(frame), close: leave };
    },
    roundTripMs: () => connection?.roundTripMs(),
    measure: () => connection?.measure(),
    figures: () => {
      const bytes = connection?.bytes();
      return {
        roundTripMs: connection?.roundTripMs(),
        bytesIn: past.in + (bytes?.in ?? 0),
        bytesOut: past.out + (bytes?.out ?? 0),
        goodput: connection?.goodput() ?? 0,
      };
    },
    credentials: () => credentials,
    adopt: (next, self) => {
      credentials = next;
      if (state.state === 'open') become({ ...state, self, problem: undefined });
    },
    whenOpen: async () => (await nextOf(link, (s) => s.state === 'open' || s.state === 'refused')).state === 'open',
    retryNow: () => {
      if (state.state === 'waiting' || state.state === 'refused') attemptNow();
    },
    close: () => {
      if (closed) return;
      closed = true;
      calmRetry();
      stopWatching();
      connection?.close();
      connection = undefined;
      channels.cut();
      const problem: Problem = { code: 'unreachable', detail: 'the link was closed here' };
      prepared.refuse(problem);
      become({ state: 'refused', problem });
    },
  };
  void bringUp();
  return { ok: true, value: link };
}

/** Refusals of `login.resume` that say nothing about the sign-in. */
const lineProblems: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unreachable',
  'timeout',
  'starting',
  'busy',
  'bug',
  'bad-message',
]);

async function resume(connection: Connection, credentials: CredentialsFile | undefined): Promise<Result<Self | undefined>> {
  const token = credentials?.token;
  if (credentials === undefined || token === undefined) return { ok: true, value: undefined };
  const key = readDeviceKey(credentials.device.key);
  if (!key.ok) return key;
  const digest = createHash('sha256').update(token, 'utf8').digest('hex');
  const { gateway, nonce } = connection.welcome;
  const proof = key.value.sign(operatorStatement(gateway, nonce, digest));
  const answer = await connection.request('login.resume', { token, proof });
  return answer.ok ? { ok: true, value: answer.value.self } : answer;
}

/** The first state of a link that is not `connecting`. */
async function settled(link: Link): Promise<Exclude<LinkState, { state: 'connecting' }>> {
  const now = await nextOf(link, (s) => s.state !== 'connecting');
  return now.state === 'connecting' ? settled(link) : now;
}

function nextOf(link: Link, wanted: (state: LinkState) => boolean): Promise<LinkState> {
  const now = link.state();
  if (wanted(now)) return Promise.resolve(now);
  return new Promise((resolve) => {
    const stop = link.onState((next) => {
      if (!wanted(next)) return;
      stop();
      resolve(next);
    });
  });
}

function describe(state: LinkState): string {
  return state.state === 'waiting' || state.state === 'refused'
    ? (state.problem.detail ?? state.problem.code)
    : 'not connected yet';
}
