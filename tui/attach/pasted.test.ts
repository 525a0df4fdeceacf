import { expect, test } from 'vitest';
import { openPasteReader } from './pasted.ts';

const told = (...chunks: readonly string[]): string[] => {
  const read = openPasteReader();
  return chunks.flatMap((chunk) =>
    read(Buffer.from(chunk)).map(
      ({ bytes, pasted, mayInterrupt }) =>
        `${pasted ? 'pasted' : mayInterrupt ? 'key' : 'typed'}:${Buffer.from(bytes).toString()}`,
    ),
  );
};

test('[LOWBAND 5] a paste is what stands in brackets, or more at once than anybody types', () => {
  expect(told('ls -l', '\r')).toEqual(['typed:ls -l', 'typed:\r']);
  expect(told('x'.repeat(100))).toEqual([`pasted:${'x'.repeat(100)}`]);
  expect(told('\x1b[200~a', 'b\x03', 'c\x1b[201~', 'd')).toEqual([
    'pasted:\x1b[200~a',
    'pasted:b\x03',
    'pasted:c\x1b[201~',
    'typed:d',
  ]);
});

test('[LOWBAND 5] a control character at the end of what a terminal gave is a key of its own; inside a paste it is none', () => {
  expect(told('\x03')).toEqual(['key:\x03']);
  expect(told(`${'x'.repeat(200)}\x03`)).toEqual([`pasted:${'x'.repeat(200)}`, 'key:\x03']);
  expect(told('\x18\x03')).toEqual(['typed:\x18', 'key:\x03']);
  expect(told('\x1b[200~text\x03')).toEqual(['pasted:\x1b[200~text\x03']);
  expect(told('a\x03b', '\t', '\x1b')).toEqual(['typed:a\x03b', 'typed:\t', 'typed:\x1b']);
});
