// Every call of a life of the log, failed and cut (fixtures/log-life.ts); some of them in every push (log.test.ts).
import { expect, test } from 'vitest';
import { lifeWithFaults, lifeWithPowerCuts } from '../../fixtures/log-life.ts';

test('R3, A32: every call to the disk fails, once and for ever: nothing is acknowledged that is not there afterwards', async () => {
  expect(await lifeWithFaults(1)).toBeGreaterThan(100);
}, 300_000);

test('R2, A32: over 500 power cuts, state, head and key are old or new, never mixed, and no acknowledged event is lost', async () => {
  expect(await lifeWithPowerCuts(1, 5)).toBeGreaterThan(500);
}, 300_000);
