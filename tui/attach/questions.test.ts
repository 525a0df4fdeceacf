import { expect, test } from 'vitest';
import { openQuestions } from './questions.ts';
import { stripWidth, wordsText } from './strip.ts';

const type = (questions: ReturnType<typeof openQuestions>, text: string): void => {
  for (const press of text) questions.take({ press });
};

test('a line is typed, mended and answered; esc answers nothing; its cursor is always in sight', async () => {
  const questions = openQuestions(() => undefined);
  const why = questions.line('because');
  type(questions, 'x'.repeat(80));
  for (const cols of [20, 40, 80, 120]) {
    const field = questions.field(cols) ?? [];
    expect(stripWidth(field)).toBeLessThanOrEqual(cols);
    expect(field.some(({ look }) => look === 'cursor')).toBe(true);
  }
  questions.take({ press: 'ctrl+u' });
  type(questions, ' ok');
  questions.take({ press: 'backspace' });
  questions.take({ pasted: ['h', 'e'] });
  questions.take({ press: 'enter' });
  expect(await why).toBe('ohe');
  const never = questions.line('because');
  questions.take({ press: 'esc' });
  expect(await never).toBeUndefined();
  expect(questions.open()).toBe(false);
});

test('a code is not shown', () => {
  const questions = openQuestions(() => undefined);
  void questions.line('code', 'secret');
  type(questions, '123456');
  expect(wordsText(questions.field(60) ?? '')).toBe('code: ••••••  · Enter · Esc');
});

test('a choice takes its keys only; urgent ones come first; the end of the turn answers all', async () => {
  const questions = openQuestions(() => undefined);
  const later = questions.choice('later?', { y: 'yes' });
  const first = questions.choice('first?', { enter: 'send', esc: 'discard' }, 'urgent');
  expect(questions.put()).toBe('first?');
  expect(questions.take({ press: 'y' })).toBe(false);
  expect(questions.take({ pasted: ['y'] })).toBe(false);
  expect(questions.take({ press: 'esc' })).toBe(true);
  expect(await first).toBe('discard');
  expect(questions.put()).toBe('later?');
  questions.close();
  expect(await later).toBeUndefined();
  expect(await questions.line('too late')).toBeUndefined();
});
