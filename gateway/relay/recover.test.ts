import fs from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openAgentPeer } from '../../fixtures/agent-peer.ts';
import { closeOffices, eventsOf, office, profile, sessionIn, shell, size } from '../../fixtures/live-office.ts';
import { until } from '../../fixtures/live-world.ts';
import { good } from '../../fixtures/outcome.ts';
import { attachSession, openSession } from '../handlers/sessions.ts';
import { differences } from '../screen/screen.ts';

afterEach(closeOffices);

test('[D6, law 5] a restarted gateway takes the session up where its recording stops: nothing lost, nothing twice', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  agent.print(session.id, '\x1b[?1049h\x1b[3;7Hin vim 한\x1b[1;24r');
  uma.type(channel, 0, 'abc');
  await until('keys are there', () => agent.program(session.id).input.get(1)?.length === 3);
  await until('it shows', () => uma.channel(channel).shown === agent.program(session.id).output.length);
  await world.down('killed');
  uma.hangUp();
  await until('the agent knows', () => !agent.connected);
  agent.print(session.id, '\x1b[10;1Hsaid while nobody listened');
  await world.up();
  // Its agent is not back yet: the session is there, and says so.
  expect(world.hub.live(session.id)).toMatchObject({ state: 'detached', size });
  expect(sessionIn(world, session.id)).toMatchObject({ state: 'running' });
  const early = world.operator('uma');
  const waiting = good(await attachSession(world.call('uma', early), { session: session.id, size, profile }));
  await until('who comes now is told', () => early.notices(waiting.channel).includes('agent-away'));
  await until('the screen is there', () => early.text(waiting.channel).includes('in vim 한'));
  const welcome = await agent.connect();
  expect(welcome).toMatchObject({ type: 'welcome', resume: [{ session: session.id }], end: [], unknown: [] });
  const { output } = agent.program(session.id);
  await until('all of it shows', () => early.channel(waiting.channel).shown === output.length);
  expect(early.text(waiting.channel)).toContain('said while nobody listened');
  await until('all of it is on disk', () => agent.program(session.id).durable === output.length);
  expect(await world.recordedOutput(session.id)).toEqual(output);
  early.type(waiting.channel, 0, 'd');
  await until('the driver types on', () => early.channel(waiting.channel).typed === 1);
  // A screen made from the recording alone is the screen that was shown all along.
  const fresh = world.operator('uma');
  const again = good(await attachSession(world.call('uma', fresh), { session: session.id, size, profile }));
  await until('it is painted', () => fresh.channel(again.channel).shown === output.length);
  uma.channel(channel).terminal.feed(output.subarray(uma.channel(channel).shown));
  expect(differences(fresh.screen(again.channel), uma.screen(channel))).toEqual([]);
});

test('[D6] a long recording is taken up from its newest keyframe, not from byte 0', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session } = await shell(world, web, uma);
  for (let i = 0; i < 160; i += 1) agent.print(session.id, `${i} ${'x'.repeat(60)}\r\n`.repeat(256));
  agent.print(session.id, 'the last line');
  const { output } = agent.program(session.id);
  await until('all of it is on disk', () => agent.program(session.id).durable === output.length);
  await world.down();
  await world.up();
  const frames = (await world.recorded(session.id)).filter(({ kind }) => kind === 'keyframe');
  expect(frames.length).toBeGreaterThan(6);
  expect(output.length - (frames.at(-1)?.seq ?? 0)).toBeLessThan(512 * 1024);
  const again = world.operator('uma');
  const back = good(await attachSession(world.call('uma', again), { session: session.id, size, profile }));
  await until('the last line shows', () => again.text(back.channel).includes('the last line'));
  await agent.connect();
});

test('[G5] the same agent process goes on; another one with the same key has lost the shells, and that is said', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  agent.print(session.id, 'before');
  await until('it shows', () => uma.text(channel).includes('before'));
  agent.cut();
  await until('it is away', () => !world.hub.presence(web.server.id).online);
  const reborn = await openAgentPeer(web.identity);
  expect(await reborn.connect()).toMatchObject({ type: 'welcome', resume: [], end: [] });
  await until('the driver is told', () => uma.closedWith(channel));
  expect(uma.closedWith(channel)).toMatchObject({ ended: { reason: 'agent-lost' } });
  expect(sessionIn(world, session.id)).toMatchObject({ ending: { reason: 'agent-lost', bytes: 6, lostBytes: 0 } });
  expect(eventsOf(world, session.id).slice(-2)).toEqual(['session.ended', 'recording.closed']);
});

test('[D6] a session this gateway has no record of is not adopted; one that ended meanwhile is hung up', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session } = await shell(world, web, uma);
  agent.cut();
  await until('it is away', () => !world.hub.presence(web.server.id).online);
  await world.hub.kill(session.id, 'killed', undefined, undefined);
  const stranger = `ses_${'z'.repeat(26)}` as typeof session.id;
  const welcome = await agent.connect(() => [
    { session: session.id, produced: 0, freed: 0, ended: false },
    { session: stranger, produced: 5, freed: 0, ended: false },
  ]);
  expect(welcome).toMatchObject({ resume: [], end: [{ session: session.id, reason: 'killed' }], unknown: [stranger] });
  expect(world.log.events.findLast(({ type }) => type === 'agent.refused')).toMatchObject({
    data: { cause: 'unknown sessions: 1' },
  });
});

test('[4c] a recording damaged beyond use ends its own session at the next start, and holds up no other', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const bad = await shell(world, web, uma);
  const sound = await shell(world, web, uma);
  agent.print(sound.session.id, 'unharmed');
  await until('it is on disk', () => agent.program(sound.session.id).durable === 8);
  await world.down('killed');
  await fs.writeFile(path.join(world.folder, 'recordings', `${bad.session.recording}.cast`), 'this is no recording at all');
  await world.up();
  expect(sessionIn(world, bad.session.id)).toMatchObject({ state: 'ended', ending: { reason: 'recording-failed' } });
  expect(sessionIn(world, sound.session.id)).toMatchObject({ state: 'running' });
  const welcome = await agent.connect();
  expect(welcome).toMatchObject({
    resume: [{ session: sound.session.id }],
    end: [{ session: bad.session.id, reason: 'recording-failed' }],
  });
});

test.each(['opening', 'running'] as const)(
  '[law 1, D6] a kill that was ordered and not carried out of a session that was %s is carried out at the next start',
  async (state) => {
    const { world, web, agent } = await office();
    const deaf = await openAgentPeer((await world.server('web-9')).identity, { onOrder: () => 'silence' });
    await deaf.connect();
    const uma = world.operator('uma');
    if (state === 'running') await shell(world, web, uma);
    else void openSession(world.call('uma', uma), { server: 'web-9', size, profile });
    const { id, recording } = await until('it is in the log', () => Object.values(world.log.settled.sessions)[0]);
    await until('its recording began', () => world.hub.live(id));
    const by = world.caller('ana').person.id;
    // Nothing follows the order: its gateway dies with it in the log.
    await world.down('killed');
    await world.commit({
      type: 'session.kill-ordered',
      actor: { kind: 'person', id: by },
      outcome: 'ok',
      session: id,
      personal: {},
      data: { session: id, by, why: 'not theirs' },
    });
    await world.up();
    expect(sessionIn(world, id)).toMatchObject({ state: 'ended', ending: { reason: 'killed', by, why: 'not theirs' } });
    expect(world.log.settled.recordings[recording]?.closed).toMatchObject({ incomplete: true });
    if (state === 'running')
      expect(await agent.connect()).toMatchObject({ resume: [], end: [{ session: id, reason: 'killed' }] });
  },
);

test('[law 1, A41] a kill whose order the log took too long for is carried out when the order stands there', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session } = await shell(world, web, uma);
  const by = world.caller('ana').person.id;
  await world.commit({
    type: 'session.kill-ordered',
    actor: { kind: 'person', id: by },
    outcome: 'ok',
    session: session.id,
    personal: {},
    data: { session: session.id, by, why: 'not theirs' },
  });
  await until('it is over', () => sessionIn(world, session.id).state === 'ended');
  expect(sessionIn(world, session.id)).toMatchObject({ ending: { reason: 'killed', by, why: 'not theirs' } });
  expect(agent.program(session.id).killed).toBe('killed');
});

test('[A1] what a crash left open is closed at the next start: the opening session ends, its recording is incomplete', async () => {
  const { world, web, agent } = await office();
  const silent = await openAgentPeer((await world.server('web-9')).identity, { onOrder: () => 'silence' });
  await silent.connect();
  const uma = world.operator('uma');
  const call = { ...world.call('uma', uma) };
  void openSession(call, { server: 'web-9', size, profile });
  const opening = await until('it is in the log', () => Object.values(world.log.settled.sessions)[0]);
  await until('its recording began', () => world.hub.live(opening.id));
  await world.down('killed');
  await world.up();
  expect(sessionIn(world, opening.id)).toMatchObject({ state: 'ended', ending: { reason: 'agent-lost' } });
  expect(world.log.settled.recordings[opening.recording]?.closed).toMatchObject({ incomplete: true });
  expect(agent.programs.size).toBe(0);
  expect(web.server.name).toBe('web-1');
});
