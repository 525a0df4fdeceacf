import { expect, test } from 'vitest';
import { openBoundary } from './boundary.ts';

test('a stream stands between sequences and characters only where none is cut', () => {
  const whole = Buffer.from('a\x1b[1;31mü\x1b]0;title\x07\x1b]8;;x\x1b\\\x1b(B\x1bPq\x1b\\€😀\x1b[?25l');
  const inside = new Set<number>();
  for (const sequence of [
    '\x1b[1;31m',
    'ü',
    '\x1b]0;title\x07',
    '\x1b]8;;x\x1b\\',
    '\x1b(B',
    '\x1bPq\x1b\\',
    '€',
    '😀',
    '\x1b[?25l',
  ]) {
    const bytes = Buffer.from(sequence);
    const start = whole.indexOf(bytes);
    for (let at = 1; at < bytes.length; at += 1) inside.add(start + at);
  }
  for (let at = 0; at <= whole.length; at += 1) {
    const boundary = openBoundary();
    boundary.feed(whole.subarray(0, at));
    expect([at, boundary.between()]).toEqual([at, !inside.has(at)]);
  }
});

test('CAN and SUB end a sequence, and a bad character does not hold the rest', () => {
  for (const text of [Buffer.from('\x1b[1\x18'), Buffer.from('\x1b]0;x\x1a'), Buffer.from([0xe2, 0x82, 0x41])]) {
    const boundary = openBoundary();
    boundary.feed(text);
    expect(boundary.between()).toBe(true);
  }
});
