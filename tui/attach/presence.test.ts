import { expect, test } from 'vitest';
import { openPresence } from './presence.ts';

test('[E3] keys prove presence, not each of them; the key that answers the question means nothing else', () => {
  let proven = 0;
  const said: (string | undefined)[] = [];
  const presence = openPresence({
    everyMs: 60_000,
    prove: () => {
      proven += 1;
      return Promise.resolve(true);
    },
    say: (words) => said.push(words),
  });
  expect([presence.key(), presence.key(), proven]).toEqual([false, false, 0]);
  presence.asked();
  expect(said.at(-1)).toMatch(/Press any key: (60|59) s left/);
  expect([presence.key(), proven]).toEqual([true, 1]);
  expect(said.at(-1)).toBeUndefined();
  expect([presence.key(), proven]).toEqual([false, 1]);
  presence.close();
});
