import * as v from 'valibot';
import { expect, test } from 'vitest';
import { hostFacts, hostMetrics } from '../gateway/protocol/nouns.ts';
import { osName, readFacts, readMetrics } from './host.ts';

test('facts and metrics of this very machine fit the protocol', () => {
  expect(v.safeParse(hostFacts, readFacts()).issues).toBeUndefined();
  const metrics = readMetrics();
  expect(v.safeParse(hostMetrics, metrics).issues).toBeUndefined();
  expect(metrics.memoryUsedBytes).toBeGreaterThan(0);
  expect(metrics.diskUsedPercent).toBeLessThanOrEqual(100);
});

test('the name of the system is read in any quoting os-release allows', () => {
  expect(osName('NAME=x\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')).toBe('Debian GNU/Linux 12 (bookworm)');
  expect(osName("PRETTY_NAME='Alpine'\n")).toBe('Alpine');
  expect(osName('PRETTY_NAME=Arch\n')).toBe('Arch');
  expect(osName('NAME=x\n')).toBeUndefined();
});
