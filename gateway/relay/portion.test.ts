import { expect, test } from 'vitest';
import { blankScreen, differences, type Screen } from '../screen/screen.ts';
import { openTerminal } from '../screen/terminal.ts';
import { portion, portionBytes } from './portion.ts';

/** A screen whose every cell looks otherwise than its neighbours. */
function garish(seed: number, alternate: boolean): Screen {
  const terminal = openTerminal({ cols: 250, rows: 100 });
  const fill = (shift: number): void => {
    let text = '\x1b[H';
    for (let i = 0; i < 250 * 100 - 1; i += 1) {
      const n = (i * 2_654_435 + seed + shift) % 16_777_216;
      text += `\x1b[38;2;${n >> 16};${(n >> 8) & 255};${n & 255};48;2;${n & 255};${n >> 16};${(n >> 8) & 255}me\u0301`;
    }
    terminal.feed(new TextEncoder().encode(text));
  };
  fill(0);
  if (alternate) {
    terminal.feed(new TextEncoder().encode('\x1b[?1049h'));
    fill(99);
  }
  const screen = terminal.screen();
  terminal.dispose();
  return screen;
}

test('[R8] a screen made to be large is shown in bounded portions, and in the end exactly', () => {
  for (const [before, after] of [
    [undefined, garish(1, true)],
    [garish(1, false), garish(2, false)],
    [garish(3, false), garish(4, true)],
  ] as const) {
    const terminal = openTerminal({ cols: 250, rows: 100 });
    let shown: Screen | undefined;
    if (before !== undefined) {
      shown = blankScreen(250, 100);
      for (let next = 0; ; ) {
        const step = portion(shown, before, next);
        terminal.feed(step.bytes);
        ({ shown, next } = step);
        if (step.whole) break;
      }
    }
    let portions = 0;
    for (let next = 0; ; portions += 1) {
      const step = portion(shown, after, next);
      expect(step.bytes.length).toBeLessThanOrEqual(portionBytes + 32 * 1024);
      terminal.feed(step.bytes);
      expect(differences(terminal.screen(), step.shown)).toEqual([]);
      ({ shown, next } = step);
      if (step.whole) break;
    }
    expect(portions).toBeGreaterThan(5);
    expect(differences(terminal.screen(), after)).toEqual([]);
    terminal.dispose();
  }
});

test('what fits goes in one', () => {
  const now = blankScreen(80, 24);
  expect(portion(undefined, now, 0)).toMatchObject({ whole: true, fresh: true });
  expect(portion(now, { ...now, cursor: { ...now.cursor, x: 5 } }, 0)).toMatchObject({ whole: true, fresh: false });
});
