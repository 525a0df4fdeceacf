import { expect, test } from 'vitest';
import { arrived, beginning, idleMs, lengthened, placeOf, pressedKey, waitFor } from './playing.ts';
import { castEvent, castHeader } from './reel.ts';

const length = 100_000;

test('S64: a replay goes by the clock, at its speed, and stands where it is paused', () => {
  let playing = beginning(length, 0);
  expect(placeOf(playing, 3000)).toBe(3000);
  ({ playing } = pressedKey(playing, 's', 3000));
  ({ playing } = pressedKey(playing, 's', 3000));
  expect(placeOf(playing, 4000)).toBe(7000);
  ({ playing } = pressedKey(playing, ' ', 4000));
  expect(placeOf(playing, 90_000)).toBe(7000);
  ({ playing } = pressedKey(playing, ' ', 90_000));
  ({ playing } = pressedKey(playing, 'S', 90_000));
  expect(placeOf(playing, 91_000)).toBe(9000);
  expect(placeOf(playing, 10_000_000)).toBe(length);
});

test('S83: a replay begins where it is told to, waits for what is on its way, and knows how long it is only when it is all here', () => {
  const begun = beginning(20_000, 0, 20_000);
  expect(placeOf(begun, 0)).toBe(20_000);
  // Nine seconds until the frames were there: none of them is gone by.
  const there = arrived(lengthened(begun, 60_000, 4000), 20_000, 9000);
  expect([placeOf(there, 9000), placeOf(there, 10_000)]).toEqual([20_000, 21_000]);
  expect(placeOf(lengthened(there, 20_500, 9000), 15_000)).toBe(20_500);
  expect(lengthened(there, 60_000, 15_000)).toBe(there);
});

test('S64: keys go to a tenth, ten seconds on or back, never beyond its ends', () => {
  const playing = beginning(length, 0);
  expect(pressedKey(playing, '5', 0)).toMatchObject({ does: 'seek', playing: { at: 50_000 } });
  expect(pressedKey(playing, 'left', 4000)).toMatchObject({ does: 'seek', playing: { at: 0 } });
  expect(pressedKey(playing, 'right', 95_000)).toMatchObject({ does: 'seek', playing: { at: length } });
  expect(pressedKey(playing, 'q', 0)).toMatchObject({ does: 'leave' });
  expect(pressedKey(playing, 'x', 0)).toEqual({ playing, does: 'nothing' });
});

test('E9: a long silence is cut to two seconds, unless idle times are wanted', () => {
  const playing = beginning(length, 0);
  expect(waitFor(playing, 1500, 0).ms).toBe(1500);
  const cut = waitFor(playing, 60_000, 0);
  expect(cut.ms).toBe(idleMs);
  expect(placeOf(cut.playing, idleMs)).toBe(60_000);
  expect(waitFor(pressedKey(playing, 'i', 0).playing, 60_000, 0).ms).toBe(60_000);
});

test('D13: asciicast v2 counts from the beginning, v3 from the event before; what is neither is not played', () => {
  const v2 = castHeader('{"version": 2, "width": 90, "height": 20}');
  const v3 = castHeader('{"version": 3, "term": {"cols": 90, "rows": 20}, "title": "t"}');
  expect([v2, v3]).toMatchObject([
    { version: 2, size: { cols: 90, rows: 20 } },
    { version: 3, title: 't' },
  ]);
  if (v2 === undefined || v3 === undefined) return;
  expect(castEvent('[1.5, "o", "hi"]', v2, 1000)).toMatchObject({ at: 1500, frame: { does: 'output' } });
  expect(castEvent('[1.5, "o", "hi"]', v3, 1000)).toMatchObject({ at: 2500 });
  expect(castEvent('[0.5, "r", "100x30"]', v2, 1000)).toMatchObject({ at: 1000, frame: { size: { cols: 100, rows: 30 } } });
  expect(castEvent('[1, "m", "joined"]', v2, 0)).toEqual({ at: 1000, frame: undefined });
  for (const no of ['', '{}', '[1]', '["1","o","x"]', '[-1,"o","x"]']) expect(castEvent(no, v2, 0)).toBeUndefined();
  for (const no of ['', '[]', '{"version":1,"width":9,"height":9}', '{"version":2}']) expect(castHeader(no)).toBeUndefined();
});
