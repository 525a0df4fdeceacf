// A root agent is upgraded while it carries other users' sessions (D6, B4): needs root and real accounts.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { cleanAll, enrolled, openShell, soon, startAgent } from './agent-process.ts';

const run = (program: string, ...words: string[]) => execFileSync(program, words, { stdio: 'ignore' });
const name = `sp${randomBytes(4).toString('hex')}`;
beforeAll(() => {
  expect(userInfo().uid, 'the world suite runs as root').toBe(0);
  run('useradd', '--create-home', '--shell', '/bin/bash', name);
});
afterAll(() => {
  run('userdel', '--remove', '--force', name);
});
afterEach(cleanAll);

test.each([
  { level: 'terminal', says: 'exit 6', ends: { code: 6 } },
  { level: 'full', says: 'kill -KILL $$', ends: { code: 137, signal: 'SIGKILL' } },
  { level: 'full', user: 'root', says: `exec setpriv --reuid=${name} --clear-groups sh -c 'exit 9'`, ends: { code: 9 } },
] as const)('D6 B4 a session of another user crosses an upgrade of a root agent, and its end is known: $says', async (how) => {
  const { peer, state } = await enrolled();
  const running = startAgent(['run', '--state', state]);
  await vi.waitFor(() => expect(peer.welcomes).toBe(1), soon);
  const { session, pid } = await openShell(peer, { user: 'user' in how ? how.user : name, level: how.level });
  const asked = startAgent(['upgrade', '--state', state]);
  expect(await asked.done, asked.err()).toBe(0);
  await vi.waitFor(() => expect(peer.welcomes).toBe(2), soon);
  const typed = `id -un; tty; ${how.says}\n`;
  peer.type(session, typed, 0);
  const exited = await vi.waitFor(() => {
    const found = peer.messages.find((message) => message.type === 'session.exited' && message.session === session);
    expect(found).toBeDefined();
    return found;
  }, soon);
  expect(exited).toMatchObject({ ...how.ends, survivors: 0 });
  expect(peer.text(session)).toMatch(/\/dev\/pts\/\d+\r\n/);
  expect(peer.text(session)).toContain('user' in how ? how.user : name);
  expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ');
  expect(running.child.exitCode).toBe(null);
});
