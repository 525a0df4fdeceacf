import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSieve } from './answers.ts';
import { profileOf } from './measure.ts';

const all =
  '\x1b]10;rgb:ffff/ffff/ffff\x1b\\\x1b]11;rgb:0000/0000/0000\x07\x1b]12;rgb:1111/2222/3333\x1b\\\x1bP>|XTerm(390)\x1b\\\x1b[6;18;9t\x1b[12;1R\x1b[?64;1;2c';

test('[TRUST §0] answers of the terminal are taken out of what is typed, wherever they are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 60 }), (cuts) => {
      const sieve = openSieve();
      const source = Buffer.from(`ls${all}\r`);
      let typed = '';
      const kinds: string[] = [];
      let at = 0;
      for (const cut of [...cuts, source.length]) {
        const sieved = sieve.feed(source.subarray(at, at + cut));
        typed += Buffer.from(sieved.typed).toString();
        kinds.push(...sieved.answers.map((answer) => answer.kind));
        at += cut;
      }
      expect(typed).toBe('ls\r');
      expect(kinds).toEqual(['colour', 'colour', 'colour', 'version', 'cell', 'cursor', 'attributes']);
    }),
  );
});

test('keys come through: arrows, mouse, pastes, an escape that nothing follows', () => {
  const sieve = openSieve();
  const keys = '\x1b[A\x1bOP\x1b[<0;3;4M\x1b[200~x\x1b[201~é\x1bx';
  expect(Buffer.from(sieve.feed(Buffer.from(keys)).typed).toString()).toBe(keys);
  const escape = sieve.feed(Buffer.from('\x1b'));
  expect([escape.typed.length, escape.waiting]).toEqual([0, true]);
  expect(Buffer.from(sieve.rest()).toString()).toBe('\x1b');
});

test('the profile holds what was measured, and nothing that was not', () => {
  const { answers } = openSieve().feed(Buffer.from(all));
  expect(profileOf({ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, answers)).toEqual({
    term: 'xterm-256color',
    truecolor: true,
    colours: { foreground: 'rgb:ffff/ffff/ffff', background: 'rgb:0000/0000/0000', cursor: 'rgb:1111/2222/3333' },
    version: 'XTerm(390)',
    cellWidth: 9,
    cellHeight: 18,
  });
  expect(profileOf({})).toEqual({ term: 'dumb', truecolor: false });
});
