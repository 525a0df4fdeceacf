// What strangers on the port may cost: real sockets, plain and TLS, and nothing behind them.
import fs from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import type { WebSocket } from 'ws';
import { AuditUnavailable } from '../audit/commit.ts';
import { makeAuthority, type ServerCertificate, serverCertificate } from '../outside/ca.ts';
import { realClock } from '../outside/clock.ts';
import { openServer, type ServerPorts } from './server.ts';

type Told = { readonly bugs: unknown[]; readonly strangers: string[] };

async function served(change: Partial<ServerPorts> = {}): Promise<Told & { readonly port: number }> {
  const told: Told = { bugs: [], strangers: [] };
  const opened = await openServer({
    clock: realClock,
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    caPem: undefined,
    trustedProxies: [],
    ready: () => true,
    operator: () => undefined,
    agent: () => undefined,
    enrol: async () => ({}),
    stranger: (_address, cause) => told.strangers.push(cause),
    bug: (error) => told.bugs.push(error),
    ...change,
  });
  if (!opened.ok) throw new Error(opened.problem.code);
  onTestFinished(() => opened.value.close());
  return { ...told, port: opened.value.port };
}

async function certificate(): Promise<{ readonly tls: ServerCertificate; readonly ca: string }> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'sallyport-port-'));
  onTestFinished(() => fs.rm(folder, { recursive: true, force: true }));
  const files = { ca: path.join(folder, 'ca.pem'), keys: folder };
  const ca = await makeAuthority(files, 'test', Date.now(), new Uint8Array(16).fill(3));
  return { ca, tls: await serverCertificate(files, ['127.0.0.1'], Date.now(), new Uint8Array(16).fill(4)) };
}

/** Everything a peer hears until the other side closes, or undefined when it is turned away without a word. */
const heard = (socket: net.Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    socket.on('data', (bytes) => (text += bytes.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
async function ask(port: number, request: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(request);
  return heard(socket);
}
const upgrade = (way: string): string =>
  `GET ${way} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`;

test('[H6] a hello that comes with the request is handed over with the socket, and the answer says it was read; any other line is none', async () => {
  const heardHellos: unknown[] = [];
  const { port } = await served({
    operator: (socket, _address, _proven, _raw, hello) => {
      heardHellos.push(hello);
      setImmediate(() => socket.terminate());
    },
    agent: (socket) => setImmediate(() => socket.terminate()),
  });
  const greeting = (way: string, line: string): string => upgrade(way).replace('Host: x', `Host: x\r\nSallyport: ${line}`);
  expect(await ask(port, greeting('/operator', '2-3 sallyport 0.1.0'))).toMatch(/101 Switching[^]*\r\nsallyport: read\r\n/);
  expect(await ask(port, greeting('/operator', '2-3'))).not.toContain('sallyport: read');
  expect(await ask(port, upgrade('/operator'))).not.toContain('sallyport: read');
  expect(await ask(port, greeting('/agent', '2-3 sallyport 0.1.0'))).not.toContain('sallyport: read');
  expect(heardHellos).toEqual([
    { type: 'hello', protocol: { oldest: 2, newest: 3 }, program: 'sallyport', version: '0.1.0' },
    undefined,
    undefined,
  ]);
});

test('[S10, B2] a TLS session is gone on with for a day, and never after the keys of the tickets were made anew', async () => {
  const { tls: own, ca } = await certificate();
  const due: (() => void)[] = [];
  const clock = {
    ...realClock,
    after: (ms: number, call: () => void) => (ms > 3_600_000 ? (due.push(call), () => undefined) : realClock.after(ms, call)),
  };
  const { port } = await served({ tls: own, clock });
  const dial = (session?: Buffer): Promise<{ readonly reused: boolean; readonly session: Buffer | undefined }> =>
    new Promise((resolve, reject) => {
      const socket = tls.connect({ port, host: '127.0.0.1', ca, ...(session === undefined ? {} : { session }) });
      socket.on('error', reject);
      let text = '';
      socket.on('data', (bytes: Buffer) => {
        text += bytes.toString();
        if (!text.includes('ok\n')) return;
        resolve({ reused: socket.isSessionReused(), session: socket.getSession() });
        socket.destroy();
      });
      socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    });
  const first = await dial();
  expect(first.reused).toBe(false);
  expect((await dial(first.session)).reused).toBe(true);
  for (const call of due.splice(0)) call();
  expect((await dial(first.session)).reused).toBe(false);
  expect(due).toHaveLength(1);
});

test('[R3, B2] a stranger who goes away in the middle of an enrolment leaves nothing behind', async () => {
  const loose: unknown[] = [];
  const note = (error: unknown): void => void loose.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const { port, bugs } = await served();
  for (let i = 0; i < 5; i += 1) {
    const socket = net.connect(port, '127.0.0.1');
    await new Promise<void>((resolve) =>
      socket.write('POST /enroll HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"tok', () => resolve()),
    );
    socket.resetAndDestroy();
  }
  expect(await ask(port, 'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toContain('200 OK');
  expect(await ask(port, 'POST /enroll HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}')).toContain(
    '200 OK',
  );
  expect(loose).toEqual([]);
  expect(bugs).toEqual([]);
});

test('[A2, R3] an enrolment that cannot be written to the log is refused with the reason', async () => {
  const { port } = await served({ enrol: () => Promise.reject(new AuditUnavailable('the disk has not answered')) });
  const answer = await ask(port, 'POST /enroll HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}');
  expect(answer).toContain('audit-unavailable');
  expect(answer).not.toContain('has not answered');
});

test('[R3] a bug behind an enrolment is told to whoever runs the gateway, not to the stranger', async () => {
  const { port, bugs } = await served({ enrol: () => Promise.reject(new Error('secret of the inside')) });
  const answer = await ask(port, 'POST /enroll HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}');
  expect(answer).toContain('"bug"');
  expect(answer).not.toContain('inside');
  expect(bugs).toHaveLength(1);
});

test.each(['plain', 'TLS'])(
  '[B2] over %s one address has 100 connections that have proven nothing, and any number that have',
  async (how) => {
    const { tls: own, ca } = how === 'TLS' ? await certificate() : { tls: undefined, ca: undefined };
    const proofs: (() => void)[] = [];
    const { port, strangers } = await served({
      tls: own,
      operator: (_socket: WebSocket, _address, proven) => proofs.push(proven),
    });
    const connect = async (): Promise<net.Socket | undefined> => {
      const socket = ca === undefined ? net.connect(port, '127.0.0.1') : tls.connect({ port, host: '127.0.0.1', ca });
      onTestFinished(() => void socket.destroy());
      const over = heard(socket);
      socket.write(upgrade('/operator'));
      const first = await Promise.race([
        over.then(() => 'over'),
        new Promise<'up'>((resolve) => socket.once('data', () => resolve('up'))),
      ]);
      return first === 'up' ? socket : undefined;
    };
    const connectAll = (count: number) => Promise.all(Array.from({ length: count }, connect));
    const first = await connectAll(100);
    expect(first).not.toContain(undefined);
    expect(await connect()).toBe(undefined);
    expect(strangers).toEqual(['too many connections']);
    // Who has proven who they are is no stranger.
    for (const proven of proofs.splice(0)) proven();
    const second = await connectAll(100);
    expect(second).not.toContain(undefined);
    expect(await connect()).toBe(undefined);
    // Who went away makes room.
    const [gone] = second;
    await new Promise<void>((resolve) => gone?.once('close', () => resolve()).destroy());
    const deadline = performance.now() + 10_000;
    let again = await connect();
    while (again === undefined && performance.now() < deadline) again = await connect();
    expect(again).not.toBe(undefined);
  },
);

test('[S51, B2, §4d] who claims another address is the peer all the same, and it is noted; a trusted proxy is believed; the PROXY protocol never is', async () => {
  const from: string[] = [];
  const operator: ServerPorts['operator'] = (socket, address) => {
    from.push(address);
    setImmediate(() => socket.terminate());
  };
  const claim = upgrade('/operator').replace('Host: x', 'Host: x\r\nX-Forwarded-For: 192.0.2.7\r\nX-Real-IP: 192.0.2.8');
  const open = await served({ operator });
  await ask(open.port, claim);
  expect(from).toEqual(['127.0.0.1']);
  expect(open.strangers).toEqual(['forwarding header from no trusted proxy']);
  expect(await ask(open.port, `PROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\n${upgrade('/operator')}`)).toContain('400 Bad Request');
  expect(from).toHaveLength(1);
  expect(open.strangers).toContain('PROXY header');
  const behind = await served({ operator, trustedProxies: ['127.0.0.0/8'] });
  await ask(behind.port, claim);
  expect(from.at(-1)).toBe('192.0.2.7');
  expect(behind.strangers).toEqual([]);
});
