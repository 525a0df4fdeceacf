import { randomBytes } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { mintId, type SessionId } from '../gateway/protocol/ids.ts';
import { cleanAll, cleanUp, stateFor } from './agent-process.ts';
import { openPeer, type Peer } from './gateway-peer.ts';
import { type AgentPace, type RunningAgent, runAgent } from './runner.ts';

afterEach(cleanAll);

const soon = { timeout: 15_000, interval: 5 };
const ses = () => mintId('ses', randomBytes(26));

async function setUp(options: Parameters<typeof openPeer>[0] = {}, pace: Partial<AgentPace> = {}) {
  const peer = await openPeer(options);
  cleanUp.push(peer.close);
  const { agent, state, notes } = await agentOf(peer, pace);
  return { peer, agent, state, notes };
}

async function agentOf(peer: Peer, pace: Partial<AgentPace> = {}) {
  const state = await stateFor(peer);
  const notes: { event: string; facts: Readonly<Record<string, string | number>> }[] = [];
  const started = await runAgent({
    state,
    note: (event, facts) => notes.push({ event, facts }),
    shell: { program: '/bin/sh', home: state },
    pace: { backoffMs: () => 10, ...pace },
  });
  if (!started.ok) throw new Error(started.problem.detail);
  const agent: RunningAgent = started.value;
  cleanUp.push(() => agent.stop());
  return { agent, state, notes };
}

/** Opens a session whose shell is ready to be typed into; its prompt is out of the way. */
async function openShell(peer: Peer, change: Parameters<Peer['order']>[1] = {}) {
  const session = ses();
  peer.order(session, change);
  await vi.waitFor(
    () => expect(peer.messages).toContainEqual(expect.objectContaining({ type: 'session.opened', session })),
    soon,
  );
  const setup = `PS1= PS2=; stty -echo; echo rea''dy\n`;
  peer.type(session, setup, 0);
  await vi.waitFor(() => expect(peer.text(session)).toContain('ready\r\n'), soon);
  return { session, typed: setup.length };
}

const after = (text: string) => text.slice(text.indexOf('ready\r\n') + 7);
const sizeOf = (peer: Peer, session: SessionId) => peer.sessions.get(session)?.length ?? 0;
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `${i + 1}\r\n`).join('');

test('[A1] [A2] law 8: an agent proves itself only to the pinned gateway, and a signed order opens a shell', async () => {
  const { peer, agent } = await setUp();
  await agent.connected;
  const { session, typed } = await openShell(peer);
  peer.type(session, 'echo $((6*7)) $SALLYPORT_SESSION; exit 5\n', typed);
  await vi.waitFor(
    () =>
      expect(peer.messages).toContainEqual({
        type: 'session.exited',
        session,
        end: sizeOf(peer, session),
        code: 5,
        survivors: 0,
      }),
    soon,
  );
  expect(after(peer.text(session))).toContain(`42 ${session}`);
});

test.each(['signature', 'key', 'reflect', 'version'] as const)(
  '[A1] G3 a gateway that lies about its %s hears nothing but hello',
  async (lie) => {
    const { peer, notes } = await setUp({ lie });
    await vi.waitFor(() => expect(peer.connections).toBeGreaterThan(2), soon);
    expect(peer.proofs).toEqual([]);
    expect(peer.beforeProof.every((text) => text.includes('"type":"hello"'))).toBe(true);
    expect(notes.every(({ event }) => event === 'unreachable')).toBe(true);
  },
);

test('[A3] D11 G4 an order that is unsigned, for another, of another connection, replayed or expired opens nothing', async () => {
  const { peer, agent, notes } = await setUp();
  await agent.connected;
  const refusals = () => notes.filter(({ event }) => event === 'order.refused').map(({ facts }) => facts['why']);
  const good = peer.order(ses());
  await vi.waitFor(() => expect(peer.messages.some(({ type }) => type === 'session.opened')).toBe(true), soon);
  peer.socket?.send(good);
  peer.order(ses(), {}, (signature) => `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`);
  peer.order(ses(), {}, () => 'AAAA');
  peer.order(ses(), { server: mintId('srv', randomBytes(26)) });
  peer.order(ses(), { nonce: randomBytes(32).toString('base64url') });
  peer.order(ses(), { serial: 0 });
  peer.order(ses(), { issuedMs: 120_000 });
  await vi.waitFor(() => expect(refusals()).toHaveLength(7), soon);
  expect(refusals()).toEqual([
    'it was taken before',
    'it does not carry the signature of the gateway',
    'it does not carry the signature of the gateway',
    'it is for another server',
    'it is for another connection',
    'it was taken before',
    'it comes from the future',
  ]);
  peer.order(ses(), { level: 'read-only', serial: 50 });
  peer.order(ses(), { user: 'no-such-user-here', serial: 51 });
  await vi.waitFor(() => expect(peer.messages.filter(({ type }) => type === 'session.refused')).toHaveLength(2), soon);
  expect(peer.messages.filter(({ type }) => type === 'session.refused')).toMatchObject([
    { problem: { code: 'order-refused' } },
    { problem: { code: 'os-user' } },
  ]);
  expect(peer.messages.filter(({ type }) => type === 'session.opened')).toHaveLength(1);
});

test('[A5] law 5, S60: a link cut again and again in the middle of output loses and repeats nothing, and the shell lives on', async () => {
  const { peer, agent } = await setUp({ durableLag: 1_000 });
  await agent.connected;
  const { session, typed } = await openShell(peer);
  peer.type(session, 'seq 20000; echo over\n', typed);
  for (let cut = 0; cut < 12; cut += 1) {
    const had = sizeOf(peer, session);
    const welcomes = peer.welcomes;
    await vi.waitFor(() => expect(sizeOf(peer, session) > had || peer.text(session).endsWith('over\r\n')).toBe(true), soon);
    peer.cut();
    await vi.waitFor(() => expect(peer.welcomes).toBeGreaterThan(welcomes), soon);
  }
  await vi.waitFor(() => expect(peer.text(session)).toContain('over\r\n'), soon);
  expect(after(peer.text(session)) === `${numbered(20_000)}over\r\n`).toBe(true);
  expect(new Set(peer.proofs.map(({ boot }) => boot)).size).toBe(1);
});

test('[F4] law 5: what was typed is applied once, however often it is sent, and a gap is refused', async () => {
  const { peer, agent } = await setUp();
  await agent.connected;
  const { session, typed } = await openShell(peer);
  const line = 'echo one\n';
  for (let i = 0; i < 3; i += 1) peer.type(session, line, typed);
  peer.type(session, 'echo gap\n', typed + 100);
  peer.cut();
  await vi.waitFor(() => expect(peer.welcomes).toBe(2), soon);
  await vi.waitFor(() => expect(peer.sessions.get(session)?.applied.get(1)).toBe(typed + line.length), soon);
  peer.type(session, `${line}echo two\n`, typed);
  peer.type(session, 'echo other\n', 0, 2);
  await vi.waitFor(() => expect(after(peer.text(session))).toBe('one\r\ntwo\r\nother\r\n'), soon);
  expect(peer.sessions.get(session)?.applied).toEqual(
    new Map([
      [1, typed + line.length + 9],
      [2, 11],
    ]),
  );
});

test('[A4] B3 D6 a gateway that takes nothing: 256 KiB on the wire, 4 MiB kept, then the program stops; nothing is lost when it takes again', async () => {
  const { peer, agent } = await setUp();
  await agent.connected;
  const { session, typed } = await openShell(peer);
  const base = sizeOf(peer, session);
  peer.options.acknowledges = false;
  peer.type(session, 'seq 700000; echo over\n', typed);
  await vi.waitFor(() => expect(sizeOf(peer, session) - base).toBe(256 * 1024), soon);
  peer.options.acknowledges = true;
  peer.options.durableLag = Number.POSITIVE_INFINITY;
  peer.keep(session);
  await vi.waitFor(() => expect(sizeOf(peer, session)).toBeGreaterThan(4 * 1024 * 1024), soon);
  const held = sizeOf(peer, session);
  expect(held).toBeLessThan(4 * 1024 * 1024 + base + 256 * 1024);
  peer.cut();
  await vi.waitFor(() => expect(peer.welcomes).toBe(2), soon);
  peer.options.durableLag = 0;
  peer.keep(session);
  const whole = `${numbered(700_000)}over\r\n`;
  await vi.waitFor(() => expect(sizeOf(peer, session) - base).toBe(whole.length), { ...soon, timeout: 30_000 });
  expect(after(peer.text(session)) === whole).toBe(true);
});

test('S8 D6 an exit while the gateway is away is told when it is back, after all output, until it is released', async () => {
  const { peer, agent } = await setUp();
  await agent.connected;
  const { session, typed } = await openShell(peer);
  peer.accepts = false;
  peer.type(session, 'sleep 0.1; seq 5000; exit 9\n', typed);
  await vi.waitFor(() => expect(peer.sessions.get(session)?.applied.get(1)).toBeGreaterThan(typed), soon);
  peer.cut();
  await vi.waitFor(
    () => expect(peer.proofs.at(-1)?.sessions).toContainEqual(expect.objectContaining({ session, ended: true })),
    soon,
  );
  peer.accepts = true;
  const exits = () => peer.messages.filter((message) => message.type === 'session.exited');
  await vi.waitFor(() => expect(exits()).toHaveLength(1), soon);
  expect(after(peer.text(session))).toBe(numbered(5_000));
  expect(exits()[0]).toMatchObject({ code: 9, end: sizeOf(peer, session) });
  peer.cut();
  await vi.waitFor(() => expect(exits()).toHaveLength(2), soon);
  peer.send({ type: 'session.release', session });
  peer.send({ type: 'ping', at: 1 });
  await vi.waitFor(() => expect(peer.messages).toContainEqual({ type: 'pong', at: 1 }), soon);
  peer.cut();
  await vi.waitFor(() => expect(peer.proofs.at(-1)?.sessions).toEqual([]), soon);
});

test('G11 a gateway that stays away longer than the order allows: the agent hangs up, and says so when it is back', async () => {
  const { peer, agent, notes } = await setUp();
  await agent.connected;
  const { session } = await openShell(peer, { hangUpAfterMs: 200 });
  peer.accepts = false;
  peer.cut();
  await vi.waitFor(() => expect(notes.map(({ event }) => event)).toContain('session.hung-up'), soon);
  peer.accepts = true;
  await vi.waitFor(
    () => expect(peer.messages).toContainEqual(expect.objectContaining({ type: 'session.exited', session })),
    soon,
  );
});

test('D6 a session unknown to a restored gateway is not adopted, takes no input, and is hung up at its limit', async () => {
  const { peer, agent, notes } = await setUp();
  await agent.connected;
  const { session, typed } = await openShell(peer, { hangUpAfterMs: 600 });
  peer.unknown.add(session);
  peer.cut();
  await vi.waitFor(() => expect(notes.map(({ event }) => event)).toContain('session.unknown'), soon);
  const had = peer.text(session);
  peer.type(session, 'echo adopted\n', typed);
  await vi.waitFor(() => expect(notes.map(({ event }) => event)).toContain('session.hung-up'), soon);
  expect(peer.text(session)).toBe(had);
});

test('R9 a session killed, or ended at the gateway meanwhile, is gone with all it started', async () => {
  const { peer, agent } = await setUp();
  await agent.connected;
  const first = await openShell(peer);
  peer.type(first.session, 'trap "" HUP TERM; sleep 600\n', first.typed);
  peer.send({ type: 'session.kill', session: first.session, reason: 'killed' });
  await vi.waitFor(
    () =>
      expect(peer.messages).toContainEqual(
        expect.objectContaining({ type: 'session.exited', session: first.session, survivors: 0 }),
      ),
    soon,
  );
  const second = await openShell(peer);
  peer.dismissed.add(second.session);
  peer.cut();
  await vi.waitFor(() => expect(peer.welcomes).toBe(2), soon);
  peer.dismissed.clear();
  await vi.waitFor(
    () => {
      peer.cut();
      expect(peer.proofs.at(-1)?.sessions.map(({ session }) => session)).not.toContain(second.session);
    },
    { timeout: 15_000, interval: 100 },
  );
});

test('resize reaches the shell', async () => {
  const { peer, agent } = await setUp();
  await agent.connected;
  const { session, typed } = await openShell(peer);
  peer.send({ type: 'session.resize', session, size: { cols: 132, rows: 43 } });
  peer.type(session, 'stty size\n', typed);
  await vi.waitFor(() => expect(after(peer.text(session))).toBe('43 132\r\n'), soon);
});

test('[A8] S6 a gateway that falls silent is given up after three heartbeats, and dialled again', async () => {
  const { peer, agent, notes } = await setUp({}, { heartbeatMs: 40 });
  await agent.connected;
  peer.socket?.pause();
  await vi.waitFor(() => expect(notes.some(({ event }) => event === 'disconnected')).toBe(true), soon);
  await vi.waitFor(() => expect(peer.welcomes).toBe(2), soon);
});

test('[F2] [J2] B3 nonsense from the gateway closes the connection and harms no session', async () => {
  const { peer, agent } = await setUp();
  await agent.connected;
  const { session, typed } = await openShell(peer);
  const nonsense = ['{}', 'no json', '{"type":"proxy","to":"10.0.0.1:22"}', Buffer.from([0xff, 0xff]), Buffer.alloc(300_000)];
  for (const [i, bad] of nonsense.entries()) {
    peer.socket?.send(bad);
    await vi.waitFor(() => expect(peer.welcomes).toBe(i + 2), soon);
  }
  peer.frame({ kind: 'kept', channel: peer.sessions.get(session)?.channel ?? 0, received: 1e9, durable: 0 });
  await vi.waitFor(() => expect(peer.welcomes).toBe(nonsense.length + 2), soon);
  peer.type(session, 'echo fine\n', typed);
  await vi.waitFor(() => expect(after(peer.text(session))).toContain('fine\r\n'), soon);
});

test('a graceful stop says that it leaves, ends its shells with their last words, and closes', async () => {
  const { peer, agent } = await setUp();
  await agent.connected;
  const { session, typed } = await openShell(peer);
  peer.type(session, 'trap "echo bye; exit 3" HUP; while :; do sleep 0.01; done\n', typed);
  await vi.waitFor(() => expect(peer.sessions.get(session)?.applied.get(1)).toBeGreaterThan(typed), soon);
  await agent.stop();
  await vi.waitFor(
    () => expect(peer.messages.map(({ type }) => type)).toEqual(expect.arrayContaining(['leaving', 'session.exited'])),
    soon,
  );
  expect(peer.messages.filter(({ type }) => type === 'metrics').length).toBeGreaterThan(0);
});
