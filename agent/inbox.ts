// Typed bytes, numbered per participant and applied once (law 5): after a reconnect the gateway sends again what it does not know
// to be applied, and nothing may reach the shell twice or out of order. Pure.

export type InboxVerdict =
  /** New bytes, to be typed now. */
  | { readonly verdict: 'apply'; readonly bytes: Uint8Array }
  /** All of it was applied before. */
  | { readonly verdict: 'known' }
  /** Bytes before `offset` are missing: nothing is applied, the sender must go back to `expected`. */
  | { readonly verdict: 'gap'; readonly expected: number }
  | { readonly verdict: 'too-many' };

export type Inbox = {
  /** Judges a run of input. `apply` is not yet counted: call `took` once the terminal accepted the bytes. */
  judge(participant: number, offset: number, bytes: Uint8Array): InboxVerdict;
  took(participant: number, count: number): void;
  /** Next offset expected of each participant. */
  offsets(): readonly { readonly participant: number; readonly offset: number }[];
};

/** Participants one session may ever have that typed; more is a broken or hostile gateway. */
const MOST_PARTICIPANTS = 1_024;

/** @param from how far an inbox before this one had come */
export function openInbox(from: ReturnType<Inbox['offsets']> = []): Inbox {
  const next = new Map(from.map(({ participant, offset }) => [participant, offset]));
  return {
    judge(participant, offset, bytes) {
      const expected = next.get(participant) ?? 0;
      if (offset > expected) return { verdict: 'gap', expected };
      const fresh = bytes.subarray(Math.min(expected - offset, bytes.length));
      if (fresh.length === 0) return { verdict: 'known' };
      if (!next.has(participant) && next.size >= MOST_PARTICIPANTS) return { verdict: 'too-many' };
      return { verdict: 'apply', bytes: fresh };
    },
    took(participant, count) {
      next.set(participant, (next.get(participant) ?? 0) + count);
    },
    offsets: () => [...next].map(([participant, offset]) => ({ participant, offset })),
  };
}
