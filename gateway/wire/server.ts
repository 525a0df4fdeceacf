// The one port of the gateway (S14): HTTPS with `/operator` and `/agent` as WebSockets, POST `/enroll` and `/anchor`, GET `/ca.pem` and `/health`.
// Bounds what a stranger may cost (TRUST B2, R6); decides nothing.
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { shortAddress } from '../access/address.ts';
import { AuditUnavailable } from '../audit/commit.ts';
import type { ServerCertificate } from '../outside/ca.ts';
import type { Clock } from '../ports.ts';
import { anchorBytes } from '../protocol/anchor.ts';
import { helloHeader, helloRead, readHelloLine } from '../protocol/early-hello.ts';
import { problemSentence, type Result, refuse } from '../protocol/errors.ts';
import { maxFrameBytes } from '../protocol/frames.ts';
import { parseJson } from '../protocol/json.ts';
import { tlsSuites } from '../protocol/tls.ts';
import { openForwarded } from './forwarded.ts';

/**
 * TLS sessions may be gone on with for so long, by a ticket that only this process can read (RFC 8446 §2.2): a laptop that slept comes back in one packet
 * less than 2 kB of certificates. The keys of the tickets are made anew as often and never leave the process: with TLS 1.2 they open what
 * was said under them. A ticket proves nothing of who dials: that is the device key, on every connection.
 */
const ticketLifetimeMs = 24 * 60 * 60_000;
/** As openssl takes them: a name, a key for the digest and one for the cipher. */
const ticketKeyBytes = 48;

/** Sockets of one peer address that have not proven anything yet. */
const mostStrangersPerPeer = 100;
const mostEnrolBody = 16_384;

export type ServerPorts = {
  readonly clock: Clock;
  readonly host: string;
  readonly port: number;
  readonly tls: ServerCertificate | undefined;
  readonly caPem: string | undefined;
  /** Peers whose X-Forwarded-For is believed, read from the right (S51). */
  readonly trustedProxies: readonly string[];
  /** False until everything is open, and again while closing: everybody gets 503 (T30). */
  readonly ready: () => boolean;
  /**
   * `proven`: to be called once the peer has proven who it is; until then its connection counts as a stranger's. `raw`: the socket beneath. `hello`: what
   * came with the request (H6), not fitted to its schema; undefined = it comes as the first message.
   */
  readonly operator: (socket: WebSocket, address: string, proven: () => void, raw: Duplex, hello: unknown) => void;
  readonly agent: (socket: WebSocket, address: string, proven: () => void, tlsBinding: (label: string) => string) => void;
  readonly enrol: (address: string, body: unknown) => Promise<unknown>;
  /** Heads of another gateway; absent = none are kept here. */
  readonly anchor?:
    | ((address: string, body: unknown) => Promise<{ readonly status: number; readonly told: unknown }>)
    | undefined;
  readonly stranger: (address: string, cause: string) => void;
  readonly bug: (error: unknown) => void;
};

export interface Server {
  readonly port: number;
  close(): Promise<void>;
}

/** The peer of a socket, as itself. */
const peerOf = ({ remoteAddress = '' }: Socket): string => shortAddress(remoteAddress) ?? remoteAddress;

export async function openServer(ports: ServerPorts): Promise<Result<Server>> {
  const forwarded = openForwarded(ports.trustedProxies);
  if (!forwarded.ok) return forwarded;
  const originOf = forwarded.value;
  /** The address of who asks; whoever claims another is noted (TRUST B2). */
  function addressOf(request: http.IncomingMessage): string {
    const { address, forged } = originOf(request.socket.remoteAddress, request.headers);
    if (forged) ports.stranger(address, 'forwarding header from no trusted proxy');
    return address;
  }

  const options = {
    maxHeaderSize: 8192,
    headersTimeout: 5_000,
    requestTimeout: 10_000,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 1_000,
  };
  const server =
    ports.tls === undefined
      ? http.createServer(options)
      : https.createServer({
          ...options,
          cert: ports.tls.certificatePem,
          key: ports.tls.keyPem,
          minVersion: 'TLSv1.2',
          ciphers: tlsSuites,
          // Goes into every ticket; openssl's own is three times as long.
          sessionIdContext: 'sallyport',
          honorCipherOrder: true,
          handshakeTimeout: 5_000,
          sessionTimeout: ticketLifetimeMs / 1000,
        });
  server.maxHeadersCount = 100;

  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
    maxFragments: 64,
    maxBufferedChunks: 1024,
  });
  const earlyHello = (request: http.IncomingMessage): unknown =>
    request.url === '/operator' ? readHelloLine(String(request.headers[helloHeader] ?? '')) : undefined;
  sockets.on('headers', (lines, request) => {
    if (earlyHello(request) !== undefined) lines.push(`${helloHeader}: ${helloRead}`);
  });
  const live = new Set<WebSocket>();
  const strangers = new Map<string, number>();
  /** Peer addresses of the connections that count as strangers', by address and port: of a TLS connection there are two socket objects. */
  const counted = new Map<string, string>();
  const nameOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
  /** The peer has proven itself, or is gone. */
  function uncount(name: string): void {
    const peer = counted.get(name);
    if (peer === undefined) return;
    counted.delete(name);
    const left = (strangers.get(peer) ?? 1) - 1;
    if (left > 0) strangers.set(peer, left);
    else strangers.delete(peer);
  }
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    const many = (strangers.get(peer) ?? 0) + 1;
    if (many > mostStrangersPerPeer) {
      ports.stranger(peer, 'too many connections');
      socket.destroy();
      return;
    }
    const name = nameOf(socket);
    strangers.set(peer, many);
    counted.set(name, peer);
    socket.once('close', () => uncount(name));
  });
  // A connection that could not be taken in (no descriptors left) is that peer's loss only.
  server.on('error', () => undefined);

  const headers = {
    'strict-transport-security': 'max-age=31536000',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  const answer = (response: http.ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, { ...headers, 'content-type': type }).end(body);
  };

  server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    if (!ports.ready()) return answer(response, 503, problemSentence({ code: 'starting' }));
    if (request.method === 'GET' && request.url === '/health') return answer(response, 200, 'ok\n');
    if (request.method === 'GET' && request.url === '/ca.pem' && ports.caPem !== undefined)
      return answer(response, 200, ports.caPem, 'application/x-pem-file');
    if (request.method === 'POST' && request.url === '/enroll')
      return void posted(request, response, mostEnrolBody, async (address, body) => ({
        status: 200,
        told: await ports.enrol(address, body),
      }));
    if (request.method === 'POST' && request.url === '/anchor' && ports.anchor !== undefined)
      return void posted(request, response, anchorBytes, ports.anchor);
    return answer(response, 404, 'Not found\n');
  });

  async function posted(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    most: number,
    handle: NonNullable<ServerPorts['anchor']>,
  ): Promise<void> {
    const json = (status: number, told: unknown): void => answer(response, status, JSON.stringify(told), 'application/json');
    const address = addressOf(request);
    const pieces: Buffer[] = [];
    let size = 0;
    try {
      for await (const piece of request) {
        size += piece.length;
        if (size > most) {
          json(413, { problem: refuse('too-large').problem });
          request.destroy();
          return;
        }
        pieces.push(piece);
      }
    } catch {
      // The peer went away in the middle: nobody is left to answer.
      return;
    }
    const parsed = parseJson(Buffer.concat(pieces).toString('utf8'), most);
    try {
      const { status, told } = parsed.ok
        ? await handle(address, parsed.value)
        : { status: 200, told: { problem: parsed.problem } };
      json(status, told);
    } catch (error) {
      const code = error instanceof AuditUnavailable ? 'audit-unavailable' : 'bug';
      if (code === 'bug') ports.bug(error);
      json(500, { problem: refuse(code).problem });
    }
  }

  const turnAway = (socket: Duplex, status: string): void => {
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  };
  server.on('upgrade', (request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (!ports.ready()) return turnAway(socket, '503 Service Unavailable');
    const address = addressOf(request);
    // Browsers name an origin; our programs do not, and no browser has business here (cross-site WebSocket, B2).
    if (request.headers.origin !== undefined) {
      ports.stranger(address, 'origin');
      return turnAway(socket, '403 Forbidden');
    }
    const { url } = request;
    if (url !== '/operator' && url !== '/agent') return turnAway(socket, '404 Not Found');
    // Gone already: nobody is let in as nobody.
    if (address === '') return void socket.destroy();
    // The answer and the welcome leave in one packet.
    socket.cork();
    sockets.handleUpgrade(request, socket, head, (ws) => {
      live.add(ws);
      ws.on('close', () => live.delete(ws));
      const name = nameOf(request.socket);
      const proven = (): void => uncount(name);
      if (url === '/operator') ports.operator(ws, address, proven, socket, earlyHello(request));
      else ports.agent(ws, address, proven, (label) => tlsBinding(request.socket, label));
    });
    socket.uncork();
  });
  server.on('clientError', (error: Error & { readonly rawPacket?: unknown }, socket) => {
    // The PROXY protocol is another way to claim an address.
    const said = error.rawPacket instanceof Uint8Array ? Buffer.from(error.rawPacket).toString('latin1') : '';
    if (/^PROXY |^\r\n\r\n\0\r\nQUIT\n/.test(said)) ports.stranger(counted.get(nameOf(socket as Socket)) ?? '', 'PROXY header');
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });

  const listening = await new Promise<Result<number>>((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(refuse('bad-request', `cannot listen on ${ports.host}:${ports.port}: ${error.code ?? error.message}`)),
    );
    server.listen(ports.port, ports.host, () => resolve({ ok: true, value: (server.address() as AddressInfo).port }));
  });
  if (!listening.ok) return listening;

  const renewTickets = (): void => {
    if (server instanceof https.Server) server.setTicketKeys(randomBytes(ticketKeyBytes));
    callOffRenewal = ports.clock.after(ticketLifetimeMs, renewTickets);
  };
  let callOffRenewal = ports.clock.after(ticketLifetimeMs, renewTickets);

  return {
    ok: true,
    value: {
      port: listening.value,
      async close() {
        callOffRenewal();
        for (const ws of live) ws.close(1001, 'closing');
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        const callOff = ports.clock.after(1_000, () => {
          for (const ws of live) ws.terminate();
          server.closeAllConnections();
        });
        await closed;
        callOff();
      },
    },
  };
}

/** 32 bytes exported from the TLS connection under a label, without a context, as the agent does (in TLS 1.2 an empty one is another value); hex (RFC 5705); '' without TLS. */
function tlsBinding(socket: Socket, label: string): string {
  if (!('exportKeyingMaterial' in socket) || typeof socket.exportKeyingMaterial !== 'function') return '';
  const bytes: unknown = socket.exportKeyingMaterial(32, label);
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : '';
}
