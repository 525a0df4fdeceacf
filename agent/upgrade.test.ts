// The agent becomes another program while its sessions run: real processes, real ptys, execve (D6, E7, tp#8184).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import type { SessionId } from '../gateway/protocol/ids.ts';
import { cleanAll, cleanUp, enrolled, main, openShell, soon, startAgent } from './agent-process.ts';
import type { Peer } from './gateway-peer.ts';
import { findTree, unreapedOf } from './tree.ts';

afterEach(cleanAll);

/** An agent that runs from an installation of its own, which a test can replace. */
async function installed(options: Parameters<typeof enrolled>[0] = {}) {
  const { peer, state } = await enrolled(options);
  const folder = mkdtempSync(`${tmpdir()}/sallyport-installed-`);
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
  const program = `${folder}/agent.mjs`;
  const good = `import ${JSON.stringify(pathToFileURL(main).href)};\n`;
  const install = (source = good): void => writeFileSync(program, source);
  install();
  const running = startAgent(['run', '--shell', '/bin/sh', '--json', '--state', state], program);
  await vi.waitFor(() => expect(peer.welcomes).toBe(1), soon);
  const ask = async () => {
    const asked = startAgent(['upgrade', '--state', state, '--json']);
    const code = await asked.done;
    return { code, said: JSON.parse(asked.out()) };
  };
  const upgraded = async (): Promise<void> => {
    const { welcomes } = peer;
    expect(await ask()).toMatchObject({ code: 0 });
    await vi.waitFor(() => expect(peer.welcomes).toBe(welcomes + 1), soon);
  };
  const exit = (session: SessionId) =>
    vi.waitFor(() => {
      const found = peer.messages.find((message) => message.type === 'session.exited' && message.session === session);
      expect(found).toBeDefined();
      return found;
    }, soon);
  return { peer, state, folder, program, install, running, ask, upgraded, exit, pid: running.child.pid ?? 0 };
}

/** A shell that is ready to be typed into; what stood before `ready` is set-up. */
async function shellOn(peer: Peer) {
  const { session, pid } = await openShell(peer);
  const setup = `PS1= PS2=; stty -echo; echo rea''dy\n`;
  peer.type(session, setup, 0);
  await vi.waitFor(() => expect(peer.text(session)).toContain('ready\r\n'), soon);
  let offset = setup.length;
  return {
    session,
    pid,
    type(text: string) {
      peer.type(session, text, offset);
      offset += Buffer.byteLength(text);
    },
    said: () => peer.text(session).slice(peer.text(session).indexOf('ready\r\n') + 7),
    typedAt: () => offset,
  };
}
const shows = (look: () => string, what: string) => vi.waitFor(() => expect(look()).toContain(what), soon);
const newest = (text: string): number => Number(/(\d+)\r\n$/.exec(text)?.[1] ?? 0);

test('D6 E7 tp#8184: a build crosses two upgrades of its agent: every line once, the process the same, exit code 7', async () => {
  const { peer, upgraded, exit, pid, running } = await installed();
  const build = await shellOn(peer);
  const idle = await shellOn(peer);
  build.type('i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo $i; [ $((i%40)) = 0 ] && sleep 0.02; done; read go; exit 7\n');
  for (const line of [200, 800]) {
    await vi.waitFor(() => expect(newest(build.said())).toBeGreaterThan(line), soon);
    await upgraded();
  }
  await shows(build.said, '\r\n2000\r\n');
  expect(build.said()).toBe(Array.from({ length: 2000 }, (_, i) => `${i + 1}\r\n`).join(''));
  expect(peer.proofs.map(({ boot }) => boot)).toEqual([peer.proofs[0]?.boot, peer.proofs[0]?.boot, peer.proofs[0]?.boot]);
  build.type('\n');
  expect(await exit(build.session)).toMatchObject({ code: 7, survivors: 0 });
  idle.type('echo still-$((6*7))\n');
  await shows(idle.said, 'still-42');
  expect(running.child.exitCode).toBe(null);
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')).toContain('--taken-over');
});

test('D6 after an upgrade a signal arrives as a signal, a resize as a resize, and a kill takes the whole tree', async () => {
  const { peer, upgraded, exit } = await installed();
  const [one, two] = [await shellOn(peer), await shellOn(peer)];
  two.type(`(trap '' HUP TERM; setsid sleep 601) & sleep 602 & stty size; echo hid''den\n`);
  await shows(two.said, 'hidden');
  await upgraded();
  peer.send({ type: 'session.resize', session: two.session, size: { cols: 99, rows: 33 } });
  two.type('stty size\n');
  await shows(two.said, '33 99');
  one.type('kill -TERM $$; kill -KILL $$\n');
  expect(await exit(one.session)).toMatchObject({ signal: expect.stringMatching(/^SIG(TERM|KILL)$/), code: expect.any(Number) });
  const left = () => findTree({ pid: two.pid, marker: two.session, terminal: 0, alive: true });
  expect(left().filter(({ name }) => name === 'sleep')).toHaveLength(2);
  peer.send({ type: 'session.kill', session: two.session, reason: 'killed' });
  expect(await exit(two.session)).toMatchObject({ survivors: 0 });
  expect(left()).toEqual([]);
});

test('D6 law 5: keys the program has not read, and output the gateway has not got, come along; nothing twice', async () => {
  const { peer, upgraded, exit } = await installed({ durableLag: Number.POSITIVE_INFINITY });
  const { session, pid: shell, type, said, typedAt } = await shellOn(peer);
  // More than the kernel takes for a program that does not read, so that part of it waits in the agent.
  const keys = Array.from({ length: 30_000 }, (_, i) => `${i}\n`).join('');
  type(`stty raw; echo deaf; kill -STOP $$; head -c ${keys.length} | cksum; exit 3\n`);
  await shows(said, 'deaf');
  type(keys.slice(0, 100_000));
  type(keys.slice(100_000));
  const held = peer.sessions.get(session);
  await vi.waitFor(() => expect(held?.applied.get(1)).toBeGreaterThan(1_000), soon);
  expect(held?.applied.get(1)).toBeLessThan(typedAt());
  await upgraded();
  await upgraded();
  process.kill(shell, 'SIGCONT');
  expect(await exit(session)).toMatchObject({ code: 3 });
  expect(said()).toContain(execFileSync('cksum', { input: keys }).toString().trim());
  await vi.waitFor(() => expect(held?.applied.get(1)).toBe(typedAt()), soon);
});

test('D6 what ended is told again after an upgrade, and what crossed one is counted by status', async () => {
  const { peer, state, upgraded, exit, pid } = await installed({ acknowledges: false });
  const [one, two] = [await openShell(peer), await openShell(peer)];
  peer.type(one.session, 'echo last-word; exit 4\n', 0);
  await exit(one.session);
  await upgraded();
  await vi.waitFor(() => expect(peer.messages.filter((m) => m.type === 'session.exited')).toHaveLength(2), soon);
  expect(peer.proofs[1]?.sessions).toMatchObject([
    { session: one.session, freed: 0, ended: true },
    { session: two.session, ended: false },
  ]);
  peer.type(two.session, 'exit 5\n', 0);
  expect(await exit(two.session)).toMatchObject({ code: 5 });
  const status = startAgent(['status', '--state', state, '--json']);
  await status.done;
  expect(JSON.parse(status.out())).toMatchObject({ unreaped: 1, report: { upgrade: { count: 1, answered: 1 } } });
  // With nothing alive that it could lose, the next one takes the dead out of the process table.
  await upgraded();
  expect(unreapedOf(pid)).toBe(0);
  expect(peer.proofs[2]?.sessions).toHaveLength(2);
});

test('D6 a program that cannot take over is refused with a sentence, before anything is given up', async () => {
  const { peer, state, program, install, ask, upgraded, pid } = await installed();
  const { type, said } = await shellOn(peer);
  const answer = (reads: number[]) =>
    `console.log(JSON.stringify({ program: 'sallyport-agent', version: '9.0.0', reads: ${JSON.stringify(reads)}, node: process.execPath }))`;
  const cases: [string | undefined, RegExp][] = [
    ['import "./no-such-file.mjs";', /cannot take over: Error.*Cannot find module/],
    ['const = 1;', /cannot take over: SyntaxError/],
    ['console.log("hello")', /no agent of this kind/],
    ['process.exit(9)', /it ended with 9/],
    [answer([2, 3]), /version 9.0.0 reads hand-overs of format 2, 3, and this one is 1/],
    [undefined, /cannot take over: Error: Cannot find module/],
  ];
  for (const [source, why] of cases) {
    if (source === undefined) rmSync(program);
    else install(source);
    expect(await ask()).toMatchObject({
      code: 3,
      said: { problem: { code: 'agent-refused', detail: expect.stringMatching(why) } },
    });
  }
  expect(peer.welcomes).toBe(1);
  type(`echo un''touched\n`);
  await shows(said, 'untouched');
  install();
  await upgraded();
  // A status that is just being written stands beside the last for a moment.
  await expect.poll(() => readdirSync(state).sort()).toEqual(['identity.json', 'run.json', 'witness.json']);
  expect(peer.proofs).toHaveLength(2);
  expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(String(pid));
});

test('D6 no descriptor is lost or left by upgrades', async () => {
  const { peer, upgraded, exit, pid } = await installed();
  /** What it holds, but for the files it is writing just now. */
  const held = () =>
    readdirSync(`/proc/${pid}/fd`)
      .flatMap((fd) => {
        try {
          return [`${fd === '0' ? 'input ' : ''}${readlinkSync(`/proc/${pid}/fd/${fd}`)}`];
        } catch {
          return [];
        }
      })
      .filter((link) => /pts|ptmx|deleted|hand-over|shm|input/.test(link))
      .map((link) => link.replace(/\d+/, 'N'))
      .sort();
  const { session, type } = await shellOn(peer);
  for (let i = 0; i < 3; i += 1) {
    await upgraded();
    expect(held()).toEqual(['/dev/ptmx', '/dev/pts/N', 'input /dev/null']);
  }
  type('exit 0\n');
  await exit(session);
  await vi.waitFor(() => expect(held()).toEqual(['input /dev/null']), soon);
});

test('D6 two who ask at once get one answer each, and the agent lives', async () => {
  const { peer, ask, running } = await installed();
  const { type, said } = await shellOn(peer);
  const asked = await Promise.all([ask(), ask(), ask()]);
  expect(asked.map(({ code }) => code)).toEqual([0, 0, 0]);
  await vi.waitFor(() => expect(peer.proofs.length).toBeGreaterThan(1), soon);
  type(`echo al''ive\n`);
  await shows(said, 'alive');
  expect(running.child.exitCode).toBe(null);
});

test('D6 G11 an upgrade while the gateway is away: a session has no more time than it had', async () => {
  const { peer, ask, running } = await installed();
  const { pid } = await openShell(peer, { hangUpAfterMs: 2_500 });
  const away = performance.now();
  await peer.close();
  await vi.waitFor(() => expect(running.out()).toContain('"event":"disconnected"'), soon);
  expect(await ask()).toMatchObject({ code: 0, said: { sessions: 1 } });
  await vi.waitFor(() => expect(running.out()).toContain('"event":"session.hung-up"'), soon);
  expect(performance.now() - away).toBeGreaterThan(2_000);
  await vi.waitFor(() => expect(findTree({ pid, marker: 'none', terminal: 0, alive: true })).toEqual([]), soon);
});

test('upgrade says so when no agent runs, and when the one that runs is older than upgrades', async () => {
  const { peer, state } = await enrolled();
  const nobody = startAgent(['upgrade', '--state', state]);
  expect(await nobody.done).toBe(6);
  expect(nobody.err()).toContain('no agent runs from');
  startAgent(['run', '--shell', '/bin/sh', '--state', state]);
  await vi.waitFor(() => expect(peer.welcomes).toBe(1), soon);
  const report = await vi.waitFor(() => JSON.parse(readFileSync(`${state}/run.json`, 'utf8')), soon);
  writeFileSync(`${state}/run.json`, JSON.stringify({ ...report, upgrade: undefined }));
  const older = startAgent(['upgrade', '--state', state]);
  expect(await older.done).toBe(3);
  expect(older.err()).toContain('start it anew');
});
