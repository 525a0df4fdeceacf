// What a person who drives says to the program here rather than to the server: `~` at the start of a line and one more key (E32), as
// with ssh. Pure. Nothing inside a bracketed paste is an escape, so a pasted text cannot detach anybody.
//
// Known limit: a terminal without bracketed paste cannot tell a pasted "~." from a typed one.

export type Escape = 'detach' | 'next' | 'give' | 'who' | 'message' | 'mark' | 'extend' | 'redraw' | 'history' | 'info' | 'help';

export type Typed =
  /** For the server. */
  { readonly kind: 'keys'; readonly bytes: Uint8Array } | { readonly kind: 'escape'; readonly escape: Escape };

/** Every escape, its key and what it does, in the order help shows them: the only table. */
const escapes: readonly (readonly [key: string, escape: Escape, does: string])[] = [
  ['.', 'detach', 'detach; the session goes on'],
  ['n', 'next', 'on to your next session'],
  ['g', 'give', 'give the keyboard to who asked'],
  ['w', 'who', 'who is here'],
  ['M', 'message', 'write a line to everybody'],
  ['m', 'mark', 'mark this place'],
  ['x', 'extend', 'ask for more time'],
  ['h', 'history', 'the history: all it has shown'],
  ['R', 'redraw', 'redraw the screen'],
  ['#', 'info', 'about this session'],
  ['?', 'help', 'this help'],
];
const escapeOfKey: ReadonlyMap<string, Escape> = new Map(escapes.map(([key, escape]) => [key, escape]));

/** Said above {@link escapeHelp}. */
export const escapeHeading = 'At the start of a line:';
export const escapeHelp: readonly (readonly [keys: string, does: string])[] = [
  ...escapes.map(([key, , does]) => [`~${key}`, does] as const),
  ['~~', 'a tilde'],
];

const TILDE = 0x7e;
const CR = 0x0d;
const LF = 0x0a;
const pasteBegins = Buffer.from('\x1b[200~');
const pasteEnds = Buffer.from('\x1b[201~');

export type EscapeReader = {
  /** Takes what was typed, cut anywhere; gives keys and escapes in order. A tilde that may begin an escape waits for the next key. */
  readonly feed: (bytes: Uint8Array) => Typed[];
  /** Whether what comes next stands at the start of a line. */
  readonly atLineStart: () => boolean;
  /** What was typed since went into no line of the session: it stands where it stood. */
  readonly standsAt: (lineStart: boolean) => void;
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
          const escape = escapeOfKey.get(String.fromCharCode(byte));
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
    atLineStart: () => lineStart,
    standsAt: (start) => {
      lineStart = start;
    },
  };
}
