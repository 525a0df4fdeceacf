// The echo that must lose nothing, a thousand times (FEATURES §4b), with pauses up to seconds.
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openPty } from './pty.ts';
import type { Pty } from './running-pty.ts';

const EXPECTED = 'x'.repeat(20_000);

async function echo(pauseMs: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let pty: Pty | undefined;
  const opened = await openPty(
    {
      argv: ['/bin/sh', '-c', `printf '%020000d' 0 | tr 0 x`],
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
      noNewPrivileges: false,
      marker: 'soak',
      cols: 80,
      rows: 24,
    },
    {
      data(bytes) {
        pieces.push(Uint8Array.from(bytes));
        pty?.pause();
        setTimeout(() => pty?.resume(), pauseMs);
      },
      typed: () => {},
    },
  );
  if (!opened.ok) throw new Error(opened.problem.detail);
  pty = opened.value;
  if (pauseMs > 100) {
    pty.pause();
    void delay(pauseMs).then(() => pty?.resume());
  }
  await pty.ended;
  return Buffer.concat(pieces).toString();
}

test('D6 1,000 runs of a 20 KB echo, paused for 0 to 50 ms at every piece, lose nothing', async () => {
  for (let run = 0; run < 1_000; run += 1) expect((await echo(run % 51)) === EXPECTED).toBe(true);
});

test('D6 20 runs paused across the exit for up to 4 s lose nothing', async () => {
  const runs = await Promise.all(Array.from({ length: 20 }, (_, i) => echo(200 * (i + 1))));
  expect(runs.every((text) => text === EXPECTED)).toBe(true);
});
