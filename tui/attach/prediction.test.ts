import { expect, test } from 'vitest';
import { differences, type Screen, screenText } from '../../gateway/screen/screen.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import { type FarLine, type FarRun, farShell, type Press, typeAt, typing } from './prediction.fixture.ts';
import { openPrediction } from './prediction.ts';
import { guessesVanish, hiddenStaysHidden } from './prediction-laws.fixture.ts';
import type { PredictMode } from './prediction-trigger.ts';

/** Ms between keys as LOWBAND §1 types them, the same every time. */
function gaps(least = 60, most = 240, seed = 7): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return least + (state / 2_147_483_648) * (most - least);
  };
}
/** 200 keys in four lines. */
const comments = [
  '#bipwqmzsdfgh jklqwertyuiopasdfghjkl zxcvbnm qwer',
  '#the quick brown fox jumps over the lazy dog, once',
  '#lorem ipsum dolor sit amet consectetur adipiscing',
  '#const shown = prediction.look(screen, now) ?? it;',
];
const far = (lines: readonly string[], more: Partial<FarLine> & { readonly pauseMs?: number } = {}): FarRun =>
  typeAt(farShell(), typing(lines, gaps(), more.pauseMs ?? 1_500), { roundTripMs: 300, ...more });
/** What is over the confirmed screen, while these are typed. */
const guesses = (presses: readonly Press[], more: Partial<FarLine> = {}): string[] => {
  const seen: string[] = [];
  const watch = (shown: Screen, confirmed: Screen): void => {
    const text = screenText(shown).find((line, y) => line !== screenText(confirmed)[y]);
    if (text !== undefined) seen.push(text);
  };
  typeAt(farShell(), presses, { roundTripMs: 300, watch, ...more });
  return seen;
};

for (const pauseMs of [1_500, 400, 150, 60])
  test(`[E29, LOWBAND §5.9] at 300 ms, ${pauseMs} ms after each Enter: at least 92 % of the keys are shown at once, none wrong`, () => {
    const run = far(comments, { pauseMs });
    expect(run.promptShare).toBeGreaterThanOrEqual(0.92);
    expect(run.prediction.figures().wrong).toBe(0);
    expect(differences(run.shown, run.confirmed)).toEqual([]);
    expect(run.prediction.waits()).toBe(false);
  });

test('typing ahead of a prompt that takes its time: what the tty echoes meanwhile and what the shell makes of it later, both come out right', () => {
  const run = far(['slow', '#typed ahead of the prompt while it ran', 'slow', '#and again'], { pauseMs: 80 });
  expect(differences(run.shown, run.confirmed)).toEqual([]);
  const { shown, wrong, keys } = run.prediction.figures();
  expect(wrong).toBeLessThanOrEqual(3);
  expect(shown / keys).toBeGreaterThan(0.6);
});

test('[E29] where nothing is echoed nothing is shown, whatever was shown before, and typed however early', () => {
  for (const pauseMs of [1_500, 300, 50]) {
    const secret = 'Tr0ub4dor*&3';
    const text = guesses(typing(['#sure of this row by now', 'pass', secret, '#back'], gaps(), pauseMs)).join('\n');
    expect(text).toContain('#sure of this');
    expect(text).not.toContain('Tr');
    expect(text).not.toContain('b4d');
  }
});

test('a mask of stars is no proof that a row echoes', () => {
  const stars = { feed: (text: string) => '*'.repeat(text.length) };
  const seen: string[] = [];
  typeAt(stars, typing(['**secret'], gaps(), 0), {
    roundTripMs: 300,
    greeting: 'PIN: ',
    watch: (shown, confirmed) => void (shown === confirmed || seen.push(screenText(shown).join(''))),
  });
  expect(seen).toEqual([]);
});

test('[E29] a text editor: insert mode is guessed once an echo was seen, commands are not', () => {
  const run = far(['vi']);
  expect(differences(run.shown, run.confirmed)).toEqual([]);
  const presses = [...typing(['vi'], gaps(), 1_000), ...typing(['jjwwidothello there world\x1b'], gaps(), 1_000, 3_000)];
  const text = guesses(presses);
  expect(text.some((line) => line.startsWith('dothello'))).toBe(true);
  expect(text.filter((line) => line.startsWith('~') && /[jw]/.test(line))).toEqual([]);
});

test('[E29] a key that does something else hides no echo of those behind it, however fast they are typed', () => {
  const run = far(['vi', 'iab cdefghijkl\x1bq']);
  const { keys, shown } = run.prediction.figures();
  // Two of `vi`, `q`, and what one round trip covers of the text.
  expect(shown).toBeGreaterThanOrEqual(keys - 2 - 1 - 4);
});

test('wide characters, erasing, arrows and insertion in the middle are guessed as the shell does them', () => {
  const line = '#한글 입력 abc\x7f\x7f\x7fdef\x1b[D\x1b[D\x1b[Dxyz\x1b[C\x1b[C!';
  const run = far([line]);
  const { keys, shown, wrong } = run.prediction.figures();
  expect(wrong).toBe(0);
  expect(shown).toBeGreaterThan(keys - 5);
  expect(screenText(run.confirmed)[0]).toBe('$ #한글 입력 xyzde!f');
  const seen = guesses(typing([line], gaps(), 0));
  expect(seen).toContain('$ #한글 입력 xyzde!f');
});

test('beyond the right margin a guess goes on in the row below, when that is empty', () => {
  const long = `#${'lorem ipsum dolor '.repeat(7)}`;
  const run = far([long], { cols: 80 });
  expect(run.prediction.figures().wrong).toBe(0);
  expect(run.promptShare).toBeGreaterThan(0.9);
  expect(differences(run.shown, run.confirmed)).toEqual([]);
});

test('[E29] on a good line nothing is shown; over 60 ms it is; over 80 ms it is underlined until confirmed', () => {
  const flagged: boolean[] = [];
  const look = (roundTripMs: number): number => {
    flagged.length = 0;
    const watch = (shown: Screen, confirmed: Screen): void => {
      if (shown === confirmed) return;
      const x = shown.cursor.x - 1;
      flagged.push(
        ((shown.grid[shown.cursor.y]?.cells[x * 3 + 1] ?? 0) >>> 26) +
          ((shown.grid[shown.cursor.y]?.cells[x * 3 + 2] ?? 0) >>> 26) >
          0,
      );
    };
    return typeAt(farShell(), typing(['#abcdefghijklmnopqrst'], gaps(), 0), { roundTripMs, watch }).prediction.figures().shown;
  };
  expect(look(50)).toBe(0);
  expect(flagged).toEqual([]);
  expect(look(70)).toBeGreaterThan(10);
  expect(flagged).not.toContain(true);
  expect(look(120)).toBeGreaterThan(10);
  expect(flagged).not.toContain(false);
});

/** A prediction before a terminal of its own: what a program prints, what a person types, and the row of the first prompt as it is shown. */
function before(mode: PredictMode) {
  const prediction = openPrediction(0, mode);
  const terminal = openTerminal({ cols: 40, rows: 5 });
  return {
    prediction,
    terminal,
    feed: (text: string): void => terminal.feed(Buffer.from(text)),
    type: (text: string, offset: number, now: number): void => prediction.type(offset, Buffer.from(text), terminal.screen(), now),
    look: (now: number): string => screenText(prediction.look(terminal.screen(), now))[0] ?? '',
  };
}

test('[E29] a glitch of 250 ms on a good line brings the guesses out', () => {
  const { prediction, terminal, feed, type, look } = before('adaptive');
  feed('$ ');
  prediction.pace(20);
  type('a', 0, 0);
  feed('a');
  prediction.ack(1);
  expect(look(20)).toBe('$ a');
  type('b', 1, 100);
  type('c', 2, 200);
  expect(look(250)).toBe('$ a');
  expect(prediction.dueAt()).toBe(350);
  expect(look(350)).toBe('$ abc');
  terminal.dispose();
});

test('a wrong guess goes with the echo-ack that contradicts it, and the row must prove itself again', () => {
  const { prediction, terminal, feed, type, look } = before('always');
  feed('$ ');
  type('a', 0, 0);
  feed('a');
  prediction.ack(1);
  look(300);
  type('b', 1, 400);
  expect(look(400)).toBe('$ ab');
  // The program shows something else.
  feed('#');
  prediction.ack(2);
  look(700);
  expect(look(750)).toBe('$ a#');
  expect(prediction.figures().wrong).toBe(1);
  type('c', 2, 800);
  expect(look(800)).toBe('$ a#');
  terminal.dispose();
});

test('[F6] an ack that is ahead of an echo that waits for company doubles nothing', () => {
  const { prediction, terminal, feed, type, look } = before('always');
  feed('$ ');
  type('a', 0, 0);
  feed('a');
  prediction.ack(1);
  look(300);
  for (const [at, letter] of [...'whypatz'].entries()) type(letter, 1 + at, 400 + at);
  expect(look(410)).toBe('$ awhypatz');
  feed('whypat');
  prediction.ack(8);
  expect(look(700)).toBe('$ awhypatz');
  feed('z');
  expect(look(740)).toBe('$ awhypatz');
  expect(prediction.figures().wrong).toBe(0);
  terminal.dispose();
});

test('[E29] a row in which a prompt appears by itself proves nothing of what is typed there', () => {
  const { prediction, terminal, feed, type } = before('always');
  feed('Go on? ');
  type('y', 0, 0);
  feed('y');
  prediction.ack(1);
  prediction.look(terminal.screen(), 100);
  feed('\r\nPassword: ');
  type('s', 1, 500);
  expect(screenText(prediction.look(terminal.screen(), 500))[1]).toBe('Password:');
  terminal.dispose();
});

test('bytes that nobody told of, a new size, a forgotten line: guesses begin anew', () => {
  const prediction = openPrediction(0, 'always');
  const terminal = openTerminal({ cols: 40, rows: 5 });
  terminal.feed(Buffer.from('$ '));
  // Offsets 0 … 9 were typed elsewhere and are not confirmed.
  prediction.type(10, Buffer.from('a'), terminal.screen(), 0);
  terminal.feed(Buffer.from('a'));
  expect(screenText(prediction.look(terminal.screen(), 100))[0]).toBe('$ a');
  prediction.type(11, Buffer.from('b'), terminal.screen(), 150);
  expect(screenText(prediction.look(terminal.screen(), 150))[0]).toBe('$ a');
  prediction.ack(10);
  expect(screenText(prediction.look(terminal.screen(), 200))[0]).toBe('$ ab');
  terminal.resize(30, 5);
  expect(screenText(prediction.look(terminal.screen(), 210))[0]).toBe('$ a');
  prediction.reset();
  expect(prediction.waits()).toBe(false);
  terminal.dispose();
});

// --- Laws; the soak has them over many more cases.

test('[law 7] whatever is typed, however late it is echoed and wherever output is cut: once all is acked the screen is the confirmed one', () =>
  guessesVanish(100));
test('[E29] no hidden input is ever shown, whatever was typed before and however fast', () => hiddenStaysHidden(80));
