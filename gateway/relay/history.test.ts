import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HandClock, seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { openCastStore } from '../outside/cast-file.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import type { TerminalSize } from '../protocol/nouns.ts';
import { openFilter } from '../screen/filter.ts';
import { paint } from '../screen/paint.ts';
import { program, size, utf8 } from '../screen/random-program.fixture.ts';
import { rowText } from '../screen/row.ts';
import { blankScreen } from '../screen/screen.ts';
import { openTerminal } from '../screen/terminal.ts';
import { decodeKeyframe, decodeSize, encodeKeyframe } from '../session/cast.ts';
import { type History, openHistory } from './history.ts';
import { openIntake } from './intake.ts';
import { openPicture, type Picture } from './picture.ts';
import { plainProfile } from './profile.ts';
import { keyframeMs, openRecorder } from './recorder.ts';
import { openTrail } from './trail.ts';
import { openTurns } from './turns.ts';
import { openTyping } from './typing.ts';

const key = Buffer.alloc(32, 1);
const never = new AbortController().signal;

/** A session that is recorded, with a history over it: no agent, no viewers. */
async function recorded(of: TerminalSize) {
  const clock = new HandClock();
  const chance = seededChance('history');
  const recording = mintId('rec', chance.bytes(idRandomBytes));
  const casts = openCastStore(new PowerDisk(), chance, '/r');
  const made = await casts.create(recording, key);
  if (!made.ok) throw new Error(made.problem.code);
  const blank = blankScreen(of.cols, of.rows);
  made.value.append({ kind: 'keyframe', seq: 0, at: 0, bytes: encodeKeyframe(of, paint(blank, blank)) });
  const ignore = (): void => undefined;
  const recorder = openRecorder(made.value, clock, { durable: ignore, failed: ignore, mended: ignore, gaveUp: ignore });
  const picture = openPicture(of, 'web-1: ', plainProfile);
  const over = (shown: Picture): History =>
    openHistory({ casts, recording, key, turns: openTurns(clock), clock, picture: shown });
  const history = over(picture);
  const intake = openIntake({
    recorder,
    picture,
    trail: openTrail(),
    typing: openTyping(),
    views: () => [],
    clipping: ignore,
    changed: ignore,
    keyframed: history.keyframed,
  });
  const line = {
    server: mintId('srv', chance.bytes(idRandomBytes)),
    boot: mintId('boo', chance.bytes(idRandomBytes)),
    keys: ignore,
    interrupt: () => Promise.resolve(undefined),
    resize: ignore,
    kill: ignore,
    release: ignore,
    abandon: ignore,
    breach: ignore,
    kept: ignore,
  };
  intake.join(line, 0);
  return {
    history,
    picture,
    clock,
    write(bytes: Uint8Array): void {
      intake.output(intake.position, bytes);
    },
    resize(next: TerminalSize): void {
      picture.resize(next);
      recorder.resized(intake.position, picture.size);
    },
    /** The next output is followed by a keyframe, where one is possible. */
    soon: () => clock.pass(keyframeMs),
    settle: () => recorder.settle(),
    /** What a gateway that starts again makes of the file (recover.ts). */
    async again(): Promise<{ readonly history: History; readonly picture: Picture }> {
      const shown = openPicture(of, 'web-1: ', plainProfile);
      for await (const frame of casts.read(recording, key, recorder.written)) {
        if (frame.kind === 'output') shown.feed(frame.bytes);
        const keyframe = frame.kind === 'keyframe' ? decodeKeyframe(frame.bytes) : undefined;
        if (keyframe !== undefined) shown.restart(keyframe.size, keyframe.painted, frame.seq);
        const next = frame.kind === 'resize' ? decodeSize(frame.bytes) : undefined;
        if (next !== undefined) shown.resize(next);
      }
      return { history: over(shown), picture: shown };
    },
  };
}

/** All lines, asked for `by` so many. */
async function allLines(history: History, by: number): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const read = await history.read(lines.length, by, never);
    if (!read.ok) throw new Error(`${read.problem.code}: ${read.problem.detail}`);
    expect(read.value.from).toBe(lines.length);
    lines.push(...read.value.rows.map((row) => rowText(row).trimEnd()));
    if (lines.length >= read.value.total) return lines;
    expect(read.value.rows.length).toBe(by);
  }
}
async function numbered(count: number, of: TerminalSize = { cols: 40, rows: 10 }) {
  const session = await recorded(of);
  for (let n = 0; n < count; n += 100) {
    const lines = Array.from({ length: Math.min(100, count - n) }, (_, i) => `line ${n + i} of all\r\n`).join('');
    session.write(Buffer.from(lines));
    session.soon();
  }
  await session.settle();
  return session;
}
const found = async (history: History, text: string, from: number, back = false) => {
  const done = await history.find(text, from, back, never);
  if (!done.ok) throw new Error(done.problem.code);
  return done.value.found;
};

test('[M4 E30] the lines are those of a terminal that forgets nothing, in whatever portions they are asked for, and again after a restart', async () => {
  await fc.assert(
    fc.asyncProperty(
      size,
      fc.array(program, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 9 }),
      async (of, programs, by) => {
        const session = await recorded(of);
        const whole: string[] = [];
        const plain = openTerminal({ ...of, scrolledOff: ({ text }) => whole.push(text().trimEnd()) });
        const filter = openFilter();
        for (const one of programs) {
          const bytes = utf8([...one, '\r\nnext\r\n']);
          session.soon();
          session.write(bytes);
          for (const part of filter.feed(bytes)) if (part.kind === 'bytes') plain.feed(part.bytes);
        }
        await session.settle();
        const read = await session.history.read(0, 1000, never);
        expect(read.ok && read.value.settled).toBe(whole.length);
        const lines = await allLines(session.history, by);
        expect(lines.slice(0, whole.length)).toEqual(whole);
        const { history } = await session.again();
        expect(await allLines(history, by + 1)).toEqual(lines);
      },
    ),
    { numRuns: 60 },
  );
});

test('[M4, S10] a line keeps its number through other sizes of the screen', async () => {
  const session = await recorded({ cols: 20, rows: 6 });
  session.write(Buffer.from(Array.from({ length: 30 }, (_, n) => `before ${n}\r\n`).join('')));
  const first = await session.history.extent();
  session.resize({ cols: 30, rows: 3 });
  session.soon();
  session.write(Buffer.from(Array.from({ length: 30 }, (_, n) => `after ${n}\r\n`).join('')));
  session.resize({ cols: 30, rows: 12 });
  session.write(Buffer.from('end'));
  await session.settle();
  const lines = await allLines(session.history, 7);
  expect(first.ok && first.value.total).toBe(31);
  expect(lines.slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, n) => `before ${n}`));
  expect(lines.slice(30).filter((line) => line !== '')).toEqual([...Array.from({ length: 30 }, (_, n) => `after ${n}`), 'end']);
});

test('[M4] the screen is the end of the history; of a full-screen program, the screen behind it', async () => {
  const session = await recorded({ cols: 20, rows: 5 });
  session.write(Buffer.from('one\r\ntwo\r\n$ vim\x1b[?1049h\x1b[Hfull screen'));
  await session.settle();
  expect(await allLines(session.history, 50)).toEqual(['one', 'two', '$ vim']);
});

test('[M4] the first line with a text forwards, the last one backwards, small letters finding both kinds', async () => {
  const { history } = await numbered(2_000);
  expect(await found(history, 'line 777 ', 0)).toBe(777);
  expect(await found(history, 'LINE 777', 0)).toBeUndefined();
  expect(await found(history, 'line 777 ', 778)).toBeUndefined();
  expect(await found(history, 'of all', 1_300)).toBe(1_300);
  expect(await found(history, 'of all', 1_300, true)).toBe(1_299);
  expect(await found(history, 'line 3', 1_999, true)).toBe(399);
  expect(await found(history, 'line 3', 0, true)).toBeUndefined();
  expect(await found(history, 'line 1999', 0)).toBe(1_999);
  expect(await found(history, 'line 0 ', 5_000, true)).toBe(0);
});

test('[M4] a word that runs on over the edge of a line is found where it begins', async () => {
  const session = await recorded({ cols: 10, rows: 3 });
  session.write(Buffer.from('abcdefgneedle\r\n\r\n\r\n\r\n\r\n'));
  await session.settle();
  expect(await found(session.history, 'needle', 0)).toBe(0);
});

test('[M4] a search that was called off stops, and says how far it got', async () => {
  const { history } = await numbered(3_000);
  const off = new AbortController();
  off.abort();
  const done = await history.find('nowhere', 0, false, off.signal);
  expect(done.ok && [done.value.found, done.value.searched < 3_000]).toEqual([undefined, true]);
});

test('[M4 law 5] lines that are not on disk yet are waited for', async () => {
  const session = await recorded({ cols: 20, rows: 3 });
  session.write(Buffer.from('1\r\n2\r\n3\r\n4\r\n5\r\n'));
  const reading = session.history.read(0, 3, never);
  let read: Awaited<typeof reading> | undefined;
  void reading.then((done) => {
    read = done;
  });
  await session.settle();
  while (read === undefined) {
    session.clock.pass(30);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(read.ok && read.value.rows.map((row) => rowText(row).trimEnd())).toEqual(['1', '2', '3']);
});
