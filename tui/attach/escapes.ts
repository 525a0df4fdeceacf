// What a person who drives says to the program here rather than to the server: `~` at the start of a line and one more key (E32), as
// with ssh. Pure. Nothing inside a bracketed paste is an escape, so a pasted text cannot detach anybody.
//
// Known limit: a terminal without bracketed paste cannot tell a pasted "~." from a typed one.

export type Escape = 'detach' | 'help' | 'watchers' | 'redraw' | 'info';

export type Typed =
  /** For the server. */
  { readonly kind: 'keys'; readonly bytes: Uint8Array } | { readonly kind: 'escape'; readonly escape: Escape };

const escapeOfKey: Readonly<Record<string, Escape>> = { '.': 'detach', '?': 'help', w: 'watchers', R: 'redraw', '#': 'info' };

/** What each escape does, in the order help shows it. */
export const escapeHelp: readonly (readonly [keys: string, does: string])[] = [
  ['~.', 'detach (the session goes on)'],
  ['~w', 'who is watching'],
  ['~R', 'redraw the screen'],
  ['~#', 'about this session'],
  ['~~', 'a tilde'],
  ['~?', 'this help'],
];

const TILDE = 0x7e;
const CR = 0x0d;
const LF = 0x0a;
const pasteBegins = Buffer.from('\x1b[200~');
const pasteEnds = Buffer.from('\x1b[201~');

export type EscapeReader = {
  /** Takes what was typed, cut anywhere; gives keys and escapes in order. A tilde that may begin an escape waits for the next key. */
  readonly feed: (bytes: Uint8Array) => Typed[];
};

export function openEscapeReader(): EscapeReader {
  let lineStart = true;
  let tilde = false;
  let pasting = false;
  /** How much of the bracket of a paste the newest bytes match. */
  let matched = 0;

  const follow = (byte: number): void => {
    const bracket = pasting ? pasteEnds : pasteBegins;
    if (byte === bracket[matched]) matched += 1;
    else matched = byte === bracket[0] ? 1 : 0;
    if (matched < bracket.length) return;
    pasting = !pasting;
    matched = 0;
  };

  return {
    feed: (bytes) => {
      const out: Typed[] = [];
      let keys: number[] = [];
      const flush = (): void => {
        if (keys.length > 0) out.push({ kind: 'keys', bytes: Uint8Array.from(keys) });
        keys = [];
      };
      for (const byte of bytes) {
        if (tilde) {
          tilde = false;
          const escape = escapeOfKey[String.fromCharCode(byte)];
          if (escape !== undefined) {
            flush();
            out.push({ kind: 'escape', escape });
            continue;
          }
          keys.push(TILDE);
          lineStart = false;
          if (byte === TILDE) continue;
        } else if (byte === TILDE && lineStart && !pasting) {
          tilde = true;
          continue;
        }
        keys.push(byte);
        follow(byte);
        lineStart = byte === CR || byte === LF;
      }
      flush();
      return out;
    },
  };
}
