import { expect, test } from 'vitest';
import { characterOf, type KeyFlags, pastedPresses, pressesOf } from './press.ts';

const none: KeyFlags = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageUp: false,
  pageDown: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
};

test('named keys and controls are words, characters are themselves', () => {
  expect(pressesOf('', { ...none, upArrow: true })).toEqual(['up']);
  expect(pressesOf('', { ...none, tab: true, shift: true })).toEqual(['shift+tab']);
  expect(pressesOf('c', { ...none, ctrl: true })).toEqual(['ctrl+c']);
  expect(pressesOf('W', { ...none, shift: true })).toEqual(['W']);
  expect(pressesOf('', { ...none, escape: true })).toEqual(['esc']);
});

test('keys that arrive together are presses of their own, an Enter among them', () => {
  expect(pressesOf('jj\u0015\r', none)).toEqual(['j', 'j', 'ctrl+u', 'enter']);
});

test('what was pasted is text and nothing else, and what looks like one character is one', () => {
  expect(pastedPresses('a\u0000\r\t\u0015\u001B👩‍🚀é')).toEqual(['a', '👩‍🚀', 'é']);
});

test('only characters go into a text field', () => {
  expect(['a', ' ', '字', '👩‍🚀'].map(characterOf)).toEqual(['a', ' ', '字', '👩‍🚀']);
  expect(['enter', 'esc', 'ctrl+c', 'page-up'].map(characterOf)).toEqual([undefined, undefined, undefined, undefined]);
});
