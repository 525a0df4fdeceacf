import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ListWindow } from '../../gateway/protocol/operator.ts';
import type { Link } from '../link/link.ts';
import { openLooks } from './looks.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A line whose answers come when they are let. */
function line(roundTripMs: number) {
  const asked: string[] = [];
  const owed: (() => void)[] = [];
  const request: Link['request'] = (_type, body) => {
    const { window } = body as { readonly window: ListWindow };
    asked.push(`${window.filter}@${window.from}`);
    return new Promise((resolve) => owed.push(() => resolve({ ok: false, problem: { code: 'timeout' } })));
  };
  const looks = openLooks({ request, roundTripMs: () => roundTripMs });
  let number = 0;
  return {
    asked,
    look: (filter: string, from = 0) => {
      number += 1;
      looks.look({ number, filter, sort: 'name', from, count: 20, held: true });
    },
    answer: async () => {
      owed.shift()?.();
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

test('a word that is typed is one question, asked when the typing rests; the longer the line, the longer the rest', async () => {
  const far = line(300);
  for (const text of ['d', 'db', 'db-', 'db-p']) {
    far.look(text);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(far.asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(50);
  expect(far.asked).toEqual(['db-p@0']);
  const near = line(1);
  near.look('d');
  await vi.advanceTimersByTimeAsync(20);
  expect(near.asked).toEqual(['d@0']);
});

test('one who scrolls has one question under way, and the newest is the next', async () => {
  const far = line(300);
  far.look('', 10);
  for (const from of [20, 30, 40]) far.look('', from);
  expect(far.asked).toEqual(['@10']);
  await far.answer();
  expect(far.asked).toEqual(['@10', '@40']);
  await far.answer();
  expect(far.asked).toHaveLength(2);
});

test('another filter does not wait for an answer that nobody wants any more', async () => {
  const far = line(300);
  far.look('', 10);
  far.look('web');
  await vi.advanceTimersByTimeAsync(150);
  expect(far.asked).toEqual(['@10', 'web@0']);
});
