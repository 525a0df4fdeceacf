import { expect, test } from 'vitest';
import { bindings, bindingsFor, commandFor, pressOf } from './keys.ts';

test('[M6] one table: no key means two things in the same place', () => {
  for (const zoomed of [false, true]) {
    const presses = bindingsFor(zoomed, false).flatMap((one) => one.presses);
    expect(presses.length).toBe(new Set(presses).size);
  }
  expect(commandFor('f', false, false)).toBe('freeze');
  expect(commandFor('f', true, false)).toBe('freeze');
  expect(commandFor('k', true, false)).toBe('kill');
  expect(commandFor('M', false, false)).toBe('message');
  expect(commandFor('m', false, false)).toBe('mark');
  expect(commandFor(']', false, false)).toBe('page-next');
  expect(commandFor(']', true, false)).toBeUndefined();
});

test('[E28] read-only: nothing that changes anything has a key', () => {
  for (const { presses, mutates } of bindings)
    if (mutates === true) for (const press of presses) expect(commandFor(press, false, true)).toBeUndefined();
  expect(commandFor('enter', false, true)).toBe('zoom');
});

test('what blessed says of a key is one press: a return once, characters as they are, chords of ours only', () => {
  expect(pressOf('\r', { name: 'return' })).toBe('enter');
  expect(pressOf('\r', { name: 'enter' })).toBeUndefined();
  expect(pressOf('\n', { name: 'linefeed' })).toBe('enter');
  expect(pressOf('\x1b', { name: 'escape' })).toBe('esc');
  expect(pressOf('\t', { name: 'tab' })).toBe('tab');
  expect(pressOf(undefined, { name: 'tab', shift: true })).toBe('shift+tab');
  expect(pressOf('M', { name: 'm', shift: true })).toBe('M');
  expect(pressOf(' ', { name: 'space' })).toBe(' ');
  expect(pressOf('\x03', { name: 'c', ctrl: true })).toBe('ctrl+c');
  expect(pressOf('한', {})).toBe('한');
  expect(pressOf(undefined, { name: 'pageup' })).toBe('page-up');
  expect(pressOf('x', { name: 'x', meta: true })).toBeUndefined();
});
