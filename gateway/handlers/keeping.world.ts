// Every call of what keeps the log, failed and cut off, with the power gone after it (fixtures/old-office.ts); some of them in every push (keeping.test.ts).
import { expect, test } from 'vitest';
import { erasureCut, purgeCut, rotationCut } from '../../fixtures/old-office.ts';

test('R2, R3, S73, A32: a purge cut off at each of its calls: what the log tells of is finished at the next start, and nothing else is gone', async () => {
  const { cuts, finished } = await purgeCut({ step: 1, states: 6 });
  console.log(`a purge: ${cuts} states after a power cut, ${finished} finished`);
  expect([cuts > 100, finished > 50]).toEqual([true, true]);
}, 600_000);

test('R2, R3, D2, A32: an erasure cut off at each of its calls: it is finished at the next start or was never told of, and can be asked for again', async () => {
  const { cuts, finished } = await erasureCut({ step: 1, states: 6 });
  console.log(`an erasure: ${cuts} states after a power cut, ${finished} finished`);
  expect([cuts > 200, finished > 50]).toEqual([true, true]);
}, 600_000);

test('R2, R3, A32: a rotation and its manifest cut off at each of their calls: the log goes on and each closed segment has its manifest', async () => {
  const { cuts, finished } = await rotationCut({ step: 1, states: 6 });
  console.log(`a rotation: ${cuts} states after a power cut, ${finished} finished`);
  expect([cuts > 50, finished > 20]).toEqual([true, true]);
}, 600_000);
