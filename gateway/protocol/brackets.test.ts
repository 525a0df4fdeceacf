import fc from 'fast-check';
import { expect, test } from 'vitest';
import { followBrackets, listenForMode } from './brackets.ts';

const pieces = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
};

test('[4b] a bracketed paste is followed whatever its bytes and wherever they are cut', () => {
  const part = fc.constantFrom('\x1b[200~', '\x1b[201~', '\x1b', '\x1b[20', '~', 'text\r', '\x1b[200', '[201~');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 6 }), (parts, cuts) => {
      const text = parts.join('');
      const brackets = followBrackets();
      for (const piece of pieces(Buffer.from(text), cuts)) brackets.gave(piece);
      // Said another way: the brackets that count are, in turn, the next that opens and the next that closes.
      let open = false;
      for (let at = 0; ; ) {
        const next = text.indexOf(open ? '\x1b[201~' : '\x1b[200~', at);
        if (next < 0) break;
        open = !open;
        at = next + 6;
      }
      expect(brackets.open).toBe(open);
    }),
    { numRuns: 500 },
  );
});

test('[4b] a program that switches bracketed paste is heard, also where the word is cut', () => {
  for (let cut = 0; cut <= 8; cut += 1) {
    const said = listenForMode();
    const word = Buffer.from('\x1b[?2004h');
    const first = said(Buffer.concat([Buffer.from('text'), word.subarray(0, cut)]));
    expect(first || said(word.subarray(cut))).toBe(true);
  }
  expect(listenForMode()(Buffer.from('\x1b[?25h and \x1b[2004'))).toBe(false);
});
