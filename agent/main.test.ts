import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { agent, cleanAll, enrolled, openShell, soon } from './agent-process.ts';
import { makeKey, writeIdentity } from './identity.ts';
import { findTree } from './tree.ts';

afterEach(cleanAll);

/** Inodes of the sockets a process holds. */
function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

/** Inodes of everything that listens or is bound without a peer: TCP in LISTEN, any UDP, any listening unix socket. */
function listening(): Set<string> {
  const found = new Set<string>();
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) {
    for (const line of readFileSync(`/proc/net/${table}`, 'utf8').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const inode = fields[9];
      if (inode !== undefined && (table.startsWith('udp') || fields[3] === '0A')) found.add(inode);
    }
  }
  for (const line of readFileSync('/proc/net/unix', 'utf8').split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const inode = fields[6];
    if (inode !== undefined && (Number.parseInt(fields[3] ?? '0', 16) & 0x10000) !== 0) found.add(inode);
  }
  return found;
}

function treeOf(child: ChildProcess): number[] {
  const pid = child.pid ?? 0;
  return findTree({ pid, marker: 'none', terminal: 0, alive: true }).map((fact) => fact.pid);
}

test('G9 law 8: the agent and all it starts listen on nothing, while a shell is open', async () => {
  const { peer, state } = await enrolled();
  const running = agent('run', '--shell', '/bin/sh', '--state', state);
  await vi.waitFor(() => expect(peer.welcomes).toBe(1), soon);
  const { pid } = await openShell(peer);
  const tree = treeOf(running.child);
  expect(tree).toContain(pid);
  const open = listening();
  expect(tree.flatMap(socketsOf).filter((inode) => open.has(inode))).toEqual([]);
  expect(socketsOf(running.child.pid ?? 0).length).toBeGreaterThan(0);
});

test('SIGTERM: it says that it leaves, ends its shells, and ends with 0', async () => {
  const { peer, state } = await enrolled();
  const running = agent('run', '--shell', '/bin/sh', '--state', state);
  await vi.waitFor(() => expect(peer.welcomes).toBe(1), soon);
  const { session, pid } = await openShell(peer);
  running.child.kill('SIGTERM');
  expect(await running.done).toBe(0);
  expect(peer.messages.map(({ type }) => type)).toEqual(expect.arrayContaining(['leaving', 'session.exited']));
  expect(findTree({ pid, marker: session, terminal: 0, alive: false })).toEqual([]);
});

test('G5 [A6] R9 kill -9 of the agent takes its shells with it; the next process says that it is another, and ends what hid', async () => {
  const { peer, state } = await enrolled();
  const first = agent('run', '--shell', '/bin/sh', '--state', state);
  await vi.waitFor(() => expect(peer.welcomes).toBe(1), soon);
  const { session, pid } = await openShell(peer);
  peer.type(session, `(trap "" HUP; setsid sleep 600) & echo hid''den\n`, 0);
  await vi.waitFor(() => expect(peer.text(session)).toContain('hidden\r\n'), soon);
  const left = () => findTree({ pid, marker: session, terminal: 0, alive: false }).map(({ name }) => name);
  await vi.waitFor(() => expect(left()).toContain('sleep'), soon);
  await vi.waitFor(
    () => expect(JSON.parse(readFileSync(`${state}/run.json`, 'utf8'))).toMatchObject({ sessions: [session] }),
    soon,
  );
  const twin = agent('run', '--state', state);
  expect(await twin.done).toBe(3);
  first.child.kill('SIGKILL');
  await first.done;
  await vi.waitFor(() => expect(findTree({ pid, marker: 'none', terminal: 0, alive: true })).toEqual([]), soon);
  expect(left()).toContain('sleep');
  agent('run', '--state', state);
  await vi.waitFor(() => expect(peer.welcomes).toBe(2), soon);
  expect(left()).toEqual([]);
  expect(peer.proofs[1]?.boot).not.toBe(peer.proofs[0]?.boot);
  expect(peer.proofs[1]?.sessions).toEqual([]);
});

test('an agent whose log nobody reads any more, or whose terminal closed, goes on', async () => {
  const { peer, state } = await enrolled();
  const running = agent('run', '--shell', '/bin/sh', '--state', state);
  await vi.waitFor(() => expect(peer.welcomes).toBe(1), soon);
  const { session } = await openShell(peer);
  running.child.stdout.destroy();
  running.child.kill('SIGHUP');
  for (const welcomes of [2, 3]) {
    peer.cut();
    await vi.waitFor(() => expect(peer.welcomes).toBe(welcomes), soon);
  }
  expect(peer.proofs[2]?.sessions).toMatchObject([{ session, ended: false }]);
});

test('status tells connection and memory, and whether the memory is settled; doctor finds the cause by exit code', async () => {
  const { peer, state } = await enrolled();
  const before = agent('status', '--state', state);
  expect(await before.done).toBe(6);
  agent('run', '--shell', '/bin/sh', '--state', state, '--json');
  await vi.waitFor(() => expect(peer.welcomes).toBe(1), soon);
  const status = agent('status', '--state', state, '--json');
  expect(await status.done).toBe(0);
  expect(JSON.parse(status.out())).toMatchObject({
    running: true,
    report: { connection: 'connected', server: 'here' },
    memory: { vmRss: expect.any(Number), rssAnon: expect.any(Number), settled: expect.any(Boolean) },
  });
  const plain = agent('status', '--state', state);
  await plain.done;
  expect(plain.out()).toMatch(/VmRSS [\d.]+ MB, RssAnon [\d.]+ MB \((not )?settled/);
  const well = agent('doctor', '--state', state);
  expect(await well.done).toBe(0);
  const nowhere = agent('doctor', '--state', `${state}/none`);
  expect(await nowhere.done).toBe(10);
  await peer.close();
  const gone = agent('doctor', '--state', state);
  expect(await gone.done).toBe(12);
});

test('doctor tells a name that does not resolve from a gateway that is another', async () => {
  const { peer, state } = await enrolled();
  const { privateKey } = makeKey();
  const base = { version: 1, server: peer.server, name: 'here', privateKey } as const;
  await writeIdentity(state, { ...base, gateway: 'https://no-such-host.invalid', gatewayKey: peer.publicKey });
  expect(await agent('doctor', '--state', state).done).toBe(11);
  await writeIdentity(state, { ...base, gateway: peer.url, gatewayKey: 'A'.repeat(43) });
  expect(await agent('doctor', '--state', state).done).toBe(16);
  expect(peer.proofs).toEqual([]);
});

test('the command line answers every mistake with a sentence and the right exit code', async () => {
  const cases = [
    [['--help'], 0],
    [['--version'], 0],
    [[], 2],
    [['listen'], 2],
    [['run', 'now'], 2],
    [['run', '--nonsense'], 2],
    [['enroll'], 2],
    [['enroll', 'https://gw.example'], 2],
    [['enroll', 'http://gw.example', '--token', 'spe_x', '--state', '/nonexistent'], 3],
    [['run', '--state', '/nonexistent'], 6],
    [['run', '--taken-over', '--state', '/nonexistent'], 2],
    [['upgrade', '--state', '/nonexistent'], 6],
    [['probe', '--state', '/nonexistent'], 6],
  ] as const;
  const runs = cases.map(([words]) => agent(...words));
  const exits = await Promise.all(runs.map(({ done }) => done));
  expect(exits).toEqual(cases.map(([, exit]) => exit));
  for (const { out, err } of runs) expect(out() + err()).toMatch(/\S/);
});
