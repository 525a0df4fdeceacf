// Tells what was pasted from what was typed, and a key that may interrupt from what came before it in the same breath of the terminal (LOWBAND §5).
// A paste is what stands between the brackets of a terminal that sends them, or more in one go than anybody types. Pure.
//
// Known limit: where a terminal sends no brackets, the last character of a paste counts as typed if it is a control character.

import { followBrackets } from '../../gateway/protocol/brackets.ts';

/** Nobody types as much between two reads of a terminal. */
const pasteBytes = 100;
/** Control characters that edit or end a line, begin a sequence: never what interrupts. */
const editing: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0d, 0x1b]);

export type TypedRun = {
  readonly bytes: Uint8Array;
  readonly pasted: boolean;
  /** One control character, typed: whether the terminal turns it into a signal, its agent knows. */
  readonly mayInterrupt: boolean;
};

export function openPasteReader(): (bytes: Uint8Array) => readonly TypedRun[] {
  const brackets = followBrackets();
  return (bytes) => {
    const before = brackets.open;
    brackets.gave(bytes);
    const last = bytes.at(-1) ?? 0x20;
    const key = !brackets.open && last < 0x20 && !editing.has(last);
    const body = key ? bytes.subarray(0, -1) : bytes;
    const pasted = before || brackets.open || body.length >= pasteBytes;
    return [
      ...(body.length > 0 ? [{ bytes: body, pasted, mayInterrupt: false }] : []),
      ...(key ? [{ bytes: bytes.subarray(-1), pasted: false, mayInterrupt: true }] : []),
    ];
  };
}
