import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { type MemoryTrail, openMemoryTrail } from '../fixtures/memory-trail.ts';
import { proofOf } from '../gateway/audit/proving.ts';
import { headsIn } from '../gateway/audit/testimony.ts';
import type { ProofAsked } from '../gateway/audit/witnessing.ts';
import { agentProtocol } from '../gateway/protocol/version.ts';
import { agent, cleanAll, cleanUp, enrolled, openShell, soon, stateFor } from './agent-process.ts';
import { examine } from './doctor.ts';
import { openPeer, type Peer } from './gateway-peer.ts';
import { type AgentPace, runAgent } from './runner.ts';
import { readStatus, statusLines } from './status.ts';
import { forgetWitness, readWitness } from './witness.ts';

afterEach(cleanAll);

let records = 0;
const grow = (trail: MemoryTrail, by = 1): void => {
  for (let n = 0; n < by; n += 1) trail.append((records += 1).toString(16).padStart(64, '0'));
};

/** An agent and its gateway, whose log is the test's. */
async function watched(pace: Partial<AgentPace> = {}) {
  const trail = openMemoryTrail();
  grow(trail, 5);
  const shown = { log: trail };
  const prove = async (asked: ProofAsked) => proofOf(shown.log, asked);
  const peer = await openPeer({ prove });
  cleanUp.push(peer.close);
  const state = await stateFor(peer);
  const notes: { event: string; facts: Readonly<Record<string, string | number>> }[] = [];
  const started = await runAgent({
    state,
    note: (event, facts) => notes.push({ event, facts }),
    shell: { program: '/bin/sh', home: state },
    pace: { backoffMs: () => 10, ...pace },
  });
  if (!started.ok) throw new Error(started.problem.detail);
  cleanUp.push(() => started.value.stop());
  const held = async () => {
    const read = await readWitness(state);
    return read.ok ? read.value : undefined;
  };
  return { trail, shown, peer, state, notes, held, agent: started.value };
}
const stored = (peer: Peer) => peer.messages.filter(({ type }) => type === 'witness.stored');
const said = (peer: Peer, type: string) => peer.messages.some((message) => message.type === type);

test('[W1, W4] A11: an agent keeps the newest head of its gateway durably, 0600, and asks anew after each connection, from the head it holds', async () => {
  const { trail, peer, state, held } = await watched();
  await vi.waitFor(() => expect(stored(peer)).toHaveLength(1), soon);
  expect(stored(peer)[0]).toMatchObject({ size: 5, root: trail.head?.root });
  expect(await held()).toMatchObject({ held: { size: 5, rootKey: trail.rootKey, chain: trail.chain } });
  expect(statSync(`${state}/witness.json`).mode & 0o777).toBe(0o600);
  grow(trail, 3);
  trail.beginEpoch('e'.repeat(64));
  await trail.sign();
  peer.cut();
  await vi.waitFor(() => expect(stored(peer)).toHaveLength(2), soon);
  expect(await held()).toMatchObject({ held: { size: 9, epoch: 1 } });
  expect(peer.messages.filter(({ type }) => type === 'witness.ask')).toEqual([
    { type: 'witness.ask', size: 0, epoch: 0 },
    { type: 'witness.ask', size: 5, epoch: 0 },
  ]);
});

test('[W1] A11: it asks again while it stays connected', async () => {
  const { trail, peer, held } = await watched({ witnessMs: 20 });
  await vi.waitFor(() => expect(stored(peer).length).toBeGreaterThan(1), soon);
  grow(trail);
  await trail.sign();
  await vi.waitFor(async () => expect((await held())?.held.size).toBe(6), soon);
  expect(peer.welcomes).toBe(1);
});

test.each([
  ['truncated', (trail: MemoryTrail) => trail.copy(3)],
  [
    'forked at equal size',
    (trail: MemoryTrail) => {
      const fork = trail.copy(3);
      grow(fork, 2);
      return fork;
    },
  ],
  [
    'forked and longer',
    (trail: MemoryTrail) => {
      const fork = trail.copy(4);
      grow(fork, 40);
      return fork;
    },
  ],
] as const)(
  '[W3] A28: a gateway whose log was %s opens nothing, its keys are not typed, and the agent stays refused until it is told to forget',
  async (_how, attack) => {
    const { trail, shown, peer, state, notes, held } = await watched({ refusedMs: 60_000 });
    await vi.waitFor(() => expect(stored(peer)).toHaveLength(1), soon);
    const mine = await openShell(peer);
    const before = (await held())?.held;
    shown.log = attack(trail);
    // It asks for a shell, and types, as soon as it is connected: before the agent has seen its log.
    const welcomes = peer.welcomes;
    peer.cut();
    await vi.waitFor(() => expect(peer.welcomes).toBeGreaterThan(welcomes), soon);
    peer.order(`ses_${'b'.repeat(26)}` as typeof mine.session);
    peer.type(mine.session, 'echo ty""ped\n', 0);
    await vi.waitFor(() => expect(said(peer, 'witness.conflict')).toBe(true), soon);
    await vi.waitFor(() => expect(peer.socket?.readyState).toBe(3), soon);
    expect(peer.messages.filter(({ type }) => type === 'session.opened')).toHaveLength(1);
    expect(peer.text(mine.session)).not.toContain('typed');
    expect(peer.messages.findLast(({ type }) => type === 'witness.conflict')).toMatchObject({ size: 5, root: before?.root });
    // What is remembered stays remembered, beside what was shown.
    expect(await held()).toMatchObject({ held: before, conflict: { head: { size: shown.log.size } } });
    expect(notes.filter(({ event }) => event === 'witness.conflict')).toHaveLength(1);
    // The right log again makes no difference: that another was shown is not undone by it.
    shown.log = trail;
    // The shell lived on, as with a gateway that is gone.
    process.kill(mine.pid, 0);
    expect(await forgetWitness(state)).toBe(true);
    await vi.waitFor(() => expect(stored(peer)).toHaveLength(2), soon);
    peer.type(mine.session, 'echo ty""ped\n', 0);
    await vi.waitFor(() => expect(peer.text(mine.session)).toContain('typed'), soon);
    await openShell(peer);
  },
  30_000,
);

test('[W3] A28: the program says so: on stderr, in status; and comes back refused after a restart, without being shown anything', async () => {
  const trail = openMemoryTrail();
  grow(trail, 4);
  const shown = { log: trail };
  const { peer, state } = await enrolled({ prove: (asked) => proofOf(shown.log, asked) });
  const first = agent('run', '--shell', '/bin/sh', '--state', state);
  await vi.waitFor(() => expect(stored(peer)).toHaveLength(1), soon);
  shown.log = trail.copy(2);
  peer.cut();
  await vi.waitFor(() => expect(first.err()).toContain('is not the one remembered here'), soon);
  expect(first.err()).toContain('it has 2 records, 4 were there');
  await vi.waitFor(
    async () => expect(statusLines(await readStatus(state)).join('\n')).toContain('is not the one remembered here'),
    soon,
  );
  // Two heads, each signed with a key of one chain: whoever sees both needs to believe neither side.
  const known = await readWitness(state);
  expect(known.ok && known.value && headsIn(known.value)).toMatchObject([{ ...trail.head }, { chain: trail.chain, size: 2 }]);
  expect((await examine(state)).find(({ name }) => name === 'witness')).toMatchObject({ ok: false, finding: 'witness' });
  first.child.kill('SIGTERM');
  await first.done;
  shown.log = trail;
  const again = agent('run', '--shell', '/bin/sh', '--state', state);
  await vi.waitFor(() => expect(again.err()).toContain('is not the one remembered here'), soon);
  peer.order(`ses_${'c'.repeat(26)}` as Parameters<Peer['order']>[0]);
  expect(said(peer, 'session.opened')).toBe(false);
  const forget = agent('witness', 'forget', '--state', state);
  expect(await forget.done).toBe(0);
  expect(forget.out()).toContain(trail.head?.hash);
  await vi.waitFor(() => expect(stored(peer)).toHaveLength(2), soon);
});

test('[W2] law 8: a gateway that shows nothing, or something else than its log, opens nothing and is left', async () => {
  const trail = openMemoryTrail();
  grow(trail, 2);
  let shows: 'silence' | 'unsigned' | 'log' = 'silence';
  const { peer, state } = await enrolled({
    async prove(asked) {
      const told = await proofOf(trail, asked);
      if (shows === 'log') return told;
      return shows === 'silence' ? 'silence' : { ...told, head: { ...told.head, ts: 7 } };
    },
  });
  const notes: string[] = [];
  const started = await runAgent({
    state,
    note: (event, { why = '' }) => notes.push(`${event} ${why}`),
    shell: { program: '/bin/sh', home: state },
    pace: { backoffMs: () => 10, witnessPatienceMs: 100 },
  });
  if (!started.ok) throw new Error(started.problem.detail);
  cleanUp.push(() => started.value.stop());
  await vi.waitFor(() => expect(peer.welcomes).toBe(1), soon);
  peer.order(`ses_${'b'.repeat(26)}` as Parameters<Peer['order']>[0]);
  await vi.waitFor(() => expect(notes).toContain('gateway.breach it does not show its log'), soon);
  shows = 'unsigned';
  await vi.waitFor(() => expect(notes.some((note) => note.includes('not signed with the key of epoch 0'))).toBe(true), soon);
  expect(said(peer, 'session.opened')).toBe(false);
  shows = 'log';
  await vi.waitFor(() => expect(stored(peer).length).toBeGreaterThan(0), soon);
  await openShell(peer);
});

test('[W5] versions: an agent is no witness for a gateway of version 1 or 2; once it holds a head, it speaks with neither any more', async () => {
  const { peer, state } = await enrolled({ speaks: 2 });
  const one = await runAgent({ state, shell: { program: '/bin/sh', home: state }, pace: { backoffMs: () => 10 } });
  if (!one.ok) throw new Error(one.problem.detail);
  cleanUp.push(() => one.value.stop());
  await vi.waitFor(() => expect(peer.welcomes).toBe(1), soon);
  await openShell(peer);
  expect(said(peer, 'witness.ask')).toBe(false);
  peer.options.speaks = 1;
  peer.cut();
  await vi.waitFor(() => expect(peer.welcomes).toBe(2), soon);
  await openShell(peer);
  expect(said(peer, 'witness.ask')).toBe(false);
  peer.options.speaks = agentProtocol.newest;
  peer.cut();
  await vi.waitFor(() => expect(stored(peer)).toHaveLength(1), soon);
  const proofs = peer.proofs.length;
  peer.options.speaks = 2;
  peer.cut();
  const connections = peer.connections;
  await vi.waitFor(() => expect(peer.connections).toBeGreaterThan(connections + 1), soon);
  // It is told nothing of this agent any more.
  expect(peer.proofs).toHaveLength(proofs);
});

test('a damaged memory is no reason to begin anew: nothing is dialled until somebody has looked', async () => {
  const { peer, state } = await enrolled();
  writeFileSync(`${state}/witness.json`, '{"version":1', { mode: 0o600 });
  const notes: string[] = [];
  const started = await runAgent({ state, note: (_event, { why }) => notes.push(String(why)), pace: { backoffMs: () => 10 } });
  if (!started.ok) throw new Error(started.problem.detail);
  cleanUp.push(() => started.value.stop());
  await vi.waitFor(() => expect(notes.some((why) => why.includes('is damaged'))).toBe(true), soon);
  expect(peer.connections).toBe(0);
  expect(await forgetWitness(state)).toBe(true);
  await vi.waitFor(() => expect(stored(peer)).toHaveLength(1), soon);
  expect(JSON.parse(readFileSync(`${state}/witness.json`, 'utf8'))).toMatchObject({ version: 1, held: { size: 1 } });
});
