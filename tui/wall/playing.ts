// Where a replay is and how it goes: pure. Time is counted in ms of the recording; the wall clock comes in from outside.
import type { Press } from '../keys/press.ts';

export type Playing = {
  /** Of the recording, at `since` on the wall clock. */
  readonly at: number;
  readonly since: number;
  readonly speed: number;
  readonly paused: boolean;
  /** Long silences are cut short. */
  readonly skipsIdle: boolean;
  readonly lengthMs: number;
};

/** A silence that is longer is cut to this, ms. */
export const idleMs = 2000;
const stepMs = 10_000;
const slowest = 0.5;
const fastest = 16;

export const beginning = (lengthMs: number, now: number, at = 0): Playing => ({
  at: Math.min(at, lengthMs),
  since: now,
  speed: 1,
  paused: false,
  skipsIdle: true,
  lengthMs,
});

/** Where it is now. */
export const placeOf = ({ at, since, speed, paused, lengthMs }: Playing, now: number): number =>
  paused ? at : Math.min(lengthMs, at + (now - since) * speed);

/** The same from here on, changed. */
const changed = (playing: Playing, now: number, change: Partial<Playing>): Playing => ({
  ...playing,
  at: placeOf(playing, now),
  since: now,
  ...change,
});

/** What was on the way to a place is there only now: time runs from here. */
export const arrived = (playing: Playing, at: number, now: number): Playing => ({ ...playing, at, since: now });

/** The same of a recording that has become longer, or turned out to be shorter. */
export const lengthened = (playing: Playing, lengthMs: number, now: number): Playing =>
  lengthMs === playing.lengthMs
    ? playing
    : changed({ ...playing, lengthMs: Math.max(lengthMs, playing.lengthMs) }, now, { lengthMs });

/** How long to wait for a frame that is next, ms of the wall clock; and, where a silence is cut short, the place from which that counts. */
export function waitFor(playing: Playing, frameAt: number, now: number): { readonly ms: number; readonly playing: Playing } {
  const gap = frameAt - placeOf(playing, now);
  if (playing.skipsIdle && gap > idleMs) {
    const cut = changed(playing, now, { at: frameAt - idleMs });
    return { ms: idleMs / cut.speed, playing: cut };
  }
  return { ms: Math.max(0, gap / playing.speed), playing };
}

export type Pressed = { readonly playing: Playing; readonly does: 'nothing' | 'seek' | 'leave' };

/** The only table of keys; what the hint says is drawn from it. */
export const playKeys: readonly { readonly presses: readonly Press[]; readonly hint: string }[] = [
  { presses: [' '], hint: 'space pause' },
  { presses: ['left', 'right'], hint: '←/→ 10 s' },
  { presses: ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'], hint: '0–9 tenths' },
  { presses: ['s', 'S'], hint: 's/S faster, slower' },
  { presses: ['i'], hint: 'i idle' },
  { presses: ['q', 'esc', 'ctrl+c'], hint: 'q leave' },
];

export function pressedKey(playing: Playing, press: Press, now: number): Pressed {
  const to = (at: number): Pressed => ({
    playing: changed(playing, now, { at: Math.min(playing.lengthMs, Math.max(0, at)) }),
    does: 'seek',
  });
  const change = (what: Partial<Playing>): Pressed => ({ playing: changed(playing, now, what), does: 'nothing' });
  const here = placeOf(playing, now);
  switch (press) {
    case ' ':
      return here >= playing.lengthMs && !playing.paused ? to(0) : change({ paused: !playing.paused });
    case 'left':
      return to(here - stepMs);
    case 'right':
      return to(here + stepMs);
    case 's':
      return change({ speed: Math.min(fastest, playing.speed * 2) });
    case 'S':
      return change({ speed: Math.max(slowest, playing.speed / 2) });
    case 'i':
      return change({ skipsIdle: !playing.skipsIdle });
    case 'q':
    case 'esc':
    case 'ctrl+c':
      return { playing, does: 'leave' };
    default:
      return /^\d$/.test(press) ? to((playing.lengthMs * Number(press)) / 10) : { playing, does: 'nothing' };
  }
}
