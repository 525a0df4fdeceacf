import { deflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import { makeKey } from '../../agent/identity.ts';
import { openAgentPeer } from '../../fixtures/agent-peer.ts';
import { closeOffices, office, profile, shell, size } from '../../fixtures/live-office.ts';
import { type LiveWorld, until } from '../../fixtures/live-world.ts';
import { good } from '../../fixtures/outcome.ts';
import { judgeHead } from '../audit/witnessing.ts';
import { openSession } from '../handlers/sessions.ts';
import { openDeflater } from '../protocol/deflated.ts';
import { encodeFrame, type Frame } from '../protocol/frames.ts';

afterEach(closeOffices);

const lastEvent = (world: LiveWorld, type: string) => world.log.events.findLast((event) => event.type === type);

test('[G3, D11] only the enrolled key gets in, only at its own gateway, and a refusal is in the log', async () => {
  const { world, web } = await office();
  expect(world.hub.presence(web.server.id)).toMatchObject({ online: true, facts: { hostname: 'host' } });
  expect(lastEvent(world, 'server.connected')).toMatchObject({ data: { server: web.server.id } });
  const other = await world.server('web-2');
  const forged = await openAgentPeer({ ...other.identity, privateKey: makeKey().privateKey });
  expect(await forged.connect()).toMatchObject({ code: 'agent-key' });
  expect(lastEvent(world, 'agent.refused')).toMatchObject({ data: { server: other.server.id, cause: 'agent-key' } });
  // The right key under another server's name is no key at all.
  const swapped = await openAgentPeer({ ...other.identity, server: web.server.id });
  expect(await swapped.connect()).toMatchObject({ code: 'agent-key' });
  const unknown = await openAgentPeer({ ...other.identity, server: `srv_${'q'.repeat(26)}` as typeof other.server.id });
  expect(await unknown.connect()).toMatchObject({ code: 'agent-key' });
  const elsewhere = await openAgentPeer({ ...other.identity, gatewayKey: 'A'.repeat(43) });
  expect(await elsewhere.connect()).toMatchObject({ code: 'gateway-key' });
  expect(world.hub.presence(other.server.id).online).toBe(false);
});

test('[G5] a second agent with the same key is refused while the first answers, and takes over when it is dead', async () => {
  const { world, web, agent } = await office();
  const copy = await openAgentPeer(web.identity);
  expect(await copy.connect()).toMatchObject({ code: 'agent-duplicate' });
  expect(lastEvent(world, 'agent.refused')).toMatchObject({ data: { cause: 'agent-duplicate' } });
  expect(agent.connected).toBe(true);
  // The first is there but answers nothing, as behind a cut line.
  for (const ws of world.sockets.clients) ws.pause();
  expect(await copy.connect()).toMatchObject({ type: 'welcome' });
  await until('it is the copy now', () => copy.connected);
  for (const ws of world.sockets.clients) if (ws.isPaused) ws.resume();
});

test('a stranger who speaks another version, too early, too much or nothing at all is turned away with a sentence', async () => {
  const { world } = await office();
  const greet = async (...messages: (string | Uint8Array)[]) => {
    const ws = new WebSocket(`${world.url.replace('http', 'ws')}/agent`);
    const heard: string[] = [];
    ws.on('message', (data: Buffer) => heard.push(data.toString()));
    ws.on('error', () => undefined);
    ws.on('open', () => messages.forEach((message) => ws.send(message)));
    await new Promise((resolve) => ws.on('close', resolve));
    return heard.join('');
  };
  const hello = {
    type: 'hello',
    version: '1',
    server: `srv_${'q'.repeat(26)}`,
    nonce: 'n',
    protocol: { oldest: 90, newest: 91 },
  };
  expect(await greet(JSON.stringify(hello))).toContain('update the gateway');
  expect(await greet('{"type":"hello"}')).toContain('bad-message');
  expect(await greet('{"a":1,"a":2}')).toContain('bad-message');
  expect(await greet(new Uint8Array(3))).toContain('bad-message');
  expect(await greet(...Array.from({ length: 20 }, () => '{'))).toContain('bad-message');
  expect(world.hub.presence(`srv_${'q'.repeat(26)}` as never).online).toBe(false);
});

test('[G7] foreign sessions and channels, lies about output and exits cost the connection, and nobody else anything', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const mine = await shell(world, web, uma);
  const evil = await openAgentPeer((await world.server('web-2')).identity);
  const trespass = async (act: () => void) => {
    await evil.connect();
    act();
    await until('it is out', () => !evil.connected);
    await until('it is gone', () => !world.hub.presence(evil.identity.server).online);
  };
  await trespass(() => evil.say({ type: 'session.exited', session: mine.session.id, end: 0, code: 0, survivors: 0 }));
  await trespass(() => evil.say({ type: 'session.opened', session: mine.session.id, pid: 1 }));
  for (const channel of [0, 1, 2, 77]) {
    await trespass(() => evil.raw({ kind: 'output', channel, seq: 0, bytes: new Uint8Array(5) }));
    await trespass(() => evil.raw({ kind: 'applied', channel, participant: 1, offset: 3 }));
  }
  await trespass(() => evil.raw({ kind: 'kept', channel: 1, received: 1, durable: 1 }));
  await trespass(() => evil.throwAt('{'));
  await trespass(() => evil.throwAt(new Uint8Array(0)));
  expect(await evil.connect(() => [{ session: mine.session.id, produced: 0, freed: 0, ended: false }])).toMatchObject({
    code: 'bad-message',
  });
  // Its own sessions: a gap, and an exit that does not fit.
  for (const lie of ['gap', 'exit'] as const) {
    await evil.connect();
    const { session } = good(await openSession(world.call('uma', uma), { server: 'web-2', size, profile }));
    const { channel } = evil.program(session.id);
    if (lie === 'gap') evil.raw({ kind: 'output', channel, seq: 10, bytes: new Uint8Array(5) });
    else evil.say({ type: 'session.exited', session: session.id, end: 99, code: 0, survivors: 0 });
    await until('it is out', () => !evil.connected);
    await until('it is gone', () => !world.hub.presence(evil.identity.server).online);
  }
  agent.print(mine.session.id, 'unharmed');
  await until('others go on', () => uma.text(mine.channel).includes('unharmed'));
});

test('[A10, G7] output may come deflated, and is judged as if it had come as it is; what does not come out, or grows too large, costs the connection', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const mine = await shell(world, web, uma);
  const evil = await openAgentPeer((await world.server('web-2')).identity);
  const opened = async () => {
    await evil.connect();
    const { session, channel } = good(await openSession(world.call('uma', uma), { server: 'web-2', size, profile }));
    return { program: evil.program(session.id), seat: channel };
  };
  const out = async () => {
    await until('it is out', () => !evil.connected);
    await until('it is gone', () => !world.hub.presence(evil.identity.server).online);
  };
  const output = (channel: number, seq: number, bytes: Uint8Array) => encodeFrame({ kind: 'output', channel, seq, bytes });

  const first = await opened();
  const deflater = openDeflater();
  first.program.output = Buffer.from('so it is said, so it is said');
  first.program.sent = first.program.output.length;
  const small = deflater.deflate(output(first.program.channel, 0, first.program.output));
  expect(small).toBeDefined();
  evil.throwAt(small ?? new Uint8Array());
  await until('it is shown', () => uma.text(first.seat).includes('so it is said, so it is said'));
  // A foreign channel stays foreign.
  evil.throwAt(deflater.deflate(output(77, 0, Buffer.alloc(64))) ?? new Uint8Array());
  await out();

  for (const lie of [
    Uint8Array.of(0x20, 1, 2, 3),
    Uint8Array.of(0x20),
    // As text, and 300 KiB of nothing in a few bytes.
    openDeflater().deflate('{"type":"pong","at":1}') ?? new Uint8Array(),
    Buffer.concat([Uint8Array.of(0x20), deflateRawSync(Buffer.alloc(300 * 1024))]),
  ]) {
    await opened();
    evil.throwAt(lie);
    await out();
  }
  agent.print(mine.session.id, 'unharmed');
  await until('others go on', () => uma.text(mine.channel).includes('unharmed'));
});

test('[W1, W3, W6] A11, A28: an agent is shown the newest head and what leads to it; a conflict it tells is an event, once an hour', async () => {
  const { world, web, agent } = await office();
  agent.say({ type: 'witness.ask', size: 0, epoch: 0 });
  const [told] = await until('it is shown', () => (agent.heads.length === 1 ? agent.heads : undefined));
  const judged = told === undefined ? undefined : judgeHead(undefined, told);
  if (judged?.verdict !== 'accepted') throw new Error(JSON.stringify(judged));
  const { size: held, root, epoch } = judged.held;
  agent.say({ type: 'witness.stored', size: held, root });
  const { board } = world.call('ana', world.operator('ana')).parts;
  await until('it is a witness', () => board.status().witnesses.servers === 1);
  agent.say({ type: 'witness.ask', size: held, epoch });
  await until('it is shown', () => agent.heads.length === 2);
  expect(agent.heads[1]).toMatchObject({ certificates: [], rootKey: judged.held.rootKey });

  for (const _ of [1, 2]) agent.say({ type: 'witness.conflict', size: held, root });
  await until('it is known', () => board.status().conflicts.length === 1);
  expect(board.status().conflicts).toMatchObject([{ kind: 'server', id: web.server.id, name: 'web-1', size: held }]);
  await until('it is in the log', () => lastEvent(world, 'witness.conflict'));
  expect(lastEvent(world, 'witness.conflict')).toMatchObject({
    actor: { kind: 'server', id: web.server.id },
    data: { size: held, root },
  });
  expect(world.log.events.filter(({ type }) => type === 'witness.conflict')).toHaveLength(1);
});

test('[W1, W5, G7] who asks before it was answered, or in a version without witnesses, is out', async () => {
  const { world, web, agent } = await office();
  for (const _ of [1, 2]) agent.say({ type: 'witness.ask', size: 0, epoch: 0 });
  await until('it is out', () => !agent.connected);
  await until('it is gone', () => !world.hub.presence(web.server.id).online);
  for (const newest of [1, 2]) {
    const old = await openAgentPeer(web.identity, { protocol: { oldest: 1, newest } });
    expect(await old.connect()).toMatchObject({ type: 'welcome' });
    expect(old.heads).toEqual([]);
    old.say({ type: 'witness.ask', size: 0, epoch: 0 });
    await until('it is out', () => !old.connected);
    await until('it is gone', () => !world.hub.presence(web.server.id).online);
  }
});

test('[G7] 6,000 mutated frames and messages: the gateway lives, and other sessions never notice', {
  timeout: 120_000,
}, async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const mine = await shell(world, web, uma);
  const evil = await openAgentPeer((await world.server('web-2')).identity);
  await evil.connect();
  const theirs = good(await openSession(world.call('uma', uma), { server: 'web-2', size, profile }));
  const session = fc.constantFrom(mine.session.id, theirs.session.id, `ses_${'q'.repeat(26)}`);
  const number = fc.oneof(fc.nat(5), fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER));
  const frame: fc.Arbitrary<Frame> = fc.oneof(
    fc.record({ kind: fc.constant('output' as const), channel: fc.nat(3), seq: number, bytes: fc.uint8Array() }),
    fc.record({ kind: fc.constant('applied' as const), channel: fc.nat(3), participant: number, offset: number }),
    fc.record({ kind: fc.constant('paint' as const), channel: number, seq: number, fresh: fc.boolean(), bytes: fc.uint8Array() }),
  );
  const message = fc.oneof(
    fc.record({ type: fc.constant('session.exited'), session, end: number, code: number, survivors: number }),
    fc.record({ type: fc.constant('session.opened'), session, pid: number }),
    fc.record({ type: fc.constant('session.refused'), session, problem: fc.record({ code: fc.constant('spawn') }) }),
    fc.record({ type: fc.constant('pong'), at: fc.oneof(number, fc.constant(-1)) }),
    fc.record({ type: fc.constant('metrics'), metrics: fc.anything() }),
    fc.record({ type: fc.constant('witness.ask'), size: number, epoch: number }),
    fc.record({ type: fc.constant('leaving'), why: fc.string() }),
  );
  const mutated = fc.oneof(
    fc.tuple(frame.map(encodeFrame), fc.nat(), fc.nat(255)).map(([bytes, at, to]) => {
      const copy = Uint8Array.from(bytes);
      copy[at % copy.length] = to;
      return copy;
    }),
    frame.map(encodeFrame),
    message.map((value) => JSON.stringify(value) ?? 'null'),
    fc.uint8Array({ maxLength: 64 }),
    fc.string(),
  );
  let thrown = 0;
  for (const one of fc.sample(mutated, 6000)) {
    if (!evil.connected) {
      await until('the way is free', () => !world.hub.presence(evil.identity.server).online);
      evil.programs.clear();
      await evil.connect();
    }
    evil.throwAt(one);
    thrown += 1;
    // Not all at once: what follows a breach in the same packet would hide behind it.
    if (thrown % 3 === 0) await new Promise(setImmediate);
  }
  expect(thrown).toBe(6000);
  agent.print(mine.session.id, 'unharmed');
  await until('others go on', () => uma.text(mine.channel).includes('unharmed'));
  expect(uma.closedWith(mine.channel)).toBe(undefined);
});
