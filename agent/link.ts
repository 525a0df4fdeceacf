// One connection to the gateway, from the dial to its end: TLS, the two proofs, then messages and frames. Decides nothing.
import { randomBytes } from 'node:crypto';
import { Agent as HttpsAgent } from 'node:https';
import { TLSSocket } from 'node:tls';
import type * as v from 'valibot';
import { WebSocket } from 'ws';
import {
  agentProof,
  agentWelcome,
  deflatedOutputVersion,
  type FromAgent,
  heartbeatMisses,
  heartbeatMs,
  type ToAgent,
  tlsBindingLabel,
  toAgent,
} from '../gateway/protocol/agent.ts';
import { type Deflater, openDeflater } from '../gateway/protocol/deflated.ts';
import { problemSentence, type Result, refuse } from '../gateway/protocol/errors.ts';
import { decodeFrame, encodeFrame, type Frame, maxFrameBytes } from '../gateway/protocol/frames.ts';
import { fit, fitJson, parseJson } from '../gateway/protocol/json.ts';
import { agentProtocol, type VersionRange } from '../gateway/protocol/version.ts';
import { answerGreeting, hello } from './handshake.ts';
import type { Identity } from './identity.ts';
import { reachProblem } from './reach.ts';
import { openUplink, patienceMs } from './uplink.ts';

export type Welcome = Extract<v.InferOutput<typeof agentWelcome>, { type: 'welcome' }>;
/** What this side says of itself in its proof. */
export type Standing = Pick<v.InferOutput<typeof agentProof>, 'boot' | 'facts' | 'sessions'>;

export type Link = {
  /** The version spoken. */
  readonly protocol: number;
  /** The gateway's nonce: orders of this connection carry it. */
  readonly nonce: string;
  readonly welcome: Welcome;
  send(message: FromAgent): void;
  frame(frame: Frame): void;
  /** Bytes handed over but not yet on the network; infinitely many while a thin line has enough under way. */
  waiting(): number;
  /** Called when `waiting` has fallen. */
  onRoom(call: () => void): void;
  /** Called for each message and frame, from now on: nothing is lost that came between the welcome and this call. */
  listen(listener: { readonly message: (message: ToAgent) => void; readonly frame: (frame: Frame) => void }): void;
  close(): void;
  /** Settles with the cause when the connection is gone. */
  readonly closed: Promise<string>;
};

type Refusal = ReturnType<typeof refuse>;

export type LinkPace = { readonly heartbeatMs: number; readonly handshakeMs: number };
export const LINK_PACE: LinkPace = { heartbeatMs, handshakeMs: 15_000 };

/** Dials, and proves both sides. Every failure is a value: unreachable, untrusted, gateway-key, version, or what the gateway refused with. */
export async function openLink(
  identity: Identity,
  standing: () => Standing,
  signal: AbortSignal,
  pace: LinkPace = LINK_PACE,
  speaks: VersionRange = agentProtocol,
): Promise<Result<Link>> {
  const greeted = await greet(identity, signal, pace, speaks);
  if (!greeted.ok) return greeted;
  const { socket, inbound, nonce, signature, protocol, greetingMs, closed, finish } = greeted.value;
  try {
    socket.send(JSON.stringify({ type: 'proof', signature, ...standing() } satisfies v.InferInput<typeof agentProof>));
    const reply = await inbound.next();
    if (!reply.ok) return ended(socket, reply);
    const welcome = fit(agentWelcome, reply.value);
    if (!welcome.ok) return ended(socket, welcome);
    if (welcome.value.type === 'refused')
      return ended(
        socket,
        refuse(welcome.value.problem.code, welcome.value.problem.detail ?? problemSentence(welcome.value.problem)),
      );
    return { ok: true, value: run(socket, inbound, { nonce, protocol, greetingMs, welcome: welcome.value, closed }, pace) };
  } finally {
    finish();
  }
}

type Greeted = {
  readonly socket: WebSocket;
  readonly inbound: Inbound;
  readonly nonce: string;
  readonly signature: string;
  /** The version spoken. */
  readonly protocol: number;
  /** How long the gateway took to answer hello, ms. */
  readonly greetingMs: number;
  readonly closed: Promise<string>;
  /** Calls off the time limit of the handshake. */
  finish(): void;
};

/** Dials, and has the gateway prove itself. The time limit runs on until `finish`. */
async function greet(identity: Identity, signal: AbortSignal, pace: LinkPace, speaks: VersionRange): Promise<Result<Greeted>> {
  const socket = dial(identity, pace);
  let binding = '';
  socket.on('upgrade', ({ socket: under }) => {
    if (under instanceof TLSSocket) binding = under.exportKeyingMaterial(32, tlsBindingLabel, Buffer.alloc(0)).toString('hex');
  });
  const abort = (): void => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  const inbound = openInbound(socket);
  const closed = inbound.closed.then((cause) => {
    signal.removeEventListener('abort', abort);
    return cause;
  });
  const tooLate = setTimeout(() => inbound.fail(refuse('timeout', 'the gateway did not finish the handshake')), pace.handshakeMs);
  const finish = (): void => clearTimeout(tooLate);
  const give = (problem: Refusal): Refusal => {
    finish();
    return ended(socket, problem);
  };
  const opened = await inbound.open;
  if (!opened.ok) return give(opened);
  const nonce = randomBytes(32).toString('base64url');
  const saidAt = performance.now();
  socket.send(JSON.stringify(hello(identity, nonce, speaks)));
  const greeting = await inbound.next();
  if (!greeting.ok) return give(greeting);
  const greetingMs = performance.now() - saidAt;
  const answer = answerGreeting(identity, nonce, binding, greeting.value, speaks);
  if (!answer.ok) return give(answer);
  return { ok: true, value: { socket, inbound, ...answer.value, greetingMs, closed, finish } };
}

/** Goes as far as the gateway's proof and no further: nothing of this agent's is proven or changed. */
export async function probeGateway(identity: Identity, pace: LinkPace = LINK_PACE): Promise<Result<undefined>> {
  const greeted = await greet(identity, new AbortController().signal, pace, agentProtocol);
  if (!greeted.ok) return greeted;
  greeted.value.finish();
  greeted.value.socket.terminate();
  return { ok: true, value: undefined };
}

function dial(identity: Identity, pace: LinkPace): WebSocket {
  const address = new URL('/agent', identity.gateway);
  const secure = address.protocol === 'https:';
  address.protocol = secure ? 'wss:' : 'ws:';
  return new WebSocket(address, {
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
    handshakeTimeout: pace.handshakeMs,
    followRedirects: false,
    // Plain sockets are for loopback, which no proxy stands before.
    ...(secure ? { agent: proxiedAgent(identity.ca) } : {}),
  });
}

/** TLS 1.2 or newer by the enrolled CA only; through HTTPS_PROXY where NO_PROXY does not except the gateway (S3). */
export function proxiedAgent(ca: string | undefined): HttpsAgent {
  return new HttpsAgent({ proxyEnv: process.env, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) });
}

function ended(socket: WebSocket, problem: Refusal): Refusal {
  socket.close(1008, problem.problem.code);
  setTimeout(() => socket.terminate(), 1_000).unref();
  return problem;
}

type Inbound = {
  readonly open: Promise<Result<undefined>>;
  readonly closed: Promise<string>;
  /** The next message during the handshake, as JSON. */
  next(): Promise<Result<unknown>>;
  fail(problem: Refusal): void;
  /** Ends the handshake: everything queued and everything after goes to the taker. */
  divert(taker: (data: Buffer, binary: boolean) => void): void;
};

/** Queues what comes in during the handshake, so that nothing is lost however fast the gateway talks on. */
function openInbound(socket: WebSocket): Inbound {
  const queue: { data: Buffer; binary: boolean }[] = [];
  let failed: Refusal | undefined;
  let waiter: (() => void) | undefined;
  let taker: ((data: Buffer, binary: boolean) => void) | undefined;
  let settleOpen: (outcome: Result<undefined>) => void = () => {};
  const open = new Promise<Result<undefined>>((resolve) => {
    settleOpen = resolve;
  });
  const fail = (problem: Refusal): void => {
    failed ??= problem;
    settleOpen(problem);
    waiter?.();
    socket.terminate();
  };
  socket.on('open', () => settleOpen({ ok: true, value: undefined }));
  socket.on('message', (data, binary) => {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    if (taker !== undefined) return taker(bytes, binary);
    if (queue.length >= 64) return fail(refuse('bad-message', 'too much before the welcome'));
    queue.push({ data: bytes, binary });
    waiter?.();
  });
  let cause = 'the connection was closed';
  socket.on('error', (error) => {
    const problem = reachProblem(error);
    cause = problem.problem.detail ?? problem.problem.code;
    fail(problem);
  });
  const closed = new Promise<string>((resolve) => {
    socket.on('close', (code, reason) => {
      const said = reason.toString();
      fail(refuse('unreachable', said === '' ? `the connection closed with ${code}` : said));
      resolve(said === '' ? cause : said);
    });
  });
  return {
    open,
    closed,
    fail,
    async next() {
      if (queue.length === 0 && failed === undefined) {
        await new Promise<void>((resolve) => {
          waiter = resolve;
        });
      }
      const first = queue.shift();
      if (first === undefined) return failed ?? refuse('unreachable', 'the connection was closed');
      return first.binary ? refuse('bad-message', 'a binary frame before the welcome') : parseJson(first.data.toString());
    },
    divert(call) {
      taker = call;
      for (const { data, binary } of queue.splice(0)) call(data, binary);
    },
  };
}

function run(
  socket: WebSocket,
  inbound: Inbound,
  opened: { nonce: string; protocol: number; greetingMs: number; welcome: Welcome; closed: Promise<string> },
  pace: LinkPace,
): Link {
  let room = (): void => {};
  let misses = 0;
  const uplink = openUplink(opened.greetingMs, performance.now());
  let askedAt: number | undefined;
  const beat = setInterval(() => {
    misses += 1;
    if (misses > heartbeatMisses) inbound.fail(refuse('unreachable', `the gateway was silent for ${heartbeatMisses} heartbeats`));
    else if (socket.readyState === WebSocket.OPEN) {
      askedAt = performance.now();
      socket.ping();
    }
  }, pace.heartbeatMs);
  socket.on('pong', () => {
    misses = 0;
    if (askedAt !== undefined) uplink.answered(performance.now() - askedAt);
    askedAt = undefined;
  });
  socket.on('ping', () => {
    misses = 0;
  });
  const sent = (): void => room();
  let deflater: Deflater | undefined;
  /** Output of a thin line is deflated, for a gateway that takes it so (A10). What is, must be sent. */
  const small = (frame: Frame, bytes: Uint8Array): Uint8Array => {
    if (frame.kind !== 'output' || opened.protocol < deflatedOutputVersion || !uplink.thin) return bytes;
    deflater ??= openDeflater();
    return deflater.deflate(bytes) ?? bytes;
  };
  let asked: NodeJS.Timeout | undefined;
  const full = (): boolean => {
    if (opened.protocol < deflatedOutputVersion || !uplink.full(performance.now())) return false;
    // It is no more once nothing was acknowledged for that long, and nobody would say so.
    asked ??= setTimeout(() => {
      asked = undefined;
      room();
    }, patienceMs);
    return true;
  };
  void opened.closed.then(() => {
    clearInterval(beat);
    clearTimeout(asked);
  });
  return {
    protocol: opened.protocol,
    nonce: opened.nonce,
    welcome: opened.welcome,
    closed: opened.closed,
    waiting: () => (full() ? Number.POSITIVE_INFINITY : socket.bufferedAmount),
    onRoom(call) {
      room = call;
    },
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message), sent);
    },
    frame(frame) {
      if (socket.readyState !== WebSocket.OPEN) return;
      const bytes = small(frame, encodeFrame(frame));
      if (frame.kind === 'output') uplink.sent(frame.channel, frame.seq + frame.bytes.length, bytes.length, performance.now());
      socket.send(bytes, sent);
    },
    listen(listener) {
      inbound.divert((data, binary) => {
        misses = 0;
        if (binary) {
          const frame = decodeFrame(data);
          if (!frame.ok) return void ended(socket, frame);
          if (frame.value.kind === 'kept') uplink.arrived(frame.value.channel, frame.value.received, performance.now());
          return listener.frame(frame.value);
        }
        const message = fitJson(toAgent, data.toString());
        return message.ok ? listener.message(message.value) : void ended(socket, message);
      });
    },
    close() {
      socket.close(1000);
      setTimeout(() => socket.terminate(), 1_000).unref();
    },
  };
}
