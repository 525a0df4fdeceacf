// What a person presses on a screen of ours, out of the bytes of their terminal: words as tui/keys/press.ts has them, `~` with the key behind it as
// one press. What is pasted is never a key: it is handed over apart. Pure but for the breath an escape waits.
import { type Press, pastedPresses } from '../keys/press.ts';

/** An escape alone is the key; with more behind it, a sequence. ms */
export const breathMs = 40;
const mostPasted = 4096;

const named: Readonly<Record<string, Press>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  '1~': 'home',
  '3~': 'delete',
  '4~': 'end',
  '5~': 'page-up',
  '6~': 'page-down',
  Z: 'shift+tab',
};
const controls: Readonly<Record<string, Press>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\x7f': 'backspace',
  '\b': 'backspace',
  '\x1b': 'esc',
};
/** A sequence of the terminal, or one character. */
const unit = /\x1b\[200~|\x1b(?:\[[\d;?<]*[ -/]*[@-~]|O[@-~])|[^]/gu;
const pasteEnds = '\x1b[201~';

export type Pressed = { readonly press: Press } | { readonly pasted: readonly Press[] };

export type PressReader = {
  readonly feed: (bytes: Uint8Array) => void;
  readonly close: () => void;
};

/** `unread`: what was typed behind the press that closed the reader, in the same breath. */
export function openPresses(tell: (pressed: Pressed) => void, unread?: (text: string) => void): PressReader {
  const utf8 = new TextDecoder('utf-8');
  let escape: NodeJS.Timeout | undefined;
  let tilde = false;
  let pasted: string | undefined;
  let closed = false;

  const press = (one: Press): void => {
    if (tilde && one !== 'esc') {
      tilde = false;
      return tell({ press: `~${one}` });
    }
    tilde = one === '~';
    if (!tilde) tell({ press: one });
  };
  const pasting = (text: string): string => {
    const all = (pasted ?? '') + text;
    const end = all.indexOf(pasteEnds);
    pasted = end < 0 ? all.slice(-mostPasted) : undefined;
    if (end < 0) return '';
    tell({ pasted: pastedPresses(all.slice(0, end)) });
    return all.slice(end + pasteEnds.length);
  };
  const read = (text: string): void => {
    for (const { 0: one, index } of text.matchAll(unit)) {
      if (closed) return unread?.(text.slice(index));
      if (one === '\x1b[200~') {
        read(pasting(text.slice(index + one.length)));
        return;
      }
      if (one === '\x1b' && index === text.length - 1) {
        escape = setTimeout(() => press('esc'), breathMs);
        return;
      }
      const sequence = one.length > 1 ? /^\x1b[[O](.*)$/s.exec(one)?.[1] : undefined;
      if (sequence !== undefined) {
        const name = named[sequence];
        if (name !== undefined) press(name);
        continue;
      }
      const code = one.codePointAt(0) ?? 0;
      const control = controls[one];
      if (control !== undefined) press(control);
      else if (code >= 0x20 && !/^\p{Cc}/u.test(one)) press(one);
      else if (code > 0 && code < 0x1b) press(`ctrl+${String.fromCodePoint(code + 0x60)}`);
    }
  };
  return {
    feed: (bytes) => {
      clearTimeout(escape);
      const text = utf8.decode(bytes, { stream: true });
      read(pasted === undefined ? text : pasting(text));
    },
    close: () => {
      closed = true;
      clearTimeout(escape);
    },
  };
}
