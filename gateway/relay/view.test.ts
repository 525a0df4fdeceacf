import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HandClock } from '../../fixtures/faults/hand-clock.ts';
import type { Frame } from '../protocol/frames.ts';
import { differences, type Screen } from '../screen/screen.ts';
import { openTerminal } from '../screen/terminal.ts';
import { openPicture } from './picture.ts';
import { plainProfile } from './profile.ts';
import { openTrail } from './trail.ts';
import { aheadMs, companyMs, openView, tooSlowAfterMs } from './view.ts';

type Output = Extract<Frame, { bytes: Uint8Array }>;

/** A picture, one view of it, and a terminal that shows what the view sent. */
function stage(how: { readonly streams?: boolean; readonly ahead?: string; readonly thin?: boolean } = {}) {
  const clock = new HandClock();
  const picture = openPicture({ cols: 80, rows: 24 }, 'web: ', plainProfile);
  const terminal = openTerminal({ cols: 80, rows: 24 });
  const trail = openTrail();
  const ahead = how.ahead === undefined ? undefined : new TextEncoder().encode(how.ahead);
  if (ahead !== undefined) terminal.feed(ahead);
  const frames: Output[] = [];
  const said = { tooSlow: 0, buffered: 0 };
  let position = 0;
  let received = 0;
  const outlet = {
    thin: how.thin ?? false,
    frame(frame: Frame) {
      if (!('bytes' in frame)) return;
      frames.push(frame);
      terminal.feed(frame.bytes);
      received += frame.bytes.length;
    },
    get bufferedBytes() {
      return said.buffered;
    },
  };
  const view = openView(
    3,
    outlet,
    {
      get version() {
        return picture.version;
      },
      get between() {
        return picture.between;
      },
      position: () => position,
      screen: (): Screen => picture.screen(),
    },
    clock,
    {
      streams: how.streams ?? true,
      intervalMs: 20,
      cut: (screen) => screen,
      missed: ahead === undefined ? undefined : () => trail.since(ahead.length),
      ahead: ahead?.length,
      tooSlow: () => {
        said.tooSlow += 1;
      },
    },
  );
  return {
    clock,
    view,
    frames,
    said,
    outlet,
    print(text: string): void {
      const bytes = new TextEncoder().encode(text);
      view.before(bytes.length);
      const seq = position;
      position += bytes.length;
      const run = { seq, span: bytes.length, bytes: picture.feed(bytes).bytes };
      trail.add(run);
      view.after(run);
    },
    /** The client has shown and acknowledged everything. */
    acknowledge: () => view.seen(received),
    same: () => differences(terminal.screen(), picture.screen()),
    position: () => position,
  };
}

test('[D5] a view begins with a paint, streams while the line keeps up, paints when it does not, and streams again', () => {
  const { clock, view, frames, print, acknowledge, same, position } = stage();
  clock.pass(5);
  expect(frames).toMatchObject([{ kind: 'paint', fresh: true, seq: 0 }]);
  acknowledge();
  clock.pass(25);
  expect(view.mode).toBe('stream');
  print('one');
  expect(frames.at(-1)).toMatchObject({ kind: 'stream', seq: 0, span: 3 });
  // Nobody acknowledges: streaming stops within the window, and no queue forms.
  for (let i = 0; i < 100; i += 1) print(`${i} ${'x'.repeat(1000)}\r\n`);
  expect(view.mode).toBe('paint');
  const before = frames.length;
  for (let i = 0; i < 100; i += 1) print('more\r\n');
  clock.pass(1_000);
  expect(frames.length - before).toBeLessThanOrEqual(2);
  acknowledge();
  clock.pass(50);
  acknowledge();
  clock.pass(50);
  expect(same()).toEqual([]);
  expect(view.mode).toBe('stream');
  expect(view.current).toBe(true);
  print('and on');
  expect(frames.at(-1)).toMatchObject({ kind: 'stream', seq: position() - 6 });
  expect(same()).toEqual([]);
});

test('[law 5] a viewer ahead of the picture is shown nothing it has shown already, and then goes on from that very byte', () => {
  const { clock, view, frames, print, same } = stage({ ahead: 'one\r\ntwo\r\n' });
  clock.pass(1_000);
  print('one\r\n');
  clock.pass(1_000);
  expect(frames).toEqual([]);
  print('two\r\n');
  clock.pass(50);
  print('three');
  expect(frames).toMatchObject([{ kind: 'stream', seq: 10, span: 5 }]);
  expect(view.mode).toBe('stream');
  expect(same()).toEqual([]);
});

test('[law 5] what a viewer claims to have is waited for only so long', () => {
  const { clock, view, print, same } = stage({ ahead: 'never comes' });
  print('one');
  clock.pass(aheadMs + 50);
  expect(same()).toEqual([]);
  expect(view.current).toBe(true);
});

test('[law 6] an observer is painted at its pace, however much comes, and never streamed to', () => {
  const { clock, frames, print, acknowledge, same } = stage({ streams: false });
  for (let i = 0; i < 200; i += 1) {
    print(`${i}\r\n`);
    clock.pass(1);
    acknowledge();
  }
  clock.pass(100);
  expect(frames.every(({ kind }) => kind === 'paint')).toBe(true);
  expect(frames.length).toBeLessThanOrEqual(13);
  expect(same()).toEqual([]);
});

test('[R8] nothing is sent to a connection whose own queue is long, and a lie about acknowledgements is found out', () => {
  const { clock, view, frames, said, print } = stage();
  said.buffered = 1024 * 1024;
  print('hidden');
  clock.pass(1_000);
  expect(frames).toEqual([]);
  expect(view.seen(1)).toBe(false);
});

test('[A1] a view on hold shows nothing, and afterwards everything', () => {
  const { clock, view, frames, print, acknowledge, same } = stage();
  clock.pass(5);
  acknowledge();
  clock.pass(25);
  view.hold();
  const before = frames.length;
  print('meanwhile');
  clock.pass(1_000);
  expect(frames.length).toBe(before);
  view.resume();
  clock.pass(50);
  expect(same()).toEqual([]);
});

test('a viewer who acknowledges nothing for a minute is let go; one to whom nothing is owed never is', () => {
  const owed = stage();
  owed.clock.pass(tooSlowAfterMs + 20_000);
  expect(owed.said.tooSlow).toBe(1);
  const idle = stage();
  idle.clock.pass(5);
  idle.acknowledge();
  idle.clock.pass(10 * tooSlowAfterMs);
  expect(idle.said.tooSlow).toBe(0);
});

test('[M6] a guest who looks closer is painted oftener from then on', () => {
  const { clock, view, frames, print, acknowledge } = stage({ streams: false });
  const framesOver = (ms: number): number => {
    const before = frames.length;
    for (let at = 0; at < ms; at += 10) {
      print('.');
      acknowledge();
      clock.pass(10);
    }
    return frames.length - before;
  };
  view.pace(500);
  clock.pass(1_000);
  expect(framesOver(2_000)).toBeLessThanOrEqual(5);
  view.pace(100);
  expect(framesOver(2_000)).toBeGreaterThanOrEqual(15);
});

/** A view of a thin line whose viewer has shown the first picture. */
function thinStage() {
  const all = stage({ thin: true });
  all.clock.pass(5);
  all.acknowledge();
  all.clock.pass(100);
  all.frames.length = 0;
  return all;
}

test('[D5] on a thin line the bytes of a moment go together: the first at once, the next in its time, after a key at once', () => {
  const { clock, view, frames, print, same, position } = thinStage();
  print('one ');
  print('two ');
  clock.pass(2);
  expect(frames).toMatchObject([{ kind: 'stream', seq: 0, span: 8 }]);
  print('three');
  clock.pass(15);
  expect(frames.length).toBe(1);
  clock.pass(5);
  expect(frames.length).toBe(2);
  view.keyed(undefined);
  print('!');
  clock.pass(2);
  expect(frames.at(-1)).toMatchObject({ kind: 'stream', seq: 13, span: 1 });
  expect(view.sentUpTo).toBe(position());
  expect(same()).toEqual([]);
});

test('[F6] exactly the echo that is drawn already waits for company, anything else goes at once and takes it along', () => {
  const { clock, view, frames, print, same } = thinStage();
  for (const key of 'ls ') {
    view.keyed(new TextEncoder().encode(key));
    print(key);
    clock.pass(80);
  }
  expect(frames).toEqual([]);
  clock.pass(companyMs - 80);
  expect(frames).toMatchObject([{ kind: 'stream', seq: 0, span: 3 }]);
  view.keyed(new TextEncoder().encode('pw'));
  print('*');
  clock.pass(2);
  expect(frames.length).toBe(2);
  view.keyed(new TextEncoder().encode('ab'));
  print('a');
  clock.pass(50);
  expect(frames.length).toBe(2);
  print('b\x07');
  clock.pass(2);
  expect(frames.at(-1)).toMatchObject({ kind: 'stream', seq: 4, span: 3 });
  expect(same()).toEqual([]);
});

test('[D5] whatever is printed, acknowledged and typed when, on a line thin or not by turns, the viewer ends with the picture, at its position', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '\r\n',
      'word ',
      '\x1b[31m',
      '\x1b[',
      'H',
      '\x1b[2J',
      '\x1b[?1049h',
      '\x1b[?1049l',
      '\x1b[5;5H',
      '한',
      '\x1b7',
      '\x1b8',
      'a',
    ),
    fc.nat(6_000).map((n) => 'line of some length\r\n'.repeat(n / 100)),
  );
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ print: piece }) },
    { weight: 3, arbitrary: fc.record({ ms: fc.nat(60) }) },
    { weight: 2, arbitrary: fc.constant({ ack: true } as const) },
    { weight: 1, arbitrary: fc.record({ key: fc.constantFrom('a', 'w', '\r') }) },
    { weight: 1, arbitrary: fc.record({ thin: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ hold: fc.boolean() }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { clock, view, frames, print, acknowledge, same, outlet, position } = stage({ thin: true });
      for (const one of steps) {
        if ('print' in one) print(one.print);
        else if ('ms' in one) clock.pass(one.ms);
        else if ('ack' in one) acknowledge();
        else if ('key' in one) view.keyed(new TextEncoder().encode(one.key));
        else if ('thin' in one) outlet.thin = one.thin;
        else if (one.hold) view.hold();
        else view.resume();
      }
      view.resume();
      for (let i = 0; i < 6; i += 1) {
        clock.pass(300);
        acknowledge();
      }
      expect(same()).toEqual([]);
      expect(view.sentUpTo).toBe(position());
      for (const [index, frame] of frames.entries()) {
        const before = frames[index - 1];
        if (frame.kind !== 'stream' || before === undefined) continue;
        if (before.kind === 'stream') expect(frame.seq).toBe(before.seq + before.span);
        if (before.kind === 'paint') expect(frame.seq).toBe(before.seq);
      }
    }),
    { numRuns: 300 },
  );
});
