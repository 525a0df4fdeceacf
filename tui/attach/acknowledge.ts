// Returns credit (C1, C3): how many payload bytes of a channel this end has dealt with, and the position now on the screen. Merged: at once
// at the end of the event-loop turn after a quarter of the credit; after a breath where it is some; echoes of keys wait for company,
// because an acknowledgement of its own for each would double what typing costs on a slow line (GOALS link, typing).

/** Within the time the gateway allows a client to answer before it believes the line to be slow. */
const breathMs = 20;
/** Less than this part of the credit is nothing the gateway waits for. */
const little = 1 / 16;
const littleMs = 1_000;

export type Acknowledger = {
  /** Another `bytes` of payload are on the screen. */
  readonly took: (bytes: number) => void;
  readonly close: () => void;
};

/** @param credit payload bytes, as the answer that opened the channel said. */
export function openAcknowledger(credit: number, say: (received: number) => void): Acknowledger {
  let received = 0;
  let said = 0;
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
    say(received);
  };
  return {
    took: (bytes) => {
      received += bytes;
      const owed = received - said;
      // The first answer tells the gateway how quick the line is.
      if (said === 0 || owed >= credit / 4) turn ??= setImmediate(flush);
      else if (owed < credit * little) timer ??= setTimeout(flush, littleMs);
      else if (!hurried) {
        clearTimeout(timer);
        hurried = true;
        timer = setTimeout(flush, breathMs);
      }
    },
    close: calm,
  };
}
