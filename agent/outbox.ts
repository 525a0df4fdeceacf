// Numbered output that is kept until the gateway has it on disk (law 5, D6). Pure: no clock, no socket.
// Every byte has a position: the first byte a session's program ever wrote is 0. Two positions come back from the gateway:
// *received* returns credit for the wire, *durable* lets go of the bytes.
//
// INVARIANT: base ≤ received ≤ sent ≤ end on one connection, and the bytes base … end are all held.

import { agentBufferBytes, agentWindowBytes } from '../gateway/protocol/agent.ts';
import { maxFramePayload } from '../gateway/protocol/frames.ts';

/** Once full, the terminal goes on when this much is free again: not for every byte. */
const EASE_BYTES = 64 * 1024;
/** Small pieces are joined up to this size, so that a million one-byte writes do not become a million objects. */
const PIECE_BYTES = maxFramePayload;

export type OutputRun = { readonly seq: number; readonly bytes: Uint8Array };

export type Outbox = {
  /** Takes output. Never refuses: the caller pauses the terminal when `full()` and at most one read more comes. */
  append(bytes: Uint8Array): void;
  /** The next run for the wire, at most `most` bytes and within credit; undefined when there is none. Counts it as sent. */
  next(most: number): OutputRun | undefined;
  /** The gateway has everything before `received`, and on disk everything before `durable`. Positions never run backwards; false = impossible, a broken peer. */
  kept(received: number, durable: number): boolean;
  /**
   * A new connection: the gateway holds everything before `received`. Sending starts again there.
   * Returns the number of bytes between what it has and what is still held here: 0, or the loss to be reported.
   */
  resume(received: number): number;
  /** True while the terminal must stay paused. */
  full(): boolean;
  /** First byte held, next byte to send, next byte to come. */
  positions(): { readonly base: number; readonly sent: number; readonly end: number };
  /** All of it is on the gateway's disk. */
  settled(): boolean;
  /** All that is held, from `base` on, in pieces that follow each other; only lent. */
  held(): readonly Uint8Array[];
};

/** @param limits bytes; shorter in tests. @param from what an outbox before this one held: its base, and its pieces from there on */
export function openOutbox(
  limits: { readonly credit?: number; readonly keep?: number } = {},
  from: { readonly base: number; readonly pieces: readonly Uint8Array[] } = { base: 0, pieces: [] },
): Outbox {
  const credit = limits.credit ?? agentWindowBytes;
  const keep = limits.keep ?? agentBufferBytes;
  const ease = Math.min(EASE_BYTES, Math.floor(keep / 4));
  /** Pieces cover base … end without a gap; each piece is a buffer that may still have room. */
  let pieces: { seq: number; length: number; room: Uint8Array }[] = [];
  let { base } = from;
  let received = base;
  let sent = base;
  let end = base;
  let full = false;

  const pieceAt = (position: number) => {
    let low = 0;
    let high = pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((pieces[middle]?.seq ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return pieces[low];
  };
  const free = (durable: number): void => {
    if (durable <= base) return;
    base = durable;
    let gone = 0;
    for (const piece of pieces) {
      if (piece.seq + piece.length > base) break;
      gone += 1;
    }
    if (gone > 0) pieces = pieces.slice(gone);
  };

  const append = (bytes: Uint8Array): void => {
    let rest = bytes;
    while (rest.length > 0) {
      let last = pieces.at(-1);
      if (last === undefined || last.length === last.room.length) {
        last = {
          seq: end,
          length: 0,
          room: new Uint8Array(rest.length >= PIECE_BYTES ? rest.length : growth(last?.length ?? 0)),
        };
        pieces.push(last);
      }
      const count = Math.min(rest.length, last.room.length - last.length);
      last.room.set(rest.subarray(0, count), last.length);
      last.length += count;
      end += count;
      rest = rest.subarray(count);
    }
    if (end - base >= keep) full = true;
  };
  // Cut small: a large piece would be freed only as a whole.
  for (const bytes of from.pieces)
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) append(bytes.subarray(at, at + PIECE_BYTES));

  return {
    append,
    next(most) {
      const room = Math.min(most, received + credit - sent, end - sent);
      if (room <= 0) return undefined;
      const piece = pieceAt(sent);
      if (piece === undefined) return undefined;
      const from = sent - piece.seq;
      const bytes = piece.room.subarray(from, Math.min(from + room, piece.length));
      const seq = sent;
      sent += bytes.length;
      return { seq, bytes };
    },
    kept(nowReceived, nowDurable) {
      if (nowReceived > end || nowDurable > nowReceived) return false;
      received = Math.max(received, nowReceived);
      // After a cut it may hold more than it had on disk when it said where to begin: that much need not be sent again.
      sent = Math.max(sent, received);
      free(nowDurable);
      if (full && end - base <= keep - ease) full = false;
      return true;
    },
    resume(nowReceived) {
      const from = Math.min(Math.max(nowReceived, base), end);
      received = from;
      sent = from;
      return from - nowReceived;
    },
    full: () => full,
    positions: () => ({ base, sent, end }),
    settled: () => base === end,
    held: () => pieces.map(({ seq, length, room }) => room.subarray(Math.max(base - seq, 0), length)),
  };
}

/** An idle session holds little, a busy one is not cut to pieces. */
function growth(previous: number): number {
  return Math.min(PIECE_BYTES, Math.max(1024, previous * 2));
}
