import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differences } from '../../gateway/screen/screen.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import { keepingColumns } from './line-feeds.ts';

/** What the tty between a program and its terminal makes of output while ONLCR is on. */
const onlcr = (bytes: Uint8Array): Buffer =>
  Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll('\n', '\r\n'), 'latin1');

test('D5: behind a tty that returns the carriage at each line feed, cut anywhere, the screen is the one of the bytes as they came', () => {
  const piece = fc.constantFrom(
    '\n',
    '\r',
    '\r\n',
    'ab',
    '한',
    '\x1b[3C',
    '\x1b[2;4r',
    '\x1b[20h',
    '\x1b[20l',
    '\x1b[41m',
    '\n\n',
    '\x1b[5;7H',
  );
  fc.assert(
    fc.property(fc.array(fc.array(piece, { maxLength: 6 }), { maxLength: 12 }), (writes) => {
      const direct = openTerminal({ cols: 20, rows: 6 });
      const behind = openTerminal({ cols: 20, rows: 6 });
      const sink = keepingColumns({ write: (bytes) => behind.feed(onlcr(bytes)) });
      for (const pieces of writes) {
        const bytes = Buffer.from(pieces.join(''));
        direct.feed(bytes);
        sink.write(bytes);
      }
      expect(differences(direct.screen(), behind.screen())).toEqual([]);
    }),
  );
});

test('the bytes of whoever wrote them stay as they are', () => {
  const bytes = Buffer.from('a\nb\r\n');
  let written = '';
  keepingColumns({ write: (given) => (written = Buffer.from(given).toString()) }).write(bytes);
  expect([bytes.toString(), written]).toEqual(['a\nb\r\n', 'a\vb\r\n']);
});
