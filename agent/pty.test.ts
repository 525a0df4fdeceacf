import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { openPty, type PtyRequest } from './pty.ts';
import type { Pty, PtyEnding } from './running-pty.ts';
import { findTree } from './tree.ts';

const STEPS = { hangupMs: 100, terminateMs: 100, killMs: 3_000 };
let marks = 0;

type Opened = { pty: Pty; text: () => string; bytes: () => Buffer; ended: Promise<PtyEnding>; marker: string };

async function open(script: string, more: Partial<PtyRequest> & { onData?: (pty: Pty) => void } = {}): Promise<Opened> {
  const { onData, ...rest } = more;
  marks += 1;
  const marker = `test-${process.pid}-${marks}`;
  const request: PtyRequest = {
    argv: ['/bin/sh', '-c', script],
    env: { PATH: '/usr/bin:/bin', TERM: 'xterm-256color', SALLYPORT_SESSION: marker },
    cwd: '/',
    noNewPrivileges: false,
    marker,
    cols: 80,
    rows: 24,
    ...rest,
  };
  const pieces: Uint8Array[] = [];
  let opened: Pty | undefined;
  const result = await openPty(
    request,
    {
      data: (bytes) => {
        pieces.push(Uint8Array.from(bytes));
        if (opened !== undefined) onData?.(opened);
      },
      typed: () => {},
    },
    STEPS,
  );
  if (!result.ok) throw new Error(result.problem.detail);
  opened = result.value;
  const bytes = () => Buffer.concat(pieces);
  return { pty: opened, bytes, text: () => bytes().toString(), ended: opened.ended, marker };
}

const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i + 1}\r\n`).join('');
const seq = (count: number) => `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo "line $i"; done`;

test('D6 output, exit code and signal come through, and the program owns a real terminal of the asked size', async () => {
  const shell = await open('tty; stty size; exit 7');
  expect(await shell.ended).toEqual({ code: 7, survivors: [], leftBehind: 0 });
  expect(shell.text()).toMatch(/^\/dev\/pts\/\d+\r\n24 80\r\n$/);
  const killed = await open('kill -TERM $$');
  expect(await killed.ended).toMatchObject({ code: 143, signal: 'SIGTERM' });
});

test('D6 a 20 KB echo loses nothing, paused at random and across the exit', async () => {
  const expected = 'x'.repeat(20_000);
  for (let run = 0; run < 60; run += 1) {
    const shell = await open(`printf '%020000d' 0 | tr 0 x`, {
      onData: (pty) => {
        if (run % 3 === 0) return;
        pty.pause();
        setTimeout(() => pty.resume(), run % 3 === 1 ? 1 : 20);
      },
    });
    await shell.ended;
    expect(shell.text() === expected).toBe(true);
  }
});

test('D6 a child that exits while its terminal is paused for longer than node-pty waits loses nothing', async () => {
  let ended = false;
  const shell = await open(seq(3_000));
  shell.pty.pause();
  void shell.ended.then(() => {
    ended = true;
  });
  await delay(700);
  expect(ended).toBe(false);
  shell.pty.resume();
  await shell.ended;
  expect(shell.text()).toBe(lines(3_000));
});

test('a paste of 1 MB arrives whole in a raw terminal', async () => {
  const paste = Buffer.alloc(1_048_576, 'Zażółć gęślą jaźń 안녕 ');
  const shell = await open(`stty raw -echo; echo ready; head -c ${paste.length} | sha256sum`);
  await vi.waitFor(() => expect(shell.text()).toContain('ready'), { timeout: 20_000 });
  expect(shell.pty.write(paste)).toBe(true);
  await shell.ended;
  expect(shell.text()).toContain(createHash('sha256').update(paste).digest('hex'));
});

test('a child that does not read: input is bounded, refused whole, and waiting costs no processor time', async () => {
  const shell = await open('stty raw -echo; echo ready; exec sleep 600');
  await vi.waitFor(() => expect(shell.text()).toContain('ready'), { timeout: 20_000 });
  expect(shell.pty.write(Buffer.alloc(1_500_000, 'a'))).toBe(true);
  expect(shell.pty.write(Buffer.alloc(1_000_000, 'a'))).toBe(false);
  expect(shell.pty.pendingInput()).toBeGreaterThan(1_000_000);
  const before = process.cpuUsage();
  const started = performance.now();
  await delay(1_000);
  const used = process.cpuUsage(before);
  expect((used.user + used.system) / 1_000 / (performance.now() - started)).toBeLessThan(0.2);
  await shell.pty.kill();
  await shell.ended;
  expect(shell.pty.write(Buffer.from('a'))).toBe(false);
});

test('resize reaches the program, is clamped to 1–500 × 1–200, and does nothing after the end', async () => {
  const shell = await open(`trap 'stty size' WINCH; echo ready; while :; do sleep 0.02; done`);
  await vi.waitFor(() => expect(shell.text()).toContain('ready'), { timeout: 20_000 });
  for (const [cols, rows, shown] of [
    [100, 30, '30 100'],
    [70_000, -4, '1 500'],
    [Number.NaN, 9_999, '200 1'],
  ] as const) {
    shell.pty.resize(cols, rows);
    await vi.waitFor(() => expect(shell.text()).toContain(shown), { timeout: 20_000 });
  }
  await shell.pty.kill();
  await shell.ended;
  shell.pty.resize(80, 24);
});

test('a shell or folder that does not fit is refused with a sentence, not thrown', async () => {
  const base = { env: {}, marker: 'x', noNewPrivileges: false, cols: 80, rows: 24 };
  const nobody = { data: () => {}, typed: () => {} };
  for (const [argv, cwd] of [
    [['/no/such/shell'], '/'],
    [['/etc/passwd'], '/'],
    [['/tmp'], '/'],
    [['/bin/sh'], '/no/such/folder'],
    [['/bin/sh'], '/etc/passwd'],
  ] as const) {
    const result = await openPty({ ...base, argv, cwd }, nobody);
    expect(result).toMatchObject({ ok: false, problem: { code: 'spawn' } });
  }
});

test('B4 a program gets the given environment and nothing of the agent', async () => {
  const shell = await open('env');
  await shell.ended;
  const names = shell
    .text()
    .split('\r\n')
    .map((line) => line.split('=')[0])
    .filter((name) => name !== '');
  expect(names.sort()).toEqual(['PATH', 'PWD', 'SALLYPORT_SESSION', 'TERM']);
});

test('no shell inherits the terminal of another: its descriptors lead to its own slave or to nothing', async () => {
  const first = await open('exec sleep 600');
  const second = await open('exec sleep 600');
  for (const { pty } of [first, second]) {
    const targets = await vi.waitFor(
      () => {
        const folder = `/proc/${pty.pid}/fd`;
        expect(readFileSync(`/proc/${pty.pid}/comm`, 'utf8')).toBe('sleep\n');
        return new Set(readdirSync(folder).map((fd) => readlinkSync(`${folder}/${fd}`)));
      },
      { timeout: 20_000 },
    );
    expect(targets).not.toContain('/dev/ptmx');
    expect([...targets].filter((target) => target.startsWith('/dev/pts/'))).toHaveLength(1);
  }
  await Promise.all([first.pty.kill(), second.pty.kill(), first.ended, second.ended]);
});

test('a session without sudo can gain no privileges', async () => {
  const without = await open('grep NoNewPrivs /proc/self/status', { noNewPrivileges: true });
  await without.ended;
  expect(without.text()).toContain('NoNewPrivs:\t1');
  const full = await open('grep NoNewPrivs /proc/self/status');
  await full.ended;
  expect(full.text()).toContain(readFileSync('/proc/self/status', 'utf8').match(/NoNewPrivs:\t\d/)?.[0]);
});

test('R9 B4 what a shell leaves on its terminal may finish its sentence, then it is killed and counted', async () => {
  const shell = await open('echo one; (trap "" HUP TERM; echo two; sleep 600) & sleep 0.1; exit 3');
  const ending = await shell.ended;
  expect(shell.text()).toBe('one\r\ntwo\r\n');
  expect(ending).toMatchObject({ code: 3, survivors: [] });
  expect(ending.leftBehind).toBeGreaterThan(0);
  expect(findTree({ pid: shell.pty.pid, marker: shell.marker, terminal: 0, alive: false })).toEqual([]);
});

test('R9 kill takes the whole tree: stopped, deaf, and moved to a session of its own', async () => {
  const shell = await open(
    `sh -c 'kill -STOP $$' & (trap "" HUP TERM; sleep 600) & setsid sh -c 'sleep 600' & setsid sh -c 'trap "" HUP TERM; sleep 600 & wait' & echo ready; wait`,
  );
  await vi.waitFor(() => expect(shell.text()).toContain('ready'), { timeout: 20_000 });
  const root = { pid: shell.pty.pid, marker: shell.marker, terminal: 0, alive: true };
  await vi.waitFor(() => expect(findTree(root).length).toBeGreaterThanOrEqual(6), { timeout: 20_000 });
  await shell.pty.kill();
  expect((await shell.ended).survivors).toEqual([]);
  expect(findTree({ ...root, alive: false })).toEqual([]);
});

test('R9 50 sessions opened and closed leak no descriptor, zombie or descendant', async () => {
  const descriptors = () => readdirSync('/proc/self/fd').length;
  await (await open('exit 0')).ended;
  const before = descriptors();
  const markers: { pid: number; marker: string }[] = [];
  for (let round = 0; round < 50; round += 1) {
    const shell = await open(round % 2 === 0 ? 'echo hello' : 'sleep 600 & setsid sleep 600 & echo hello; wait');
    await vi.waitFor(() => expect(shell.text()).toContain('hello'), { timeout: 20_000 });
    if (round % 2 === 1) await shell.pty.kill();
    await shell.ended;
    markers.push({ pid: shell.pty.pid, marker: shell.marker });
  }
  await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(before), { timeout: 20_000 });
  for (const { pid, marker } of markers) expect(findTree({ pid, marker, terminal: 0, alive: false })).toEqual([]);
  const zombies = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .split(' ')
    .filter((pid) => markers.some((mark) => String(mark.pid) === pid));
  expect(zombies).toEqual([]);
});
