// Typed bytes on their way to the pty: numbered, kept until they are known to be there, sent again by number after a cut, and held back
// where sending them would surprise (F4, FEATURES 4b "keys typed while offline are executed on reconnect"). A key that interrupts overtakes one's own
// paste (LOWBAND §5): what was not read of it is put aside, and typed only when the person says so. Pure; the time is an argument, ms.
//
//   floor ≤ base ≤ sent ≤ allowed ≤ end
//   floor … base is at the pty, but a program may not have read it · base … known to be at the pty · sent … given to the line · allowed … may be
//   sent · end … all that was typed

import { type Brackets, followBrackets, pasteBegin, pasteEnd } from '../../gateway/protocol/brackets.ts';

/** A piece of a paste: Ctrl-C is never behind more than one at a time (LOWBAND §5.8). */
export const pieceBytes = 1024;
/** Most bytes under way that nobody has confirmed. */
export const underWayBytes = 256 * 1024;
/** Unconfirmed bytes younger than this are sent again after a cut without asking. */
export const freshMs = 5_000;
/** More than a terminal holds of what a program has not read: 19 KB on Linux. */
const unreadBytes = 32 * 1024;

type Chunk = { readonly offset: number; readonly bytes: Uint8Array; readonly at: number; readonly pasted: boolean };

export type Piece = { readonly offset: number; readonly bytes: Uint8Array };

export type Keys = {
  /** Adds typed bytes. `open` = they may go at once; otherwise they are held until `release`. */
  readonly type: (bytes: Uint8Array, open: boolean, now: number, pasted?: boolean) => void;
  /** The next piece to send now, below `limit`, and marks it sent. */
  readonly next: (limit?: number) => Piece | undefined;
  /** Input up to `offset` is at the pty. */
  readonly confirm: (offset: number, now: number) => void;
  /**
   * The way is open again and the pty has input up to `offset`: whatever is unconfirmed goes again by number when the line was alive
   * within `freshMs`; otherwise it is held like what was typed since. `renumbered` = another participant with numbers of its own.
   */
  readonly resume: (offset: number, renumbered: boolean, now: number) => void;
  /** Lets held bytes go. */
  readonly release: () => void;
  /** Forgets held bytes. */
  readonly discard: () => void;
  /** Bytes that wait for a decision. */
  readonly held: () => number;
  /** Bytes not confirmed yet, held ones included. */
  readonly pending: () => number;
  /** The offset of the byte typed next. */
  readonly end: () => number;
  /** Bytes that wait for the line. */
  readonly unsent: () => number;
  /** Some of one's own paste is not at the pty yet, or may lie there unread. */
  readonly behindPaste: () => boolean;
  /** The newest byte is a key of which the terminal is asked whether it interrupts: nothing goes until that is known. */
  readonly ask: () => void;
  /** It does not: it goes in its place. */
  readonly goOn: () => void;
  /** Nobody knows whether it did: what is not confirmed waits for a decision when the way is open again. */
  readonly doubt: () => void;
  /**
   * It did, before all that was sent beyond `offset`, of which `unread` bytes before were never read. What stood before the key and was not read is
   * put aside, within brackets of its own; what was typed after it is numbered anew. Returns how many bytes of it are aside.
   */
  readonly overtaken: (offset: number, unread: number, now: number) => number;
  /** Gives back what was put aside, and forgets it. */
  readonly takeAside: () => Uint8Array;
};

export function openKeys(start: number): Keys {
  let chunks: Chunk[] = [];
  let floor = start;
  let base = start;
  let sent = start;
  let allowed = start;
  let end = start;
  let aliveAt = Number.NEGATIVE_INFINITY;
  /** Where bracketed pastes stand at `floor`. */
  let brackets: Brackets = followBrackets();
  /** Number of the key that was asked about. */
  let asked: number | undefined;
  let doubtful = false;
  /** Pastes before this were asked about: a key that follows waits behind none of them. */
  let settled = start;
  let aside: Uint8Array = new Uint8Array(0);

  const pasteBeyond = (offset: number): boolean => chunks.some((chunk) => chunk.pasted && endOf(chunk) > offset);
  const insideAt = (offset: number): boolean => {
    const here = brackets.fork();
    here.gave(gather(chunks, floor, offset).bytes);
    return here.open;
  };
  const letGo = (): void => {
    const low = Math.max(floor, base - unreadBytes, settled);
    const next = low < base && pasteBeyond(low) ? low : base;
    if (next <= floor) return;
    brackets.gave(gather(chunks, floor, Math.min(next, end)).bytes);
    floor = next;
    let gone = 0;
    while (gone < chunks.length && endOf(chunks[gone]) <= floor) gone += 1;
    if (gone > 0) chunks = chunks.slice(gone);
  };
  const confirm = (offset: number, now: number): void => {
    if (offset <= base) return;
    base = offset;
    aliveAt = now;
    letGo();
    // Bytes that were discarded here may have been on their way all the same; later ones are numbered after them.
    end = Math.max(end, base);
    allowed = Math.max(allowed, base);
    sent = Math.max(sent, base);
  };
  const type = (bytes: Uint8Array, open: boolean, now: number, pasted = false): void => {
    if (bytes.length === 0) return;
    chunks.push({ offset: end, bytes, at: now, pasted });
    end += bytes.length;
    if (open && allowed === end - bytes.length) allowed = end;
  };
  /** What is known of it ends at `offset`, and is numbered from there. */
  const cutAt = (offset: number): void => {
    chunks = chunks.flatMap((chunk) => {
      if (chunk.offset >= offset) return [];
      return endOf(chunk) <= offset ? [chunk] : [{ ...chunk, bytes: chunk.bytes.subarray(0, offset - chunk.offset) }];
    });
    end = offset;
    allowed = Math.min(allowed, offset);
    sent = Math.min(sent, offset);
  };

  return {
    type,
    next: (limit = Number.POSITIVE_INFINITY) => {
      const until = Math.min(allowed, base + underWayBytes, limit);
      if (asked !== undefined || sent >= until) return undefined;
      const piece = gather(chunks, sent, Math.min(until, sent + pieceBytes));
      sent += piece.bytes.length;
      return piece;
    },
    confirm,
    resume: (offset, renumbered, now) => {
      const unsure = doubtful || asked !== undefined;
      doubtful = false;
      asked = undefined;
      if (renumbered) {
        settled = base;
        letGo();
        const shift = offset - base;
        chunks = chunks.map((chunk) => ({ ...chunk, offset: chunk.offset + shift }));
        floor += shift;
        base += shift;
        end += shift;
        settled = base;
        allowed = base;
      } else confirm(offset, now);
      sent = base;
      const oldest = chunks.find((chunk) => endOf(chunk) > base);
      const alive = oldest === undefined ? now : Math.max(oldest.at, aliveAt);
      if (unsure || now - alive > freshMs) allowed = base;
    },
    release: () => {
      allowed = end;
    },
    discard: () => {
      const cut = end > allowed;
      cutAt(allowed);
      if (cut && insideAt(end)) type(pasteEnd, true, aliveAt);
    },
    held: () => end - allowed,
    pending: () => end - base,
    end: () => end,
    unsent: () => allowed - sent,
    behindPaste: () => pasteBeyond(Math.max(floor, settled)),
    ask: () => {
      asked ??= end - 1;
    },
    goOn: () => {
      asked = undefined;
      settled = base;
    },
    doubt: () => {
      doubtful = true;
    },
    overtaken: (offset, unread, now) => {
      confirm(offset, now);
      const key = Math.max(asked ?? end, base);
      const from = Math.max(floor, base - unread);
      const inside = insideAt(from);
      const rest = gather(chunks, from, key).bytes;
      const after = followBrackets(inside);
      after.gave(rest);
      aside = Buffer.concat([inside ? pasteBegin : '', rest, after.open ? pasteEnd : ''].map((part) => Buffer.from(part)));
      const later = gather(chunks, Math.min(key + 1, end), end).bytes;
      const open = allowed > key;
      // Whoever takes the key closes the paste for the program; what is typed now stands in none.
      chunks = [];
      asked = undefined;
      brackets = followBrackets();
      floor = base;
      settled = base;
      sent = base;
      allowed = base;
      end = base;
      type(later, open, now);
      return rest.length;
    },
    takeAside: () => {
      const bytes = aside;
      aside = new Uint8Array(0);
      return bytes;
    },
  };
}

function endOf(chunk: Chunk | undefined): number {
  return chunk === undefined ? Number.POSITIVE_INFINITY : chunk.offset + chunk.bytes.length;
}

/** The bytes numbered `from` … `to`, which the chunks cover. */
function gather(chunks: readonly Chunk[], from: number, to: number): Piece {
  const parts: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (chunk.offset >= to) break;
    if (endOf(chunk) > from) parts.push(chunk.bytes.subarray(Math.max(0, from - chunk.offset), to - chunk.offset));
  }
  return { offset: from, bytes: parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts) };
}
