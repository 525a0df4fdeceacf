import { expect, test } from 'vitest';
import { HandClock } from '../../fixtures/faults/hand-clock.ts';
import { openAlarm } from './alarm.ts';

const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('[A41] what is due while the log is slow is tried again after a second: neither at once, nor never', async () => {
  const clock = new HandClock();
  const due = clock.now() + 5000;
  let slow = true;
  let looks = 0;
  let over = false;
  const alarm = openAlarm(
    clock,
    () => (over ? undefined : due),
    async () => {
      looks += 1;
      if (slow) throw new Error('the disk has not answered for 5 s');
      over = true;
    },
  );
  alarm.plan();
  clock.pass(4999);
  await turns();
  expect(looks).toBe(0);
  clock.pass(1);
  await turns();
  clock.pass(999);
  await turns();
  expect(looks).toBe(1);
  slow = false;
  clock.pass(1);
  await turns();
  expect([looks, over]).toEqual([2, true]);
  clock.pass(100_000);
  await turns();
  expect(looks).toBe(2);
});

test('what is due in more days than a timer can wait is waited for; a stopped alarm rings no more', async () => {
  const clock = new HandClock();
  const due = clock.now() + 40 * 86_400_000;
  let looks = 0;
  const alarm = openAlarm(
    clock,
    () => due,
    async () => {
      looks += 1;
    },
  );
  alarm.plan();
  for (let day = 1; day < 40; day += 1) {
    clock.pass(86_400_000);
    await turns();
  }
  expect(looks).toBe(39);
  alarm.stop();
  clock.pass(10 * 86_400_000);
  await turns();
  expect(looks).toBe(39);
});
