import { setTimeout as pass } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { breathMs, openPresses } from './presses.ts';

function reader() {
  const told: string[] = [];
  const presses = openPresses((one) => told.push('press' in one ? one.press : `<${one.pasted.join('')}>`));
  const feed = (text: string): string[] => {
    presses.feed(Buffer.from(text));
    return told;
  };
  return { told, feed };
}

test('bytes are presses: characters of any script, arrows in both dialects, control keys, a tilde with what follows', () => {
  expect(reader().feed('aé한\r\x7f\t\x03 ')).toEqual(['a', 'é', '한', 'enter', 'backspace', 'tab', 'ctrl+c', ' ']);
  expect(reader().feed('\x1b[A\x1bOB\x1b[3~\x1b[5~\x1b[1;5C')).toEqual(['up', 'down', 'delete', 'page-up']);
  expect(reader().feed('~.~k~~')).toEqual(['~.', '~k', '~~']);
  expect(reader().feed('\x1b[<0;3;4Mx')).toEqual(['x']);
});

test('an escape alone is one after a breath; with more behind it, none', async () => {
  const { told, feed } = reader();
  feed('\x1b');
  expect(told).toEqual([]);
  await pass(breathMs * 3);
  expect(told).toEqual(['esc']);
  feed('\x1b');
  feed('q');
  expect(told).toEqual(['esc', 'q']);
});

test('[law 6] what is pasted is no key, however it is cut', () => {
  const keys = fc.string({ unit: fc.constantFrom(...'qTtf\ré'), maxLength: 12 });
  fc.assert(
    fc.property(keys, fc.array(fc.nat(60), { maxLength: 4 }), (pasted, cuts) => {
      const { told } = reader();
      const all = [...`a\x1b[200~${pasted}\x1b[201~b`];
      const presses = openPresses((one) => told.push('press' in one ? one.press : `<${one.pasted.join('')}>`));
      let from = 0;
      // A terminal does not cut its brackets.
      const open = [...'a\x1b[200~'].length;
      const places = cuts.map((cut) => open + (cut % ([...pasted].length + 1))).toSorted((x, y) => x - y);
      for (const to of [...places, all.length]) {
        presses.feed(Buffer.from(all.slice(from, to).join('')));
        from = to;
      }
      expect(told).toEqual(['a', `<${pasted.replaceAll('\r', '')}>`, 'b']);
    }),
  );
});
