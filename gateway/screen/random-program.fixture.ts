// Random programs of escape sequences, for the laws of the screen. Only what the filter lets through, and what the model must survive.
import * as fc from 'fast-check';

// The push suite tries the same programs every time; the soak tries new ones, and says the seed of what failed (SEED=n tries it again).
const seed = process.env['SUITE'] === 'soak' ? Number(process.env['SEED'] ?? Number.NaN) : 20_261_122;
if (!Number.isNaN(seed)) fc.configureGlobal({ seed });

const text = fc.constantFrom(
  'a',
  'hello ',
  'x'.repeat(11),
  '한',
  '한글 터미널',
  '日本',
  'é',
  'e\u0301',
  'n\u0303o',
  '🙂',
  '👩‍👩‍👧‍👦',
  '👍🏽',
  '🇰🇷',
  '🇰',
  '✅',
  '❤️',
  '\u1100',
  '\u1161',
  'ㄱ',
  'क्षि',
  'ไทย',
  '\u0301',
  '\u200d',
  '\u200b',
  '\u202e',
  '─│┌',
  ' ',
  '   ',
  '%#[]{}|~',
);
const control = fc.constantFrom('\r', '\n', '\r\n', '\b', '\t', '\x07', '\x0b', '\x0e', '\x0f');
const count = fc.oneof(fc.constant(''), fc.integer({ min: 0, max: 12 }).map(String), fc.constantFrom('100', '65535'));
const colour = fc.constantFrom(
  '0',
  '1',
  '2',
  '3',
  '4',
  '4:3',
  '4:2',
  '5',
  '7',
  '8',
  '9',
  '21',
  '22',
  '23',
  '24',
  '25',
  '27',
  '28',
  '29',
  '31',
  '39',
  '42',
  '49',
  '53',
  '55',
  '59',
  '94',
  '103',
  '38;5;200',
  '48;5;17',
  '38;2;1;2;3',
  '48;2;250;0;9',
  '58:5:9',
  '58:2::1:2:3',
);
const sgr = fc.array(colour, { maxLength: 3 }).map((codes) => `\x1b[${codes.join(';')}m`);
const moves = fc.tuple(count, fc.constantFrom(...'ABCDEFGIZ`adePXLMST@bJK')).map(([n, final]) => `\x1b[${n}${final}`);
const position = fc.tuple(count, count).map(([y, x]) => `\x1b[${y};${x}H`);
const erase = fc.tuple(fc.constantFrom('', '0', '1', '2'), fc.constantFrom('J', 'K')).map(([n, final]) => `\x1b[${n}${final}`);
const margins = fc.tuple(count, count).map(([top, bottom]) => `\x1b[${top};${bottom}r`);
const mode = fc
  .tuple(
    fc.constantFrom(
      '4',
      '20',
      '?1',
      '?6',
      '?7',
      '?12',
      '?25',
      '?45',
      '?47',
      '?1047',
      '?1048',
      '?1049',
      '?9',
      '?1000',
      '?1002',
      '?1003',
      '?1004',
      '?1006',
      '?1016',
      '?2004',
      '?2026',
    ),
    fc.constantFrom('h', 'l'),
  )
  .map(([which, set]) => `\x1b[${which}${set}`);
const escape = fc.constantFrom(
  '\x1b7',
  '\x1b8',
  '\x1bD',
  '\x1bE',
  '\x1bH',
  '\x1bM',
  '\x1b=',
  '\x1b>',
  '\x1bc',
  '\x1b(0',
  '\x1b(B',
  '\x1b)0',
  '\x1b(A',
  '\x1b#8',
  '\x1b[s',
  '\x1b[u',
  '\x1b[!p',
  '\x1b[g',
  '\x1b[3g',
  '\x1b[2 q',
  '\x1b[5 q',
  '\x1b[0 q',
);
const string = fc.constantFrom(
  '\x1b]0;title\x07',
  '\x1b]2;제목 x\x1b\\',
  '\x1b]8;;http://a.b/c\x1b\\',
  '\x1b]8;id=1;https://x.y\x07',
  '\x1b]8;;\x07',
);
const enterAlternate = fc.constantFrom('\x1b[?1049h', '\x1b[?1049l');

const step = fc.oneof(
  { arbitrary: text, weight: 12 },
  { arbitrary: control, weight: 5 },
  { arbitrary: sgr, weight: 5 },
  { arbitrary: moves, weight: 6 },
  { arbitrary: position, weight: 5 },
  { arbitrary: erase, weight: 2 },
  { arbitrary: margins, weight: 1 },
  { arbitrary: mode, weight: 3 },
  { arbitrary: escape, weight: 2 },
  { arbitrary: string, weight: 1 },
  { arbitrary: enterAlternate, weight: 1 },
);

/** One program, as pieces that are whole. */
export const program = fc.array(step, { maxLength: 40 });

export const size = fc.record({ cols: fc.integer({ min: 2, max: 24 }), rows: fc.integer({ min: 1, max: 8 }) });

export const utf8 = (pieces: readonly string[]): Uint8Array => Buffer.from(pieces.join(''));
