import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOSTILE } from './hostile.fixture.ts';
import { paint } from './paint.ts';
import { program, size, utf8 } from './random-program.fixture.ts';
import { rowRuns, textAt } from './row.ts';
import { blankScreen, cellAt, differences, type Screen, sameScreen, screenText } from './screen.ts';
import { BOLD, colourParts, DIM, PALETTE, RGB, underlineOf } from './style.ts';
import { openTerminal } from './terminal.ts';

const show = (cols: number, rows: number, text: string): Screen => {
  const terminal = openTerminal({ cols, rows });
  terminal.feed(Buffer.from(text));
  return terminal.screen();
};

test('a terminal just opened shows the blank screen of its size', () => {
  expect(differences(openTerminal({ cols: 80, rows: 24 }).screen(), blankScreen(80, 24))).toEqual([]);
});

test('text, width and look of cells can be read, by cell and by run', () => {
  const screen = show(20, 2, '\x1b[1;31ma\x1b[0;4:3;38;5;200;48;2;1;2;3m한\x1b[m e\u0301');
  expect(cellAt(screen, 0, 0)).toMatchObject({ text: 'a', width: 1, style: { foreground: PALETTE | 1, flags: BOLD } });
  const wide = cellAt(screen, 1, 0);
  expect(wide).toMatchObject({ text: '한', width: 2, style: { foreground: PALETTE | 200, background: RGB | 0x010203 } });
  expect(wide === undefined ? 0 : underlineOf(wide.style)).toBe(3);
  expect(cellAt(screen, 2, 0)).toMatchObject({ text: '', width: 0 });
  expect(cellAt(screen, 4, 0)?.text).toBe('e\u0301');
  expect(cellAt(screen, 20, 0)).toBeUndefined();
  expect(
    rowRuns(
      screen.grid[0] ??
        blankScreen(2, 1).grid[0] ?? { cells: new Uint32Array(), clusters: undefined, decorations: undefined, wrapped: false },
    ).map(({ x, text, width }) => [x, text, width]),
  ).toEqual([
    [0, 'a', 1],
    [1, '한', 2],
    [3, ` e\u0301${' '.repeat(15)}`, 17],
  ]);
  expect(colourParts(RGB | 0x010203)).toEqual({ kind: 'rgb', red: 1, green: 2, blue: 3 });
  expect(colourParts(PALETTE | 9)).toEqual({ kind: 'palette', index: 9 });
  expect(colourParts(0)).toEqual({ kind: 'default' });
});

test('links, underline colours and titles are held; a link outlives SGR 0', () => {
  const screen = show(
    20,
    2,
    '\x1b]2;제목\x07\x1b]8;id=1;http://a.b\x1b\\\x1b[4;58:5:9mx\x1b[my\x1b]8;;\x1b\\z\x1b[1;2;58:5:9;59m',
  );
  expect(cellAt(screen, 0, 0)?.style).toMatchObject({ link: 'id=1;http://a.b', underlineColour: PALETTE | 9 });
  expect(cellAt(screen, 1, 0)?.style).toMatchObject({ link: 'id=1;http://a.b', underlineColour: 0, flags: 0 });
  expect(cellAt(screen, 2, 0)?.style.link).toBe('');
  expect(screen.title).toBe('제목');
  expect(screen.pen).toMatchObject({ flags: BOLD | DIM, underlineColour: 0 });
});

test('rows that did not change are the same objects, and an unchanged screen shares all parts', () => {
  const terminal = openTerminal({ cols: 20, rows: 4 });
  terminal.feed(Buffer.from('\x1b[31mone\r\n한글 e\u0301\x1b[m\r\n'));
  const first = terminal.screen();
  terminal.feed(Buffer.from('x'));
  const second = terminal.screen();
  expect(second.grid.map((row, y) => row === first.grid[y])).toEqual([true, true, false, true]);
  const third = terminal.screen();
  expect(third.grid).toBe(second.grid);
  expect([third.pen, third.modes, third.tabs, third.margins, third.saved.normal]).toEqual([
    second.pen,
    second.modes,
    second.tabs,
    second.margins,
    second.saved.normal,
  ]);
  expect(sameScreen(third, second)).toBe(true);
});

test('D5 leaving the alternate buffer after a skip shows what was below it', () => {
  const terminal = openTerminal({ cols: 20, rows: 4 });
  terminal.feed(Buffer.from('$ vim\r\n\x1b[?1049h\x1b[H~ file'));
  const inside = terminal.screen();
  expect(screenText({ ...inside, grid: inside.hidden ?? [] })).toEqual(['$ vim', '', '', '']);
  const viewer = openTerminal({ cols: 20, rows: 4 });
  viewer.feed(paint(undefined, inside));
  viewer.feed(Buffer.from('\x1b[?1049l$ '));
  expect(screenText(viewer.screen())).toEqual(['$ vim', '$', '', '']);
});

test('R10 a stream cut anywhere shows the same as the whole stream', () => {
  fc.assert(
    fc.property(size, program, fc.array(fc.nat(400), { maxLength: 12 }), ({ cols, rows }, pieces, cuts) => {
      const whole = openTerminal({ cols, rows });
      const cut = openTerminal({ cols, rows });
      const bytes = utf8(pieces);
      whole.feed(bytes);
      const edges = [0, ...cuts.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length];
      for (const [at, edge] of edges.entries()) cut.feed(bytes.subarray(edges[at - 1] ?? 0, edge));
      expect(differences(whole.screen(), cut.screen())).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('4a CJK, emoji and joined emoji in single bytes over two terminals: no replacement character, and both show the same', () => {
  const text = '안녕하세요 漢字かな — “따옴표” … 🙂 👩‍👩‍👧‍👦 👍🏽 🇰🇷 ❤️ e\u0301\r\n';
  const bytes = Buffer.from(text.repeat(20));
  const one = openTerminal({ cols: 60, rows: 30 });
  const other = openTerminal({ cols: 60, rows: 30 });
  for (const byte of bytes) {
    one.feed(Uint8Array.of(byte));
    other.feed(Uint8Array.of(byte));
  }
  const whole = openTerminal({ cols: 60, rows: 30 });
  whole.feed(bytes);
  expect(differences(one.screen(), whole.screen())).toEqual([]);
  expect(differences(other.screen(), whole.screen())).toEqual([]);
  expect(screenText(one.screen()).join('')).not.toContain('\ufffd');
  expect(screenText(one.screen())[0]).toBe(text.trimEnd());
});

test('4a any size is survived, and clamped', () => {
  for (const [cols, rows] of [
    [0, 0],
    [1, 1],
    [Number.NaN, Number.NaN],
    [65_535, 65_535],
    [-3, 2.7],
    [Infinity, -Infinity],
  ] as const) {
    const terminal = openTerminal({ cols, rows });
    terminal.feed(Buffer.from('한글x\r\ny'));
    terminal.resize(rows, cols);
    terminal.feed(Buffer.from('한글x\r\ny'));
    const screen = terminal.screen();
    expect([
      screen.cols >= 2,
      screen.cols <= 500,
      screen.rows >= 1,
      screen.rows <= 200,
      screen.grid.length === screen.rows,
    ]).toEqual([true, true, true, true, true]);
  }
});

test('4a resizing between any pieces of a program never throws, and a keyframe then shows the screen', () => {
  const anySize = fc.record({ cols: fc.integer({ min: 0, max: 60 }), rows: fc.integer({ min: 0, max: 20 }) });
  fc.assert(
    fc.property(fc.array(fc.tuple(program, anySize), { minLength: 1, maxLength: 6 }), (turns) => {
      const terminal = openTerminal({ cols: 20, rows: 5 });
      for (const [pieces, { cols, rows }] of turns) {
        terminal.feed(utf8(pieces));
        terminal.screen();
        terminal.resize(cols, rows);
        const screen = terminal.screen();
        const viewer = openTerminal(screen);
        viewer.feed(paint(undefined, screen));
        expect(differences(viewer.screen(), screen).filter((part) => part !== 'title' || screen.title !== '')).toEqual([]);
      }
    }),
    { numRuns: 150 },
  );
});

test('4a 200 quick resizes end as a fresh redraw at the last size', () => {
  const terminal = openTerminal({ cols: 80, rows: 24 });
  terminal.feed(Buffer.from('\x1b[?1049h'));
  const redraw = (cols: number, rows: number): string => {
    let out = '\x1b[H\x1b[2J';
    for (let y = 0; y < rows; y++) out += `\x1b[${y + 1};1H${'한'.repeat(Math.floor(cols / 2))}`;
    return out;
  };
  for (let turn = 0; turn < 200; turn++) {
    const cols = 20 + ((turn * 37) % 140);
    const rows = 5 + ((turn * 11) % 40);
    terminal.feed(Buffer.from(redraw(cols + 3, rows + 2)));
    terminal.resize(cols, rows);
  }
  terminal.resize(100, 30);
  terminal.feed(Buffer.from(redraw(100, 30)));
  const fresh = openTerminal({ cols: 100, rows: 30 });
  fresh.feed(Buffer.from(`\x1b[?1049h${redraw(100, 30)}`));
  expect(screenText(terminal.screen())).toEqual(screenText(fresh.screen()));
});

test('X2 hostile strings, huge counts, endless marks and endless links are survived within bounds', () => {
  const terminal = openTerminal({ cols: 80, rows: 24 });
  for (const entry of HOSTILE) terminal.feed(entry);
  terminal.feed(Buffer.from('\x1b\\\x18'));
  for (const final of '@ABCDEFGHIJKLMPSTXZ`abdefgr') terminal.feed(Buffer.from(`x\x1b[2147483647;2147483647${final}`));
  terminal.feed(Buffer.from(`\x1b[${'1;'.repeat(100_000)}m`));
  terminal.feed(Buffer.from(`\x1b]2;${'t'.repeat(1_000_000)}\x07`));
  expect(terminal.screen().title.length).toBeLessThanOrEqual(4096);
  terminal.feed(Buffer.from(`\x1bc\x1b[Ha${'\u0301'.repeat(100_000)}`));
  expect(
    Math.max(...terminal.screen().grid.map((row) => Math.max(...Array.from({ length: 80 }, (_, x) => textAt(row, x).length)))),
  ).toBeLessThanOrEqual(32);
  for (let at = 0; at < 20_000; at++) terminal.feed(Buffer.from(`\x1b]8;;http://a.b/${at}\x07x`));
  terminal.feed(Buffer.from('\x1b]8;;http://last\x07\x1b[Hx'));
  expect(cellAt(terminal.screen(), 0, 0)?.style.link).toBe(';http://last');
});

test('characters that show nothing or turn the line around show as U+FFFD, so that nobody is misled', () => {
  expect(screenText(show(20, 1, 'a\u202eb\u200bc\ufeffd\u2066e'))[0]).toBe('a\ufffdb\ufffdcd\ufffde');
});

test('bytes that are no UTF-8 show as U+FFFD', () => {
  const terminal = openTerminal({ cols: 20, rows: 1 });
  terminal.feed(Uint8Array.of(0x61, 0xff, 0x62, 0xe2, 0x28, 0x9b, 0x63));
  expect(screenText(terminal.screen())[0]).toBe('a\ufffdb\ufffd(\ufffdc');
});

test('in origin mode relative moves are relative to the cursor', () => {
  expect(show(20, 10, '\x1b[3;8r\x1b[?6h\x1b[2;2H\x1b[B\x1b[3C\x1b[G').cursor).toMatchObject({ x: 0, y: 4 });
  expect(show(20, 10, '\x1b[3;8r\x1b[?6h\x1b[2;2H\x1b[9A').cursor).toMatchObject({ x: 1, y: 2 });
});

test('a saved cursor keeps pen, character sets and origin mode, one for each buffer', () => {
  const screen = show(20, 6, '\x1b[3;4H\x1b[31m\x1b(0\x1b7\x1b[m\x1b(B\x1b[?1049h\x1b[2;2H\x1b[32m\x1b7\x1b[m\x1b[H\x1b8');
  expect(screen.cursor).toMatchObject({ x: 1, y: 1 });
  expect(screen.pen.foreground).toBe(PALETTE | 2);
  expect(screen.saved.alternate).toMatchObject({ x: 1, y: 1 });
  const left = show(20, 6, '\x1b[3;4H\x1b[31m\x1b(0\x1b[?1049h\x1b[m\x1b(B\x1b[H\x1b[?1049l');
  expect(left.cursor).toMatchObject({ x: 3, y: 2 });
  expect(left.charsets.g0).toBe('0');
  expect(left.pen.foreground).toBe(PALETTE | 1);
});

test('lines above the screen are kept only where asked for, and change nothing of what is shown', () => {
  const text = Buffer.from(Array.from({ length: 100 }, (_, line) => `line ${line}`).join('\r\n'));
  const plain = openTerminal({ cols: 20, rows: 5 });
  const keeping = openTerminal({ cols: 20, rows: 5, scrollback: 1000 });
  plain.feed(text);
  keeping.feed(text);
  expect(differences(plain.screen(), keeping.screen())).toEqual([]);
});

test('lines are scrolled, inserted and deleted within the margins', () => {
  const lines = '1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[3;5r';
  expect(screenText(show(4, 6, `${lines}\x1b[S`))).toEqual(['1', '2', '4', '5', '', '6']);
  expect(screenText(show(4, 6, `${lines}\x1b[2T`))).toEqual(['1', '2', '', '', '3', '6']);
  expect(screenText(show(4, 6, `${lines}\x1b[4H\x1b[L`))).toEqual(['1', '2', '3', '', '4', '6']);
  expect(screenText(show(4, 6, `${lines}\x1b[3H\x1b[2M`))).toEqual(['1', '2', '5', '', '', '6']);
  expect(screenText(show(4, 6, `${lines}\x1b[3H\x1b[99M`))).toEqual(['1', '2', '', '', '', '6']);
  expect(screenText(show(4, 6, `${lines}\x1b[1H\x1b[9L`))).toEqual(['1', '2', '3', '4', '5', '6']);
  const coloured = show(4, 6, `${lines}\x1b[44m\x1b[4H\x1b[L`);
  expect(cellAt(coloured, 2, 3)?.style.background).toBe(PALETTE | 4);
});

test('a line that changes nothing but the kind of its underline is read anew', () => {
  const terminal = openTerminal({ cols: 3, rows: 2 });
  const underlines = (): readonly number[] => {
    const { cells } = terminal.screen().grid[0] ?? { cells: [] };
    return [0, 1, 2].map((x) => ((cells[3 * x + 2] ?? 0) >>> 26) & 63);
  };
  terminal.feed(Buffer.from('\x1b[4:3mxxx'));
  const curly = underlines();
  terminal.feed(Buffer.from('\x1b[H\x1b[21mxxx'));
  const double = underlines();
  expect(new Set(double).size).toBe(1);
  expect(double).not.toEqual(curly);
});
