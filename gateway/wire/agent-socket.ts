// One agent's WebSocket: both proofs (D11, G3), then messages and frames to its leg. Decides nothing: whether a key is enrolled is in the
// state, what becomes of sessions is relay/agents.ts.
//
// Order of the handshake: the gateway proves itself first; a stranger learns its public key and version, nothing of servers. What does not fit
// the protocol closes the connection and nothing else (G7).
import type { RawData, WebSocket } from 'ws';
import { AuditUnavailable } from '../audit/commit.ts';
import { proofOf } from '../audit/proving.ts';
import type { Parts } from '../handlers/call.ts';
import { strangersOf } from '../handlers/strangers.ts';
import { type WitnessWord, witnessesOf } from '../handlers/witness.ts';
import { provesKey } from '../identity/device-key.ts';
import {
  agentHello,
  agentProof,
  agentStatement,
  deflatedOutputVersion,
  gatewayStatement,
  heartbeatMisses,
  heartbeatMs,
  tlsBindingLabel,
} from '../protocol/agent.ts';
import { isDeflated, openInflater } from '../protocol/deflated.ts';
import { type Problem, type Result, refuse } from '../protocol/errors.ts';
import type { ServerId } from '../protocol/ids.ts';
import { fit, parseJson } from '../protocol/json.ts';
import { agentProtocol, negotiate, programVersion } from '../protocol/version.ts';
import { type AgentWire, openAgentLeg, type WitnessedBy } from '../relay/agent-leg.ts';
import type { OpenHub } from '../relay/open-hub.ts';
import { asBytes } from './operator-socket.ts';
import { newRandom } from './random.ts';

const handshakeMs = 15_000;
/** How long a connected agent has to answer when a second one with its key comes (G5). */
const duplicateMs = 3_000;
/** Unsent bytes to one agent at which it is given up: the other end reads nothing. */
const mostBufferedBytes = 8 * 1024 * 1024;
/** Messages a peer may send before it has been welcomed. */
const mostEarly = 8;

/** Who dialled, as the server saw it. `tlsBinding` = bytes exported from the TLS connection under a label, hex; '' without TLS. */
export type AgentPeer = {
  readonly address: string;
  readonly tlsBinding: (label: string) => string;
  /** Called once the agent is taken in. */
  readonly proven: () => void;
  readonly bug: (error: unknown) => void;
};
export type AgentSocketParts = Pick<Parts, 'clock' | 'chance' | 'log' | 'signer' | 'trail' | 'board'>;

/** Takes a socket on `/agent` from its first message to its end. */
export function acceptAgent(
  socket: WebSocket,
  peer: AgentPeer,
  parts: AgentSocketParts,
  hub: Pick<OpenHub, 'leg' | 'admit' | 'gone' | 'metricsOf'>,
): void {
  const { clock, chance, log, signer } = parts;
  const early: string[] = [];
  let wake: (() => void) | undefined;
  let closed = false;
  let cause = 'the connection was closed';
  let taker: ((data: Uint8Array, binary: boolean) => void) | undefined;
  let misses = 0;
  const alive = new Set<() => void>();

  const send = (data: string | Uint8Array): void => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(data);
    if (socket.bufferedAmount <= mostBufferedBytes) return;
    cause = 'it reads nothing';
    socket.terminate();
  };
  const sayBye = (problem: Problem): void => {
    cause = problem.code;
    socket.close(problem.code === 'too-large' ? 1009 : 1008, problem.code);
    // Who does not answer the close is cut off.
    clock.after(1_000, () => {
      if (!closed) socket.terminate();
    });
  };
  const turnAway = (problem: Problem): void => {
    send(JSON.stringify({ type: 'refused', problem }));
    sayBye(problem);
  };
  const wire: AgentWire = {
    text: send,
    binary: send,
    close: sayBye,
    answers: (withinMs) =>
      new Promise((resolve) => {
        if (closed) return resolve(false);
        const heard = (): void => {
          callOff();
          alive.delete(heard);
          resolve(true);
        };
        const callOff = clock.after(withinMs, () => {
          alive.delete(heard);
          resolve(false);
        });
        alive.add(heard);
        socket.ping();
      }),
  };

  const nextMessage = async (): Promise<Result<unknown>> => {
    if (early.length === 0 && !closed) await new Promise<void>((resolve) => (wake = resolve));
    const source = early.shift();
    return source === undefined ? refuse('unreachable') : parseJson(source);
  };
  const callOffDeadline = clock.after(handshakeMs, () => {
    if (taker === undefined) turnAway(refuse('timeout', 'the handshake took too long').problem);
  });
  const heard = (): void => {
    misses = 0;
    for (const call of alive) call();
  };
  socket.on('pong', heard);
  socket.on('ping', () => {
    misses = 0;
  });
  socket.on('message', (data: RawData, binary: boolean) => {
    misses = 0;
    const bytes = asBytes(data);
    if (taker !== undefined) return taker(bytes, binary);
    if (binary || early.length >= mostEarly) return turnAway(refuse('bad-message', 'too much before the welcome').problem);
    early.push(new TextDecoder().decode(bytes));
    wake?.();
    return undefined;
  });
  // What is wrong with the socket is told by its close.
  socket.on('error', (error) => {
    cause = error.message;
  });
  socket.on('close', () => {
    closed = true;
    callOffDeadline();
    wake?.();
  });

  handshake().then(
    (done) => {
      if (!done.ok && !closed) turnAway(done.problem);
    },
    // Nobody is let in; the agent dials again. Never the end of the process.
    (error: unknown) => {
      const code = error instanceof AuditUnavailable ? 'audit-unavailable' : 'bug';
      if (code === 'bug') peer.bug(error);
      turnAway(refuse(code).problem);
    },
  );

  async function handshake(): Promise<Result<undefined>> {
    const first = await nextMessage();
    const hello = first.ok ? fit(agentHello, first.value) : first;
    if (!hello.ok) return refusedStranger(peer.address, hello);
    const version = negotiate(agentProtocol, hello.value.protocol);
    if (!version.ok) return version;
    const { server, nonce: agentNonce } = hello.value;
    const gatewayNonce = newRandom(chance, 32);
    const facts = {
      gateway: signer.publicKey,
      server,
      agentNonce,
      gatewayNonce,
      protocol: version.value,
      binding: peer.tlsBinding(tlsBindingLabel),
    };
    send(
      JSON.stringify({
        type: 'challenge',
        protocol: version.value,
        version: programVersion,
        gateway: signer.publicKey,
        nonce: gatewayNonce,
        signature: signer.sign(gatewayStatement(facts)),
      }),
    );
    const second = await nextMessage();
    if (closed) return refuse('unreachable');
    const proof = second.ok ? fit(agentProof, second.value) : second;
    if (!proof.ok) return refusedStranger(peer.address, proof);
    // One answer for a server that is not there and a key that is not its own.
    const key = log.settled.servers[server]?.key;
    if (key === undefined) return refusedStranger(peer.address, refuse('agent-key'));
    if (!provesKey(key, agentStatement(facts), proof.value.signature)) return refusedServer(server, refuse('agent-key'));

    const before = hub.leg(server);
    if (before !== undefined && (await before.wire.answers(duplicateMs))) return refusedServer(server, refuse('agent-duplicate'));
    const leg = openAgentLeg({
      server,
      boot: proof.value.boot,
      nonce: gatewayNonce,
      protocol: version.value,
      facts: proof.value.facts,
      wire,
      signer,
      clock,
      changed: () => hub.metricsOf(server),
      witness: witnessedBy(server),
    });
    const admitted = await hub.admit(leg, proof.value.sessions, { address: peer.address, key, replaces: before });
    if (!admitted.ok) return refusedServer(server, admitted);
    if (closed) {
      hub.gone(leg, cause);
      return refuse('unreachable');
    }
    callOffDeadline();
    peer.proven();
    const inflater = version.value >= deflatedOutputVersion ? openInflater() : undefined;
    taker = (bytes, binary) => {
      if (!binary) return leg.text(new TextDecoder().decode(bytes));
      if (inflater === undefined || !isDeflated(bytes)) return leg.binary(bytes);
      // Bounded by itself: what is in it is judged as if it had come as it is (A10).
      const plain = inflater.inflate(bytes);
      if (plain.ok && typeof plain.value !== 'string') return leg.binary(plain.value);
      return leg.close(plain.ok ? refuse('bad-frame', 'deflated text').problem : plain.problem);
    };
    send(JSON.stringify(admitted.value.welcome));
    admitted.value.begin();
    beat();
    socket.on('close', () => {
      callOffBeat();
      hub.gone(leg, cause);
    });
    return { ok: true, value: undefined };
  }

  function witnessedBy(server: ServerId): WitnessedBy {
    const word = (size: number, root: string): WitnessWord => {
      const name = log.settled.servers[server]?.name ?? server;
      return { by: server, kind: 'server', id: server, name, actor: { kind: 'server', id: server }, size, root };
    };
    return {
      prove: (asked) =>
        proofOf(parts.trail, asked).catch((error: unknown) => {
          if (!(error instanceof AuditUnavailable)) peer.bug(error);
          throw error;
        }),
      stored: (size, root) => witnessesOf(parts).stored(word(size, root)),
      // A log that cannot be written ends the process; there is nothing to add here.
      conflict: (size, root) =>
        void witnessesOf(parts)
          .conflict(word(size, root))
          .catch(() => undefined),
    };
  }

  let callOffBeat = (): void => {};
  function beat(): void {
    callOffBeat = clock.after(heartbeatMs, () => {
      misses += 1;
      if (misses > heartbeatMisses) {
        cause = `silent for ${heartbeatMisses} heartbeats`;
        return socket.terminate();
      }
      socket.ping();
      return beat();
    });
  }

  function refusedStranger<T>(address: string, problem: Result<T>): Result<T> {
    if (!problem.ok && !closed) strangersOf(parts).refused(address, `agent: ${problem.problem.code}`);
    return problem;
  }
  async function refusedServer(server: ServerId, refusal: Result<never>): Promise<Result<never>> {
    if (refusal.ok || !mayRecord(server, refusal.problem.code, clock.mono())) return refusedStranger(peer.address, refusal);
    await log
      .commit(() => ({
        events: [
          {
            type: 'agent.refused',
            actor: { kind: 'stranger' },
            outcome: 'denied',
            target: server,
            data: { server, cause: refusal.problem.code },
            personal: { address: peer.address },
          },
        ],
        answer: undefined,
      }))
      // A log that cannot be written ends the process; this peer is turned away all the same.
      .catch(() => undefined);
    return refusal;
  }
}

/** One record a minute for each server and cause (TRUST §0, A38): an agent with the wrong key dials for ever. */
const recordEveryMs = 60_000;
const recordedAt = new Map<string, number>();
function mayRecord(server: ServerId, code: string, now: number): boolean {
  const name = `${server} ${code}`;
  const last = recordedAt.get(name);
  if (last !== undefined && now - last < recordEveryMs) return false;
  for (const [known, at] of recordedAt) if (now - at >= recordEveryMs) recordedAt.delete(known);
  recordedAt.set(name, now);
  return true;
}
