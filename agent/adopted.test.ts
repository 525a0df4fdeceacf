import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { exitOf, exitOfStatus } from './adopted.ts';

const stat = (state: string, status: string) =>
  `42 (a (very) odd) name) ${state} ${Array.from({ length: 48 }, (_, i) => i + 1).join(' ')} ${status}\n`;

test('D6 a wait status is read as wait(2) lays it out: code, signal, core', () => {
  expect(exitOfStatus(0)).toEqual({ code: 0 });
  expect(exitOfStatus(7 << 8)).toEqual({ code: 7 });
  expect(exitOfStatus(255 << 8)).toEqual({ code: 255 });
  expect(exitOfStatus(constants.signals.SIGKILL)).toEqual({ code: 137, signal: 'SIGKILL' });
  expect(exitOfStatus(constants.signals.SIGSEGV | 0x80)).toEqual({ code: 139, signal: 'SIGSEGV' });
  expect(exitOfStatus(60)).toEqual({ code: 188, signal: 'SIG60' });
  // Nobody is asked to know every signal by heart: as this Node names them, so do we.
  for (const signal of ['SIGHUP', 'SIGTERM', 'SIGABRT', 'SIGBUS', 'SIGPIPE'] as const)
    expect(exitOfStatus(constants.signals[signal]).signal).toBe(
      spawnSync('/bin/sh', ['-c', `kill -${constants.signals[signal]} $$`]).signal,
    );
});

test('D6 only what has ended has an exit, and what the kernel keeps to itself is not taken for 0', () => {
  const yes = () => true;
  expect(exitOf(stat('S', '0'), yes)).toBe(undefined);
  expect(exitOf(stat('T', '0'), yes)).toBe(undefined);
  expect(exitOf(stat('Z', '1792'), yes)).toEqual({ code: 7 });
  expect(exitOf(stat('Z', '0'), yes)).toEqual({ code: 0 });
  expect(exitOf(stat('Z', '0'), () => false)).toEqual({});
  expect(exitOf(undefined, yes)).toEqual({});
});
