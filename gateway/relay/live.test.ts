import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { type AgentPeer, openAgentPeer } from '../../fixtures/agent-peer.ts';
import {
  closeOffices,
  comeBack,
  eventsOf,
  office,
  profile,
  sessionIn,
  shell,
  size,
  streams,
} from '../../fixtures/live-office.ts';
import { until } from '../../fixtures/live-world.ts';
import { good } from '../../fixtures/outcome.ts';
import { watchSession } from '../handlers/joining.ts';
import { attachSession, killSession, openSession, resizeSession } from '../handlers/sessions.ts';
import type { SessionId } from '../protocol/ids.ts';
import { rowRuns } from '../screen/row.ts';
import { differences } from '../screen/screen.ts';
import { decodeNote, decodeSize } from '../session/cast.ts';

afterEach(closeOffices);

const exitsAfterSaying = async (agent: AgentPeer, id: SessionId, text: string) => {
  agent.print(id, text);
  agent.exit(id, 3);
};

test('[law 1, law 9] a session is in the log before it is ordered, shows what its program says, and ends as it ended', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel, credit } = await shell(world, web, uma);
  expect(session).toMatchObject({ state: 'running', serverName: 'web-1', osUser: 'deploy', level: 'terminal', rec: 'on', size });
  expect(credit).toBeGreaterThan(0);
  expect(agent.program(session.id).order).toMatchObject({ user: 'deploy', size, term: 'xterm-256color' });
  agent.print(session.id, 'hello \x1b[1mworld\x1b[0m\r\n$ ');
  await until('the greeting shows', () => uma.text(channel).startsWith('hello world\n$'));
  uma.type(channel, 0, 'ls');
  await until('the keys are confirmed', () => uma.channel(channel).typed === 2);
  expect(agent.program(session.id).input.get(1)?.toString()).toBe('ls');
  await exitsAfterSaying(agent, session.id, 'bye\r\n');
  const closed = await until('the end is told', () => uma.closedWith(channel));
  expect(closed).toMatchObject({ ended: { reason: 'exited', exitCode: 3 } });
  expect(uma.text(channel)).toContain('bye');
  expect(sessionIn(world, session.id)).toMatchObject({
    state: 'ended',
    ending: { reason: 'exited', code: 3, bytes: closed.end, lostBytes: 0 },
  });
  expect(eventsOf(world, session.id)).toEqual([
    'session.started',
    'recording.started',
    'session.joined',
    'session.opened',
    'session.ended',
    'recording.closed',
  ]);
  expect(await world.recordedOutput(session.id)).toEqual(agent.program(session.id).output);
  await until('the agent may forget it', () => agent.program(session.id).released);
  expect(world.hub.live(session.id)).toBe(undefined);
});

test('an agent that refuses, is away, or says nothing: the person hears why, and the session is over in the log', async () => {
  const { world, agent } = await office();
  const uma = world.operator('uma');
  const other = await world.server('web-2');
  expect(await openSession(world.call('uma', uma), { server: 'web-2', size, profile })).toMatchObject({
    problem: { code: 'offline' },
  });
  const refusing = await openAgentPeer(other.identity, { onOrder: () => ({ code: 'os-user', detail: 'deploy' }) });
  await refusing.connect();
  expect(await openSession(world.call('uma', uma), { server: 'web-2', size, profile })).toMatchObject({
    problem: { code: 'os-user', detail: 'deploy' },
  });
  const [refused] = Object.values(world.log.settled.sessions);
  expect(refused).toMatchObject({ state: 'ended', ending: { reason: 'agent-refused', why: 'deploy' } });
  expect(await openSession(world.call('uma', uma), { server: 'web-1', user: 'root', size, profile })).toMatchObject({
    problem: { code: 'os-user' },
  });
  expect(agent.programs.size).toBe(0);
});

test('[T2] a session that was over as soon as it began still shows its last line', async () => {
  const { world } = await office();
  const uma = world.operator('uma');
  const quick = await openAgentPeer((await world.server('web-3')).identity);
  await quick.connect();
  const opening = openSession(world.call('uma', uma), { server: 'web-3', size, profile });
  const program = await until('it is ordered', () => [...quick.programs.values()][0]);
  await exitsAfterSaying(quick, program.session, 'done\r\n');
  const { channel, session } = good(await opening);
  await until('the end is told', () => uma.closedWith(channel));
  expect(uma.text(channel)).toContain('done');
  expect(await world.recordedOutput(session.id)).toEqual(Buffer.from('done\r\n'));
});

test('[law 5] output cut anywhere and sent again from where the recording stops is recorded and shown once, byte for byte', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('print', 'print', 'cut', 'back'), fc.integer({ min: 1, max: 40_000 })), {
        minLength: 1,
        maxLength: 12,
      }),
      async (steps) => {
        for (const [step, length] of steps) {
          if (step === 'print') {
            const from = agent.program(session.id).output.length;
            agent.print(session.id, Buffer.from({ length, fill: 0 } as never).fill(`${from} 한글 ab\r\n`));
          } else if (step === 'cut') agent.cut();
          else if (!agent.connected) await comeBack(agent, web, world);
        }
        if (!agent.connected) await comeBack(agent, web, world);
        const { output } = agent.program(session.id);
        await until('all of it is on disk', () => agent.program(session.id).durable === output.length);
        expect(await world.recordedOutput(session.id)).toEqual(output);
      },
    ),
    { numRuns: 8 },
  );
  await until('the screen is that of the model', () => world.hub.live(session.id)?.bytes === uma.channel(channel).shown);
  expect(uma.notices(channel).filter((notice) => notice === 'agent-away').length).toBe(
    uma.notices(channel).filter((notice) => notice === 'agent-back').length,
  );
});
test('[law 6, 4a] an observer changes nothing for the driver: not a byte, not the size, and types nowhere', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  await streams(agent, session.id, uma, channel);
  const before = agent.program(session.id).output.length;
  const streamedBefore = uma.channel(channel).streamed.length;
  const omar = world.operator('omar', { cols: 200, rows: 60 });
  const watching = good(await watchSession(world.call('omar', omar), { session: session.id, size: { cols: 200, rows: 60 } }));
  await until('the driver sees who watches', () => uma.notices(channel).includes('watched'));
  for (let i = 0; i < 20; i += 1) agent.print(session.id, `line ${i} \x1b[3${i % 8}mcolour\x1b[0m\r\n`);
  for (let byte = 0; byte < 256; byte += 1) omar.type(watching.channel, byte, Uint8Array.of(byte));
  await resizeSession(world.call('omar', omar), { channel: watching.channel, size: { cols: 20, rows: 5 } });
  await until(
    'the observer sees the end',
    () => omar.text(watching.channel).includes('line 19') || omar.channel(watching.channel).shown > 0,
  );
  await until('the driver sees the end', () => uma.text(channel).includes('line 19'));
  const program = agent.program(session.id);
  expect([...program.input.values()].every((bytes) => bytes.length === 0)).toBe(true);
  expect(program.sizes).toEqual([size]);
  expect(world.hub.live(session.id)?.size).toEqual(size);
  const streamed = Buffer.concat(uma.channel(channel).streamed.slice(streamedBefore));
  expect(streamed.toString()).toBe(program.output.subarray(before).toString());
  expect(sessionIn(world, session.id).participants.map(({ role }) => role)).toEqual(['driver', 'observer']);
  omar.hangUp();
  await until('the driver sees that nobody watches', () => uma.notices(channel).includes('unwatched'));
});

test('[T28, D5] who joins late is shown the screen cell by cell as the driver has it', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  agent.print(session.id, '\x1b]2;vim\x07\x1b[?1049h\x1b[5;10H\x1b[44;1m한글 emoji 🚀\x1b[0m\x1b[2;20r\x1b[?25l');
  agent.print(session.id, Array.from({ length: 30 }, (_, i) => `\x1b[${(i % 20) + 1};1H${'abc '.repeat(i)}`).join(''));
  const end = agent.program(session.id).output.length;
  await until('the driver is there', () => uma.channel(channel).shown === end);
  uma.hangUp();
  await until('nobody drives', () => world.hub.live(session.id)?.state === 'detached');
  const again = world.operator('uma');
  const back = good(await attachSession(world.call('uma', again), { session: session.id, size, profile }));
  await until('the driver is back', () => again.channel(back.channel).shown === end);
  expect(differences(uma.screen(channel), again.screen(back.channel))).toEqual([]);
  expect(again.channel(back.channel).log[0]).toMatchObject({ kind: 'paint' });
  expect(world.hub.live(session.id)).toMatchObject({ title: 'vim' });
  const omar = world.operator('omar');
  const watching = good(await watchSession(world.call('omar', omar), { session: session.id, size }));
  await until('the watcher sees it', () => omar.channel(watching.channel).shown === end);
  expect(omar.screen(watching.channel).grid.map(rowRuns)).toEqual(again.screen(back.channel).grid.map(rowRuns));
  expect(omar.screen(watching.channel)).toMatchObject({ title: '', modes: { mouse: 'none', bracketedPaste: false } });
});

test('[R8] a viewer who reads nothing costs little and slows nobody; later it is painted up to date', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  const slow = world.operator('omar', { stalled: true });
  const watching = good(await watchSession(world.call('omar', slow), { session: session.id, size }));
  const fast = world.operator('ana');
  const seeing = good(await watchSession(world.call('ana', fast), { session: session.id, size }));
  for (let i = 0; i < 200; i += 1) agent.print(session.id, `${i} `.repeat(4000));
  agent.print(session.id, '\r\nthe end');
  await until('the driver sees the end', () => uma.text(channel).includes('the end'));
  await until('the other watcher sees the end', () => fast.text(seeing.channel).includes('the end'));
  const { output } = agent.program(session.id);
  await until('all of it is recorded', () => agent.program(session.id).durable === output.length);
  expect(slow.mostWaiting).toBeLessThan(1024 * 1024);
  slow.read();
  await until('the slow one is up to date', () => slow.text(watching.channel).includes('the end'));
});

test('[D5, LOWBAND] a flood on a slow line: the driver is painted, and the end shows soon', { timeout: 30_000 }, async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma', { rate: 8, tripMs: 150 });
  const { session, channel } = await shell(world, web, uma);
  const lines = Array.from({ length: 40_000 }, (_, i) => `${i}\r\n`).join('');
  agent.print(session.id, lines);
  const { output } = agent.program(session.id);
  await until('all of it is modelled', () => world.hub.live(session.id)?.bytes === output.length);
  const modelledAt = performance.now();
  await until('the end shows', () => uma.text(channel).includes('39999'));
  expect(performance.now() - modelledAt).toBeLessThan(5_000);
  const bytes = uma.channel(channel).log.reduce((sum, { length }) => sum + length, 0);
  expect(bytes).toBeLessThan(output.length / 5);
  await until('it is streamed again when it is quiet', () => {
    agent.print(session.id, 'x');
    return uma.channel(channel).log.at(-1)?.kind === 'stream';
  });
});

test('[4a] sizes stand in the recording where the model took them; the pty gets each, and the last is the last', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  for (let i = 0; i < 50; i += 1) {
    agent.print(session.id, `${i}\r\n`);
    await resizeSession(world.call('uma', uma), { channel, size: { cols: 40 + i, rows: 10 + (i % 30) } });
  }
  await until('the pty has the last size', () => agent.program(session.id).sizes.at(-1)?.cols === 89);
  expect(world.hub.live(session.id)?.size).toEqual({ cols: 89, rows: 29 });
  agent.exit(session.id);
  await until('it ended', () => uma.closedWith(channel));
  const resizes = (await world.recorded(session.id)).flatMap((frame) =>
    frame.kind === 'resize' ? [decodeSize(frame.bytes)] : [],
  );
  expect(resizes.length).toBe(50);
  expect(resizes.at(-1)).toEqual({ cols: 89, rows: 29 });
});

test('[X3] a question is answered once, to the program, from the terminal of the driver; and its answer is nobody’s input', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  agent.print(session.id, '\x1b[3;5H\x1b[6n');
  const told = await until('it is answered', () => agent.program(session.id).input.get(0)?.toString());
  expect(told).toBe('\x1b[3;5R');
  expect(Buffer.concat(uma.channel(channel).streamed).toString()).not.toContain('[6n');
  agent.cut();
  await comeBack(agent, web, world);
  agent.print(session.id, 'x');
  await until('it goes on', () => uma.text(channel).includes('x'));
  expect(agent.program(session.id).input.get(0)?.toString()).toBe('\x1b[3;5R');
});

test('[4b] what is typed while the agent is away is refused, not queued; the driver is told', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  uma.type(channel, 0, 'ab');
  await until('it is confirmed', () => uma.channel(channel).typed === 2);
  agent.cut();
  await until('the driver is told', () => uma.notices(channel).includes('agent-away'));
  uma.type(channel, 2, 'rm -rf /\r');
  expect(world.hub.live(session.id)).toMatchObject({ state: 'running' });
  await comeBack(agent, web, world);
  await until('the driver is told', () => uma.notices(channel).includes('agent-back'));
  uma.type(channel, 2, 'ls');
  await until('new keys arrive', () => uma.channel(channel).typed === 4);
  expect(agent.program(session.id).input.get(1)?.toString()).toBe('abls');
});

test('[law 5, T2] a driver whose line was cut goes on as the same participant, with nothing lost, nothing twice', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel, participant } = await shell(world, web, uma);
  agent.print(session.id, 'one\r\n');
  await streams(agent, session.id, uma, channel);
  uma.type(channel, 0, 'abc');
  await until('the keys are there', () => agent.program(session.id).input.get(1)?.length === 3);
  const have = uma.channel(channel).shown;
  uma.hangUp();
  agent.print(session.id, 'two\r\n');
  await until('it is recorded', () => world.hub.live(session.id)?.state === 'detached');
  const again = world.operator('uma');
  const back = good(
    await attachSession(world.call('uma', again), { session: session.id, size, profile, have, resume: participant }),
  );
  expect(back).toMatchObject({ participant, inputOffset: 3 });
  const end = agent.program(session.id).output.length;
  await until('it shows the rest', () => again.channel(back.channel).shown === end);
  expect(again.channel(back.channel).log[0]).toMatchObject({ kind: 'stream', seq: have });
  expect(Buffer.concat(again.channel(back.channel).streamed)).toEqual(agent.program(session.id).output.subarray(have));
  again.type(back.channel, 2, 'cd');
  await until('only what is new is typed', () => again.channel(back.channel).typed === 4);
  expect(agent.program(session.id).input.get(1)?.toString()).toBe('abcd');
  // A second place for the same driver takes the first one's.
  const third = world.operator('uma');
  good(await attachSession(world.call('uma', third), { session: session.id, size, profile }));
  expect(again.closedWith(back.channel)).toMatchObject({ left: 'taken-over' });
});

test('[A7, R9] the recording says who typed how much where, and never what', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  uma.type(channel, 0, 'hunter2-secret');
  await until('it is typed', () => uma.channel(channel).typed === 14);
  agent.exit(session.id);
  await until('it ended', () => uma.closedWith(channel));
  const frames = await world.recorded(session.id);
  const notes = frames.flatMap((frame) => (frame.kind === 'participant' ? [decodeNote(frame.bytes)] : []));
  expect(notes).toContainEqual({ did: 'typed', ordinal: 1, offset: 0, length: 14 });
  expect(notes).toContainEqual(expect.objectContaining({ did: 'joined', ordinal: 1, role: 'driver' }));
  expect(frames.some(({ bytes }) => Buffer.from(bytes).includes('hunter2'))).toBe(false);
  expect(frames.at(-1)).toMatchObject({ kind: 'end' });
});

test('[S46] a kill ends the program and tells everybody who did it and why', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  const watcher = world.operator('omar');
  const watching = good(await watchSession(world.call('omar', watcher), { session: session.id, size }));
  expect(await killSession(world.call('uma', uma), { session: session.id, why: 'it hangs' })).toMatchObject({ ok: true });
  expect(agent.program(session.id).killed).toBe('killed');
  expect(uma.closedWith(channel)).toMatchObject({ ended: { reason: 'killed', by: 'uma', why: 'it hangs' } });
  expect(watcher.closedWith(watching.channel)).toMatchObject({ ended: { reason: 'killed' } });
  expect(sessionIn(world, session.id)).toMatchObject({ state: 'ended', ending: { reason: 'killed', code: 129 } });
  expect(await killSession(world.call('uma', uma), { session: session.id, why: 'again' })).toMatchObject({
    problem: { code: 'session-ended' },
  });
});
