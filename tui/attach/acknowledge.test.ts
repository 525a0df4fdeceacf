import { setImmediate as turn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { openAcknowledger } from './acknowledge.ts';

test('[C3] a quarter of the credit is acknowledged within the turn, some after a breath, an echo with company', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const said: number[] = [];
    const { took, close } = openAcknowledger(1600, (received) => said.push(received));
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
