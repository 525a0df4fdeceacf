// One connected agent, proven (D11): orders go out signed, bound to this connection and numbered; frames find their session by channel. What an
// honest agent would not say ends the connection and nothing else (G7). Knows sessions only as channels.

import type { ProofAsked, ProofTold } from '../audit/witnessing.ts';
import type { Clock, Signer } from '../ports.ts';
import {
  type FromAgent,
  fromAgent,
  interruptVersion,
  type Order,
  orderLifetimeMs,
  orderStatement,
  type ToAgent,
  witnessVersion,
} from '../protocol/agent.ts';
import { type Problem, type Result, refuse } from '../protocol/errors.ts';
import { decodeFrame, encodeFrame, type Frame } from '../protocol/frames.ts';
import type { BootId, ServerId, SessionId } from '../protocol/ids.ts';
import { fitJson } from '../protocol/json.ts';
import type { HostFacts, HostMetrics } from '../protocol/nouns.ts';
import type { Line, LineEvents, Overtaken } from './line.ts';

/** The socket, as a leg needs it. */
export type AgentWire = {
  text(message: string): void;
  binary(bytes: Uint8Array): void;
  /** Whether the other side still answers; at most `withinMs`. */
  answers(withinMs: number): Promise<boolean>;
  /** Says why, then closes. */
  close(problem: Problem): void;
};

/** Sessions on one server at once, opening or live. */
export const sessionsPerAgent = 1024;

export type Opening = Pick<
  Extract<Order, { kind: 'open' }>,
  'session' | 'user' | 'level' | 'size' | 'term' | 'lang' | 'hangUpAfterMs' | 'policy'
>;

export type AgentLeg = {
  readonly server: ServerId;
  readonly boot: BootId;
  readonly facts: HostFacts;
  readonly metrics: HostMetrics | undefined;
  /** Orders a pty. Resolves with its process id, or: agent-refused (or what the agent said), offline, timeout, limit. */
  open(ask: Opening, events: LineEvents): { readonly line: Line; readonly opened: Promise<Result<number>> };
  /** Takes up a session that the agent has kept, on a channel named in the welcome. */
  resume(session: SessionId, channel: number, events: LineEvents): Line;
  /** A channel number never used on this connection. */
  freeChannel(): number;
  /** From now on the agent may be spoken to: the welcome is out. */
  begin(): void;
  text(source: string): void;
  binary(data: Uint8Array): void;
  /** The socket is closed. Once. */
  gone(): void;
  close(problem: Problem): void;
  readonly wire: AgentWire;
};

export type LegParts = {
  readonly server: ServerId;
  readonly boot: BootId;
  /** The gateway's nonce of this connection. */
  readonly nonce: string;
  /** The version that is spoken with it; 1 = the oldest. */
  readonly protocol?: number;
  readonly facts: HostFacts;
  readonly wire: AgentWire;
  readonly signer: Signer;
  readonly clock: Clock;
  /** Metrics came. */
  readonly changed: () => void;
  /** What it asks and says as a witness of the log. */
  readonly witness: WitnessedBy;
};

/** The log as a witness is answered about it. Rejects when the log cannot answer. */
export type WitnessedBy = {
  prove(asked: ProofAsked): Promise<ProofTold>;
  stored(size: number, root: string): void;
  conflict(size: number, root: string): void;
};

/** What an agent may say for itself; nothing it says sounds like a word of the gateway's, or asks a person for anything (G7). */
const itsOwn: ReadonlySet<Problem['code']> = new Set(['os-user', 'spawn', 'order-refused']);
const refusal = ({ code, detail }: Problem): Result<never> =>
  itsOwn.has(code) ? refuse(code, detail) : refuse('agent-refused', code === 'limit' ? (detail ?? code) : code);

type Held = {
  readonly session: SessionId;
  readonly events: LineEvents;
  opened: ((result: Result<number>) => void) | undefined;
  /** Who waits for `session.interrupted`, oldest first: an agent answers in order. */
  readonly interrupts: { readonly participant: number; readonly settle: (how: Overtaken | undefined) => void }[];
};

export function openAgentLeg(parts: LegParts): AgentLeg {
  const { server, boot, nonce, wire, signer, clock, protocol = 1 } = parts;
  const byChannel = new Map<number, Held>();
  const channelOf = new Map<SessionId, number>();
  /** Sessions over here whose programs may still be ending there: what they say is taken and thrown away, so that nothing waits for it. */
  const abandoned = new Map<number, SessionId>();
  let nextChannel = 1;
  let serial = 0;
  let welcomedAt = clock.mono();
  let metrics: HostMetrics | undefined;
  let dead = false;

  const say = (message: ToAgent): void => {
    if (!dead) wire.text(JSON.stringify(message));
  };
  const frame = (one: Frame): void => {
    if (!dead) wire.binary(encodeFrame(one));
  };
  const close = (problem: Problem): void => {
    if (dead) return;
    wire.close(problem);
    gone();
  };
  const breach = (code: 'bad-message' | 'bad-frame' | 'too-large', detail: string): void => close(refuse(code, detail).problem);
  const gone = (): void => {
    if (dead) return;
    dead = true;
    const held = [...byChannel.values()];
    byChannel.clear();
    channelOf.clear();
    for (const { opened, events, interrupts } of held) {
      for (const { settle } of interrupts.splice(0)) settle(undefined);
      opened?.(refuse('offline', 'the connection to the server was lost'));
      events.lost();
    }
  };
  const drop = (session: SessionId): void => {
    const channel = channelOf.get(session);
    if (channel === undefined) return;
    for (const { settle } of byChannel.get(channel)?.interrupts.splice(0) ?? []) settle(undefined);
    channelOf.delete(session);
    byChannel.delete(channel);
  };
  const abandon = (session: SessionId): void => {
    const channel = channelOf.get(session);
    const opened = heldBy(session)?.opened;
    drop(session);
    if (channel !== undefined) abandoned.set(channel, session);
    opened?.(refuse('session-ended'));
  };
  /** Somebody let go says something: its end is all that still matters. */
  const late = (message: Extract<FromAgent, { session: SessionId }>): boolean => {
    for (const [channel, session] of abandoned) {
      if (session !== message.session) continue;
      if (message.type === 'session.exited') {
        abandoned.delete(channel);
        say({ type: 'session.release', session });
      } else if (message.type === 'session.refused') abandoned.delete(channel);
      return true;
    }
    return false;
  };
  const lineOf = (session: SessionId, channel: number): Line => {
    const mine = (): boolean => !dead && channelOf.get(session) === channel;
    return {
      server,
      boot,
      keys: (participant, offset, bytes) => {
        if (mine()) frame({ kind: 'keys', channel, participant, offset, bytes });
      },
      interrupt: (participant, key) => {
        const held = mine() ? byChannel.get(channel) : undefined;
        if (held === undefined) return Promise.resolve(undefined);
        if (protocol < interruptVersion) return Promise.resolve({ taken: false, offset: 0, unread: 0 });
        say({ type: 'session.interrupt', session, participant, key });
        return new Promise((settle) => held.interrupts.push({ participant, settle }));
      },
      resize: (size) => {
        if (mine()) say({ type: 'session.resize', session, size });
      },
      kill: (reason) => {
        if (mine()) say({ type: 'session.kill', session, reason });
      },
      kept: (received, durable) => {
        if (mine()) frame({ kind: 'kept', channel, received, durable });
      },
      release: () => {
        if (!mine()) return;
        say({ type: 'session.release', session });
        drop(session);
      },
      abandon: () => {
        if (mine()) abandon(session);
      },
      breach: close,
    };
  };
  const hold = (session: SessionId, channel: number, events: LineEvents, opened: Held['opened']): Line => {
    byChannel.set(channel, { session, events, opened, interrupts: [] });
    channelOf.set(session, channel);
    return lineOf(session, channel);
  };
  const heldBy = (session: SessionId): Held | undefined => byChannel.get(channelOf.get(session) ?? -1);

  const take = (message: FromAgent): void => {
    switch (message.type) {
      case 'metrics':
        metrics = message.metrics;
        parts.changed();
        return;
      case 'pong':
        return;
      case 'leaving':
        // Graceful: the shells end with it; what each said last stands in its own messages. The close that follows does the rest.
        return;
      case 'witness.ask':
      case 'witness.stored':
      case 'witness.conflict':
        return protocol < witnessVersion ? breach('bad-message', `${message.type} in version ${protocol}`) : witnessed(message);
      case 'session.opened':
      case 'session.refused':
      case 'session.interrupted':
      case 'session.exited': {
        const held = heldBy(message.session);
        if (held === undefined) {
          if (!late(message)) breach('bad-message', `${message.type} of a session that is not on this connection`);
          return;
        }
        told(held, message);
        return;
      }
      default:
        message satisfies never;
    }
  };
  let proving = false;
  const witnessed = (message: Extract<FromAgent, { type: `witness.${string}` }>): void => {
    if (message.type === 'witness.stored') return parts.witness.stored(message.size, message.root);
    if (message.type === 'witness.conflict') return parts.witness.conflict(message.size, message.root);
    if (proving) return breach('bad-message', 'witness.ask before the last was answered');
    proving = true;
    parts.witness
      .prove({ size: message.size, epoch: message.epoch })
      .then(
        ({ head, rootKey, certificates, proof }) =>
          say({ type: 'witness.head', head, rootKey, certificates: [...certificates], proof: [...proof] }),
        () => close(refuse('audit-unavailable').problem),
      )
      .finally(() => {
        proving = false;
      });
    return undefined;
  };
  const told = (held: Held, message: Extract<FromAgent, { session: SessionId }>): void => {
    const { opened } = held;
    switch (message.type) {
      case 'session.opened':
        if (opened === undefined) return breach('bad-message', 'opened twice');
        held.opened = undefined;
        return opened({ ok: true, value: message.pid });
      case 'session.refused':
        if (opened === undefined) return breach('bad-message', 'refused after it was open');
        held.opened = undefined;
        drop(held.session);
        return opened(refusal(message.problem));
      case 'session.exited':
        if (opened !== undefined) return breach('bad-message', 'exited before it was open');
        return held.events.exited({ end: message.end, code: message.code, signal: message.signal, survivors: message.survivors });
      case 'session.interrupted': {
        const asked = held.interrupts.findIndex(({ participant }) => participant === message.participant);
        const [waiting] = asked < 0 ? [] : held.interrupts.splice(asked, 1);
        if (waiting === undefined) return breach('bad-message', 'an answer to a key that was never sent');
        return waiting.settle({ taken: message.taken, offset: message.offset, unread: message.unread });
      }
      default:
        return message satisfies never;
    }
  };

  return {
    server,
    boot,
    facts: parts.facts,
    wire,
    get metrics() {
      return metrics;
    },
    open(ask, events) {
      const channel = nextChannel;
      nextChannel += 1;
      if (dead) return { line: lineOf(ask.session, channel), opened: Promise.resolve(refuse('offline')) };
      if (byChannel.size >= sessionsPerAgent)
        return {
          line: lineOf(ask.session, channel),
          opened: Promise.resolve(refuse('limit', `${sessionsPerAgent} sessions on that server`)),
        };
      let cancel = (): void => {};
      const opened = new Promise<Result<number>>((resolve) => {
        const settle = (result: Result<number>): void => {
          cancel();
          resolve(result);
        };
        hold(ask.session, channel, events, settle);
        cancel = clock.after(orderLifetimeMs, () => {
          if (heldBy(ask.session)?.opened !== settle) return;
          // It may still come: then it is hung up, not adopted.
          say({ type: 'session.kill', session: ask.session, reason: 'agent-refused' });
          resolve(refuse('timeout', 'the server did not answer the order'));
          abandon(ask.session);
        });
      });
      serial += 1;
      const order: Order = { kind: 'open', server, nonce, serial, issuedMs: clock.mono() - welcomedAt, channel, ...ask };
      const payload = JSON.stringify(order);
      say({ type: 'order', payload, signature: signer.sign(orderStatement(payload)) });
      return { line: lineOf(ask.session, channel), opened };
    },
    resume: (session, channel, events) => hold(session, channel, events, undefined),
    freeChannel() {
      nextChannel += 1;
      return nextChannel - 1;
    },
    begin() {
      welcomedAt = clock.mono();
    },
    text(source) {
      if (dead) return;
      const message = fitJson(fromAgent, source);
      if (message.ok) take(message.value);
      else close(message.problem);
    },
    binary(data) {
      if (dead) return;
      const one = decodeFrame(data);
      if (!one.ok) return close(one.problem);
      if (one.value.kind !== 'output' && one.value.kind !== 'applied')
        return breach('bad-frame', `an agent sends no ${one.value.kind} frames`);
      const held = byChannel.get(one.value.channel);
      if (held === undefined) {
        // A channel that never was is foreign (G7); one just released may still have frames under way.
        if (one.value.channel >= nextChannel || one.value.channel === 0)
          return breach('bad-frame', 'a channel that was never opened');
        if (one.value.kind === 'output' && abandoned.has(one.value.channel)) {
          const upTo = one.value.seq + one.value.bytes.length;
          frame({ kind: 'kept', channel: one.value.channel, received: upTo, durable: upTo });
        }
        return undefined;
      }
      if (held.opened !== undefined && one.value.kind === 'output') return breach('bad-frame', 'output before it was open');
      return one.value.kind === 'output'
        ? held.events.output(one.value.seq, one.value.bytes)
        : held.events.applied(one.value.participant, one.value.offset);
    },
    gone,
    close,
  };
}
