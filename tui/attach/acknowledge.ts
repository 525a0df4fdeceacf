// Returns credit (C1, C3): how many payload bytes of a channel this end has dealt with, and the position now on the screen. At once at the end of
// the event-loop turn after a quarter of the credit. Of less, on a quick line after a breath, so that the gateway streams on; on any other with the
// next key or after a while: a packet of its own for each echo would double what typing costs (GOALS link, typing).

/** Within the time the gateway allows a client to answer before it believes the line to be slow. */
const breathMs = 20;
/** Less than this part of the credit is nothing the gateway waits for. */
const little = 1 / 16;
const littleMs = 1_000;
/** On a line where packets count: so long without a key, and so seldom with keys. */
const aloneMs = 5_000;
const rideEveryMs = 2_000;

export type Acknowledger = {
  /** Another `bytes` of payload are on the screen. */
  readonly took: (bytes: number) => void;
  /** A key is about to leave: what is owed may share its packet. */
  readonly ride: () => void;
  readonly close: () => void;
};

export type AcknowledgerOptions = {
  /** Payload bytes, as the answer that opened the channel said. */
  readonly credit: number;
  /** The line answers at once: packets cost nothing there. */
  readonly quick: () => boolean;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly say: (received: number) => void;
};

export function openAcknowledger({ credit, quick, now, say }: AcknowledgerOptions): Acknowledger {
  let received = 0;
  let said = 0;
  let saidAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let hurried = false;
  let turn: NodeJS.Immediate | undefined;

  const calm = (): void => {
    clearTimeout(timer);
    clearImmediate(turn);
    timer = undefined;
    turn = undefined;
    hurried = false;
  };
  const flush = (): void => {
    calm();
    if (received === said) return;
    said = received;
    saidAt = now();
    say(received);
  };
  return {
    took: (bytes) => {
      received += bytes;
      const owed = received - said;
      // The first answer tells the gateway how quick the line is.
      if (said === 0 || owed >= credit / 4) turn ??= setImmediate(flush);
      else if (!quick()) timer ??= setTimeout(flush, aloneMs);
      else if (owed < credit * little) timer ??= setTimeout(flush, littleMs);
      else if (!hurried) {
        clearTimeout(timer);
        hurried = true;
        timer = setTimeout(flush, breathMs);
      }
    },
    ride: () => {
      const owed = received - said;
      if (owed >= credit * little || (owed > 0 && now() - saidAt >= rideEveryMs)) flush();
    },
    close: calm,
  };
}
