// Verifying a long log, and a log that never stands still.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { peakUntilEnd } from '../../fixtures/bench/footprint.ts';
import { writeLongLog } from '../../fixtures/long-log.ts';
import { verifiedWhileWritten } from '../../fixtures/verified-while-written.ts';
import { programArgs } from '../../fixtures/world/program.ts';
import { isWhole } from '../audit/verify.ts';

async function freshFolder(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'sallyport-long-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  return join(parent, 'data');
}

/** The real command, to its end: its answer, records a second from start to end, and its peak of memory, MB. */
async function verifiedByCommand(args: readonly string[], records: number) {
  const began = performance.now();
  const child = spawn(process.execPath, programArgs('sallyport-gateway', ['verify', ...args, '--json']), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString();
  });
  const ended = once(child, 'close');
  const peak = child.pid === undefined ? Number.NaN : await peakUntilEnd(child.pid, ended);
  const [code] = await ended;
  return { code, said, peak, perSecond: records / ((performance.now() - began) / 1000) };
}

test('A39, R13: a million records verify at 60,000 a second and more, in 250 MiB and less, the start of the program included', async () => {
  const root = await freshFolder();
  const records = 1_000_000;
  const { rootKey, heads } = await writeLongLog(root, records);
  const rates: number[] = [];
  // The best of three: what else the machine does is not what is measured.
  for (let time = 0; time < 3; time += 1) {
    const { code, said, peak, perSecond } = await verifiedByCommand(['--data', root, '--key', rootKey, '--head', heads], records);
    expect(code).toBe(0);
    expect(JSON.parse(said)).toMatchObject({
      verdict: 'intact',
      records,
      signed: records,
      key: 'given',
      epochs: 10,
      outside: 1000,
    });
    expect(peak).toBeLessThan(262);
    rates.push(perSecond);
  }
  expect(Math.max(...rates)).toBeGreaterThan(60_000);
});

test('A40: verified 100 times and more while it is written, rotated, purged and its epochs turn, the log is whole each time', async () => {
  const { found, purged, trail } = await verifiedWhileWritten(await freshFolder(), 500);
  expect(found.filter(({ verdict }) => !isWhole(verdict))).toEqual([]);
  expect(purged).toBeGreaterThan(50);
  expect(trail.log.settled.epochs?.length).toBeGreaterThan(50);
});
