// Advice on typed lines against a shell that echoes late, in pieces, at a clock of the test's own (S43; FEATURES §4e).
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openTerminal } from '../screen/terminal.ts';
import { type LineAnswer, openLineAdvice } from './line-advice.ts';
import type { Seat } from './seat.ts';
import { openTyping } from './typing.ts';

const seat = { ordinal: 1 } as unknown as Seat;

/** A clock that goes as it is told. */
function handClock() {
  let now = 0;
  let waiting: { readonly at: number; readonly call: () => void }[] = [];
  const after = (ms: number, call: () => void) => {
    const one = { at: now + ms, call };
    waiting.push(one);
    return () => {
      waiting = waiting.filter((other) => other !== one);
    };
  };
  const pass = (ms: number): void => {
    for (const until = now + ms; now < until; ) {
      now += 1;
      const due = waiting.filter(({ at }) => at <= now);
      waiting = waiting.filter(({ at }) => at > now);
      for (const { call } of due) call();
    }
  };
  return { mono: () => now, after, pass };
}

/** A shell that draws what it is given `lateMs` later, with a prompt; `seen` are the bytes it got, `entered` the lines it ran. */
function desk({
  advises = (line: string) => line.includes('drop database'),
  on = (): boolean => true,
  lateMs = 5,
  prompt = '$ ',
  echo = true,
} = {}) {
  const clock = handClock();
  const terminal = openTerminal({ cols: 60, rows: 12 });
  const typing = openTyping();
  const asked: string[] = [];
  const judged: string[] = [];
  const recorded: LineAnswer[] = [];
  const shell = { seen: '', entered: [] as string[], line: '' };
  let next = 0;
  const print = (text: string): void => {
    terminal.feed(Buffer.from(text));
    advice.moved('output');
  };
  const given = (text: string): void => {
    for (const char of text)
      if (char === '\r') {
        shell.entered.push(shell.line);
        shell.line = '';
        print(`\r\n${prompt}`);
      } else if (char === '\x03') {
        shell.line = '';
        print(`^C\r\n${prompt}`);
      } else if (char === '\x15') {
        shell.line = '';
        print(`\r\x1b[K${prompt}`);
      } else if (char === '\x10') {
        // Recalls the line that was entered last.
        shell.line = shell.entered.at(-1) ?? '';
        print(`\r\x1b[K${prompt}${shell.line}`);
      } else if (char === '\t') {
        shell.line += 'database x';
        print('database x');
      } else {
        shell.line += char;
        if (echo) print(char);
      }
  };
  const advice = openLineAdvice<string>({
    clock,
    on,
    fresh: true,
    screen: terminal.screen,
    appliedUpTo: typing.appliedUpTo,
    judge: (_, line) => {
      judged.push(line);
      return advises(line) ? line : undefined;
    },
    send: (_, offset, bytes) => {
      const text = Buffer.from(bytes).toString('latin1');
      shell.seen += text;
      clock.after(lateMs, () => {
        typing.applied(1, offset + bytes.length);
        advice.moved('applied');
      });
      clock.after(lateMs * 2, () => given(text));
    },
    giveBack: typing.giveBack,
    ask: (_, said) => asked.push(said),
    record: async (_, __, answer) => void recorded.push(answer),
  });
  print(prompt);
  return {
    advice,
    shell,
    asked,
    judged,
    recorded,
    clock,
    print,
    terminal,
    type(text: string): void {
      const run = typing.take(1, next, Buffer.from(text, 'latin1'));
      if (run === undefined || run === 'over') throw new Error('not taken');
      next += text.length;
      advice.take(seat, run.offset, run.bytes);
    },
    async answers(answer: 'go' | 'drop') {
      const done = await advice.answer(seat, answer);
      if (done.held && answer === 'drop') next = done.offset;
      clock.pass(2_000);
      return done;
    },
  };
}

test('js#9033: of four pasted lines with one advised against, none from that one on is entered, and there is one question', async () => {
  const it = desk();
  it.type('echo one\recho two\rdrop database x\recho four\r');
  it.clock.pass(2_000);
  expect(it.shell.entered).toEqual(['echo one', 'echo two']);
  expect(it.asked).toEqual(['drop database x']);
  expect(await it.answers('drop')).toEqual({ held: true, offset: 'echo one\recho two\rdrop database x'.length });
  expect(it.shell.entered).toEqual(['echo one', 'echo two']);
  expect(it.recorded).toEqual(['dropped']);
  // The line stays where it was: who empties it goes on as before.
  it.type('\x15uptime\r');
  it.clock.pass(2_000);
  expect(it.shell.entered).toEqual(['echo one', 'echo two', 'uptime']);
  expect(it.asked.length).toBe(1);
});

test('S43: who goes on enters the line as it stood, and what was sent after it, once that is in the log', async () => {
  const it = desk();
  it.type('drop database x\recho four\r');
  it.clock.pass(2_000);
  expect(it.shell.entered).toEqual([]);
  expect(await it.answers('go')).toMatchObject({ held: true });
  expect(it.recorded).toEqual(['went-on']);
  expect(it.shell.entered).toEqual(['drop database x', 'echo four']);
  expect(await it.answers('go')).toMatchObject({ held: false });
});

test.each([
  ['js#13149: an allowed beginning, Ctrl-C, then the line', ['ls\x03', 'drop database x\r']],
  ['Ctrl-U in between', ['ls -l\x15', 'drop database x\r']],
  ['in pieces, a key at a time', [...'drop database x\r']],
  ['completed with a tab', ['drop \t', '\r']],
  ['all in one go', ['ls\x03drop database x\r']],
])('%s is judged by what stands there', (_, typed) => {
  const it = desk();
  for (const keys of typed) {
    it.type(keys);
    it.clock.pass(30);
  }
  it.clock.pass(2_000);
  expect({ entered: it.shell.entered, asked: it.asked }).toEqual({ entered: [], asked: ['drop database x'] });
});

test('js#13149: a line recalled from the history is judged as the screen shows it', async () => {
  const it = desk();
  it.type('drop database x\r');
  it.clock.pass(2_000);
  await it.answers('go');
  it.type('\x10\r');
  it.clock.pass(2_000);
  expect(it.shell.entered).toEqual(['drop database x']);
  expect(it.asked).toEqual(['drop database x', 'drop database x']);
});

test('S43: in a full-screen program, and where echo is off, nothing that is typed is read', () => {
  const full = desk();
  full.print('\x1b[?1049h');
  full.type('drop database x\r');
  full.clock.pass(2_000);
  expect({ judged: full.judged, entered: full.shell.entered }).toEqual({ judged: [], entered: ['drop database x'] });
  const silent = desk({ echo: false });
  silent.type('drop database x\r');
  silent.clock.pass(5_000);
  expect(silent.judged.filter((line) => line.includes('drop'))).toEqual([]);
  expect(silent.shell.entered).toEqual(['drop database x']);
});

test('S43: a line end inside a bracketed paste is no Enter, and nothing is asked about it', () => {
  const it = desk();
  it.print('\x1b[?2004h');
  it.type('\x1b[200~echo one\rdrop database x\x1b[201~');
  it.clock.pass(1_000);
  expect(it.asked).toEqual([]);
  expect(it.shell.seen).toContain('\x1b[201~');
});

test('law 5: where the line breaks or keys are stopped, what waits is given back and nothing of it is sent', () => {
  const it = desk();
  it.type('drop database x\recho four\r');
  it.clock.pass(2_000);
  it.advice.clear();
  expect(it.advice.busy).toBe(false);
  it.clock.pass(2_000);
  expect({ seen: it.shell.seen, recorded: it.recorded }).toEqual({ seen: 'drop database x', recorded: ['dropped'] });
});

test('§4b: a key that overtakes what waits here takes its place; nothing goes while that is not known', () => {
  const it = desk();
  it.clock.pass(600);
  it.type('sleep 9\rrest of a paste');
  it.advice.pause();
  it.clock.pass(2_000);
  expect(it.shell.seen).toBe('sleep 9');
  // It took the terminal's attention: what waited is forgotten, its numbers come again.
  it.advice.goOn(true);
  it.clock.pass(2_000);
  expect({ seen: it.shell.seen, busy: it.advice.busy }).toEqual({ seen: 'sleep 9', busy: false });
  const other = desk();
  other.type('sleep 9\rls\r');
  other.advice.pause();
  other.clock.pass(2_000);
  other.advice.goOn(false);
  other.clock.pass(2_000);
  expect(other.shell.entered).toEqual(['sleep 9', 'ls']);
});

const pieces = fc.array(
  fc.oneof(
    fc.stringMatching(/^[ -~]{0,12}$/),
    fc.constantFrom('\r', '\n', '\x03', '\x15', '\x1b[A', '\x1b[200~', '\x1b[201~', '\x0f', 'é', '\r\r\r'),
  ),
  { maxLength: 24 },
);

test('law 5, law 6: what no policy advises against reaches the program byte for byte and in order, however it comes in pieces', () => {
  fc.assert(
    fc.property(pieces, fc.nat(60), fc.nat(40), fc.boolean(), (typed, lateMs, pauseMs, on) => {
      const it = desk({ advises: () => false, lateMs, on: () => on });
      for (const keys of typed.map((piece) => Buffer.from(piece).toString('latin1')).filter((piece) => piece !== '')) {
        it.type(keys);
        it.clock.pass(pauseMs);
      }
      it.clock.pass(40_000);
      expect(it.shell.seen).toBe(typed.map((piece) => Buffer.from(piece).toString('latin1')).join(''));
      expect(it.advice.busy).toBe(false);
      if (!on) expect(it.judged).toEqual([]);
      it.terminal.dispose();
    }),
    { numRuns: 40 },
  );
});
