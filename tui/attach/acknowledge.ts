// Returns credit (C1, C3): how many payload bytes of a channel this end has dealt with, and the position now on the screen. Merged: at once
// at the end of the event-loop turn after a quarter of the credit, along with the next key, or after a breath.

/** Within the time the gateway allows a client to answer before it believes the line to be slow. */
const breathMs = 20;

export type Acknowledger = {
  /** Another `bytes` of payload are on the screen. */
  readonly took: (bytes: number) => void;
  /** Says now what has not been said. */
  readonly flush: () => void;
  readonly close: () => void;
};

/** @param credit payload bytes, as the answer that opened the channel said. */
export function openAcknowledger(credit: number, say: (received: number) => void): Acknowledger {
  let received = 0;
  let said = 0;
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;

  const calm = (): void => {
    clearTimeout(timer);
    clearImmediate(turn);
    timer = undefined;
    turn = undefined;
  };
  const flush = (): void => {
    calm();
    if (received === said) return;
    said = received;
    say(received);
  };
  return {
    took: (bytes) => {
      received += bytes;
      // The first answer tells the gateway how quick the line is.
      if (said === 0 || received - said >= credit / 4) turn ??= setImmediate(flush);
      else timer ??= setTimeout(flush, breathMs);
    },
    flush,
    close: calm,
  };
}
