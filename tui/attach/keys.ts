// Typed bytes on their way to the pty: numbered, kept until they are known to be there, sent again by number after a cut, and held back
// where sending them would surprise (F4, FEATURES 4b "keys typed while offline are executed on reconnect"). Pure; the time is an argument, ms.
//
//   base ≤ sent ≤ allowed ≤ end     base … known to be at the pty · sent … given to the line · allowed … may be sent · end … all that was typed

/** A piece of a paste: Ctrl-C is never behind more than one at a time (LOWBAND §5.8). */
export const pieceBytes = 1024;
/** Most bytes under way that nobody has confirmed. */
export const underWayBytes = 64 * 1024;
/** Unconfirmed bytes younger than this are sent again after a cut without asking. */
export const freshMs = 5_000;

type Chunk = { readonly offset: number; readonly bytes: Uint8Array; readonly at: number };

export type Piece = { readonly offset: number; readonly bytes: Uint8Array };

export type Keys = {
  /** Adds typed bytes. `open` = they may go at once; otherwise they are held until `release`. */
  readonly type: (bytes: Uint8Array, open: boolean, now: number) => void;
  /** The next piece to send now, and marks it sent. */
  readonly next: () => Piece | undefined;
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
};

export function openKeys(start: number): Keys {
  let chunks: Chunk[] = [];
  let base = start;
  let sent = start;
  let allowed = start;
  let end = start;
  let aliveAt = Number.NEGATIVE_INFINITY;

  const confirm = (offset: number, now: number): void => {
    if (offset <= base) return;
    base = offset;
    aliveAt = now;
    // Bytes that were discarded here may have been on their way all the same; later ones are numbered after them.
    end = Math.max(end, base);
    allowed = Math.max(allowed, base);
    sent = Math.max(sent, base);
    let gone = 0;
    while (gone < chunks.length && endOf(chunks[gone]) <= base) gone += 1;
    if (gone > 0) chunks = chunks.slice(gone);
  };

  return {
    type: (bytes, open, now) => {
      if (bytes.length === 0) return;
      chunks.push({ offset: end, bytes, at: now });
      end += bytes.length;
      if (open && allowed === end - bytes.length) allowed = end;
    },
    next: () => {
      const until = Math.min(allowed, base + underWayBytes);
      if (sent >= until) return undefined;
      const piece = gather(chunks, sent, Math.min(until, sent + pieceBytes));
      sent += piece.bytes.length;
      return piece;
    },
    confirm,
    resume: (offset, renumbered, now) => {
      if (renumbered) {
        const shift = offset - base;
        chunks = chunks.map((chunk) => ({ ...chunk, offset: chunk.offset + shift }));
        base += shift;
        end += shift;
        allowed = base;
      } else confirm(offset, now);
      sent = base;
      const oldest = chunks[0];
      const alive = oldest === undefined ? now : Math.max(oldest.at, aliveAt);
      if (now - alive > freshMs) allowed = base;
    },
    release: () => {
      allowed = end;
    },
    discard: () => {
      chunks = chunks.flatMap((chunk) => {
        if (chunk.offset >= allowed) return [];
        return endOf(chunk) <= allowed ? [chunk] : [{ ...chunk, bytes: chunk.bytes.subarray(0, allowed - chunk.offset) }];
      });
      end = allowed;
    },
    held: () => end - allowed,
    pending: () => end - base,
    end: () => end,
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
