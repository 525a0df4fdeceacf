import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import type { Duplex } from 'node:stream';
import * as v from 'valibot';
import { afterEach, expect, test, vi } from 'vitest';
import { makeAuthority, serverCertificate } from '../gateway/outside/ca.ts';
import { enrolRequest } from '../gateway/protocol/agent.ts';
import { gatewayOrigin } from './config.ts';
import { enrol } from './enroll.ts';
import { openPeer } from './gateway-peer.ts';
import { publicKeyOf, readIdentity } from './identity.ts';
import { runAgent } from './runner.ts';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

/** Where a CA made for a test lives. */
const filesIn = (path: string) => ({ ca: `${path}/ca.pem`, keys: path });

async function folder() {
  const path = await mkdtemp(`${tmpdir()}/sallyport-enrol-`);
  cleanUp.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A TLS gateway whose CA only the token names. `answer` may spoil what it says to an enrolment. */
async function setUp(answer: (said: object) => object = (said) => said) {
  const keys = await folder();
  const ca = await makeAuthority(filesIn(keys), 'test', Date.now(), randomBytes(16));
  const { certificatePem: cert, keyPem: key } = await serverCertificate(
    filesIn(keys),
    ['127.0.0.1', 'localhost'],
    Date.now(),
    randomBytes(16),
  );
  const asked: unknown[] = [];
  const peer = await openPeer({
    tls: { cert, key },
    onHttp(_request: IncomingMessage, body) {
      const parsed = v.parse(enrolRequest, JSON.parse(body));
      asked.push(parsed);
      peer.agentKey = parsed.key;
      return { status: 200, body: JSON.stringify(answer({ server: peer.server, name: 'here', gateway: peer.publicKey, ca })) };
    },
  });
  cleanUp.push(peer.close);
  const digest = createHash('sha256').update(new X509Certificate(ca).raw).digest('hex').slice(0, 32);
  const token = `spe_${'a'.repeat(43)}_${digest}`;
  return { peer, ca, token, asked, state: `${await folder()}/state` };
}

test('[A9] G3 a token becomes an identity: the key is made here, 0600, and only its public half leaves', async () => {
  const { peer, token, asked, state } = await setUp();
  const enrolled = await enrol({ gateway: peer.url, token, state });
  expect(enrolled).toMatchObject({
    ok: true,
    value: { server: peer.server, name: 'here', gateway: peer.url, gatewayKey: peer.publicKey },
  });
  expect((await stat(state)).mode & 0o777).toBe(0o700);
  expect((await stat(`${state}/identity.json`)).mode & 0o777).toBe(0o600);
  const identity = await readIdentity(state);
  if (!identity.ok) throw new Error(identity.problem.code);
  expect(asked).toMatchObject([{ token, key: publicKeyOf(identity.value.privateKey) }]);
  expect(JSON.stringify(asked)).not.toContain(identity.value.privateKey.split('\n')[1]);
  expect(await enrol({ gateway: peer.url, token, state })).toMatchObject({ ok: false, problem: { code: 'exists' } });
});

test('D11 the enrolled agent connects over TLS; both proofs are bound to the connection', async () => {
  const { peer, token, state } = await setUp();
  await enrol({ gateway: peer.url, token, state });
  const agent = await runAgent({ state });
  if (!agent.ok) throw new Error(agent.problem.code);
  cleanUp.push(() => agent.value.stop());
  await agent.value.connected;
  expect(peer.welcomes).toBe(1);
});

test('B3 a gateway whose CA is not the one the token names learns nothing, not even the token', async () => {
  const { peer, token, asked, state } = await setUp();
  const other = `${token.slice(0, -32)}${'0'.repeat(32)}`;
  expect(await enrol({ gateway: peer.url, token: other, state })).toMatchObject({ ok: false, problem: { code: 'untrusted' } });
  const ownCa = `${await folder()}/other.pem`;
  const keys = await folder();
  await writeFile(ownCa, await makeAuthority(filesIn(keys), 'other', Date.now(), randomBytes(16)));
  expect(await enrol({ gateway: peer.url, token, state, caFile: ownCa })).toMatchObject({
    ok: false,
    problem: { code: 'untrusted' },
  });
  expect(asked).toEqual([]);
});

test('the CA can be given as a file', async () => {
  const { peer, ca, token, state } = await setUp();
  const caFile = `${await folder()}/ca.pem`;
  await writeFile(caFile, ca);
  expect(await enrol({ gateway: peer.url, token, state, caFile })).toMatchObject({ ok: true });
});

test('a refusal, nonsense, and a token that is cut short are values with the code they deserve', async () => {
  const refused = await setUp(() => ({ problem: { code: 'enrolment-token' } }));
  expect(await enrol({ gateway: refused.peer.url, token: refused.token, state: refused.state })).toMatchObject({
    ok: false,
    problem: { code: 'enrolment-token' },
  });
  expect(await enrol({ gateway: refused.peer.url, token: refused.token.slice(0, 40), state: refused.state })).toMatchObject({
    ok: false,
    problem: { code: 'enrolment-token' },
  });
  const nonsense = await setUp(() => ({ hello: 'you' }));
  expect(await enrol({ gateway: nonsense.peer.url, token: nonsense.token, state: nonsense.state })).toMatchObject({
    ok: false,
    problem: { code: 'bad-message' },
  });
  expect(await enrol({ gateway: 'https://127.0.0.1:1', token: nonsense.token, state: nonsense.state })).toMatchObject({
    ok: false,
    problem: { code: 'unreachable' },
  });
});

test('D10 a gateway is reached by https, or by http on loopback only', () => {
  expect(gatewayOrigin('gw.example:8443')).toEqual({ ok: true, value: 'https://gw.example:8443' });
  expect(gatewayOrigin('wss://gw.example/agent')).toEqual({ ok: true, value: 'https://gw.example' });
  for (const near of ['http://127.0.0.1:80', 'ws://localhost:8080', 'http://[::1]:9'])
    expect(gatewayOrigin(near)).toMatchObject({ ok: true });
  expect(gatewayOrigin('http://gw.example')).toMatchObject({ problem: { code: 'untrusted' } });
  for (const bad of ['', 'ftp://x', 'https://a:b@gw.example', 'https://'])
    expect(gatewayOrigin(bad)).toMatchObject({ problem: { code: 'bad-request' } });
});

test('an identity others could read, or half of one, is not used', async () => {
  const { peer, token, state } = await setUp();
  await enrol({ gateway: peer.url, token, state });
  const file = `${state}/identity.json`;
  await chmod(file, 0o640);
  expect(await readIdentity(state)).toMatchObject({ ok: false, problem: { code: 'credentials' } });
  await chmod(file, 0o600);
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, 100));
  expect(await readIdentity(state)).toMatchObject({ ok: false, problem: { code: 'credentials' } });
  expect(await readIdentity(`${state}/none`)).toMatchObject({ ok: false, problem: { code: 'not-found' } });
});

test('S3 enrolment and connection go through the CONNECT proxy of HTTPS_PROXY, with its password, and past it for NO_PROXY', async () => {
  const { peer, token, state } = await setUp();
  const asked: string[] = [];
  const clients: Duplex[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, client, head) => {
    asked.push(`${request.url ?? ''} ${request.headers['proxy-authorization'] ?? ''}`);
    const [host, port] = (request.url ?? '').split(':');
    const through = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      through.write(head);
      through.pipe(client).pipe(through);
    });
    through.on('close', () => client.destroy());
    client.on('close', () => through.destroy());
    for (const side of [through, client]) side.on('error', () => side.destroy());
    clients.push(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  cleanUp.push(() => new Promise((resolve) => proxy.close(resolve)));
  const { port } = proxy.address() as AddressInfo;
  vi.stubEnv('HTTPS_PROXY', `http://me:secret@127.0.0.1:${port}`);
  expect(await enrol({ gateway: peer.url, token, state })).toMatchObject({ ok: true });
  const agent = await runAgent({ state });
  if (!agent.ok) throw new Error(agent.problem.code);
  cleanUp.push(() => agent.value.stop());
  await agent.value.connected;
  const target = `${peer.url.slice(8)} Basic ${Buffer.from('me:secret').toString('base64')}`;
  expect(asked).toEqual([target, target, target]);
  const closed = createServer().on('connect', (_request, client) =>
    client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
  );
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  cleanUp.push(() => new Promise((resolve) => closed.close(resolve)));
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${(closed.address() as AddressInfo).port}`);
  expect(await enrol({ gateway: peer.url, token, state: `${await folder()}/three` })).toMatchObject({
    ok: false,
    problem: { code: 'unreachable', detail: expect.stringMatching(/^proxy: .*407/) },
  });
  vi.stubEnv('NO_PROXY', '127.0.0.1');
  expect(await enrol({ gateway: peer.url, token, state: `${await folder()}/two` })).toMatchObject({ ok: true });
  expect(asked).toHaveLength(3);
  await agent.value.stop();
  await vi.waitFor(() => expect(clients.map((client) => client.destroyed)).toEqual([true, true, true]), { timeout: 5_000 });
});
