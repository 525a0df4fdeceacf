// What an index is asked, however much a query asks for.
import { expect, test } from 'vitest';
import { Answers, type Column, type Columns, narrowed } from './narrow.ts';
import { parseQuery } from './query.ts';
import type { QueryNode, Question } from './query-fields.ts';
import { emptyState } from './state.ts';

const words = Array.from({ length: 4_000 }, (_, i) => `ses_${i}`);
const column: Column = { words, codes: Uint32Array.from({ length: 8_000 }, (_, i) => i % words.length) };
const columns: Columns = { first: 0, count: 8_000, span: { from: 0, to: 1 }, at: undefined, column: () => column };

test('§4d: a query with as many values as it may have, on a column where every word is another, costs so much and leaves others their turn', async () => {
  let asked = 0;
  let sinceTurn = 0;
  let longest = 0;
  const question = (n: number): Question => ({
    about: 'session',
    fits: (session) => {
      asked += 1;
      sinceTurn += 1;
      longest = Math.max(longest, sinceTurn);
      return session === `ses_${n}`;
    },
  });
  const node: QueryNode = { any: Array.from({ length: 64 }, (_, n) => question(n)) };
  const turns = (): undefined => void (sinceTurn = 0);
  const answers = new Answers();
  const verdict = await narrowed(node, columns, emptyState(), answers, turns);
  expect(longest).toBeLessThanOrEqual(1024);
  expect(asked).toBe(200_000);
  // Whatever was not asked is looked at: nothing that fits is kept out.
  expect(Array.from({ length: 64 }, (_, n) => (typeof verdict === 'number' ? verdict : verdict[n]))).not.toContain(0);
  await narrowed(
    node,
    { ...columns, column: () => ({ ...column, words: words.map((word) => `${word}x`) }) },
    emptyState(),
    answers,
    turns,
  );
  expect(asked).toBe(400_000);
});

test('§4d: a session that is named whole is found among all words without asking about each', async () => {
  const query = parseQuery('session:SES_7', 0);
  if (!query.ok) throw new Error(query.problem.code);
  const verdict = await narrowed(query.value.node, columns, emptyState(), new Answers(), () => undefined);
  expect(typeof verdict === 'number' ? [] : [...verdict.entries()].filter(([, is]) => is !== 0).map(([i]) => i)).toEqual([
    7, 4_007,
  ]);
});

test('a query has so many values, and no more', () => {
  const of = (n: number) => parseQuery(`session:${Array.from({ length: n }, (_, i) => i).join(',')}`, 0);
  expect(of(64).ok).toBe(true);
  expect(of(65)).toMatchObject({ ok: false, problem: { code: 'bad-request', detail: 'more than 64 values' } });
});
