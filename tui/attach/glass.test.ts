import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differences, screenText } from '../../gateway/screen/screen.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import { openGlass } from './glass.ts';
import { openPredictionLayer } from './prediction-layer.ts';

function glassOn(cols: number, rows: number) {
  const real = openTerminal({ cols, rows });
  const glass = openGlass({ write: (bytes, done) => (real.feed(bytes), done?.()) }, cols, rows, 1);
  return { real, glass, show: (text: string | Uint8Array) => glass.show(Buffer.from(text), () => undefined) };
}

test('a banner lies over the session, and nothing of it is left when it goes', async () => {
  const { real, glass, show } = glassOn(40, 6);
  show('\x1b[1;31mred\x1b[4m on\r\n$ ');
  glass.banner({ lines: [{ words: 'ana watches\x1b[2J', tone: 'plain' }] });
  await turn();
  expect(screenText(real.screen())).toEqual(['red on', '$', '', '', '', ' ana watches␛[2J']);
  expect(real.screen().cursor.x).toBe(2);
  show('more');
  await turn();
  expect(screenText(real.screen())[1]).toBe('$ more');
  expect(screenText(real.screen())[5]).toContain('ana watches');
  glass.banner(undefined);
  expect(differences(real.screen(), glass.screen())).toEqual([]);
});

test('[B1] a line over a busy session never flickers: it is lifted and laid again in the same write as the output between', async () => {
  const real = openTerminal({ cols: 30, rows: 5 });
  const seen: string[] = [];
  let drawn = 0;
  const sink = (bytes: Uint8Array, done?: () => void): void => {
    real.feed(bytes);
    seen.push(screenText(real.screen()).at(-1) ?? '');
    done?.();
  };
  const glass = openGlass({ write: sink }, 30, 5, 1);
  glass.banner({ lines: [{ words: 'over it', tone: 'plain' }] });
  await turn();
  seen.length = 0;
  for (let at = 0; at < 20; at += 1) {
    glass.show(Buffer.from(`\x1b[1;1Hcount ${at} `), () => (drawn += 1));
    glass.show(Buffer.from('more'), () => (drawn += 1));
    await turn();
  }
  expect(seen).toEqual(Array.from({ length: 20 }, () => ' over it'));
  expect(drawn).toBe(40);
  glass.banner({ lines: [{ words: 'another', tone: 'bad' }] });
  await turn();
  expect(seen.at(-1)).toBe(' another');
  glass.show(Buffer.from('\x1b[2;1Hlast words'), () => (drawn += 1));
  glass.giveBack();
  expect(drawn).toBe(41);
  expect(screenText(real.screen()).join('\n')).toContain('last words');
  expect(screenText(real.screen()).join('\n')).not.toContain('another');
});

test('a banner keeps clear of the cursor', async () => {
  const { real, glass, show } = glassOn(30, 4);
  show('a\r\nb\r\nc\r\n$ ');
  glass.banner({ lines: ['one', 'two'].map((words) => ({ words, tone: 'bad' })) });
  await turn();
  expect(screenText(real.screen())).toEqual([' one', ' two', 'c', '$']);
});

test('[X4] the terminal is given back clean, whatever the session left on', () => {
  const { real, glass, show } = glassOn(30, 4);
  show('$ vi\r\n\x1b[?1049h\x1b[?1000;1006;2004h\x1b[?25l\x1b=\x1b[2;3r\x1b[31m\x1b(0half a sequence \x1b[1;');
  glass.giveBack();
  const { modes, cursor, hidden, pen } = real.screen();
  expect(hidden).toBeUndefined();
  expect([modes.mouse, modes.bracketedPaste, modes.applicationKeypad, cursor.visible, cursor.x]).toEqual([
    'none',
    false,
    false,
    true,
    0,
  ]);
  expect(pen.flags + pen.foreground).toBe(0);
});

test('[law 7] over any output with banners in between, the terminal shows what the session shows once they are gone', async () => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.constantFrom(
      '\r\n',
      '\x1b[2J',
      '\x1b[H',
      '\x1b[5;5H',
      '\x1b[?1049h',
      '\x1b[?1049l',
      '\x1b[31;44m',
      '\x1b[m',
      '\x1b[2;4r',
      '\x1bM',
      '\x1b[L',
      '한글',
      '\x1b[1;3',
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 25 }), async (pieces) => {
      const { real, glass, show } = glassOn(20, 6);
      for (const [text, banner] of pieces) {
        show(text);
        glass.banner(banner ? { lines: [{ words: 'over it', tone: 'plain' }] } : undefined);
        await turn();
      }
      show('\x18');
      glass.banner(undefined);
      expect(differences(real.screen(), glass.screen())).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('[E29] guesses lie below our lines, and follow each output in the same write', async () => {
  const real = openTerminal({ cols: 30, rows: 5 });
  const seen: string[] = [];
  const sink = (bytes: Uint8Array, done?: () => void): void => {
    real.feed(bytes);
    seen.push(screenText(real.screen()).join('|'));
    done?.();
  };
  const glass = openGlass({ write: sink }, 30, 5, 1);
  let now = 0;
  const { screen, refresh } = glass;
  const layer = openPredictionLayer({ mode: 'always', start: 0, roundTripMs: () => 300, screen, refresh, now: () => now });
  glass.layer(layer);
  const show = (text: string): void => glass.show(Buffer.from(text), () => undefined);
  show('$ ');
  layer.type(0, Buffer.from('a'));
  show('a');
  await turn();
  layer.ack(1);
  await turn();
  now = 100;
  layer.type(1, Buffer.from('bc'));
  expect(seen.at(-1)).toBe('$ abc||||');
  expect(real.screen().cursor.x).toBe(5);
  glass.banner({ lines: [{ words: 'over it', tone: 'plain' }] });
  await turn();
  expect(seen.at(-1)).toBe('$ abc|||| over it');
  seen.length = 0;
  show('b');
  await turn();
  show('\x1b[3;1Hlater\x1b[1;5H');
  await turn();
  expect(new Set(seen.map((text) => text.split('|')[0]))).toEqual(new Set(['$ abc']));
  show('c');
  layer.ack(3);
  glass.banner(undefined);
  await turn();
  expect(layer.waits()).toBe(false);
  expect(differences(real.screen(), glass.screen())).toEqual([]);
  layer.close();
});

test('[law 7, E29] over any output, lines of ours and guesses in between, the terminal shows the session once they are gone', async () => {
  const piece = fc.oneof(
    fc.stringMatching(/^[a-z ]{1,6}$/),
    fc.constantFrom(
      '\r\n',
      '\x1b[2J',
      '\x1b[H',
      '\x1b[?1049h',
      '\x1b[?1049l',
      '\x1b[31m',
      '\x1b[2;4r',
      '\x1b[L',
      '한글',
      '\x1b[1;3',
      '\x1b[?25l',
      '\x1b[?25h',
    ),
  );
  const step = fc.tuple(fc.stringMatching(/^[a-z \x7f\r]{0,3}$/), piece, fc.boolean(), fc.boolean());
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { real, glass, show } = glassOn(20, 6);
      const { screen, refresh } = glass;
      let now = 0;
      const layer = openPredictionLayer({ mode: 'always', start: 0, roundTripMs: () => 300, screen, refresh, now: () => now });
      glass.layer(layer);
      let offset = 0;
      for (const [typed, text, echoed, banner] of steps) {
        now += 40;
        if (typed !== '') layer.type(offset, Buffer.from(typed));
        offset += typed.length;
        show(echoed ? typed.replaceAll('\x7f', '\b \b') : text);
        if (!echoed) layer.ack(offset);
        glass.banner(banner ? { lines: [{ words: 'over it', tone: 'plain' }] } : undefined);
        await turn();
      }
      show('\x18');
      layer.ack(offset);
      glass.banner(undefined);
      layer.reset();
      await turn();
      layer.close();
      expect(differences(real.screen(), glass.screen())).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
