// A key press as one word, whatever the terminal sent for it: 'enter', 'esc', 'page-down', 'ctrl+c', or the character itself.

export type Press = string;

/** What Ink says about a key, as far as we read it. */
export type KeyFlags = Readonly<
  Record<
    | 'upArrow'
    | 'downArrow'
    | 'leftArrow'
    | 'rightArrow'
    | 'pageUp'
    | 'pageDown'
    | 'home'
    | 'end'
    | 'return'
    | 'escape'
    | 'ctrl'
    | 'shift'
    | 'tab'
    | 'backspace'
    | 'delete'
    | 'meta',
    boolean
  >
>;

const named: readonly (readonly [keyof KeyFlags, Press])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'page-up'],
  ['pageDown', 'page-down'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * The presses of one input event. Keys typed faster than they are read arrive as one string, an Enter and control keys among them: each
 * is a press of its own.
 */
export function pressesOf(input: string, key: KeyFlags): Press[] {
  if (key.tab) return [key.shift ? 'shift+tab' : 'tab'];
  for (const [flag, press] of named) if (key[flag]) return [press];
  if (key.escape) return ['esc'];
  if (key.ctrl) return input === '' ? [] : [`ctrl+${input}`];
  if (key.meta) return [];
  return [...graphemes.segment(input)].flatMap(({ segment }) => typedPress(segment) ?? []);
}

function typedPress(segment: string): Press | undefined {
  if (segment === '\r' || segment === '\n' || segment === '\r\n') return 'enter';
  if (segment === '\t') return 'tab';
  const code = segment.codePointAt(0) ?? 0;
  if (code > 0 && code < 0x1b) return `ctrl+${String.fromCodePoint(code + 0x60)}`;
  return /^\p{Cc}/u.test(segment) ? undefined : segment;
}

/** The characters of a pasted text that can stand in a field: what was pasted is never a key. */
export function pastedPresses(text: string): Press[] {
  return [...graphemes.segment(text)].map(({ segment }) => segment).filter((segment) => !/^\p{Cc}/u.test(segment));
}

/** The character a press puts into a text field, if it is one. */
export function characterOf(press: Press): string | undefined {
  return /^[\p{ASCII}--\p{Cc}]$/v.test(press) || /^\P{ASCII}/u.test(press) ? press : undefined;
}
