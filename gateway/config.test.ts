import * as v from 'valibot';
import { expect, test } from 'vitest';
import { configSchema } from './config.ts';

const least = { version: 1, name: 'w', listen: '127.0.0.1:0', provider: { issuer: 'https://idp.example', clientId: 'c' } };
const mebibyte = 1024 * 1024;

test('R4, R5: what a gateway does when its disk fills up is a setting by name, and its default is the safe one', () => {
  const { limits } = v.parse(configSchema, least);
  expect(limits).toMatchObject({
    diskFull: 'end-sessions',
    diskFloorBytes: 500 * mebibyte,
    diskHardFloorBytes: 64 * mebibyte,
    diskReserveBytes: 16 * mebibyte,
  });
  expect(v.safeParse(configSchema, { ...least, limits: { diskFull: 'carry-on' } }).success).toBe(false);
});

test('S73: the log is kept for 400 days unless somebody says otherwise', () => {
  expect(v.parse(configSchema, least).trail.keepDays).toBe(400);
});
