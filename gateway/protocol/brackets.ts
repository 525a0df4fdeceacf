// Whether what a program was given stands inside a bracketed paste, as agent and client alike must know. Whatever is cut off of a paste, no program
// may be left in there: it would take all that follows for pasted text (FEATURES 4b). Pure.

const begins = Buffer.from('\x1b[200~');
const ends = Buffer.from('\x1b[201~');

/** What opens a paste, and what closes it. */
export const pasteBegin: Uint8Array = begins;
export const pasteEnd: Uint8Array = ends;

export type Brackets = {
  /** The program was given these bytes, cut anywhere. */
  gave(bytes: Uint8Array): void;
  readonly open: boolean;
  /** Somebody else sees to the end of the paste that is open. */
  forget(): void;
  /** Another that goes on from here by itself. */
  fork(): Brackets;
};

/** @param open whether it begins inside a paste. @param matched how much of the next bracket the bytes before matched */
export function followBrackets(open = false, matched = 0): Brackets {
  return {
    gave(bytes) {
      for (let at = 0; at < bytes.length; at += 1) {
        const bracket = open ? ends : begins;
        if (matched === 0) {
          const escape = bytes.indexOf(0x1b, at);
          if (escape < 0) return;
          at = escape;
        }
        if (bytes[at] === bracket[matched]) matched += 1;
        else matched = bytes[at] === bracket[0] ? 1 : 0;
        if (matched < bracket.length) continue;
        open = !open;
        matched = 0;
      }
    },
    get open() {
      return open;
    },
    forget() {
      open = false;
      matched = 0;
    },
    fork: () => followBrackets(open, matched),
  };
}

const modeSet = '\x1b[?2004';

/** Watches what a program says for a word about bracketed paste: whoever switches it on or off has left the paste they were in. Pure. */
export function listenForMode(): (bytes: Uint8Array) => boolean {
  let carry = '';
  return (bytes) => {
    const text = carry + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    carry = text.slice(1 - modeSet.length);
    return text.includes(modeSet);
  };
}
