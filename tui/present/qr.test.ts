import { encode } from 'uqr';
import { expect, test } from 'vitest';
import { bigText } from './big-text.ts';
import { qrCode } from './qr.ts';
import { cells } from './span.ts';

test('half blocks give back every module of the code, with a quiet edge', () => {
  const text = 'https://id.example.net/device?user_code=BDFH-KLMN';
  const { data } = encode(text, { ecc: 'L', border: 2 });
  const qr = qrCode(text);
  if (qr === undefined) throw new Error('no code');
  const upper = { '█': true, '▀': true, '▄': false, ' ': false } as const;
  const lower = { '█': true, '▀': false, '▄': true, ' ': false } as const;
  for (const [y, row] of data.entries())
    for (const [x, dark] of row.entries()) {
      const block = qr.rows[y >> 1]?.[x] as keyof typeof upper;
      expect((y % 2 === 0 ? upper : lower)[block]).toBe(!dark);
    }
  expect(qr.rows[0]?.replaceAll('█', '')).toBe('');
});

test('a text too long for any code is no error', () => {
  expect(qrCode('x'.repeat(8_000))).toBe(undefined);
});

test('a code in large letters keeps its rows even', () => {
  const rows = bigText('BDFH-KLMN 0189');
  expect(new Set(rows.map(cells)).size).toBe(1);
});
