// What typed bytes mean to somebody who guesses their echo: characters, the few keys whose effect on a line is known, and everything else, behind
// which nothing can be guessed until its effect is seen. Pure.
import { cellWidth } from '../../gateway/protocol/cell-width.ts';

export type GuessKey = {
  /** The input offset behind its last byte. */
  readonly end: number;
  /** When it was typed, ms. */
  readonly at: number;
} & (
  | { readonly kind: 'print'; readonly text: string; readonly width: 1 | 2 }
  | { readonly kind: 'erase' }
  | { readonly kind: 'left' }
  | { readonly kind: 'right' }
  /** Enter, controls, other escape sequences, pastes. */
  | { readonly kind: 'barrier' }
);

/** More bytes at once are a paste: their echo is not worth a guess (as mosh). */
export const mostTypedBytes = 100;

const ESC = 0x1b;
const DEL = 0x7f;
const utf8 = new TextDecoder('utf-8', { fatal: true });
/** Characters that stand for themselves, whatever stands beside them: no marks, joiners, jamo, flags or emoji, whose cells depend on company. */
const ALONE = /^[\p{L}\p{N}\p{P}\p{S}]$/u;
const IN_COMPANY =
  /^[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7ff\uff9e\uff9f]$/u;

export type KeyReader = {
  /** The keys that these bytes end; `offset` is the input offset of their first. */
  readonly feed: (offset: number, bytes: Uint8Array, now: number) => GuessKey[];
};

export function openKeyReader(): KeyReader {
  /** The beginning of a character that was cut. */
  let cut: number[] = [];
  return {
    feed: (offset, bytes, at) => {
      if (bytes.length > mostTypedBytes) {
        cut = [];
        return [{ kind: 'barrier', end: offset + bytes.length, at }];
      }
      const keys: GuessKey[] = [];
      const all = cut.length === 0 ? bytes : Uint8Array.from([...cut, ...bytes]);
      const first = offset - cut.length;
      cut = [];
      for (let from = 0; from < all.length; ) {
        const length = lengthAt(all, from);
        if (length === undefined) {
          cut = [...all.subarray(from)];
          break;
        }
        const end = first + from + length;
        keys.push({ ...meaning(all.subarray(from, from + length)), end, at });
        from += length;
      }
      return keys;
    },
  };
}

/** Bytes of the key that begins there; undefined where a character is cut. An escape sequence comes in one piece, or counts as cut short. */
function lengthAt(bytes: Uint8Array, from: number): number | undefined {
  const head = bytes[from] ?? 0;
  if (head === ESC) return sequenceLength(bytes, from);
  const length = head >= 0xf0 ? 4 : head >= 0xe0 ? 3 : head >= 0xc2 ? 2 : 1;
  for (let at = 1; at < length; at += 1) {
    const byte = bytes[from + at];
    if (byte === undefined) return undefined;
    if (byte < 0x80 || byte > 0xbf) return at;
  }
  return length;
}

function sequenceLength(bytes: Uint8Array, from: number): number {
  const kind = bytes[from + 1];
  if (kind === undefined) return 1;
  // SS3 and one more, or Alt and a key.
  if (kind !== 0x5b) return kind === 0x4f && from + 2 < bytes.length ? 3 : 2;
  for (let at = from + 2; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x40 && byte <= 0x7e) return at + 1 - from;
  }
  return bytes.length - from;
}

type Meaning =
  | { readonly kind: 'print'; readonly text: string; readonly width: 1 | 2 }
  | { readonly kind: 'erase' | 'left' | 'right' | 'barrier' };

function meaning(bytes: Uint8Array): Meaning {
  const head = bytes[0] ?? 0;
  if (head === DEL) return { kind: 'erase' };
  if (head === ESC) {
    const arrow = bytes.length === 3 && (bytes[1] === 0x5b || bytes[1] === 0x4f) ? bytes[2] : undefined;
    return { kind: arrow === 0x44 ? 'left' : arrow === 0x43 ? 'right' : 'barrier' };
  }
  if (head < 0x20) return { kind: 'barrier' };
  if (head < DEL) return { kind: 'print', text: String.fromCharCode(head), width: 1 };
  const text = decoded(bytes);
  if (text === undefined || !ALONE.test(text) || IN_COMPANY.test(text)) return { kind: 'barrier' };
  const width = cellWidth(text);
  return width === 1 || width === 2 ? { kind: 'print', text, width } : { kind: 'barrier' };
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
