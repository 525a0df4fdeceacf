import type { Screen } from './screen.ts';

/**
 * The bytes that make a terminal showing `shown` show `now`. Without `shown`, or where the sizes differ, the terminal may be in any
 * state: it is brought to a known one first (a keyframe). `paint(blankScreen(cols, rows), now)` is the keyframe for a terminal just
 * opened. Valid UTF-8, 7-bit controls only, and nothing that the terminal would answer.
 */
export function paint(_shown: Screen | undefined, _now: Screen): Uint8Array {
  return new Uint8Array();
}
