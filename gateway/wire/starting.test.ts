// A gateway that starts or stops: the port is open, and nobody is let in or answered (T30).
import http from 'node:http';
import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { realClock } from '../outside/clock.ts';
import { openServer } from './server.ts';

const upgrade = (way: string): string =>
  `GET ${way} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`;
const enrol = (length: number): string =>
  `POST /enroll HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;

/** A port that is ready when told; `let in` counts whatever came through to the gateway. */
async function port() {
  const seen = { ready: false, letIn: 0, bugs: [] as unknown[] };
  const letIn = (): void => {
    seen.letIn += 1;
  };
  const opened = await openServer({
    clock: realClock,
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    caPem: 'a certificate',
    trustedProxies: [],
    ready: () => seen.ready,
    operator: letIn,
    agent: letIn,
    enrol: async () => letIn(),
    stranger: () => undefined,
    bug: (error) => seen.bugs.push(error),
  });
  if (!opened.ok) throw new Error(opened.problem.code);
  let closed = false;
  const close = async (): Promise<void> => {
    if (!closed) await opened.value.close();
    closed = true;
  };
  onTestFinished(close);
  return { seen, close, number: opened.value.port };
}
const ask = (number: number, request: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = net.connect(number, '127.0.0.1');
    let text = '';
    socket.on('data', (bytes) => (text += bytes.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    socket.write(request);
  });

const requests: readonly (readonly [string, string])[] = [
  ['a health check', 'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  ['the certificate', 'GET /ca.pem HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  ['an enrolment', `${enrol(2)}{}`],
  ['an enrolment that is too large', `${enrol(20_000)}${'x'.repeat(20_000)}`],
  ['an enrolment that is no JSON', `${enrol(4)}{{{{`],
  ['an operator', upgrade('/operator')],
  ['an agent', upgrade('/agent')],
  ['a page that is not there', 'GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  ['a browser elsewhere', upgrade('/operator').replace('Host: x', 'Host: x\r\nOrigin: https://elsewhere.example')],
];

test('[T30] while it starts everybody gets 503, whatever they ask, and the process lives on to serve them', async () => {
  const { seen, number } = await port();
  const loose: unknown[] = [];
  const note = (error: unknown): void => void loose.push(error);
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  onTestFinished(() => {
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
  });
  for (const [what, request] of requests) expect(`${what}: ${await ask(number, request)}`).toMatch(/^[^:]*: HTTP\/1\.1 503 /);
  // All of it again, at once, and a peer that goes away in the middle.
  const torn = net.connect(number, '127.0.0.1');
  await new Promise<void>((resolve) => torn.write(enrol(100), () => resolve()));
  torn.resetAndDestroy();
  const many = await Promise.all(Array.from({ length: 45 }, (_, nth) => ask(number, requests[nth % requests.length]?.[1] ?? '')));
  expect(many.filter((answer) => !answer.startsWith('HTTP/1.1 503 '))).toEqual([]);
  expect(seen).toMatchObject({ letIn: 0, bugs: [] });
  seen.ready = true;
  expect(await ask(number, requests[0]?.[1] ?? '')).toContain('200 OK');
  expect(await ask(number, `${enrol(2)}{}`)).toContain('200 OK');
  expect(seen.letIn).toBe(1);
  expect(loose).toEqual([]);
});

test('[T30] while it stops, a connection that was there is answered 503, and no new one is taken', async () => {
  const { seen, number, close } = await port();
  seen.ready = true;
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const get = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      http
        .get({ host: '127.0.0.1', port: number, path: '/health', agent }, (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode));
        })
        .on('error', reject);
    });
  expect(await get()).toBe(200);
  seen.ready = false;
  expect(await get()).toBe(503);
  agent.destroy();
  await close();
  expect(await ask(number, upgrade('/operator'))).toBe('');
  expect(seen).toMatchObject({ letIn: 0, bugs: [] });
});
