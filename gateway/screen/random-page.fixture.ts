// Random pages, as full-screen programs draw them: lines of coloured words, columns, boxes, pages turned, regions scrolled, long lines wrapped, a few
// cells changed here and there. For the laws of paint on screens large enough for what it does to save bytes.
import * as fc from 'fast-check';

const word = fc.constantFrom(
  'static',
  'int',
  'buffer_length',
  '0x811ad39',
  '한글',
  '터미널',
  '漢字',
  '🙂',
  '✅',
  '👍🏽',
  'e\u0301',
  '│',
  '───',
  '||||||',
  '12.5',
  '0:00.14',
  '/usr/lib/x86_64-linux-gnu',
  '~',
  ')',
);
const look = fc.constantFrom(
  '',
  '',
  '',
  '\x1b[m',
  '\x1b[32m',
  '\x1b[1;31m',
  '\x1b[0;38;5;130m',
  '\x1b[30;46m',
  '\x1b[7m',
  '\x1b[44m',
  '\x1b[4m',
  '\x1b[8m',
);
const link = fc.constantFrom('\x1b]8;;http://a.b\x07here\x1b]8;;\x07', '\x1b[4;58:5:9mx\x1b[m');
const gap = fc.constantFrom(' ', ' ', ' ', '  ', '    ', '            ', '');
const piece = fc.oneof(
  { arbitrary: fc.tuple(look, word, gap).map((parts) => parts.join('')), weight: 30 },
  { arbitrary: link, weight: 1 },
);
const line = fc.tuple(gap, fc.array(piece, { maxLength: 9 })).map(([indent, pieces]) => indent + pieces.join(''));

const row = fc.integer({ min: 1, max: 32 });
const column = fc.integer({ min: 1, max: 90 });
const few = fc.integer({ min: 1, max: 9 });

const page = fc
  .tuple(fc.array(line, { minLength: 3, maxLength: 32 }), row, fc.boolean())
  .map(([lines, from, erases]) => lines.map((text, at) => `\x1b[${from + at}H${erases ? '\x1b[m\x1b[K' : ''}${text}`).join(''));
const listing = fc
  .tuple(fc.array(line, { minLength: 3, maxLength: 40 }), row)
  .map(([lines, from]) => `\x1b[${from}H${lines.join('\r\n')}`);
const stack = fc
  .tuple(fc.array(word, { minLength: 3, maxLength: 20 }), row, column, look)
  .map(([words, from, at, pen]) => pen + words.map((text, y) => `\x1b[${from + y};${at}H${text}`).join(''));
const spot = fc.tuple(row, column, piece).map(([y, x, text]) => `\x1b[${y};${x}H${text}`);
const scroll = fc.tuple(row, row, few, fc.constantFrom('\n', '\x1bM', 'S', 'T', 'L', 'M')).map(([top, height, count, how]) => {
  const bottom = top + height;
  const act = how === '\n' || how === '\x1bM' ? how.repeat(count) : `\x1b[${count}${how}`;
  return `\x1b[${top};${bottom}r\x1b[${how === '\n' ? bottom : top}H${act}\x1b[r`;
});
const shift = fc
  .tuple(row, column, few, fc.constantFrom('@', 'P', 'X', 'b'))
  .map(([y, x, count, final]) => `\x1b[${y};${x}H${final === 'b' ? 'w' : ''}\x1b[${count}${final}`);
const long = fc.tuple(row, few, line).map(([y, count, text]) => `\x1b[${y}H${`${text}-`.repeat(count)}`);
const clear = fc.constantFrom('\x1b[m\x1b[2J', '\x1b[J', '\x1b[1J', '\x1b[K', '\x1b[44m\x1b[2J\x1b[m', '\x1b[12H\x1b[J', '\x1bc');
const buffer = fc.constantFrom('\x1b[?1049h', '\x1b[?1049l', '\x1b[20h', '\x1b[?7l', '\x1b[?6h', '\x1b[4h', '\x1b7', '\x1b[5;9r');
const end = fc.tuple(row, column).map(([y, x]) => `\x1b[${y};${x}H`);

const step = fc.oneof(
  { arbitrary: page, weight: 5 },
  { arbitrary: listing, weight: 4 },
  { arbitrary: stack, weight: 3 },
  { arbitrary: spot, weight: 6 },
  { arbitrary: scroll, weight: 4 },
  { arbitrary: shift, weight: 2 },
  { arbitrary: long, weight: 2 },
  { arbitrary: clear, weight: 2 },
  { arbitrary: buffer, weight: 1 },
);

/** What such a program draws from one look of its viewer to the next. */
export const pages = fc.tuple(fc.array(step, { maxLength: 5 }), end).map(([steps, at]) => [...steps, at]);

export const pageSize = fc.record({ cols: fc.integer({ min: 30, max: 90 }), rows: fc.integer({ min: 6, max: 32 }) });
