// The one live filter between a session and its driver's terminal (TRUST §0, X3). What it lets through is fed to the model as well, so that
// the driver sees what the model shows; the recording keeps the bytes as they came.
//
// Output is valid UTF-8 with 7-bit controls only, whatever came in: bytes that are no UTF-8 become U+FFFD (a terminal in UTF-8 mode shows
// them so), and the C1 controls in their UTF-8 form (C2 80 … C2 9F) are rewritten. A byte 9B inside a character is part of that character.
//
// Not let through although terminals know it: kitty's and xterm's keyboard protocols, images, notifications, working directory, other
// colours of the palette, double-size lines, G2/G3, left and right margins, erasing the scrollback. ESC c becomes a reset of our own.
import type { Query } from './answer.ts';
import { type Csi, judgeCsi } from './csi.ts';
import { judgeOsc, type OscVerdict } from './osc.ts';
import { CALM } from './slate.ts';

/** A piece of the stream, in stream order. */
export type FilterPart =
  /** Goes to the driver's terminal and to the model. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Taken out; to be answered once, when everything before it is in the model. */
  | { readonly kind: 'query'; readonly query: Query }
  /** OSC 52 write: `text` wants to go to the clipboard; `bytes` is the sequence to send to the driver's terminal after consent. Never goes to the model. */
  | { readonly kind: 'clipboard'; readonly selection: string; readonly text: string; readonly bytes: Uint8Array };

export type FilterOptions = {
  /** Stands before every title that the session sets, such as `web-1: `. */
  readonly titlePrefix?: string;
};

export type Filter = {
  /** Takes bytes cut anywhere, gives what can be decided now. A part never ends inside a sequence or a character. */
  readonly feed: (bytes: Uint8Array) => FilterPart[];
  /** Nothing is held back: the stream stands between sequences and characters. Only then a viewer may be switched between stream and paint. */
  readonly between: boolean;
  /** Sequences dropped so far. */
  readonly dropped: number;
};

/** Bytes of one CSI or ESC sequence; a longer one is dropped to its end. */
const MAX_SEQUENCE = 512;
/** Bytes of an OSC (TRUST X2); a longer one is dropped to its end. */
const MAX_STRING = 4096;
/** A copy to the clipboard may be longer: as much as xterm and tmux take. */
const MAX_CLIPBOARD = 100_000;
/** A string that never ends swallows at most this much: then it is taken for text. */
const MAX_SKIPPED = 1 << 20;
const MAX_KEPT_TITLES = 10;
const MAX_REMEMBERED = 1024;
const LONGEST_REMEMBERED = 48;

const ESC = 0x1b;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
/** BEL, BS, HT, LF, VT, FF, CR, SO, SI. Not ENQ, which a terminal answers. */
const PASSING_CONTROLS = 0b1111_1111_1000_0000;

/** ESC c without what it does beyond the screen: the scrollback and the settings of the driver's terminal stay, and so do tab stops. */
const RIS = `${CALM}\x1b[H\x1b7\x1b[2J`;
const REPLACEMENT = Buffer.from('\ufffd');

type State = 'ground' | 'escape' | 'csi' | 'osc' | 'skip';

class LiveFilter implements Filter {
  #state: State = 'ground';
  /** The sequence so far, without its introducer. */
  #held = '';
  #over = false;
  #limit = MAX_STRING;
  #skipped = 0;
  /** A C2 was seen inside a string: C1 controls are two bytes. */
  #c2 = false;
  /** An OSC or a skipped string was left by ESC: a backslash that follows is its end. */
  #afterString = false;
  /** Bytes of a character so far, and how many are missing. */
  #partial: number[] = [];
  #missing = 0;
  #dropped = 0;
  #title = '';
  readonly #titles: string[] = [];
  readonly #prefix: string;
  readonly #passing = new Map<string, Uint8Array>();

  #parts: FilterPart[] = [];
  #chunks: Uint8Array[] = [];

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  get between(): boolean {
    return this.#state === 'ground' && this.#missing === 0;
  }

  get dropped(): number {
    return this.#dropped;
  }

  feed(bytes: Uint8Array): FilterPart[] {
    this.#parts = [];
    this.#chunks = [];
    let at = 0;
    while (at < bytes.length) at = this.#state === 'ground' ? this.#text(bytes, at) : this.#step(bytes, at);
    this.#flush();
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  // --- Text.

  /** Copies text up to the next control; gives where it stopped. */
  #text(bytes: Uint8Array, from: number): number {
    if (this.#missing > 0) return this.#character(bytes, from);
    let at = from;
    while (at < bytes.length) {
      const byte = bytes[at] ?? 0;
      if (byte >= 0x20 && byte < 0x7f) {
        at++;
        continue;
      }
      if (byte < 0x80) {
        if (byte < 0x20 && ((PASSING_CONTROLS >> byte) & 1) === 1) {
          at++;
          continue;
        }
        this.#copy(bytes, from, at);
        if (byte !== ESC) return at + 1;
        const end = wholeCsi(bytes, at);
        if (end === 0) {
          this.#enter('escape');
          return at + 1;
        }
        this.#dispatch(latin1(bytes, at + 2, end));
        return end;
      }
      const length = wholeCharacter(bytes, at);
      if (length > 0) {
        at += length;
        continue;
      }
      this.#copy(bytes, from, at);
      return this.#startCharacter(bytes, at);
    }
    this.#copy(bytes, from, at);
    return at;
  }

  /** A byte that begins no character that is whole in this chunk: cut, C1, or no UTF-8 at all. */
  #startCharacter(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] ?? 0;
    const missing = byte >= 0xc2 && byte <= 0xdf ? 1 : byte >= 0xe0 && byte <= 0xef ? 2 : byte >= 0xf0 && byte <= 0xf4 ? 3 : 0;
    if (missing === 0) {
      this.#say(REPLACEMENT);
      return at + 1;
    }
    this.#partial = [byte];
    this.#missing = missing;
    return at + 1;
  }

  #character(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] ?? 0;
    const [lead = 0, ...rest] = this.#partial;
    if (!continues(lead, rest.length, byte)) {
      this.#say(REPLACEMENT);
      this.#missing = 0;
      return at;
    }
    this.#partial.push(byte);
    if (--this.#missing > 0) return at + 1;
    if (lead === 0xc2 && byte < 0xa0) this.#c1(byte);
    else this.#say(Uint8Array.from(this.#partial));
    return at + 1;
  }

  /** C1 in its two-byte form means ESC and the byte 40 (hex) lower. */
  #c1(byte: number): void {
    this.#enter('escape');
    this.#escape(byte - 0x40);
  }

  // --- Sequences.

  #step(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] ?? 0;
    switch (this.#state) {
      case 'escape':
        return this.#control(byte) || this.#escape(byte) ? at + 1 : at;
      case 'csi':
        return this.#control(byte) || this.#csi(byte) ? at + 1 : at;
      case 'osc':
      case 'skip':
        this.#string(byte);
        return at + 1;
      case 'ground':
        return at;
      default:
        return this.#state satisfies never;
    }
  }

  /** C0 inside a sequence: acts at once, or ends the sequence. True where the byte is used up. */
  #control(byte: number): boolean {
    if (byte === ESC) {
      this.#drop();
      this.#enter('escape');
      return true;
    }
    if (byte === CAN || byte === SUB) {
      this.#drop();
      return true;
    }
    if (byte >= 0x20 && byte !== 0x7f) return false;
    if (byte < 0x20 && ((PASSING_CONTROLS >> byte) & 1) === 1) this.#say(Uint8Array.of(byte));
    return true;
  }

  /** False where the byte does not belong to a sequence: that ends here and the byte is text. */
  #escape(byte: number): boolean {
    if (byte >= 0x80) {
      this.#drop();
      return false;
    }
    const character = String.fromCharCode(byte);
    if (this.#held === '')
      switch (character) {
        case '[':
          this.#enter('csi');
          return true;
        case ']':
          this.#enter('osc');
          return true;
        // DCS, SOS, PM, APC, and the title of screen and tmux.
        case 'P':
        case 'X':
        case '^':
        case '_':
        case 'k':
          this.#dropped++;
          this.#enter('skip');
          return true;
        case '\\':
          if (!this.#afterString) this.#dropped++;
          this.#state = 'ground';
          return true;
      }
    this.#held += character;
    if (byte < 0x30) {
      if (this.#held.length > MAX_SEQUENCE) this.#drop();
      return true;
    }
    this.#judgeEscape(this.#held);
    this.#state = 'ground';
    return true;
  }

  #judgeEscape(sequence: string): void {
    if (sequence === 'c') this.#say(RIS);
    else if (sequence === 'Z') this.#ask({ kind: 'attributes', level: 1 });
    else if (/^(?:[78DEHM=>]|[()][AB0]|#8)$/.test(sequence)) this.#say(`\x1b${sequence}`);
    else this.#dropped++;
  }

  #csi(byte: number): boolean {
    if (byte >= 0x80) {
      this.#drop();
      return false;
    }
    if (byte < 0x40) {
      this.#over ||= this.#held.length >= MAX_SEQUENCE;
      if (!this.#over) this.#held += String.fromCharCode(byte);
      return true;
    }
    this.#state = 'ground';
    if (this.#over) this.#dropped++;
    else this.#dispatch(this.#held + String.fromCharCode(byte));
    return true;
  }

  /** One whole CSI, without its introducer. Programs say the same few over and over: those that pass are remembered. */
  #dispatch(sequence: string): void {
    const known = this.#passing.get(sequence);
    if (known !== undefined) {
      this.#say(known);
      return;
    }
    const csi = parse(sequence);
    const verdict = csi === undefined ? undefined : judgeCsi(csi);
    switch (verdict?.kind) {
      case 'pass': {
        const bytes = Buffer.from(verdict.text);
        if (sequence.length > LONGEST_REMEMBERED) {
          this.#say(bytes);
          return;
        }
        if (this.#passing.size >= MAX_REMEMBERED) this.#passing.clear();
        this.#passing.set(sequence, bytes);
        this.#say(bytes);
        return;
      }
      case 'query':
        this.#ask(verdict.query);
        return;
      case 'title':
        this.#keepTitle(verdict.act);
        return;
      case 'drop':
      case undefined:
        this.#dropped++;
        return;
      default:
        verdict satisfies never;
    }
  }

  // --- Strings.

  #string(byte: number): void {
    if (this.#c2) {
      this.#c2 = false;
      if (byte >= 0x80 && byte < 0xa0) {
        this.#end(byte === 0x9c);
        if (byte !== 0x9c) this.#c1(byte);
        return;
      }
      this.#gather(0xc2);
    }
    if (byte === BEL && this.#state === 'osc') this.#end(true, true);
    else if (byte === BEL && this.#state === 'skip' && this.#over) this.#state = 'ground';
    else if (byte === CAN || byte === SUB) this.#end(false);
    else if (byte === ESC) {
      // Terminals take an OSC for ended by ESC, whatever follows.
      this.#end(true);
      this.#enter('escape');
      this.#afterString = true;
    } else if (byte === 0xc2) this.#c2 = true;
    else this.#gather(byte);
  }

  #gather(byte: number): void {
    if (this.#state === 'skip') {
      if (++this.#skipped >= MAX_SKIPPED) this.#state = 'ground';
      return;
    }
    if (byte < 0x20 || byte === 0x7f) return;
    this.#held += String.fromCharCode(byte);
    if (this.#held.length === 3) this.#limit = this.#held === '52;' ? MAX_CLIPBOARD : MAX_STRING;
    if (this.#held.length <= this.#limit) return;
    this.#dropped++;
    this.#enter('skip');
    this.#over = true;
  }

  #end(whole: boolean, bell = false): void {
    const text = this.#held;
    const isOsc = this.#state === 'osc';
    this.#state = 'ground';
    if (!isOsc) return;
    if (whole) this.#judgeOsc(judgeOsc(Buffer.from(text, 'latin1').toString('utf8'), bell));
    else this.#dropped++;
  }

  #judgeOsc(verdict: OscVerdict): void {
    switch (verdict.kind) {
      case 'title':
        this.#title = verdict.text;
        this.#sayTitle();
        return;
      case 'link':
        this.#say(`\x1b]8;${verdict.text}\x1b\\`);
        return;
      case 'queries':
        for (const query of verdict.queries) this.#ask(query);
        return;
      case 'clipboard':
        this.#flush();
        this.#parts.push({
          kind: 'clipboard',
          selection: verdict.selection,
          text: verdict.text,
          bytes: Buffer.from(verdict.sequence),
        });
        return;
      case 'drop':
        this.#dropped++;
        return;
      default:
        verdict satisfies never;
    }
  }

  #keepTitle(act: 'keep' | 'give back'): void {
    if (act === 'keep') {
      this.#titles.push(this.#title);
      if (this.#titles.length > MAX_KEPT_TITLES) this.#titles.shift();
      return;
    }
    const title = this.#titles.pop();
    if (title === undefined) return;
    this.#title = title;
    this.#sayTitle();
  }

  #sayTitle(): void {
    this.#say(`\x1b]2;${this.#prefix}${this.#title}\x07`);
  }

  // --- Output.

  #enter(state: State): void {
    this.#state = state;
    this.#held = '';
    this.#over = false;
    this.#limit = MAX_STRING;
    this.#skipped = 0;
    this.#c2 = false;
    this.#afterString = false;
    this.#missing = 0;
  }

  #drop(): void {
    // ESC right after a string that it ended is no sequence of its own.
    if (!this.#afterString || this.#held !== '') this.#dropped++;
    this.#state = 'ground';
  }

  #say(what: Uint8Array | string): void {
    this.#chunks.push(typeof what === 'string' ? Buffer.from(what) : what);
  }

  #copy(bytes: Uint8Array, from: number, to: number): void {
    if (to > from) this.#chunks.push(bytes.subarray(from, to));
  }

  #ask(query: Query): void {
    this.#flush();
    this.#parts.push({ kind: 'query', query });
  }

  /** What was let through since the last part, as one part of its own memory. */
  #flush(): void {
    if (this.#chunks.length === 0) return;
    this.#parts.push({ kind: 'bytes', bytes: Buffer.concat(this.#chunks) });
    this.#chunks = [];
  }
}

export function openFilter(options: FilterOptions = {}): Filter {
  return new LiveFilter(cleanPrefix(options.titlePrefix ?? ''));
}

function cleanPrefix(prefix: string): string {
  return prefix.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu, '');
}

const CSI = /^([<=>?]?)([\d:;]*)([ -/]*)([@-~])$/;

function parse(sequence: string): Csi | undefined {
  const match = CSI.exec(sequence);
  if (match === null) return undefined;
  const [, prefix = '', parameters = '', intermediates = '', final = ''] = match;
  return { prefix, parameters, intermediates, final };
}

/** Where the CSI that begins here ends, if it is whole in this chunk and of ordinary length; else 0. */
function wholeCsi(bytes: Uint8Array, at: number): number {
  if (bytes[at + 1] !== 0x5b) return 0;
  const most = Math.min(bytes.length, at + 64);
  for (let end = at + 2; end < most; end++) {
    const byte = bytes[end] ?? 0;
    if (byte >= 0x40 && byte < 0x7f) return end + 1;
    if (byte < 0x20 || byte >= 0x40) return 0;
  }
  return 0;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at] ?? 0);
  return text;
}

/** Bytes of the character that begins here, if it is whole in this chunk, well-formed, and no C1; else 0 (Unicode table 3-7). */
function wholeCharacter(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  // Hangul, kana, Han: the most of what is not ASCII.
  if (lead > 0xe0 && lead < 0xed && at + 2 < bytes.length)
    return ((bytes[at + 1] ?? 0) & 0xc0) === 0x80 && ((bytes[at + 2] ?? 0) & 0xc0) === 0x80 ? 3 : 0;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  for (let more = 1; more < length; more++) if (!continues(lead, more - 1, bytes[at + more] ?? 0)) return 0;
  return lead === 0xc2 && (bytes[at + 1] ?? 0) < 0xa0 ? 0 : length;
}

/** Whether a byte may follow a lead byte and so many continuations. */
function continues(lead: number, already: number, byte: number): boolean {
  if (byte < 0x80 || byte > 0xbf) return false;
  if (already > 0) return true;
  switch (lead) {
    case 0xe0:
      return byte >= 0xa0;
    case 0xed:
      return byte <= 0x9f;
    case 0xf0:
      return byte >= 0x90;
    case 0xf4:
      return byte <= 0x8f;
    default:
      return true;
  }
}
