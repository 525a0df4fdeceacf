// A root agent that becomes other users (S7, B4, R9): needs root and real accounts.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Order } from '../gateway/protocol/agent.ts';
import { mintId } from '../gateway/protocol/ids.ts';
import { openShell } from './shell.ts';
import { findTree } from './tree.ts';

const name = `sp${randomBytes(4).toString('hex')}`;
const run = (program: string, ...words: string[]) => execFileSync(program, words).toString().trim();

beforeAll(() => {
  expect(userInfo().uid, 'the world suite runs as root').toBe(0);
  run('useradd', '--create-home', '--shell', '/bin/bash', '--groups', 'games', name);
});
afterAll(() => {
  run('userdel', '--remove', '--force', name);
});

function order(change: Partial<Order> = {}): Order {
  return {
    kind: 'open',
    server: mintId('srv', randomBytes(26)),
    nonce: 'x',
    serial: 0,
    issuedMs: 0,
    session: mintId('ses', randomBytes(26)),
    channel: 1,
    user: name,
    level: 'terminal',
    size: { cols: 80, rows: 24 },
    term: 'xterm-256color',
    lang: 'C.UTF-8',
    hangUpAfterMs: 1_000,
    policy: 'test',
    ...change,
  };
}

async function shell(change: Partial<Order> = {}) {
  let out = '';
  const asked = order(change);
  const opened = await openShell(asked, {
    data: (bytes) => {
      out += Buffer.from(bytes).toString();
    },
    typed: () => {},
  });
  if (!opened.ok) throw new Error(opened.problem.detail);
  const pty = opened.value;
  return { pty, asked, out: () => out, type: (text: string) => pty.write(Buffer.from(text)) };
}

test('S7 B4 the shell has the ids, groups, home, terminal and environment of its user, and nothing of root', async () => {
  const { pty, out, type } = await shell();
  type(
    'id; id -Gn; pwd; stat -c "%U %a" "$(tty)"; env | grep -c . ; shopt -q login_shell && echo login; grep NoNewPrivs /proc/self/status; exit\n',
  );
  await pty.ended;
  const uid = run('id', '-u', name);
  expect(out()).toContain(`uid=${uid}(${name})`);
  expect(out()).toMatch(new RegExp(`^${name} games\\r$`, 'm'));
  expect(out()).not.toMatch(/\broot\b/);
  expect(out()).toContain(`/home/${name}\r\n`);
  expect(out()).toContain(`${name} 620\r\n`);
  expect(out()).toMatch(/^login\r$/m);
  expect(out()).toMatch(/NoNewPrivs:\t1/);
});

test('S38 a session of level terminal cannot become root by a setuid program, one of level full may try', async () => {
  const { pty, out, type } = await shell();
  // su is setuid root: under no-new-privs the kernel gives it nothing, whatever the password.
  type('su -c id root </dev/null; echo "su ended $?"; exit\n');
  await pty.ended;
  expect(out()).toMatch(/su ended [1-9]/);
  expect(out()).not.toContain('uid=0');
  const full = await shell({ level: 'full' });
  full.type('grep NoNewPrivs /proc/self/status; exit\n');
  await full.pty.ended;
  expect(full.out()).toMatch(/NoNewPrivs:\t0/);
});

test('R9 root ends what a user started, deaf and detached alike', async () => {
  const { pty, asked, out, type } = await shell();
  type('(trap "" HUP TERM; setsid sleep 600 & exec sleep 600) & nohup setsid sleep 600 >/dev/null 2>&1 & echo rea""dy\n');
  await vi.waitFor(() => expect(out()).toContain('ready\r\n'), { timeout: 10_000 });
  const root = { pid: pty.pid, marker: asked.session, terminal: 0, alive: true };
  await vi.waitFor(() => expect(findTree(root).length).toBeGreaterThanOrEqual(4), { timeout: 10_000 });
  await pty.kill();
  expect((await pty.ended).survivors).toEqual([]);
  expect(findTree({ ...root, alive: false })).toEqual([]);
});

test('S7 a user that does not exist is refused', async () => {
  const refused = await openShell(order({ user: 'no-such-user-here' }), { data: () => {}, typed: () => {} });
  expect(refused).toMatchObject({ ok: false, problem: { code: 'os-user' } });
});
