import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { program, size, utf8 } from './random-program.fixture.ts';
import { resetSequence } from './reset.ts';
import { blankScreen, type Screen, screenText } from './screen.ts';
import { openTerminal } from './terminal.ts';

const DIRTY =
  'shell$ \x1b[?1049h\x1b[?1003;1006;2004;1004;1;45h\x1b[?7;25l\x1b[4;20h\x1b[5;10r\x1b[?6h\x1b[41;1;4m\x1b(0\x0e\x1b[5 q\x1b=\x1b]8;;http://a.b\x07\x1b[?2026hvim';

const calmParts = ({ modes, margins, pen, charsets, hidden, cursor }: Screen): unknown => ({
  modes,
  margins,
  pen,
  charsets,
  hidden,
  look: [cursor.visible, cursor.shape, cursor.blink],
});

test('X4 a terminal left in any state is given back clean, with and without knowing what it shows', () => {
  const clean = calmParts(blankScreen(40, 12));
  for (const known of [true, false]) {
    const terminal = openTerminal({ cols: 40, rows: 12 });
    terminal.feed(Buffer.from(DIRTY));
    terminal.feed(resetSequence(known ? terminal.screen() : undefined));
    expect(calmParts(terminal.screen())).toEqual(clean);
    expect(screenText(terminal.screen())[0]).toBe('shell$');
    expect(terminal.screen().cursor).toMatchObject({ x: 7, y: 0 });
  }
});

test('X4 after any program', () => {
  fc.assert(
    fc.property(size, program, fc.boolean(), ({ cols, rows }, pieces, known) => {
      const terminal = openTerminal({ cols, rows });
      terminal.feed(utf8(pieces));
      const before = terminal.screen();
      terminal.feed(resetSequence(known ? before : undefined));
      const after = terminal.screen();
      expect(calmParts(after)).toEqual(calmParts(blankScreen(cols, rows)));
      expect(screenText(after)).toEqual(screenText({ ...before, grid: before.hidden ?? before.grid }));
      if (before.hidden === undefined && !before.cursor.wrapPending && !before.modes.origin)
        expect([after.cursor.x, after.cursor.y]).toEqual([before.cursor.x, before.cursor.y]);
    }),
    { numRuns: 200 },
  );
});

test('X4 a sequence that the crash cut does not swallow the reset', () => {
  for (const cut of ['\x1b[', '\x1b[?10', '\x1b]2;ti', '\x1bP1', '\x1b']) {
    const terminal = openTerminal({ cols: 20, rows: 4 });
    terminal.feed(Buffer.from(`\x1b[?1000h\x1b[31m${cut}`));
    terminal.feed(resetSequence());
    expect(calmParts(terminal.screen())).toEqual(calmParts(blankScreen(20, 4)));
    expect(screenText(terminal.screen())).toEqual(['', '', '', '']);
  }
});

test('a clean terminal needs next to nothing', () => {
  expect(resetSequence(blankScreen(80, 24)).length).toBeLessThan(20);
});
