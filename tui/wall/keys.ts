// The keys of the wall: the only table. Its help and its hints are drawn from it, so they cannot lie. Pure.
import type { Press } from '../keys/press.ts';

export type Command =
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'next'
  | 'previous'
  | 'page-next'
  | 'page-previous'
  | 'choose'
  | 'zoom'
  | 'back'
  | 'freeze'
  | 'kill'
  | 'message'
  | 'mark'
  | 'extend'
  | 'lock'
  | 'take-over'
  | 'filter'
  | 'watch'
  | 'attach'
  | 'help'
  | 'leave';

export type Binding = {
  readonly command: Command;
  readonly presses: readonly Press[];
  /** What it does, as the help says it; keys with the same words share a line. */
  readonly says: string;
  /** For the bottom row; absent = not worth a place there. */
  readonly hint?: string;
  /** Where it holds; absent = everywhere. */
  readonly only?: 'tiles' | 'zoomed';
  /** Changes something at the gateway: gone with --readonly (E28). */
  readonly mutates?: true;
};

/** In the order of the help and of the hints: what is left out first stands last. */
export const bindings: readonly Binding[] = [
  { command: 'zoom', presses: ['enter'], says: 'one session fills the screen', hint: 'Enter zooms', only: 'tiles' },
  { command: 'zoom', presses: ['enter'], says: 'look again, where it is not shown', only: 'zoomed' },
  { command: 'back', presses: ['esc'], says: 'back to the tiles', hint: 'Esc back to the wall', only: 'zoomed' },
  { command: 'freeze', presses: ['f'], says: 'freeze its keys; again: give them back', hint: 'f freeze', mutates: true },
  { command: 'kill', presses: ['k'], says: 'end it, with a reason', hint: 'k kill', mutates: true },
  { command: 'help', presses: ['?'], says: 'this help', hint: '? help' },
  { command: 'leave', presses: ['q', 'ctrl+c'], says: 'leave the wall', hint: 'q leave' },
  { command: 'message', presses: ['M'], says: 'a line to everybody in it', hint: 'M message', mutates: true },
  { command: 'mark', presses: ['m'], says: 'mark this place of the recording', hint: 'm mark', mutates: true },
  { command: 'filter', presses: ['/'], says: 'filter: words, !not', hint: '/ filter', only: 'tiles' },
  { command: 'watch', presses: ['w'], says: 'watch it alone: pans, and as fast as it comes', hint: 'w watch' },
  { command: 'attach', presses: ['a'], says: 'attach, where it is yours', hint: 'a attach', mutates: true },
  { command: 'take-over', presses: ['T'], says: 'take the keyboard', mutates: true },
  { command: 'extend', presses: ['x'], says: 'put its end off, with a reason', mutates: true },
  { command: 'lock', presses: ['L'], says: 'lock its person out for an hour', mutates: true },
  { command: 'left', presses: ['left'], says: 'the tile beside', only: 'tiles' },
  { command: 'right', presses: ['right'], says: 'the tile beside', only: 'tiles' },
  { command: 'up', presses: ['up'], says: 'the tile beside', only: 'tiles' },
  { command: 'down', presses: ['down'], says: 'the tile beside', hint: 'arrows select', only: 'tiles' },
  { command: 'next', presses: ['tab'], says: 'the next session, and back' },
  { command: 'previous', presses: ['shift+tab'], says: 'the next session, and back' },
  { command: 'page-next', presses: [']', 'page-down'], says: 'the next page, and back', only: 'tiles' },
  { command: 'page-previous', presses: ['[', 'page-up'], says: 'the next page, and back', only: 'tiles' },
  { command: 'choose', presses: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], says: 'the tile of that number', only: 'tiles' },
  { command: 'back', presses: ['esc'], says: 'show all again, then leave', only: 'tiles' },
];

export function bindingsFor(zoomed: boolean, readonly: boolean): readonly Binding[] {
  const elsewhere = zoomed ? 'tiles' : 'zoomed';
  return bindings.filter((one) => one.only !== elsewhere && !(readonly && one.mutates === true));
}

export function commandFor(press: Press, zoomed: boolean, readonly: boolean): Command | undefined {
  return bindingsFor(zoomed, readonly).find((one) => one.presses.includes(press))?.command;
}

/** What blessed says of a key. */
export type KeyHeard = {
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
  readonly shift?: boolean | undefined;
};

const named: Readonly<Record<string, Press>> = {
  return: 'enter',
  linefeed: 'enter',
  escape: 'esc',
  pageup: 'page-up',
  pagedown: 'page-down',
  backspace: 'backspace',
  delete: 'delete',
  up: 'up',
  down: 'down',
  left: 'left',
  right: 'right',
  home: 'home',
  end: 'end',
};

/** A key as one word, as everywhere in the face; undefined = none of ours. blessed says a return twice, as `return` and as `enter`. */
export function pressOf(character: string | undefined, { name, ctrl, meta, shift }: KeyHeard): Press | undefined {
  if (name === 'enter' || (meta === true && name !== 'escape')) return undefined;
  if (name === 'tab') return shift === true ? 'shift+tab' : 'tab';
  const known = name === undefined ? undefined : named[name];
  if (known !== undefined) return known;
  if (ctrl === true) return name === undefined ? undefined : `ctrl+${name}`;
  return character === undefined || /^\p{Cc}/u.test(character) ? undefined : character;
}
