// The questions put to the person's own terminal at attach (TRUST §0: the gateway answers programs from what we measured), and the sieve that
// takes the answers out of what is typed, so that none ever reaches a shell. Pure.

export type Answer =
  | { readonly kind: 'colour'; readonly slot: 'foreground' | 'background' | 'cursor'; readonly value: string }
  | { readonly kind: 'version'; readonly value: string }
  | { readonly kind: 'cell'; readonly height: number; readonly width: number }
  | { readonly kind: 'cursor'; readonly row: number }
  /** DA1, asked last: every terminal answers it, so what has not been answered before never will be. */
  | { readonly kind: 'attributes' };

/** OSC 10, 11, 12; XTVERSION; pixels of a cell; place of the cursor; DA1. */
export const questions = '\x1b]10;?\x1b\\\x1b]11;?\x1b\\\x1b]12;?\x1b\\\x1b[>0q\x1b[16t\x1b[6n\x1b[c';

const slots: Readonly<Record<string, 'foreground' | 'background' | 'cursor'>> = {
  '10': 'foreground',
  '11': 'background',
  '12': 'cursor',
};

const whole =
  /^(?:\x1b\](1[012]);([^\x07\x1b]{0,64})(?:\x07|\x1b\\)|\x1bP>\|([^\x1b\x07]{0,256})\x1b\\|\x1b\[6;(\d{1,5});(\d{1,5})t|\x1b\[(\d{1,5});\d{1,5}R|\x1b\[\?[\d;]{0,64}c)/;
/** What may still become an answer when more comes. A lone ESC is a key sooner than the beginning of an answer, but a moment tells. */
const begun =
  /^\x1b(?:$|\](?:1(?:[012](?:;[^\x07\x1b]{0,64}\x1b?)?)?)?$|P(?:>(?:\|[^\x1b\x07]{0,256}\x1b?)?)?$|\[(?:\?[\d;]{0,64}|\d{1,5}(?:;\d{0,5}(?:;\d{0,5})?)?)?$)/;

export type Sieved = {
  /** What was typed, without the answers. */
  readonly typed: Uint8Array;
  readonly answers: readonly Answer[];
  /** Something is held back that may be the beginning of an answer: call `rest` when nothing follows within a moment. */
  readonly waiting: boolean;
};

export type Sieve = {
  readonly feed: (bytes: Uint8Array) => Sieved;
  /** Gives up what is held back. */
  readonly rest: () => Uint8Array;
};

export function openSieve(): Sieve {
  let held = '';
  return {
    feed: (bytes) => {
      const source = held + Buffer.from(bytes).toString('latin1');
      held = '';
      const answers: Answer[] = [];
      let typed = '';
      let at = 0;
      while (at < source.length) {
        const escape = source.indexOf('\x1b', at);
        if (escape < 0) {
          typed += source.slice(at);
          break;
        }
        typed += source.slice(at, escape);
        const here = source.slice(escape, escape + 400);
        const match = whole.exec(here);
        if (match !== null) {
          answers.push(readAnswer(match));
          at = escape + match[0].length;
        } else if (begun.test(here)) {
          held = source.slice(escape);
          break;
        } else {
          typed += '\x1b';
          at = escape + 1;
        }
      }
      return { typed: Buffer.from(typed, 'latin1'), answers, waiting: held !== '' };
    },
    rest: () => {
      const bytes = Buffer.from(held, 'latin1');
      held = '';
      return bytes;
    },
  };
}

function readAnswer([, slot, colour, version, height, width, row]: RegExpExecArray): Answer {
  const named = slot === undefined ? undefined : slots[slot];
  if (named !== undefined) return { kind: 'colour', slot: named, value: colour ?? '' };
  if (version !== undefined) return { kind: 'version', value: version };
  if (height !== undefined) return { kind: 'cell', height: Number(height), width: Number(width) };
  if (row !== undefined) return { kind: 'cursor', row: Number(row) };
  return { kind: 'attributes' };
}
