// Input on its way to the agent, per participant: what was handed over, what the agent has applied. Pure. Nothing is held here: input that
// cannot go now stays with the client, which is told by `typed` how far it got (law 5, FEATURES 4b "keys typed while offline").

/** Input under way to one participant's pty that the agent has not applied; over it the client does not keep its bounds. */
export const inputWindowBytes = 1024 * 1024;

/** People whose input is kept count of: as many as an agent keeps (whoever it speaks of beyond them never typed). */
const mostParticipants = 1_024;

export type Typing = {
  /** The part of a run of input to hand on now; undefined where it is known, or bytes before it are missing. `over` = too much is under way. */
  take(
    participant: number,
    offset: number,
    bytes: Uint8Array,
  ): { readonly offset: number; readonly bytes: Uint8Array } | 'over' | undefined;
  /** The agent has applied input of this participant up to `offset`. */
  applied(participant: number, offset: number): void;
  appliedUpTo(participant: number): number;
  /**
   * The agent has thrown away what it had beyond `offset`, for a key that overtook: those numbers come again. False = it cannot stand there.
   */
  back(participant: number, offset: number): boolean;
  /** What was taken beyond `offset` was never sent on: those numbers come again. */
  giveBack(participant: number, offset: number): void;
  /** The offset that is expected next. */
  next(participant: number): number;
  /** A new line to the agent: what was handed over and not applied may be lost, and is taken again. */
  rewind(): void;
};

export function openTyping(): Typing {
  const handed = new Map<number, number>();
  const done = new Map<number, number>();
  const next = (participant: number): number => handed.get(participant) ?? done.get(participant) ?? 0;
  return {
    next,
    take(participant, offset, bytes) {
      const expected = next(participant);
      if (offset > expected) return undefined;
      const fresh = bytes.subarray(Math.min(expected - offset, bytes.length));
      if (fresh.length === 0) return undefined;
      if (expected + fresh.length - (done.get(participant) ?? 0) > inputWindowBytes) return 'over';
      handed.set(participant, expected + fresh.length);
      return { offset: expected, bytes: fresh };
    },
    applied(participant, offset) {
      if (offset <= (done.get(participant) ?? 0)) return;
      if (!done.has(participant) && done.size >= mostParticipants) return;
      done.set(participant, offset);
      if ((handed.get(participant) ?? 0) < offset) handed.set(participant, offset);
    },
    back(participant, offset) {
      if (offset < (done.get(participant) ?? 0) || offset > next(participant)) return false;
      handed.set(participant, offset);
      done.set(participant, offset);
      return true;
    },
    giveBack(participant, offset) {
      if (offset >= (done.get(participant) ?? 0) && offset <= next(participant)) handed.set(participant, offset);
    },
    appliedUpTo: (participant) => done.get(participant) ?? 0,
    rewind() {
      for (const participant of handed.keys()) handed.set(participant, done.get(participant) ?? 0);
    },
  };
}
