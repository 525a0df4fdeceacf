// Lines that leave the top, against the library's own scrollback without bound, fed with the same bytes.
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import xterm from '@xterm/headless';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepBuffers } from './buffers.ts';
import { rowOf } from './cells.ts';
import type { Core } from './core.ts';
import { correct } from './corrections.ts';
import { openFilter } from './filter.ts';
import { LinkTable } from './links.ts';
import { program, size, utf8 } from './random-program.fixture.ts';
import { type Row, rowText, sameRow } from './row.ts';
import { openTerminal } from './terminal.ts';

/** What stands above the screen of a terminal that forgets nothing. */
function scrollback(cols: number, rows: number, bytes: Uint8Array): Row[] {
  const options = { cols, rows, scrollback: 1_000_000, allowProposedApi: true, logLevel: 'off' } as const;
  const terminal = new xterm.Terminal({ ...options, windowsPty: { backend: 'winpty', buildNumber: 30_000 } });
  terminal.loadAddon(new UnicodeGraphemesAddon());
  const core = (terminal as unknown as { readonly _core: Core })._core;
  const links = new LinkTable();
  correct(core);
  keepBuffers(core, links);
  core._inputHandler.parse(new TextDecoder().decode(bytes));
  const { normal } = core._bufferService.buffers;
  return Array.from({ length: normal.ybase }, (_, y) => {
    const line = normal.lines.get(y);
    if (line === undefined) throw new Error(`no line ${y}`);
    return rowOf(line, cols, line.isWrapped, links);
  });
}

function scrolledOff(cols: number, rows: number, pieces: readonly Uint8Array[]): Row[] {
  const gone: Row[] = [];
  const terminal = openTerminal({
    cols,
    rows,
    scrolledOff: ({ row, text }) => (expect(text()).toBe(rowText(row())), gone.push(row())),
  });
  for (const piece of pieces) terminal.feed(piece);
  terminal.dispose();
  return gone;
}

test('[M4] the lines told, one after the other, are the scrollback of a terminal that forgets nothing', () => {
  fc.assert(
    fc.property(size, fc.array(program, { minLength: 1, maxLength: 4 }), ({ cols, rows }, programs) => {
      // As in a session: through the filter, which lets nobody erase a scrollback.
      const parts = openFilter().feed(utf8(programs.flatMap((one) => [...one, '\r\nnext\r\n'])));
      const all = Buffer.concat(parts.flatMap((part) => (part.kind === 'bytes' ? [part.bytes] : [])));
      const told = scrolledOff(cols, rows, [all.subarray(0, 7), all.subarray(7)]);
      const kept = scrollback(cols, rows, all);
      // Links are not compared: the one without bound registers none.
      const texts = (some: readonly Row[]): string[] => some.map(rowText);
      expect(texts(told)).toEqual(texts(kept));
      expect(told.map((row) => row.wrapped)).toEqual(kept.map((row) => row.wrapped));
    }),
    { numRuns: 120 },
  );
});

test('[M4] attributes stay with the lines, and a full-screen program adds none', () => {
  const bytes = Buffer.from('\x1b[31mred\x1b[m plain\r\n\x1b[?1049h1\r\n2\r\n3\r\n4\r\n5\r\n\x1b[?1049l\x1b[2;1Hb\r\nc\r\nd\r\n');
  const told = scrolledOff(12, 3, [bytes]);
  const kept = scrollback(12, 3, bytes);
  expect(told.map((row) => rowText(row).trimEnd())).toEqual(['red plain', 'b']);
  expect(told.every((row, y) => kept[y] !== undefined && sameRow(row, kept[y]))).toBe(true);
});

test('[M4] what a lower screen has no room for leaves at the top, as wide as it was', () => {
  const gone: string[] = [];
  const terminal = openTerminal({ cols: 10, rows: 4, scrolledOff: ({ row }) => gone.push(rowText(row())) });
  terminal.feed(Buffer.from('first line\r\nsecond\r\nthird\r\nfourth'));
  terminal.resize(4, 2);
  expect(gone).toEqual(['first line', 'second    ']);
  terminal.resize(20, 6);
  terminal.resize(20, 3);
  expect(gone).toHaveLength(2);
});
