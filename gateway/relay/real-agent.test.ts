// The real agent and real programs on real ptys behind the hub; agent-peer.ts stands in elsewhere, where a test needs to say what an agent does.
import { userInfo } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { type RunningAgent, runAgent } from '../../agent/runner.ts';
import { closeOffices, office, profile, sessionIn, size } from '../../fixtures/live-office.ts';
import { type LiveWorld, until } from '../../fixtures/live-world.ts';
import { good } from '../../fixtures/outcome.ts';
import { attachSession, killSession, openSession, resizeSession } from '../handlers/sessions.ts';

const agents: RunningAgent[] = [];
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.stop()));
  await closeOffices();
});

/** ana's shell, as the agent's own user, on a server whose agent is the real one. */
async function realShell() {
  const { world } = await office();
  const server = await world.server('real-1');
  const agent = good(
    await runAgent({ state: await world.stateFolder(server), pace: { backoffMs: () => 50 }, shell: { program: '/bin/sh' } }),
  );
  agents.push(agent);
  await agent.connected;
  const ana = world.operator('ana');
  const { session, channel, participant } = good(await openSession(world.call('ana', ana), { server: 'real-1', size, profile }));
  let offset = 0;
  const type = (text: string): void => {
    ana.type(channel, offset, text);
    offset += Buffer.byteLength(text);
  };
  return { world, server, agent, ana, session, channel, participant, type };
}
const shows = (world: LiveWorld, look: () => string, what: string) =>
  until(`it shows ${what}`, () => look().includes(what) && world);

test('a shell on a real pty: what is typed runs, sizes arrive, and the exit code comes back', async () => {
  const { world, ana, session, channel, type } = await realShell();
  const text = () => ana.text(channel);
  type("PS1='> '; stty size; id -un\r");
  await shows(world, text, '24 80');
  await shows(world, text, userInfo().username);
  await resizeSession(world.call('ana', ana), { channel, size: { cols: 100, rows: 30 } });
  type('stty size\r');
  await shows(world, text, '30 100');
  type('printf "%s\\n" a한글b | od -An -c | head -1; exit 7\r');
  const closed = await until('the end is told', () => ana.closedWith(channel));
  expect(closed).toMatchObject({ ended: { reason: 'exited', exitCode: 7 } });
  expect(sessionIn(world, session.id)).toMatchObject({ state: 'ended', ending: { code: 7, lostBytes: 0 } });
  const recorded = await world.recordedOutput(session.id);
  expect(recorded.length).toBe(closed.end);
  expect(recorded.toString()).toContain('30 100');
});

test('[D6, R10] a restarted gateway and a cut line under 4 MB of output: recorded byte for byte, the shell goes on', async () => {
  const { world, ana, session, channel, type } = await realShell();
  type("stty -echo; for i in 1 2 3 4 5 6 7 8; do seq 1 80000; sleep 0.05; done; echo all''-done\r");
  await until('it flows', () => (world.hub.live(session.id)?.bytes ?? 0) > 200_000);
  for (const ws of world.sockets.clients) ws.terminate();
  await until('it flows again', () => (world.hub.live(session.id)?.bytes ?? 0) > 1_200_000);
  await world.down('killed');
  ana.hangUp();
  await world.up();
  const again = world.operator('ana');
  const back = good(await attachSession(world.call('ana', again), { session: session.id, size, profile }));
  await until('it comes to its end', () => again.text(back.channel).includes('all-done'));
  good(await killSession(world.call('ana', again), { session: session.id, why: 'seen' }));
  const recorded = (await world.recordedOutput(session.id)).toString();
  const one = `${Array.from({ length: 80_000 }, (_, i) => i + 1).join('\r\n')}\r\n`;
  const from = recorded.indexOf('1\r\n2\r\n3\r\n');
  const said = recorded.slice(from, from + 8 * one.length);
  expect(said === one.repeat(8)).toBe(true);
  expect(ana.channel(channel).shown).toBeGreaterThan(0);
});

test('[R9, S46] a kill takes the whole tree with it', async () => {
  const { world, ana, session, channel, type } = await realShell();
  type('sleep 1000 & echo started\r');
  await shows(world, () => ana.text(channel), 'started');
  const from = performance.now();
  good(await killSession(world.call('ana', ana), { session: session.id, why: 'done' }));
  expect(performance.now() - from).toBeLessThan(5_000);
  expect(sessionIn(world, session.id)).toMatchObject({ ending: { reason: 'killed', lostBytes: 0 } });
  const end = world.log.events.findLast(({ type }) => type === 'session.ended');
  expect(end).toMatchObject({ data: { survivors: 0 } });
});

test('[D6] an agent that stops takes its shells with it, and that is how they end', async () => {
  const { world, ana, session, agent, channel } = await realShell();
  await agent.stop();
  const closed = await until('the end is told', () => ana.closedWith(channel));
  expect(closed.ended?.reason).toBe('exited');
  expect(sessionIn(world, session.id).state).toBe('ended');
});
