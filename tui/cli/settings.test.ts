import { expect, test } from 'vitest';
import { defaultSettings } from '../../gateway/protocol/access-nouns.ts';
import { readSetting, settingsDiff } from './settings.ts';

test('[S56] a setting is read as people write it, and what would change is said the same way', () => {
  for (const [name, value, line] of [
    ['factor-required', 'on', 'factor-required: off → on'],
    ['device-flow', 'staff,superuser', 'device-flow: user,staff,superuser → staff,superuser'],
    ['request-time', '2h', 'request-time: 1h → 2h'],
    ['requestMinutes', '90', 'request-time: 1h → 90m'],
    ['grant-time', '7d', 'grant-time: 1d → 7d'],
  ] as const) {
    const read = readSetting(name, value);
    expect([name, read.ok && settingsDiff(defaultSettings, { ...defaultSettings, ...read.value })]).toEqual([name, [line]]);
  }
});

test('[S56] what is no setting, or no value of it, is said', () => {
  for (const [name, value] of [
    ['colour', 'blue'],
    ['factor-required', 'yes'],
    ['device-flow', 'root'],
    ['request-time', '8d'],
    ['grant-time', '0'],
  ] as const)
    expect([name, readSetting(name, value)]).toMatchObject([name, { ok: false, problem: { code: 'usage' } }]);
});
