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
 * The presses of one input event. Keys typed faster than they are read arrive as one string, an Enter among them: each is a press of
 * its own. Control characters that mean nothing here are dropped.
 */
export function pressesOf(input: string, key: KeyFlags): Press[] {
  if (key.tab) return [key.shift ? 'shift+tab' : 'tab'];
  for (const [flag, press] of named) if (key[flag]) return [press];
  if (key.escape) return ['esc'];
  if (key.ctrl) return input === '' ? [] : [`ctrl+${input}`];
  if (key.meta) return [];
  return textPresses(input);
}

/** The presses of a text, as typed or pasted. */
export function textPresses(text: string): Press[] {
  const presses: Press[] = [];
  for (const { segment } of graphemes.segment(text)) {
    if (segment === '\r' || segment === '\n' || segment === '\r\n') presses.push('enter');
    else if (segment === '\t') presses.push('tab');
    else if (!/^\p{Cc}/u.test(segment)) presses.push(segment);
  }
  return presses;
}

/** The character a press puts into a text field, if it is one. */
export function characterOf(press: Press): string | undefined {
  return /^[\p{ASCII}--\p{Cc}]$/v.test(press) || /^\P{ASCII}/u.test(press) ? press : undefined;
}
