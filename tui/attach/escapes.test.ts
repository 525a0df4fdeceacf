import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openEscapeReader, type Typed } from './escapes.ts';

function read(...pieces: string[]): string[] {
  const reader = openEscapeReader();
  return merged(pieces.flatMap((piece) => reader.feed(Buffer.from(piece))));
}

/** Neighbouring keys joined, so that cutting does not show. */
function merged(parts: readonly Typed[]): string[] {
  const out: string[] = [];
  for (const part of parts) {
    if (part.kind === 'escape') out.push(`<${part.escape}>`);
    else if (out.length > 0 && out.at(-1)?.startsWith('=') === true)
      out[out.length - 1] += Buffer.from(part.bytes).toString('latin1');
    else out.push(`=${Buffer.from(part.bytes).toString('latin1')}`);
  }
  return out;
}

test('[E32] a tilde at the start of a line and a known key is an escape; elsewhere it is a tilde', () => {
  expect(read('~.')).toEqual(['<detach>']);
  expect(read('ls\r~?')).toEqual(['=ls\r', '<help>']);
  expect(read('a~.')).toEqual(['=a~.']);
  expect(read('\r~w\r~R~#')).toEqual(['=\r', '<who>', '=\r', '<redraw>', '<info>']);
  expect(read('\r~~')).toEqual(['=\r~']);
  expect(read('\r~/bin\r')).toEqual(['=\r~/bin\r']);
  expect(read('\r', '~', '.')).toEqual(['=\r', '<detach>']);
});

test('[E32] nothing in a bracketed paste is an escape, and the line after it is as it was', () => {
  expect(read('\x1b[200~a\r~.\x1b[201~\r~.')).toEqual(['=\x1b[200~a\r~.\x1b[201~\r', '<detach>']);
  expect(read('\x1b[20', '0~\r~', '.\x1b[201', '~')).toEqual(['=\x1b[200~\r~.\x1b[201~']);
});

test('[E32] however the bytes are cut, the same keys and escapes come out, and no key is lost', () => {
  const typed = fc.array(fc.constantFrom('~', '.', '?', '\r', 'a', '\x1b[200~', '\x1b[201~', 'ü', 'w'), { maxLength: 40 });
  fc.assert(
    fc.property(typed, fc.array(fc.nat(6), { maxLength: 60 }), (parts, cuts) => {
      const whole = Buffer.from(parts.join(''));
      const reader = openEscapeReader();
      const got: Typed[] = [];
      let at = 0;
      for (const cut of cuts) {
        got.push(...reader.feed(whole.subarray(at, at + cut)));
        at += Math.min(cut, whole.length - at);
      }
      got.push(...reader.feed(whole.subarray(at)));
      expect(merged(got)).toEqual(merged(openEscapeReader().feed(whole)));
    }),
  );
});
