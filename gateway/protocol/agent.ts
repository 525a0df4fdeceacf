// What an agent and the gateway say to each other: JSON text for control over one WebSocket (`/agent`), frames.ts for pty bytes.
// The agent dials out, proves its key, and does nothing but what the gateway it was enrolled with has signed (law 8, D11). Rules: SPEC.md.
import * as v from 'valibot';
import { problem } from './errors.ts';
import { bootId, serverId, sessionId } from './ids.ts';
import { count, endingReason, hostFacts, hostMetrics, instant, level, osUser, serverName, terminalSize, text } from './nouns.ts';
import { digest, epochCertificate, head, publicKey, treeProof } from './trail-nouns.ts';
import { versionRange } from './version.ts';

const base64url = (max: number) => v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+$/), v.maxLength(max));
const channelNumber = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31));

/** Un-acknowledged output bytes an agent may have under way, per session (TRUST B3). */
export const agentWindowBytes = 256 * 1024;
/** Output an agent keeps per session until the gateway has it on disk; when full, the pty is paused, never dropped (D6). */
export const agentBufferBytes = 4 * 1024 * 1024;
/** Input waiting for a child that does not read, per session; over it the gateway's input is refused until there is room. */
export const agentPendingInputBytes = 2 * 1024 * 1024;
export const heartbeatMs = 15_000;
/** Missed heartbeats after which the other side is taken for gone (S6: 45 s). */
export const heartbeatMisses = 3;
export const orderLifetimeMs = 30_000;
/** The first version of the agents' protocol in which output may be sent deflated (A10). */
export const deflatedOutputVersion = 2;
/** The first version of the agents' protocol in which a key can overtake a paste. */
export const interruptVersion = 2;
/** The first version of the agents' protocol in which agents are witnesses of the log (A12). */
export const witnessVersion = 3;

/** POST /enroll: the body, over TLS. The key was made on the server and never leaves it (G3). */
export const enrolRequest = v.strictObject({ token: text(256), key: base64url(64), protocol: versionRange, facts: hostFacts });
export const enrolAnswer = v.union([
  v.strictObject({
    server: serverId,
    name: serverName,
    /** Pinned from now on. */ gateway: base64url(64),
    ca: v.optional(text(65_536)),
  }),
  v.strictObject({ problem }),
]);
/** `spe_` + 43 characters of secret + `_` + first 32 hex digits of the SHA-256 of the gateway's CA certificate (DER), or `none` on plain loopback. */
export const enrolTokenPattern = /^spe_[A-Za-z0-9_-]{43}_([0-9a-f]{32}|none)$/;

/** agent → gateway, before the gateway has proven itself. */
export const agentHello = v.strictObject({
  type: v.literal('hello'),
  protocol: versionRange,
  version: text(32),
  server: serverId,
  nonce: base64url(64),
});

/** gateway → agent. `signature` = gateway key over {@link gatewayStatement}. */
export const agentGreeting = v.variant('type', [
  v.strictObject({
    type: v.literal('challenge'),
    protocol: count,
    version: text(32),
    gateway: base64url(64),
    nonce: base64url(64),
    signature: base64url(128),
  }),
  v.strictObject({ type: v.literal('refused'), problem }),
]);

/** agent → gateway. `signature` = agent key over {@link agentStatement}; `boot` names this agent process: another boot = its old shells are dead (G5). */
export const agentProof = v.strictObject({
  type: v.literal('proof'),
  signature: base64url(128),
  boot: bootId,
  facts: hostFacts,
  /** Sessions this process still holds: output produced so far, and whether the child has ended. */
  sessions: v.pipe(
    v.array(v.strictObject({ session: sessionId, produced: count, freed: count, ended: v.boolean() })),
    v.maxLength(4096),
  ),
});

/** gateway → agent, after the proof. `resume`: channel for each session that goes on, and how much of its output is durable here. */
export const agentWelcome = v.variant('type', [
  v.strictObject({
    type: v.literal('welcome'),
    at: instant,
    resume: v.array(v.strictObject({ session: sessionId, channel: channelNumber, durable: count })),
    /** Sessions to hang up: ended here meanwhile. */
    end: v.array(v.strictObject({ session: sessionId, reason: endingReason })),
    /** Sessions this gateway has no record of (a restored backup): kept frozen, hung up at their limit, never adopted. */
    unknown: v.array(sessionId),
  }),
  v.strictObject({ type: v.literal('refused'), problem }),
]);

/** The payload of an order, as JSON text; the agent checks signature, server, nonce, then age, before anything else. */
export const order = v.variant('kind', [
  v.strictObject({
    kind: v.literal('open'),
    server: serverId,
    /** The gateway's nonce of this connection. */
    nonce: base64url(64),
    /** Counts up within a connection; an order is taken once. */
    serial: count,
    /** Milliseconds since the welcome of this connection, on a monotonic clock. Expires after {@link orderLifetimeMs}. */
    issuedMs: count,
    session: sessionId,
    channel: channelNumber,
    /** Absent = the agent's own user. */
    user: v.optional(osUser),
    level,
    size: terminalSize,
    term: text(64),
    lang: text(64),
    /** How long the session may live while the gateway is away (TRUST §0 G11). */
    hangUpAfterMs: count,
    /** SHA-256 hex of the policies that decided. */
    policy: text(64),
  }),
]);
export type Order = v.InferOutput<typeof order>;

export const toAgent = v.variant('type', [
  /** `payload` = JSON text of {@link order}; `signature` = gateway key over {@link orderStatement}. */
  v.strictObject({ type: v.literal('order'), payload: text(16_384), signature: base64url(128) }),
  v.strictObject({ type: v.literal('session.resize'), session: sessionId, size: terminalSize }),
  v.strictObject({ type: v.literal('session.kill'), session: sessionId, reason: endingReason }),
  /** A key that is to go before what that participant has under way, if the terminal turns it into a signal now. From version {@link interruptVersion} on. */
  v.strictObject({
    type: v.literal('session.interrupt'),
    session: sessionId,
    participant: count,
    key: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0x1f)),
  }),
  /** The exit and all output are durable: forget the session. */
  v.strictObject({ type: v.literal('session.release'), session: sessionId }),
  v.strictObject({ type: v.literal('ping'), at: instant }),
  /** The answer to `witness.ask`. From version {@link witnessVersion} on. */
  v.strictObject({
    type: v.literal('witness.head'),
    head,
    rootKey: publicKey,
    certificates: v.array(epochCertificate),
    proof: treeProof,
  }),
]);
export type ToAgent = v.InferOutput<typeof toAgent>;

export const fromAgent = v.variant('type', [
  v.strictObject({ type: v.literal('session.opened'), session: sessionId, pid: count }),
  v.strictObject({ type: v.literal('session.refused'), session: sessionId, problem }),
  /** After the last output byte was sent; `end` = its position. Repeated after a reconnect until released. */
  v.strictObject({
    type: v.literal('session.exited'),
    session: sessionId,
    end: count,
    code: v.optional(v.pipe(v.number(), v.integer())),
    signal: v.optional(text(16)),
    /** Processes that outlived the kill (R9). */
    survivors: count,
  }),
  /**
   * The answer to `session.interrupt`. `taken`: the key went first; input of that participant stands at `offset`, everything sent beyond is forgotten
   * and its numbers come again; `unread` = bytes before `offset` that the program was given and did not read, gone with the signal. Otherwise the key
   * is none that interrupts, and nothing was done.
   */
  v.strictObject({
    type: v.literal('session.interrupted'),
    session: sessionId,
    participant: count,
    taken: v.boolean(),
    offset: count,
    unread: count,
  }),
  v.strictObject({ type: v.literal('metrics'), metrics: hostMetrics }),
  v.strictObject({ type: v.literal('pong'), at: instant }),
  /** For the newest head, and that the log of `size` records (0 = none is held) is its beginning; certificates of the epochs after `epoch`. */
  v.strictObject({ type: v.literal('witness.ask'), size: count, epoch: count }),
  /** It holds this head now, durably. */
  v.strictObject({ type: v.literal('witness.stored'), size: count, root: digest }),
  /** It holds this head, and what it was given does not go on from it: the connection ends. */
  v.strictObject({ type: v.literal('witness.conflict'), size: count, root: digest }),
  /** Graceful stop: the process ends now, its shells with it. */
  v.strictObject({ type: v.literal('leaving'), why: text(200) }),
]);
export type FromAgent = v.InferOutput<typeof fromAgent>;

/** TLS exporter label (RFC 5705); the exported 32 bytes, hex, bind a handshake to its TLS connection; '' on plain loopback. */
export const tlsBindingLabel = 'EXPORTER-sallyport-agent';

type Handshake = {
  readonly gateway: string;
  readonly server: string;
  readonly agentNonce: string;
  readonly gatewayNonce: string;
  readonly protocol: number;
  readonly binding: string;
};
const handshake = (role: string, h: Handshake): string =>
  [`sallyport-${role}-v1`, h.gateway, h.server, h.agentNonce, h.gatewayNonce, String(h.protocol), h.binding].join('\0');

/** What the gateway signs to prove itself to an agent. Roles differ in their first word, so neither can be reflected as the other (G3). */
export const gatewayStatement = (h: Handshake): string => handshake('gateway', h);
/** What the agent signs. */
export const agentStatement = (h: Handshake): string => handshake('agent', h);
/** What the gateway signs for an order; the payload names agent, session, nonce and age itself (D11). */
export const orderStatement = (payload: string): string => `sallyport-order-v1\0${payload}`;
