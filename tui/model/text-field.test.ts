import { expect, test } from 'vitest';
import { emptyField, fieldOf, fieldText, type TextField, typeInto } from './text-field.ts';

const typed = (...presses: string[]): TextField => presses.reduce(typeInto, emptyField);

test('typing, moving, deleting', () => {
  expect(fieldText(typed('a', 'c', 'left', 'b'))).toBe('abc');
  expect(fieldText(typed('a', 'b', 'backspace', 'home', 'delete'))).toBe('');
  expect(fieldText(typeInto(fieldOf('one two '), 'ctrl+w'))).toBe('one ');
  expect(fieldText(typeInto(fieldOf('one two'), 'ctrl+u'))).toBe('');
});

test('a wide character and an emoji are one step each', () => {
  expect(fieldText(typed('字', '👩‍🚀', 'left', 'x'))).toBe('字x👩‍🚀');
});

test('what means nothing to it leaves it as it is, and it does not grow without end', () => {
  const field = fieldOf('x');
  expect(typeInto(field, 'page-up')).toBe(field);
  expect(typeInto(emptyField, 'backspace')).toBe(emptyField);
  const long = fieldOf('y'.repeat(256));
  expect(typeInto(long, 'z')).toBe(long);
});
