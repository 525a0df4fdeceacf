import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openLifeClock, type Woken, watchWaking } from './waking.ts';

/** Timers that stand still while the machine sleeps, and a wall clock that does not. */
function machine() {
  let wall = 1_000_000;
  let mono = 0;
  let due: { at: number; call: () => void } | undefined;
  return {
    pace: {
      now: () => wall,
      after: (ms: number, call: () => void) => {
        const mine = { at: mono + ms, call };
        due = mine;
        return () => {
          if (due === mine) due = undefined;
        };
      },
      chance: () => 0,
    },
    awake: (ms: number) => {
      for (let passed = 0; passed < ms; passed += 100) {
        wall += 100;
        mono += 100;
        if (due === undefined || due.at > mono) continue;
        const { call } = due;
        due = undefined;
        call();
      }
    },
    sleep: (ms: number) => {
      wall += ms;
    },
  };
}

test('§4b a machine that slept is noticed two seconds after it woke, one that was only busy is not', () => {
  const { pace, awake, sleep } = machine();
  const woken: Woken[] = [];
  const stop = watchWaking(
    pace,
    () => ['10.0.0.7'],
    (one) => woken.push(one),
  );
  awake(60_000);
  sleep(3_000);
  awake(10_000);
  expect(woken).toEqual([]);
  sleep(8 * 3_600_000);
  awake(2_000);
  expect(woken).toHaveLength(1);
  expect(woken[0]?.asleepMs).toBeGreaterThan(8 * 3_600_000 - 2_000);
  awake(10_000);
  expect(woken).toHaveLength(1);
  stop();
  sleep(60_000);
  awake(10_000);
  expect(woken).toHaveLength(1);
});

test('a change of addresses is noticed, with those there are now; another order is none', () => {
  const { pace, awake } = machine();
  let addresses = ['127.0.0.1', '10.0.0.7'];
  const woken: Woken[] = [];
  watchWaking(
    pace,
    () => addresses,
    (one) => woken.push(one),
  );
  addresses = ['10.0.0.7', '127.0.0.1'];
  awake(4_000);
  expect(woken).toEqual([]);
  addresses = ['127.0.0.1', '192.168.1.20'];
  awake(4_000);
  expect(woken).toEqual([{ asleepMs: 0, moved: new Set(addresses) }]);
});

test('the clock of a life never goes back, and counts what was slept but not what a clock was put right by', () => {
  let wall = 1_000_000;
  let mono = 50;
  const now = openLifeClock(
    () => wall,
    () => mono,
  );
  expect(now()).toBe(50);
  wall += 30_500;
  mono += 500;
  expect(now()).toBe(30_550);
  wall -= 3_600_000;
  mono += 10;
  expect(now()).toBe(30_560);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: -100_000, max: 100_000 }), fc.nat(10_000))), (steps) => {
      let last = now();
      for (const [jump, passed] of steps) {
        wall += jump + passed;
        mono += passed;
        const next = now();
        expect(next).toBeGreaterThanOrEqual(last + passed);
        last = next;
      }
    }),
  );
});
