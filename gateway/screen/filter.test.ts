import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FilterPart } from './filter.ts';
import { openFilter } from './filter.ts';
import { HOSTILE } from './hostile.fixture.ts';
import { program } from './random-program.fixture.ts';
import { differences } from './screen.ts';
import { openTerminal } from './terminal.ts';

type Seen = { readonly text: string; readonly others: readonly unknown[]; readonly dropped: number };

/** All that came out, in a form in which chunks do not matter: bytes as one text, with a mark where another part stood. */
function run(chunks: readonly Uint8Array[], titlePrefix = ''): Seen {
  const filter = openFilter({ titlePrefix });
  const out: Uint8Array[] = [];
  const others: FilterPart[] = [];
  for (const chunk of chunks)
    for (const part of filter.feed(chunk))
      if (part.kind === 'bytes') out.push(part.bytes);
      else {
        others.push(part);
        out.push(Buffer.from(`<${others.length}>`));
      }
  return {
    text: Buffer.concat(out).toString('latin1'),
    others: others.map((part) => (part.kind === 'clipboard' ? { ...part, bytes: Buffer.from(part.bytes).toString() } : part)),
    dropped: filter.dropped,
  };
}

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const pass = (text: string): string => Buffer.from(run([bytes(text)]).text, 'latin1').toString('utf8');

test('plain text of every script passes unchanged', () => {
  for (const text of [
    'hello\r\n',
    'tab\there\b\x07',
    '한글 漢字 かな',
    'é ñ e\u0301',
    '🙂 👩‍👩‍👧 🇰🇷',
    'Привет',
    'שלום عرب',
    '\u{10ffff}',
  ])
    expect(pass(text)).toBe(text);
  const legal = fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.replace(/[\p{Cc}\p{Cs}]/gu, 'x'));
  fc.assert(
    fc.property(legal, (text) => {
      expect(pass(text)).toBe(text);
    }),
  );
});

test('what the screen holds passes: colours, cursor, erasing, margins, modes, mouse, paste, alternate buffer, links', () => {
  for (const sequence of [
    '\x1b[m',
    '\x1b[0m',
    '\x1b[1;31;48;5;17m',
    '\x1b[38;2;1;2;3m',
    '\x1b[4:3m',
    '\x1b[58:2::1:2:3m',
    '\x1b[2J',
    '\x1b[K',
    '\x1b[1;24r',
    '\x1b[5;10H',
    '\x1b[?1049h',
    '\x1b[?1000;1006h',
    '\x1b[?2004l',
    '\x1b[?1004h',
    '\x1b[?2026h',
    '\x1b[?25l',
    '\x1b[?1h',
    '\x1b=',
    '\x1b>',
    '\x1b[4h',
    '\x1b[2 q',
    '\x1b[3L',
    '\x1b7',
    '\x1b8',
    '\x1bM',
    '\x1b(0',
    '\x1b(B',
    '\x0e',
    '\x0f',
    '\x1b[!p',
    '\x1b[s',
    '\x1b[u',
    '\x1b[10b',
    '\x1bH',
    '\x1b[3g',
    '\x1b]8;;https://a.b/c\x1b\\',
    '\x1b]8;;\x1b\\',
  ])
    expect(pass(sequence)).toBe(sequence);
});

test('X3 what it does not hold is dropped and counted, and the text around it stays', () => {
  for (const sequence of [
    '\x1b[3J',
    '\x1b[5i',
    '\x1b[?5h',
    '\x1b[?1005h',
    '\x1b[?69h',
    '\x1b[>1u',
    '\x1b[?u',
    '\x1b[<u',
    '\x1b[=5u',
    '\x1b[>4;2m',
    '\x1b[8;50;90t',
    '\x1b[21t',
    '\x1b[20t',
    '\x1b[?996n',
    '\x1b[1;2;3;4;5T',
    '\x1b[1;1;2;2;1;1;1;1$v',
    '\x1b[1;1;1;1;1;1*y',
    '\x1b[61"p',
    '\x1b[1"q',
    '\x1b%@',
    '\x1b%G',
    '\x1b F',
    '\x1b G',
    '\x1b#3',
    '\x1bn',
    '\x1b(K',
    '\x1b*0',
    '\x1bP$qm\x1b\\',
    '\x1bP+q544e\x1b\\',
    '\x1bPq#0;2;0;0;0~-\x1b\\',
    '\x1b_Gi=1;AAAA\x1b\\',
    '\x1b^pm\x1b\\',
    '\x1bXsos\x1b\\',
    '\x1bktitle\x1b\\',
    '\x1b]7;file://h/p\x07',
    '\x1b]9;hi\x07',
    '\x1b]1337;x=y\x07',
    '\x1b]777;notify;a;b\x07',
    '\x1b]10;red\x07',
    '\x1b]4;1;red\x07',
    '\x1b]104\x07',
    '\x1b]52;c;?\x07',
    '\x1b]133;A\x07',
    '\x1b]99;;x\x1b\\',
    '\x1b[99999999x',
    '\x1b[?3h',
    '\x1b[12;3s',
  ]) {
    const { text, others, dropped } = run([bytes(`before${sequence}after`)]);
    expect({ sequence, text, others, dropped }).toEqual({ sequence, text: 'beforeafter', others: [], dropped: 1 });
  }
});

test('modes that pass go through one by one, the others not', () => {
  expect(pass('\x1b[?1049;5;25;69h')).toBe('\x1b[?1049;25h');
  expect(pass('\x1b[1;6;20;31;73m')).toBe('\x1b[1;31m');
  expect(pass('\x1b[99999b\x1b[99999999999C')).toBe('\x1b[500b\x1b[65535C');
  expect(pass('\x1b[38:2:1:2:3m')).toBe('\x1b[38:2::1:2:3m');
});

test('X3 questions are taken out, once, in the order of the stream', () => {
  expect(
    run([bytes('a\x1b[cb\x1b[6nc\x1b[?6n\x1b[>c\x1b[=c\x1b[5n\x1b[?2004$p\x1b[4$p\x1b[>q\x1b[14t\x1b[18t\x1bZ')]),
  ).toMatchObject({
    text: 'a<1>b<2>c<3><4><5><6><7><8><9><10><11><12>',
    others: [
      { query: { kind: 'attributes', level: 1 } },
      { query: { kind: 'cursor', private: false } },
      { query: { kind: 'cursor', private: true } },
      { query: { kind: 'attributes', level: 2 } },
      { query: { kind: 'attributes', level: 3 } },
      { query: { kind: 'status' } },
      { query: { kind: 'mode', private: true, mode: 2004 } },
      { query: { kind: 'mode', private: false, mode: 4 } },
      { query: { kind: 'version' } },
      { query: { kind: 'size', of: 14 } },
      { query: { kind: 'size', of: 18 } },
      { query: { kind: 'attributes', level: 1 } },
    ],
  });
  expect(run([bytes('\x1b]11;?\x1b\\\x1b]10;?;?\x07\x1b]4;7;?\x07')]).others).toMatchObject([
    { query: { kind: 'colour', slot: 'background', bell: false } },
    { query: { kind: 'colour', slot: 'foreground', bell: true } },
    { query: { kind: 'colour', slot: 'background', bell: true } },
    { query: { kind: 'colour', slot: 'palette', index: 7, bell: true } },
  ]);
});

test('a copy to the clipboard is held for consent, and reading it is dropped', () => {
  expect(run([bytes('a\x1b]52;c;aGk=\x07b')])).toEqual({
    text: 'a<1>b',
    others: [{ kind: 'clipboard', selection: 'c', text: 'hi', bytes: '\x1b]52;c;aGk=\x07' }],
    dropped: 0,
  });
  const large = Buffer.alloc(60_000, 'x').toString('base64');
  expect(run([bytes(`\x1b]52;;${large}\x1b\\`)]).others).toMatchObject([{ selection: 'c', text: 'x'.repeat(60_000) }]);
});

test('titles are cleaned, prefixed, and kept and given back by the filter', () => {
  expect(run([bytes('\x1b]0;a\u202eb\x07')], 'web-1: ').text).toBe('\x1b]2;web-1: ab\x07');
  expect(run([bytes('\x1b]2;one\x07\x1b[22;0t\x1b]2;two\x07\x1b[23;0t\x1b[23;0t')]).text).toBe(
    '\x1b]2;one\x07\x1b]2;two\x07\x1b]2;one\x07',
  );
});

test('links lead only where a click may lead', () => {
  expect(pass('\x1b]8;id=7;https://a.b\x07x')).toBe('\x1b]8;id=7;https://a.b\x1b\\x');
  expect(pass('\x1b]8;;javascript:alert(1)\x07x')).toBe('\x1b]8;;\x1b\\x');
});

test('C1 in two bytes is a control and comes out as seven bits; a byte 9B inside a character is text; alone it is no UTF-8', () => {
  expect(pass('\u009b31mred')).toBe('\x1b[31mred');
  expect(run([bytes('\u009b6n')]).others).toMatchObject([{ query: { kind: 'cursor' } }]);
  expect(pass('a\u009d52;c;?\u009cb')).toBe('ab');
  expect(pass('a\u0090q~~\u009cb')).toBe('ab');
  expect(pass('가\u{1f49b}')).toBe('가\u{1f49b}');
  expect(Buffer.from('\u{1f49b}').includes(0x9b)).toBe(true);
  expect(Buffer.from(run([Buffer.from([0x61, 0x9b, 0x33, 0x31, 0x6d])]).text, 'latin1').toString()).toBe('a\ufffd31m');
});

test('bytes that are no UTF-8 become U+FFFD, and the output is always UTF-8 without C1', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(run([noise]).text, 'latin1'));
      expect(text).not.toMatch(/[\u0080-\u009f\x00\x05\x7f]/);
    }),
    { numRuns: 300 },
  );
});

test('X7 each hostile entry, cut at every byte in two and into single bytes, gives the same, and our own text after it survives', () => {
  for (const entry of HOSTILE) {
    const whole = Buffer.concat([bytes('<'), entry, bytes('\x1b\\\x1b[m>end')]);
    const expected = run([whole]);
    expect(expected.text.endsWith('>end')).toBe(true);
    for (let cut = 1; cut < whole.length; cut++) expect(run([whole.subarray(0, cut), whole.subarray(cut)])).toEqual(expected);
    expect(run([...whole].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
  }
});

test('X3 of no hostile entry anything is left that a terminal answers or that leaves the screen', () => {
  const asks = /\x1b(?:[PX^_k]|\[[<=>]|\[[?\d;]*[cnxi]|\](?!2;|8;))|[\x05\u0080-\u009f]/;
  for (const entry of HOSTILE) expect(Buffer.from(run([entry]).text, 'latin1').toString()).not.toMatch(asks);
});

test('an unterminated string is bounded, and ended by ESC, CAN and SUB', () => {
  for (const start of ['\x1b]0;', '\x1bP', '\x1b_', '\x1b]52;c;'])
    for (const [end, then] of [
      ['\x1b[m', '\x1b[m'],
      ['\x18', ''],
      ['\x1a', ''],
    ] as const)
      expect(pass(`${start}zz${end}shown`).endsWith(`${then}shown`)).toBe(true);
  const filter = openFilter();
  filter.feed(bytes(`\x1bP${'x'.repeat(3_000_000)}`));
  expect(
    filter.feed(bytes('visible')).some((part) => part.kind === 'bytes' && Buffer.from(part.bytes).toString() === 'visible'),
  ).toBe(true);
  expect(pass(`\x1b]2;${'t'.repeat(5000)}\x07after`)).toBe('after');
  expect(pass(`\x1b[${'1;'.repeat(5000)}mafter`)).toBe('after');
});

test('between is true exactly where nothing is held back', () => {
  const filter = openFilter();
  const states = [...Buffer.from('a\x1b[1m한\x1b]2;t\x07\x1bP~\x1b\\b')].map((byte) => {
    filter.feed(Uint8Array.of(byte));
    return filter.between ? '.' : 'x';
  });
  expect(states.join('')).toBe('.xxx.xx.xxxxx.xxxx..');
});

test('the filter changes nothing for programs that keep to what the screen holds', () => {
  fc.assert(
    fc.property(program, (pieces) => {
      const kept = pieces.filter((piece) => piece !== '\x1bc' && !piece.includes(']') && !piece.startsWith('\x1b[#'));
      const plain = openTerminal({ cols: 20, rows: 6 });
      const filtered = openTerminal({ cols: 20, rows: 6 });
      const filter = openFilter();
      plain.feed(bytes(kept.join('')));
      for (const part of filter.feed(bytes(kept.join('')))) if (part.kind === 'bytes') filtered.feed(part.bytes);
      expect(differences(plain.screen(), filtered.screen())).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
