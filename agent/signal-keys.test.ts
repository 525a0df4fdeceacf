import { expect, test } from 'vitest';
import { readSignalKeys } from './signal-keys.ts';

const cooked = '500:5:bf:8a3b:3:1c:7f:15:4:0:1:0:11:13:1a:0:12:f:17:16:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0';

test('the settings of a terminal say which keys interrupt, and whether any does now', () => {
  expect(readSignalKeys(`${cooked}\n`)).toEqual({ keys: [0x03, 0x1c, 0x1a], flushes: true, lines: true });
  // stty raw: no ISIG, no ICANON.
  expect(readSignalKeys(cooked.replace(':8a3b:', ':8a38:'))).toEqual({ keys: [], flushes: true, lines: false });
  // stty intr ^X susp undef noflsh -icanon.
  const own = cooked.replace(':8a3b:3:', ':8ab9:18:').replace(':1a:', ':0:');
  expect(readSignalKeys(own)).toEqual({ keys: [0x18, 0x1c], flushes: false, lines: false });
});

test('what is no such line says nothing: then no key overtakes', () => {
  for (const wrong of [
    '',
    'speed 38400 baud; rows 24',
    '500:5:bf:8a3b:3',
    'stty: standard input: Inappropriate ioctl for device',
  ])
    expect(readSignalKeys(wrong)).toBeUndefined();
});
