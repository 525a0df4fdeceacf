import { setImmediate as turn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { openAcknowledger } from './acknowledge.ts';

test('[C3] a quarter of the credit is acknowledged within the turn, some after a breath, an echo with company', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const said: number[] = [];
    const { took, close } = openAcknowledger({
      credit: 1600,
      quick: () => true,
      now: () => performance.now(),
      say: (received) => said.push(received),
    });
    took(1);
    await turn();
    expect(said).toEqual([1]);
    for (let key = 0; key < 5; key += 1) took(2);
    await turn();
    vi.advanceTimersByTime(999);
    expect(said).toEqual([1]);
    vi.advanceTimersByTime(1);
    expect(said).toEqual([1, 11]);
    took(10);
    took(200);
    vi.advanceTimersByTime(20);
    expect(said).toEqual([1, 11, 221]);
    took(250);
    took(250);
    await turn();
    expect(said).toEqual([1, 11, 221, 721]);
    took(5);
    close();
    vi.advanceTimersByTime(5_000);
    expect(said.length).toBe(4);
  } finally {
    vi.useRealTimers();
  }
});

test('[C3] where packets count, what is owed goes with a key or after a while, a quarter of the credit at once', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const said: number[] = [];
    let now = 0;
    const { took, ride } = openAcknowledger({
      credit: 1600,
      quick: () => false,
      now: () => now,
      say: (received) => said.push(received),
    });
    took(1);
    await turn();
    ride();
    expect(said).toEqual([1]);
    took(90);
    ride();
    expect(said).toEqual([1]);
    now = 2_000;
    ride();
    expect(said).toEqual([1, 91]);
    took(150);
    ride();
    expect(said).toEqual([1, 91, 241]);
    took(400);
    await turn();
    expect(said).toEqual([1, 91, 241, 641]);
    took(5);
    vi.advanceTimersByTime(5_000);
    expect(said).toEqual([1, 91, 241, 641, 646]);
  } finally {
    vi.useRealTimers();
  }
});
