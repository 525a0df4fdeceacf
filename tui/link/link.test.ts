import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { openProxy } from '../../fixtures/proxy.ts';
import { aSelf, emptyScript } from '../../fixtures/shots/cast-of-people.ts';
import { type Peer, type PeerOptions, startPeer } from '../../fixtures/shots/peer.ts';
import { makeAuthority, serverCertificate } from '../../gateway/outside/ca.ts';
import { fine, refuse } from '../../gateway/protocol/errors.ts';
import type { Frame } from '../../gateway/protocol/frames.ts';
import { readCredentials } from './credentials.ts';
import { type Link, openLink, startLink } from './link.ts';
import type { Pace } from './pace.ts';
import { type SignInCode, signIn, signOut } from './sign-in.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
async function peerWith(options: PeerOptions): Promise<Peer> {
  const peer = await startPeer(options);
  ends.push(() => peer.close());
  return peer;
}
async function linkTo(url: string, more: Partial<Parameters<typeof openLink>[0]> = {}): Promise<Link> {
  const opened = await openLink({ url, env: {}, ...more });
  if (!opened.ok) throw new Error(JSON.stringify(opened.problem));
  ends.push(() => opened.value.close());
  return opened.value;
}
async function stateOf(link: Link, wanted: string) {
  while (link.state().state !== wanted) await new Promise<void>((resolve) => link.onState(() => resolve()));
  return link.state();
}
/** Real time for limits, but a retry is due as soon as it is set. */
const eager: Pace = {
  now: () => Date.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms < 10_000 ? 1 : ms);
    return () => clearTimeout(timer);
  },
  chance: () => 0,
};

test('a request is answered by its type; a refusal comes back as a value', async () => {
  const peer = await peerWith({
    script: {
      'audit.head': () => fine({ seq: 7, hash: 'ab', at: 1, sealedSeq: 3 }),
      'session.kill': () => refuse('denied', 'not yours'),
    },
  });
  const link = await linkTo(peer.url);
  expect(await link.request('audit.head', {})).toEqual(fine({ seq: 7, hash: 'ab', at: 1, sealedSeq: 3 }));
  expect(await link.request('session.kill', { session: 'ses', why: 'x' })).toEqual(refuse('denied', 'not yours'));
  expect(link.roundTripMs()).toBeGreaterThan(0);
});

test('an answer that does not fit the contract is a problem, never a value', async () => {
  const peer = await peerWith({
    script: { 'audit.head': (_body, caller) => (caller.raw('{"re":1,"ok":{"seq":"seven"}}'), new Promise(() => {})) },
  });
  const link = await linkTo(peer.url);
  expect(await link.request('audit.head', {})).toMatchObject({ ok: false, problem: { code: 'bad-message' } });
});

test('a cut line comes back by itself and everybody is told; what was asked meanwhile is answered at once', async () => {
  const peer = await peerWith({ script: { 'audit.head': () => new Promise(() => {}) } });
  const link = await linkTo(peer.url, { pace: eager });
  const seen: string[] = [];
  link.onState((state) => seen.push(state.state));
  const hanging = link.request('audit.head', {});
  await expect.poll(() => peer.asked.length).toBe(1);
  const before = link.figures();
  peer.cut();
  expect(await hanging).toMatchObject({ ok: false, problem: { code: 'unreachable' } });
  await stateOf(link, 'open');
  expect(seen).toEqual(['waiting', 'connecting', 'open']);
  expect(link.figures().bytesIn).toBeGreaterThan(before.bytesIn);
  expect(link.figures().bytesOut).toBeGreaterThan(before.bytesOut);
});

test.each([
  ['its answer to the upgrade', false],
  ['its first message, as of old', true],
])(
  '[H6, O12] what is asked ahead goes right behind the proof, and is answered once the link is open; the welcome comes with %s',
  async (_with, deafToHeader) => {
    const self = aSelf();
    let resumes = 0;
    const peer = await peerWith({
      deafToHeader,
      script: {
        'login.resume': async () => {
          resumes += 1;
          // Only when the next request is here already is it answered: nobody waited for this answer before asking.
          while (peer.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
          return fine({ self });
        },
        'audit.head': () => fine({ seq: 7, hash: 'ab', at: 1, sealedSeq: 3 }),
      },
    });
    const { makeDeviceKey } = await import('./device-key.ts');
    const started = startLink({
      url: peer.url,
      env: {},
      pace: eager,
      credentials: {
        version: 1,
        gateway: { url: peer.url, key: peer.key, name: 'peer' },
        device: { key: makeDeviceKey().secret },
        token: 'tok',
      },
    });
    if (!started.ok) throw new Error('no link');
    const link = started.value;
    ends.push(() => link.close());
    const calledOff = new AbortController();
    const never = link.ahead('self.show', () => ({}), calledOff.signal);
    calledOff.abort();
    expect(await never).toBe(undefined);
    const states: string[] = [];
    const answer = await link.ahead('audit.head', () => {
      states.push(link.state().state);
      return {};
    });
    states.push(link.state().state);
    expect(answer).toEqual(fine({ seq: 7, hash: 'ab', at: 1, sealedSeq: 3 }));
    expect(states).toEqual(['connecting', 'open']);
    expect(peer.asked.map(({ type }) => type)).toEqual(['login.resume', 'audit.head']);
    expect(resumes).toBe(1);
    // While it is open there is nothing to wait for.
    expect(await link.ahead('audit.head', () => ({}))).toMatchObject({ ok: true });
  },
);

test('what was asked ahead is sent once: a line that breaks before the answer answers it, and a closed link answers all', async () => {
  let heads = 0;
  const peer = await peerWith({
    script: {
      'audit.head': (_body, caller) => {
        heads += 1;
        caller.drop();
        return new Promise(() => {});
      },
    },
  });
  const started = startLink({ url: peer.url, env: {}, pace: eager });
  if (!started.ok) throw new Error('no link');
  const link = started.value;
  ends.push(() => link.close());
  expect(await link.ahead('audit.head', () => ({}))).toMatchObject({ ok: false, problem: { code: 'unreachable' } });
  await stateOf(link, 'open');
  expect(heads).toBe(1);
  peer.cut();
  await stateOf(link, 'waiting');
  const last = link.ahead('audit.head', () => ({}));
  link.close();
  expect(await last).toMatchObject({ ok: false, problem: { code: 'unreachable' } });
  expect(await link.ahead('audit.head', () => ({}))).toMatchObject({ ok: false, problem: { code: 'unreachable' } });
});

/** Looks for waking all the time, and waits for a sign of life a third of a second; everything else in real time, retries late. */
const watchful = (skew: () => number): Pace => ({
  now: () => Date.now() + skew(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms === 2_000 ? 5 : ms === 6_000 ? 300 : ms);
    return () => clearTimeout(timer);
  },
  chance: () => 0.99,
});

test.each([
  ['slept for eight hours', { slept: true, addresses: ['127.0.0.1'] }],
  ['has another address', { slept: false, addresses: ['192.0.2.7'] }],
])('§4b a machine that %s: its dead line is left and the next tried at once, not after the back-off', async (_what, after) => {
  const peer = await peerWith({ script: {} });
  let skew = 0;
  let addresses = ['127.0.0.1'];
  const link = await linkTo(peer.url, { pace: watchful(() => skew), addresses: () => addresses });
  const waits: number[] = [];
  const seen: string[] = [];
  link.onState((state) => {
    seen.push(state.state);
    if (state.state === 'waiting') waits.push(state.retryAt - Date.now() - skew);
  });
  if (after.slept) skew = 8 * 3_600_000;
  ({ addresses } = after);
  await vi.waitFor(() => expect(seen).toEqual(['waiting', 'connecting', 'open']), { timeout: 10_000 });
  expect(Math.max(...waits)).toBeLessThanOrEqual(1);
});

test('§4b another network beside: a line that still answers is kept, one that does not is left after a moment', async () => {
  const peer = await peerWith({ script: {} });
  const line = await openProxy({ target: { host: '127.0.0.1', port: Number(new URL(peer.url).port) } });
  ends.push(() => line.close());
  let addresses = ['127.0.0.1'];
  const link = await linkTo(`http://127.0.0.1:${line.port}`, { pace: watchful(() => 0), addresses: () => addresses });
  const seen: string[] = [];
  link.onState((state) => seen.push(state.state));
  const before = line.bytesDown;
  addresses = ['127.0.0.1', '192.0.2.7'];
  await vi.waitFor(() => expect(line.bytesDown).toBeGreaterThan(before), { timeout: 10_000 });
  line.stall();
  addresses = ['127.0.0.1', '192.0.2.8'];
  await vi.waitFor(() => expect(seen).toContain('waiting'), { timeout: 10_000 });
  line.flow();
  await stateOf(link, 'open');
  expect(seen.filter((state) => state === 'waiting')).toHaveLength(1);
});

test('a gateway of another protocol gives its sentence, and nothing is tried again', async () => {
  const peer = await peerWith({ script: {}, refuses: () => ({ code: 'version', detail: 'the gateway needs at least 2' }) });
  expect(await openLink({ url: peer.url, env: {} })).toEqual(refuse('version', 'the gateway needs at least 2'));
  const started = startLink({ url: peer.url, env: {}, pace: eager });
  if (!started.ok) throw new Error('no link');
  ends.push(() => started.value.close());
  expect(await stateOf(started.value, 'refused')).toMatchObject({ problem: { code: 'version' } });
});

test('after a refusal somebody mended, one may try again by hand', async () => {
  let old = true;
  const peer = await peerWith({ script: {}, refuses: () => (old ? { code: 'version' } : undefined) });
  const started = startLink({ url: peer.url, env: {}, pace: eager });
  if (!started.ok) throw new Error('no link');
  ends.push(() => started.value.close());
  await stateOf(started.value, 'refused');
  old = false;
  started.value.retryNow();
  expect((await stateOf(started.value, 'open')).state).toBe('open');
  started.value.close();
  started.value.retryNow();
  expect(started.value.state().state).toBe('refused');
});

test('a gateway that is only starting is asked again', async () => {
  let starting = true;
  const peer = await peerWith({ script: {}, refuses: () => (starting ? { code: 'starting' } : undefined) });
  const started = startLink({ url: peer.url, env: {}, pace: eager });
  if (!started.ok) throw new Error('no link');
  ends.push(() => started.value.close());
  expect(await stateOf(started.value, 'waiting')).toMatchObject({ attempt: 1, problem: { code: 'starting' } });
  starting = false;
  expect((await stateOf(started.value, 'open')).state).toBe('open');
});

test('another gateway at the same address is not spoken to', async () => {
  const peer = await peerWith({ script: {} });
  expect(await openLink({ url: peer.url, env: {}, gatewayKey: 'b'.repeat(43) })).toMatchObject({
    ok: false,
    problem: { code: 'gateway-key' },
  });
});

test('nobody there, and a port that says nothing, are problems in bounded time', async () => {
  const silent = createServer(() => {});
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const impatient: Pace = { ...eager, after: (_ms, call) => eager.after(0, call) };
  expect(await openLink({ url: `http://127.0.0.1:${port}`, env: {}, pace: impatient })).toMatchObject({
    ok: false,
    problem: { code: 'timeout' },
  });
  silent.close();
  expect(await openLink({ url: `http://127.0.0.1:${port}`, env: {} })).toMatchObject({
    ok: false,
    problem: { code: 'unreachable', detail: 'ECONNREFUSED' },
  });
});

test('TLS: the CA given is trusted, any other is not (D10)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-tls-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const files = (name: string) => ({ ca: join(folder, name, 'ca.pem'), keys: join(folder, name) });
  await mkdir(join(folder, 'own'));
  await mkdir(join(folder, 'other'));
  const own = await makeAuthority(files('own'), 'own', Date.now(), randomBytes(20));
  const other = await makeAuthority(files('other'), 'other', Date.now(), randomBytes(20));
  const { certificatePem, keyPem } = await serverCertificate(files('own'), ['127.0.0.1'], Date.now(), randomBytes(20));
  const peer = await peerWith({ script: {}, tls: { key: keyPem, cert: certificatePem } });
  const trusting = await linkTo(peer.url, { ca: own });
  expect(trusting.state().state).toBe('open');
  // The handshake is among the bytes: a certificate alone is larger than the greeting.
  const { bytesIn, bytesOut, goodput, roundTripMs } = trusting.figures();
  expect(bytesIn).toBeGreaterThan(1_200);
  expect(bytesOut).toBeGreaterThan(600);
  expect(goodput).toBeGreaterThanOrEqual(0);
  expect(roundTripMs).toBeGreaterThan(0);
  expect(await openLink({ url: peer.url, env: {}, ca: other })).toMatchObject({ ok: false, problem: { code: 'untrusted' } });
});

test('frames and pushes that came before anybody listened are handed over in order, and a cut is told', async () => {
  const session = { type: 'session.notice', channel: 4, notice: 'watched', text: 'rob watches' } as const;
  const peer = await peerWith({
    script: {
      'audit.head': (_body, caller) => {
        caller.frame({ kind: 'stream', channel: 4, seq: 0, span: 2, bytes: Buffer.from('ab') });
        caller.push(session);
        caller.frame({ kind: 'stream', channel: 4, seq: 2, span: 1, bytes: Buffer.from('c') });
        return fine({ seq: 7, hash: 'ab', at: 1, sealedSeq: 3 });
      },
    },
    onFrame: (frame, caller) => {
      if (frame.kind === 'input') caller.frame({ kind: 'typed', channel: frame.channel, offset: frame.bytes.length });
    },
  });
  const link = await linkTo(peer.url, { pace: eager });
  await link.request('audit.head', {});
  const heard: string[] = [];
  const cut = new Promise<void>((resolve) => {
    const channel = link.openChannel(4, {
      onFrame: (frame: Frame) => heard.push(frame.kind === 'stream' ? Buffer.from(frame.bytes).toString() : frame.kind),
      onPush: (push) => heard.push(push.type),
      onCut: resolve,
    });
    expect(channel.send({ kind: 'input', channel: 4, offset: 0, bytes: Buffer.from('ls') })).toBe(true);
  });
  expect(heard).toEqual(['ab', 'session.notice', 'c']);
  await expect.poll(() => heard.at(-1)).toBe('typed');
  peer.cut();
  await cut;
});

test('[T22] signing in shows code, gateway’s view of the peer and machine, keeps the token, and the next connection proves the device', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-sign-in-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'c.json');
  const self = aSelf();
  const peer = await peerWith({
    script: {
      'login.start': () =>
        fine({
          handle: 'h1',
          userCode: 'BDFH-KLMN',
          address: 'https://id/device',
          expiresAt: Date.now() + 60_000,
          peer: '192.0.2.7',
        }),
      'login.finish': (_body, caller) => {
        caller.push({ type: 'login.progress', handle: 'h1', state: 'slowed' });
        return fine({ token: 'tok', self });
      },
      'login.resume': () => fine({ self }),
      'login.end': () => fine({ ended: 1 }),
    },
  });
  const link = await linkTo(peer.url);
  const codes: SignInCode[] = [];
  const progress: string[] = [];
  const signedIn = await signIn({
    link,
    credentialsPath: path,
    machine: 'laptop',
    onCode: (code) => codes.push(code),
    onProgress: (now) => progress.push(now),
  });
  expect(signedIn).toEqual(fine(self));
  expect(codes).toMatchObject([{ userCode: 'BDFH-KLMN', peer: '192.0.2.7', machine: 'laptop' }]);
  expect(progress).toEqual(['slowed']);
  expect(link.state()).toMatchObject({ state: 'open', self });

  const kept = await readCredentials(path);
  if (!kept.ok || kept.value === undefined) throw new Error('nothing kept');
  expect(kept.value).toMatchObject({ token: 'tok', person: self.name, gateway: { key: peer.key } });
  // The peer checks the signature over its own nonce; a wrong one would be refused as `device`.
  const again = await linkTo(peer.url, { credentials: kept.value });
  expect(again.state()).toMatchObject({ state: 'open', self });

  expect(await signOut(again, path, false)).toEqual(fine({ ended: 1 }));
  const after = await readCredentials(path);
  expect(after.ok && after.value?.token).toBe(undefined);
  expect(again.state()).toMatchObject({ state: 'open', self: undefined });
});

test('a line that drops while one confirms in the browser does not end the sign-in', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-sign-in-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const self = aSelf();
  let tries = 0;
  const peer = await peerWith({
    script: {
      'login.start': () =>
        fine({ handle: 'h1', userCode: 'X', address: 'https://id/device', expiresAt: Date.now() + 60_000, peer: '::1' }),
      'login.finish': (_body, caller) => {
        tries += 1;
        if (tries > 1) return fine({ token: 'tok', self });
        caller.drop();
        return refuse('bug');
      },
    },
  });
  const link = await linkTo(peer.url, { pace: eager });
  expect(await signIn({ link, credentialsPath: join(folder, 'c.json'), onCode: () => {} })).toEqual(fine(self));
});

test('a sign-in that was revoked leaves the line open and says why nobody is signed in', async () => {
  const peer = await peerWith({ script: { ...emptyScript, 'login.resume': () => refuse('login-revoked') } });
  const { makeDeviceKey } = await import('./device-key.ts');
  const link = await linkTo(peer.url, {
    credentials: {
      version: 1,
      gateway: { url: peer.url, key: peer.key, name: 'peer' },
      device: { key: makeDeviceKey().secret },
      token: 'old',
    },
  });
  expect(link.state()).toMatchObject({ state: 'open', self: undefined, problem: { code: 'login-revoked' } });
});

test('plain connections go to this machine only (D10)', async () => {
  expect(await openLink({ url: 'http://gate.example', env: {} })).toMatchObject({ ok: false, problem: { code: 'usage' } });
});
