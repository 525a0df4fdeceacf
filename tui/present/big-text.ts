// Letters three to five cells wide and three high, for a code one reads from the screen and types elsewhere.

const glyphs: Readonly<Record<string, readonly [string, string, string]>> = {
  A: ['▄▀▄', '█▀█', '▀ ▀'],
  B: ['█▀▄', '█▀▄', '▀▀ '],
  C: ['▄▀▀', '█  ', ' ▀▀'],
  D: ['█▀▄', '█ █', '▀▀ '],
  E: ['█▀▀', '█▀ ', '▀▀▀'],
  F: ['█▀▀', '█▀ ', '▀  '],
  G: ['▄▀▀', '█ █', ' ▀▀'],
  H: ['█ █', '█▀█', '▀ ▀'],
  I: ['▀█▀', ' █ ', '▀▀▀'],
  J: ['  █', '▄ █', ' ▀ '],
  K: ['█ █', '█▀▄', '▀ ▀'],
  L: ['█  ', '█  ', '▀▀▀'],
  M: ['█▄ ▄█', '█ ▀ █', '▀   ▀'],
  N: ['█▄ █', '█ ▀█', '▀  ▀'],
  O: ['▄▀▄', '█ █', ' ▀ '],
  P: ['█▀▄', '█▀ ', '▀  '],
  Q: ['▄▀▄', '█ █', ' ▀▄'],
  R: ['█▀▄', '█▀▄', '▀ ▀'],
  S: ['▄▀▀', ' ▀▄', '▀▀ '],
  T: ['▀█▀', ' █ ', ' ▀ '],
  U: ['█ █', '█ █', '▀▀▀'],
  V: ['█ █', '▀▄▀', ' ▀ '],
  W: ['█   █', '█ █ █', ' ▀ ▀ '],
  X: ['▀▄▀', ' █ ', '▀ ▀'],
  Y: ['█ █', ' █ ', ' ▀ '],
  Z: ['▀▀█', '▄▀ ', '▀▀▀'],
  '0': ['█▀█', '█ █', '▀▀▀'],
  '1': ['▄█ ', ' █ ', '▀▀▀'],
  '2': ['▀▀▄', '▄▀ ', '▀▀▀'],
  '3': ['▀▀█', ' ▀█', '▀▀▀'],
  '4': ['█ █', '▀▀█', '  ▀'],
  '5': ['█▀▀', '▀▀▄', '▀▀ '],
  '6': ['█▀▀', '█▀█', '▀▀▀'],
  '7': ['▀▀█', ' █ ', ' ▀ '],
  '8': ['█▀█', '█▀█', '▀▀▀'],
  '9': ['█▀█', '▀▀█', '▀▀▀'],
  '-': ['   ', '▀▀ ', '   '],
};

/** Three rows; a character without a picture leaves a gap, so the code is also shown plain beside it. */
export function bigText(text: string): readonly [string, string, string] {
  const letters = [...text.toUpperCase()].map((character) => glyphs[character] ?? ['   ', '   ', '   ']);
  const row = (index: 0 | 1 | 2) => letters.map((letter) => letter[index]).join(' ');
  return [row(0), row(1), row(2)];
}
