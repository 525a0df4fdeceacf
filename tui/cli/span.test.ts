import { expect, test } from 'vitest';
import { minutesOf } from './span.ts';

const year = 525_600;

test('spans are minutes, hours, days, or several of them', () => {
  for (const [text, minutes] of [
    ['90', 90],
    ['30m', 30],
    ['2h', 120],
    ['1h30m', 90],
    ['7d', 10_080],
  ] as const)
    expect([text, minutesOf('--ttl', text, year)]).toEqual([text, { ok: true, value: minutes }]);
});

test('what is no span, or no time at all, or longer than may be, is said', () => {
  for (const text of ['', '0', '0h', '2 h', '-1h', '2w', '1.5h', '366d', '9999999m'])
    expect([text, minutesOf('--ttl', text, year).ok]).toEqual([text, false]);
});
