import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { paint } from './paint.ts';
import { program, size, utf8 } from './random-program.fixture.ts';
import { blankScreen, differences } from './screen.ts';
import { openTerminal } from './terminal.ts';

const RUNS = Number(process.env['RUNS'] ?? 400);

test('D5 paint(a, b) makes a terminal that shows a show b, and the stream then goes on as if nothing was skipped', () => {
  fc.assert(
    fc.property(size, program, program, program, ({ cols, rows }, first, second, third) => {
      const model = openTerminal({ cols, rows });
      const viewer = openTerminal({ cols, rows });
      model.feed(utf8(first));
      viewer.feed(utf8(first));
      const shown = model.screen();
      model.feed(utf8(second));
      const now = model.screen();
      const bytes = paint(shown, now);
      viewer.feed(bytes);
      expect({ bytes: Buffer.from(bytes).toString(), differ: differences(viewer.screen(), now) }).toMatchObject({ differ: [] });
      model.feed(utf8(third));
      viewer.feed(utf8(third));
      expect(differences(viewer.screen(), model.screen())).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});

test('a keyframe shows the screen on a terminal in any state', () => {
  fc.assert(
    fc.property(size, program, program, ({ cols, rows }, dirt, drawn) => {
      const viewer = openTerminal({ cols, rows });
      viewer.feed(utf8(dirt));
      const model = openTerminal({ cols, rows });
      model.feed(utf8(drawn));
      const bytes = paint(undefined, model.screen());
      viewer.feed(bytes);
      const differ = differences(viewer.screen(), model.screen()).filter(
        (part) => part !== 'title' || model.screen().title !== '',
      );
      expect({ bytes: Buffer.from(bytes).toString(), differ }).toMatchObject({ differ: [] });
    }),
    { numRuns: RUNS / 2 },
  );
});

test('a screen that did not change costs no byte', () => {
  const terminal = openTerminal({ cols: 80, rows: 24 });
  terminal.feed(Buffer.from('hello\r\nworld'));
  const before = terminal.screen();
  expect(paint(before, terminal.screen()).length).toBe(0);
  expect(paint(blankScreen(80, 24), before).length).toBeLessThan(20);
});
