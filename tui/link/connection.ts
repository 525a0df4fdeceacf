// One socket to the gateway, from its greeting to its end. Answers are matched to requests, and what comes is checked against the
// contract before anybody sees it. Knows nothing of retries (link.ts) and of who one is, save that `login.resume` is a request.
import { Agent as PlainAgent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { TLSSocket } from 'node:tls';
import { type RawData, WebSocket } from 'ws';
import { isDeflated, openInflater } from '../../gateway/protocol/deflated.ts';
import { helloHeader, helloLine, helloRead } from '../../gateway/protocol/early-hello.ts';
import { type Problem, problem as problemSchema, type Result, refuse } from '../../gateway/protocol/errors.ts';
import { decodeFrame, encodeFrame, type Frame } from '../../gateway/protocol/frames.ts';
import { fit } from '../../gateway/protocol/json.ts';
import { openOnePacket } from '../../gateway/protocol/one-packet.ts';
import {
  type Gives,
  type OperatorGreeting,
  operatorGreeting,
  type Push,
  push as pushSchema,
  type RequestType,
  requests,
  type Takes,
} from '../../gateway/protocol/operator.ts';
import { tlsSignatures, tlsSuites } from '../../gateway/protocol/tls.ts';
import { operatorProtocol, programVersion } from '../../gateway/protocol/version.ts';
import type { GatewayAddress } from './address.ts';
import { openRate, type SocketBytes, socketBytes } from './meter.ts';
import type { Pace } from './pace.ts';
import { resumedGroups, type Ticket } from './ticket.ts';

export type Welcome = Extract<OperatorGreeting, { type: 'welcome' }>;

/** Connecting, TLS and greeting together (TRUST B2). */
const greetingTimeoutMs = 15_000;
const requestTimeoutMs = 30_000;
/** The gateway asks an idle line every 30 s whether it lives; when it does not, we ask, and give up after 45 s in all (LOWBAND §5.13). */
const silenceMs = 35_000;
const pongTimeoutMs = 10_000;
/** The round trip is measured anew with what is sent anyway, at most so often. */
const measureEveryMs = 30_000;
/** The largest message taken: the whole list of ten thousand servers. */
const mostPayloadBytes = 32 * 1024 * 1024;

export type ConnectOptions = {
  readonly address: GatewayAddress;
  /** PEM; replaces the trust store of the system. */
  readonly ca: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pace: Pace;
  /** Of the connections before this one, to the same address. */
  readonly ticket: Ticket;
  /** Told how to give up this attempt. */
  readonly dialling?: (giveUp: () => void) => void;
  readonly onPush: (push: Push) => void;
  readonly onFrame: (frame: Frame) => void;
  /** Called once, only for a connection that was opened. */
  readonly onClose: (problem: Problem) => void;
};

export type Connection = {
  readonly welcome: Welcome;
  /** Resolves once: answer, refusal, `timeout`, or `unreachable` when the connection ended first. */
  readonly request: <T extends RequestType>(type: T, body: Takes<T>, timeoutMs?: number) => Promise<Result<Gives<T>>>;
  /** False when the connection is over: the frame went nowhere. */
  readonly send: (frame: Frame) => boolean;
  /** Smoothed, ms. */
  readonly roundTripMs: () => number;
  /** Asks for a fresh measurement now. */
  readonly measure: () => void;
  /** Bytes on the network, TLS included; after the end what they were last. */
  readonly bytes: () => SocketBytes;
  /** Bytes that came in per second lately. */
  readonly goodput: () => number;
  /** The address of this machine that the connection stands on; undefined once it is over. */
  readonly standsOn: () => string | undefined;
  /** Asks the other end for a sign of life; without one in that time, `before` is called and the connection broken off. */
  readonly prove: (withinMs: number, before: () => void) => void;
  readonly breakOff: (problem: Problem) => void;
  readonly close: () => void;
};

type Waiting = { readonly type: RequestType; readonly settle: (answer: Result<unknown>) => void; readonly calm: () => void };

const hello = { protocol: operatorProtocol, program: 'sallyport', version: programVersion } as const;

/** Connects and greets. Errors: `unreachable`, `untrusted`, `timeout`, `bad-message`, and whatever the gateway refuses with (`version`, `starting`, `busy`). */
export async function connect(options: ConnectOptions): Promise<Result<Connection>> {
  for (;;) {
    const tried = await attempt(options);
    // Nothing was said yet but hello, and the ticket is forgotten: begun anew, the keys are agreed on as at first.
    if (tried !== 'not-resumed') return tried;
  }
}

function attempt(options: ConnectOptions): Promise<Result<Connection> | 'not-resumed'> {
  const { address, ca, pace, ticket } = options;
  const proxyEnv = { ...options.env };
  const session = address.secure ? ticket.session(ca) : undefined;
  const groups = session === undefined ? options.env['SALLYPORT_TLS_GROUPS'] : resumedGroups;
  const agent = address.secure
    ? new TlsAgent({
        proxyEnv,
        minVersion: 'TLSv1.2',
        ciphers: tlsSuites,
        sigalgs: tlsSignatures,
        ...(ca === undefined ? {} : { ca }),
        ...(session === undefined ? {} : { session }),
        ...(groups === undefined ? {} : { ecdhCurve: groups }),
      })
    : new PlainAgent({ proxyEnv });
  const socket = new WebSocket(address.socket, {
    agent,
    perMessageDeflate: false,
    maxPayload: mostPayloadBytes,
    handshakeTimeout: greetingTimeoutMs,
    followRedirects: false,
    headers: { [helloHeader]: helloLine(hello) },
  });
  socket.binaryType = 'nodebuffer';
  return new Promise((resolve) => {
    const startedAt = performance.now();
    let why: Problem = { code: 'unreachable', detail: 'the connection was closed' };
    const leave = (outcome: Result<Connection> | 'not-resumed') => {
      calmGreeting();
      socket.removeAllListeners('message');
      socket.terminate();
      agent.destroy();
      resolve(outcome);
    };
    const fail = (problem: Problem) => leave({ ok: false, problem });
    const calmGreeting = pace.after(greetingTimeoutMs, () => fail({ code: 'timeout', detail: 'the gateway said nothing' }));
    options.dialling?.(() => fail({ code: 'unreachable', detail: 'begun anew' }));
    let greetedAt = startedAt;
    let beneath: Socket | undefined;
    let read = false;
    socket.once('upgrade', (response) => {
      beneath = response.socket;
      read = response.headers[helloHeader] === helloRead;
      if (session === undefined || !(beneath instanceof TLSSocket) || beneath.isSessionReused()) return;
      ticket.forget();
      leave('not-resumed');
    });
    socket.on('error', (cause) => {
      why = connectProblem(cause);
      if (ofTls(cause)) ticket.forget();
    });
    socket.once('unexpected-response', (_request, response) => {
      why = { code: 'unreachable', detail: `the address answers with HTTP ${response.statusCode ?? 0}, it is no gateway` };
      response.resume();
      socket.terminate();
    });
    socket.once('close', () => fail(why));
    socket.once('open', () => {
      if (read) return;
      greetedAt = performance.now();
      socket.send(JSON.stringify({ type: 'hello', ...hello }));
    });
    socket.once('message', (data: RawData, binary: boolean) => {
      const greeting = binary ? refuse('bad-message', 'a binary greeting') : readGreeting(data.toString());
      if (!greeting.ok) fail(greeting.problem);
      else if (greeting.value.type === 'refused') fail(greeting.value.problem);
      else {
        calmGreeting();
        socket.removeAllListeners('close');
        if (beneath !== undefined) ticket.keep(beneath, ca);
        // Where the welcome came with the upgrade, what went before it was several round trips: more than one line takes.
        const roundTrip = (performance.now() - greetedAt) / (read ? (address.secure ? 3 : 2) : 1);
        resolve({ ok: true, value: converse({ socket, agent, beneath }, greeting.value, roundTrip, options) });
      }
    });
  });
}

type Opened = { readonly socket: WebSocket; readonly agent: TlsAgent | PlainAgent; readonly beneath: Socket | undefined };

function converse(
  { socket, agent, beneath }: Opened,
  welcome: Welcome,
  firstRoundTrip: number,
  { pace, onPush, onFrame, onClose }: ConnectOptions,
): Connection {
  const waiting = new Map<number, Waiting>();
  const inflater = openInflater();
  let lastNumber = 0;
  let received = 0;
  let roundTrip = firstRoundTrip;
  let over = false;
  let pingSentAt: number | undefined;
  let heardAt = pace.now();
  let measuredAt = heardAt;
  const onePacket = beneath === undefined ? () => {} : openOnePacket(beneath, () => false);
  let why: Problem = { code: 'unreachable', detail: 'the connection was closed' };
  let calmBeat = () => {};
  const rate = openRate();
  let lastBytes: SocketBytes = { in: 0, out: 0 };
  const bytes = (): SocketBytes => {
    if (beneath !== undefined && !beneath.destroyed) lastBytes = socketBytes(beneath);
    return lastBytes;
  };
  const meter = (): void => rate.note(bytes().in, performance.now());

  const end = () => {
    if (over) return;
    over = true;
    calmBeat();
    calmProof();
    agent.destroy();
    for (const one of waiting.values()) {
      one.calm();
      one.settle({ ok: false, problem: why });
    }
    waiting.clear();
    onClose(why);
  };
  const breakOff = (problem: Problem) => {
    why = problem;
    socket.terminate();
  };
  const ping = () => {
    if (over || pingSentAt !== undefined) return;
    pingSentAt = performance.now();
    measuredAt = pace.now();
    onePacket();
    socket.ping();
  };
  let calmProof = (): void => {};
  const prove = (withinMs: number, before: () => void): void => {
    if (over) return;
    calmProof();
    const heard = received;
    // Whatever was asked before may have been lost on the way.
    onePacket();
    socket.ping();
    calmProof = pace.after(withinMs, () => {
      if (over || received !== heard) return;
      before();
      breakOff({ code: 'unreachable', detail: 'the gateway fell silent' });
    });
  };
  const hear = (bytes: number): void => {
    received += bytes;
    heardAt = pace.now();
  };
  const beat = () => {
    const quietMs = Math.max(0, pace.now() - heardAt);
    if (quietMs < silenceMs) {
      calmBeat = pace.after(silenceMs - quietMs, beat);
      return;
    }
    const before = received;
    ping();
    calmBeat = pace.after(pongTimeoutMs, () => {
      // Any byte proves the line: a pong may stand in a queue behind a picture.
      if (received === before) breakOff({ code: 'unreachable', detail: 'the gateway fell silent' });
      else beat();
    });
  };
  const answered = (message: object): Result<void> => {
    if (!('re' in message) || typeof message.re !== 'number') return refuse('bad-message', 'an answer without a number');
    const one = waiting.get(message.re);
    // Nobody waits any more: the request timed out here.
    if (one === undefined) return { ok: true, value: undefined };
    waiting.delete(message.re);
    one.calm();
    if ('problem' in message) {
      const problem = fit(problemSchema, message.problem);
      one.settle(problem.ok ? { ok: false, problem: problem.value } : problem);
    } else one.settle(fit(requests[one.type].gives, 'ok' in message ? message.ok : undefined));
    return { ok: true, value: undefined };
  };
  const pushed = (message: object): Result<void> => {
    const push = fit(pushSchema, message);
    if (!push.ok) return push;
    onPush(push.value);
    return { ok: true, value: undefined };
  };

  socket.on('message', (data: RawData, binary: boolean) => {
    const bytes = asBuffer(data);
    hear(bytes.length);
    const plain =
      binary && isDeflated(bytes)
        ? inflater.inflate(bytes)
        : ({ ok: true, value: binary ? bytes : bytes.toString('utf8') } as const);
    if (!plain.ok) return breakOff(plain.problem);
    if (typeof plain.value !== 'string') {
      const frame = decodeFrame(plain.value);
      if (frame.ok) onFrame(frame.value);
      else breakOff(frame.problem);
      return;
    }
    const message = readObject(plain.value);
    if (!message.ok) return breakOff(message.problem);
    const taken = 're' in message.value ? answered(message.value) : pushed(message.value);
    // A push we cannot read would leave a hole nobody notices; a new connection starts from the whole.
    if (!taken.ok) breakOff(taken.problem);
  });
  socket.on('ping', () => hear(2));
  socket.on('pong', () => {
    hear(2);
    if (pingSentAt === undefined) return;
    roundTrip += (performance.now() - pingSentAt - roundTrip) / 4;
    pingSentAt = undefined;
  });
  socket.on('message', meter);
  socket.on('pong', meter);
  socket.on('close', end);
  beat();
  meter();

  return {
    welcome,
    request: (type, body, timeoutMs = requestTimeoutMs) =>
      new Promise((resolve) => {
        if (over || socket.readyState !== WebSocket.OPEN) {
          resolve(refuse('unreachable', why.detail));
          return;
        }
        lastNumber += 1;
        const id = lastNumber;
        const calm = Number.isFinite(timeoutMs)
          ? pace.after(timeoutMs, () => {
              waiting.delete(id);
              resolve(refuse('timeout', `${type} was not answered`));
            })
          : () => {};
        // The table pairs `gives` with the type; `settle` gets what fitted exactly that schema.
        const settle = resolve as (answer: Result<unknown>) => void;
        waiting.set(id, { type, settle, calm });
        const text = JSON.stringify({ id, type, body });
        onePacket();
        socket.send(text);
      }),
    send: (frame) => {
      if (over || socket.readyState !== WebSocket.OPEN) return false;
      const bytes = encodeFrame(frame);
      onePacket();
      socket.send(bytes);
      // A key asks at once: behind a paste a queue would be measured.
      if (bytes.length < 64 && pace.now() - measuredAt >= measureEveryMs) ping();
      return true;
    },
    roundTripMs: () => roundTrip,
    measure: ping,
    standsOn: () => beneath?.localAddress,
    prove,
    breakOff,
    bytes,
    goodput: () => rate.perSecond(bytes().in, performance.now()),
    close: () => {
      why = { code: 'unreachable', detail: 'the connection was closed here' };
      socket.close();
      // A gateway that does not answer the close must not keep the program alive.
      const calm = pace.after(1_000, () => socket.terminate());
      socket.once('close', calm);
    },
  };
}

function asBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** Not the strict reader of the gateway: only one program reads these messages, and a list may be far larger than a request. */
function readObject(source: string): Result<object> {
  try {
    const value: unknown = JSON.parse(source);
    return typeof value === 'object' && value !== null ? { ok: true, value } : refuse('bad-message', 'not an object');
  } catch {
    return refuse('bad-message', 'not JSON');
  }
}

function readGreeting(source: string): Result<OperatorGreeting> {
  const message = readObject(source);
  return message.ok ? fit(operatorGreeting, message.value) : message;
}

const certificateCodes =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|CRL_)/;

const codeOf = (cause: Error): string => ('code' in cause && typeof cause.code === 'string' ? cause.code : '');

/** Not the line's fault: what the two ends made of each other's TLS. */
const ofTls = (cause: Error): boolean => /SSL|TLS|EPROTO/.test(codeOf(cause)) || certificateCodes.test(codeOf(cause));

function connectProblem(cause: Error): Problem {
  const code = codeOf(cause);
  if (certificateCodes.test(code)) return { code: 'untrusted', detail: code.toLowerCase().replaceAll('_', ' ') };
  if (/handshake has timed out/.test(cause.message)) return { code: 'timeout', detail: 'the gateway said nothing' };
  return { code: 'unreachable', detail: (code === '' ? cause.message : code).slice(0, 200) };
}
