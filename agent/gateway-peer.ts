// A gateway's end of the wire for tests of the agent: a real socket, real keys and signatures, and the power to misbehave. It keeps each
// session's output by position, as a gateway must, and acknowledges it as the test says.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import * as v from 'valibot';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ProofAsked, ProofTold } from '../gateway/audit/witnessing.ts';
import {
  agentHello,
  agentProof,
  agentStatement,
  deflatedOutputVersion,
  type FromAgent,
  fromAgent,
  gatewayStatement,
  type Order,
  orderStatement,
  type ToAgent,
  tlsBindingLabel,
} from '../gateway/protocol/agent.ts';
import { isDeflated, openInflater } from '../gateway/protocol/deflated.ts';
import { decodeFrame, encodeFrame, type Frame } from '../gateway/protocol/frames.ts';
import { mintId, type ServerId, type SessionId } from '../gateway/protocol/ids.ts';
import { agentProtocol } from '../gateway/protocol/version.ts';
import { signStatement, verifyStatement } from './identity.ts';

export type PeerSession = {
  channel: number;
  /** Output so far, in pieces that follow each other. */
  pieces: Uint8Array[];
  length: number;
  durable: number;
  repeated: number;
  applied: Map<number, number>;
  ended: boolean;
};
export type Peer = Awaited<ReturnType<typeof openPeer>>;

type PeerOptions = {
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Bytes that stay "received, not yet durable" behind the newest. Infinity = nothing is ever durable. */
  durableLag?: number;
  /** False: output is neither acknowledged nor credited. */
  acknowledges?: boolean;
  /** The version it speaks; the newest unless it is an old gateway. */
  speaks?: number;
  /** What it shows of its log: that of one record, unless a test says more; `silence` = nothing. */
  prove?: (asked: ProofAsked) => Promise<ProofTold | 'silence'>;
  /** What the gateway shows instead of the truth. */
  readonly lie?: 'signature' | 'key' | 'reflect' | 'version';
  readonly onHttp?: (request: IncomingMessage, body: string) => { status: number; body: string };
};

/** Opens a peer on a free port of 127.0.0.1. `server` = the id its agent is enrolled under, `agentKey` = that agent's public key. */
export async function openPeer(options: PeerOptions = {}) {
  const keys = generateKeyPairSync('ed25519');
  const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const publicKey = keys.publicKey.export({ format: 'jwk' }).x ?? '';
  const server: ServerId = mintId('srv', randomBytes(26));
  const peer = {
    server,
    publicKey,
    url: '',
    agentKey: '',
    /** Answer to the next proofs; set by tests. */
    accepts: true,
    unknown: new Set<SessionId>(),
    dismissed: new Set<SessionId>(),
    sessions: new Map<SessionId, PeerSession>(),
    messages: [] as FromAgent[],
    /** Everything an agent said before this side had proven itself. */
    beforeProof: [] as string[],
    proofs: [] as v.InferOutput<typeof agentProof>[],
    connections: 0,
    /** Frames that came deflated, what was in them, and the binary bytes that came in all. */
    deflated: 0,
    inflatedBytes: 0,
    outputBytes: 0,
    /** Connections proven on both sides. */
    welcomes: 0,
    socket: undefined as WebSocket | undefined,
    nonce: '',
    welcomedAt: 0,
    serial: 0,
    options,
    send(message: ToAgent) {
      peer.socket?.send(JSON.stringify(message));
    },
    frame(frame: Frame) {
      peer.socket?.send(encodeFrame(frame));
    },
    /** Sends a signed order; `change` alters it before it is signed, `spoil` the signature after. */
    order(
      session: SessionId,
      change: Partial<Order> = {},
      spoil: (signature: string) => string = (signature) => signature,
    ): string {
      const channel = change.channel ?? peer.sessions.size + 1;
      const order: Order = {
        kind: 'open',
        server,
        nonce: peer.nonce,
        serial: peer.serial,
        issuedMs: Math.floor(performance.now() - peer.welcomedAt),
        session,
        channel,
        level: 'full',
        size: { cols: 80, rows: 24 },
        term: 'xterm-256color',
        lang: 'C.UTF-8',
        hangUpAfterMs: 60_000,
        policy: 'test',
        ...change,
      };
      peer.serial += 1;
      if (!peer.sessions.has(session))
        peer.sessions.set(session, {
          channel,
          pieces: [],
          length: 0,
          durable: 0,
          repeated: 0,
          applied: new Map(),
          ended: false,
        });
      const payload = JSON.stringify(order);
      const message = JSON.stringify({
        type: 'order',
        payload,
        signature: spoil(signStatement(privateKey, orderStatement(payload))),
      });
      peer.socket?.send(message);
      return message;
    },
    text: (session: SessionId) => Buffer.concat(peer.sessions.get(session)?.pieces ?? []).toString(),
    type(session: SessionId, text: string, offset: number, participant = 1) {
      peer.frame({
        kind: 'keys',
        channel: peer.sessions.get(session)?.channel ?? 0,
        participant,
        offset,
        bytes: Buffer.from(text),
      });
    },
    keep(session: SessionId) {
      const held = peer.sessions.get(session);
      if (held === undefined) return;
      held.durable = Math.max(held.durable, held.length - (peer.options.durableLag ?? 0));
      peer.frame({ kind: 'kept', channel: held.channel, received: held.length, durable: Math.max(0, held.durable) });
    },
    cut: () => peer.socket?.terminate(),
    async close() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  const oneRecord = logOfOne();
  const answer = options.onHttp;
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const said = answer?.(request, body) ?? { status: 404, body: '{}' };
      response.writeHead(said.status, { 'content-type': 'application/json' }).end(said.body);
    });
  };
  const http: Server =
    options.tls === undefined ? createServer(handle) : createSecureServer({ ...options.tls, minVersion: 'TLSv1.2' }, handle);
  const sockets = new WebSocketServer({ server: http, path: '/agent', perMessageDeflate: false });
  sockets.on('connection', (socket, request) => {
    peer.connections += 1;
    const binding =
      request.socket instanceof TLSSocket
        ? request.socket.exportKeyingMaterial(32, tlsBindingLabel, Buffer.alloc(0)).toString('hex')
        : '';
    welcome(socket, binding);
  });

  const prove = async (socket: WebSocket, asked: ProofAsked): Promise<void> => {
    const told = await (options.prove?.(asked) ?? oneRecord);
    if (told !== 'silence') socket.send(JSON.stringify({ type: 'witness.head', ...told }));
  };
  const take = (frame: Frame): void => {
    const [id, held] = [...peer.sessions].find(([, session]) => session.channel === frame.channel) ?? [];
    if (held === undefined || id === undefined) return;
    if (frame.kind === 'applied') held.applied.set(frame.participant, frame.offset);
    if (frame.kind !== 'output') return;
    if (frame.seq > held.length) throw new Error(`a gap: ${frame.seq} after ${held.length}`);
    const known = Math.min(held.length - frame.seq, frame.bytes.length);
    held.repeated += known;
    held.pieces.push(Uint8Array.from(frame.bytes.subarray(known)));
    held.length += frame.bytes.length - known;
    if (peer.options.acknowledges !== false) peer.keep(id);
  };
  const welcome = (socket: WebSocket, binding: string): void => {
    const nonce = randomBytes(32).toString('base64url');
    const speaks = options.speaks ?? agentProtocol.newest;
    let facts: Parameters<typeof agentStatement>[0] | undefined;
    let proven = false;
    let leaving = false;
    const inflater = openInflater();
    socket.on('message', (data: Buffer, binary: boolean) => {
      if (proven && binary) {
        const plain = isDeflated(data) ? inflater.inflate(data) : undefined;
        if (plain !== undefined) {
          if (speaks < deflatedOutputVersion || !plain.ok || typeof plain.value === 'string')
            throw new Error('not to be inflated');
          peer.deflated += 1;
          peer.inflatedBytes += plain.value.length;
        }
        peer.outputBytes += data.length;
        const frame = decodeFrame(plain?.ok === true && typeof plain.value !== 'string' ? plain.value : data);
        if (!frame.ok) throw new Error(frame.problem.code);
        return take(frame.value);
      }
      const json: unknown = JSON.parse(data.toString());
      if (proven) {
        const message = v.parse(fromAgent, json);
        if (message.type === 'session.exited') {
          const held = peer.sessions.get(message.session);
          if (held !== undefined) held.ended = true;
          if (leaving) peer.send({ type: 'session.release', session: message.session });
        }
        if (message.type === 'leaving') {
          leaving = true;
          for (const [session, { ended }] of peer.sessions) if (ended) peer.send({ type: 'session.release', session });
        }
        if (message.type === 'witness.ask') void prove(socket, message);
        peer.messages.push(message);
        return undefined;
      }
      peer.beforeProof.push(data.toString());
      if (facts === undefined) {
        const said = v.parse(agentHello, json);
        facts = {
          gateway: publicKey,
          server,
          agentNonce: said.nonce,
          gatewayNonce: nonce,
          protocol: speaks,
          binding,
        };
        socket.send(JSON.stringify(challenge(facts, nonce)));
        return undefined;
      }
      const proof = v.parse(agentProof, json);
      peer.proofs.push(proof);
      if (!peer.accepts || !verifyStatement(peer.agentKey, agentStatement(facts), proof.signature)) {
        socket.send(JSON.stringify({ type: 'refused', problem: { code: 'agent-key' } }));
        socket.close();
        return undefined;
      }
      proven = true;
      peer.welcomes += 1;
      Object.assign(peer, { socket, nonce, serial: 0, welcomedAt: performance.now() });
      const known = proof.sessions.filter(({ session }) => !peer.unknown.has(session) && !peer.dismissed.has(session));
      socket.send(
        JSON.stringify({
          type: 'welcome',
          at: Date.now(),
          resume: known.map(({ session }) => ({
            session,
            channel: peer.sessions.get(session)?.channel ?? 0,
            durable: Math.max(0, peer.sessions.get(session)?.durable ?? 0),
          })),
          end: [...peer.dismissed].map((session) => ({ session, reason: 'killed' })),
          unknown: [...peer.unknown],
        }),
      );
      return undefined;
    });
  };
  const challenge = (facts: Parameters<typeof gatewayStatement>[0], nonce: string) => {
    const statement = options.lie === 'reflect' ? agentStatement(facts) : gatewayStatement(facts);
    const signature = signStatement(privateKey, statement);
    return {
      type: 'challenge',
      protocol: options.lie === 'version' ? 99 : facts.protocol,
      version: '0.0.0',
      gateway: options.lie === 'key' ? 'A'.repeat(43) : publicKey,
      nonce,
      signature: options.lie === 'signature' ? signStatement(privateKey, 'another statement') : signature,
    };
  };
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  peer.url = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return peer;
}

/** A log that never grows. */
function logOfOne(): ProofTold {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const hash = '0'.repeat(64);
  const root = createHash('sha256')
    .update(Buffer.concat([Buffer.of(0), Buffer.from(hash, 'hex')]))
    .digest('hex');
  const head = { chain: 'chn_peer', size: 1, root, hash, epoch: 0, ts: 1_790_000_000_000 };
  const signature = sign(
    undefined,
    Buffer.from(['sallyport-head-v2', head.chain, 1, root, hash, 0, head.ts].join('\0')),
    privateKey,
  ).toString('base64url');
  return { head: { ...head, signature }, rootKey: publicKey.export({ format: 'jwk' }).x ?? '', certificates: [], proof: [] };
}
