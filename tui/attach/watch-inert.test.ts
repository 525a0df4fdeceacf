// Law 7 for who only looks: whatever a session says, the observer's terminal gets cells that we drew (X2, X6, X8).
import { setTimeout as pass } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapes, harmless } from '../../fixtures/escapes.ts';
import { colour, objections } from '../../fixtures/inert.ts';
import { paint } from '../../gateway/screen/paint.ts';
import { rowText } from '../../gateway/screen/row.ts';
import { blankScreen, screenText } from '../../gateway/screen/screen.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import { textRow } from './banner.ts';
import { framed } from './frame.ts';
import { inertRow } from './inert-row.ts';
import { openPane } from './pane.ts';

/** What a painter needs: places, erasing, scrolling, colours, the cursor. No mode that the person's keys go through, no OSC, no question. */
const drawn = [colour, /^[\r\n\b\x0f]$/, /^\x1b\[\d*(?:;\d*)?[ABCDEFGHJKLMPSTX@dr]$/, /^\x1bM$/, /^\x1b\[\?25[hl]$/];
const size = { cols: 60, rows: 8 };

/** The frame an observer gets of a session that said these things. */
function frameOf(...said: readonly (string | Uint8Array)[]) {
  const picture = openTerminal({ cols: size.cols, rows: size.rows - 1 });
  for (const one of said) picture.feed(Buffer.from(one));
  const frame = framed(picture.screen(), textRow('ours', size.cols), size.cols, size.rows);
  picture.dispose();
  return frame;
}
const bytesOf = (...said: readonly (string | Uint8Array)[]) => paint(blankScreen(size.cols, size.rows), frameOf(...said));

test('[X2 X6] whatever a session says, what an observer gets holds nothing but our own drawing', () => {
  const wrong = escapes.flatMap(({ name, bytes }) => {
    const found = objections(bytesOf(bytes, '\x1b\\\x18\r\n'), drawn);
    return found.length === 0 ? [] : [{ name, found }];
  });
  expect(wrong).toEqual([]);
});

test('[X8] nor after any mixture of them, cut and joined anywhere', () => {
  const piece = fc.oneof(
    fc.constantFrom(...escapes.map(({ bytes }) => bytes)),
    fc.constantFrom(...harmless.map((text) => Buffer.from(text))),
    fc.uint8Array({ maxLength: 12 }),
    fc
      .constantFrom('\x1b[?1000;1004;2004h', '\x1b[?1049h', '\x1b(0', '\x1b]8;;https://a.b\x07', '\u200d', '👨\u200d', '\u0600')
      .map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, fc.nat(20)), { maxLength: 12 }), (pieces) => {
      const said = Buffer.concat(pieces.map(([bytes, cut]) => bytes.subarray(0, bytes.length - (cut > 10 ? cut - 10 : 0))));
      expect(objections(bytesOf(said), drawn)).toEqual([]);
      const frame = frameOf(said);
      expect(rowText(frame.grid.at(-1) ?? textRow('', 1)).trim()).toBe('ours');
      expect(frame.grid.every((row) => row.cells.length === size.cols * 3)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('[X10] what is harmless is drawn as it was said; a format character leaves its place, or what stood before it', () => {
  for (const text of harmless) expect(screenText(frameOf(text))[0]).toBe(text);
  expect(screenText(frameOf('👨\u200d👩\u200d👧 a\u202eb soft\u00adhyphen ❤\ufe0f end'))[0]).toBe(
    '👨 a�b soft�hyphen ❤\ufe0f end',
  );
});

test('a row without anything to take out is the same row, and one with it keeps every column', () => {
  const picture = openTerminal({ cols: 30, rows: 2 });
  picture.feed(Buffer.from('plain \x1b[31m한글\r\n\u0601x👨\u200d👩y\u202e|'));
  const [plain = textRow('', 1), other = textRow('', 1)] = picture.screen().grid;
  expect(inertRow(plain)).toBe(plain);
  expect(inertRow(other)).toBe(inertRow(other));
  const column = (text: string, mark: string) => [...text].indexOf(mark);
  expect(column(rowText(inertRow(other)), '|')).toBeGreaterThan(0);
  expect(inertRow(other).cells.length).toBe(other.cells.length);
});

test('[X2] the pane itself writes nothing else, from its first byte to its last', async () => {
  const written: Uint8Array[] = [];
  const pane = openPane({ write: (bytes) => void written.push(bytes) });
  pane.draw(frameOf('\x1b]0;owned\x07\x1b[?1003h\x1b[2 qtext'));
  await pass(1);
  pane.draw(frameOf('\x1b]8;;https://evil.example\x07link'));
  await pass(60);
  const before = Buffer.concat(written).toString();
  expect(before).toContain('link');
  const opening = '\x1b[22;0t\x1b[?1049h\x1b[?2004h';
  expect(before.startsWith(opening)).toBe(true);
  expect(objections(before.slice(opening.length), drawn)).toEqual([]);
  pane.giveBack();
});
