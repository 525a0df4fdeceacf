// What is written to a socket in one go of the event loop leaves as one piece: one packet, one TLS record (74 bytes less than two).

/** The socket under a WebSocket. */
export type Corkable = { cork(): void; uncork(): void };

/** @returns to be called before each write. `patient` = whatever else comes in this round of the event loop may still go with it. */
export function openOnePacket(raw: Corkable, patient: () => boolean): () => void {
  let corked = false;
  const send = (): void => {
    corked = false;
    raw.uncork();
  };
  return () => {
    if (corked) return;
    corked = true;
    raw.cork();
    if (patient()) setImmediate(send);
    else process.nextTick(send);
  };
}
