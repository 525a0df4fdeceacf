// The shape of the only door to the log. `log.ts` implements it; whoever changes anything hands it a transition.
import type { AuditRecord, NewEvent } from '../protocol/events.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { Decided } from './decided.ts';
import type { FoldedEvent } from './folded.ts';
import type { State } from './state.ts';

/**
 * Pure: reads the staged state (every change already queued before it is in there), says what happens and what to answer.
 * May run again when somebody else wrote first (D9). A refusal is an answer, with or without events.
 */
export type Transition<T> = (state: State, now: Instant) => { readonly events: readonly NewEvent[]; readonly answer: T };

/** A settled event: durable, folded, and the sealed record it came from. */
export type Settled = {
  readonly event: FoldedEvent;
  readonly record: AuditRecord;
  readonly personal: Readonly<Record<string, unknown>> | undefined;
  /** Of the personal part, as it stands in the line. */
  readonly salt?: string | undefined;
};

export interface Log {
  /** State of all durable events. Never change it. */
  readonly settled: State;
  /** Seq up to which the newest `state.sealed` seals; −1 or absent without one. */
  readonly sealedSeq?: number;
  /** What was decided for the requests under way: on the records of what they change. */
  readonly decided: Decided;
  /** Runs the transition at its place in the queue; resolves once its events are durable and folded (law 1). Rejects with AuditUnavailable when the log cannot be written: then nothing may happen. */
  commit<T>(transition: Transition<T>): Promise<T>;
  /** Told of each durable group, in order, after the settled state holds it. Returns how to stop. */
  onSettled(listener: (group: readonly Settled[]) => void): () => void;
  /** Durable events with seq > `after`, oldest first, from the journal; what was purged is left out. */
  read(after: number): AsyncIterable<Settled>;
  /** Lets go of the records held in memory: later reads see the journal as it is now (an erasure changed it). */
  forget(): void;
  /** Writes checkpoint and head, then closes. */
  close(): Promise<void>;
}

export class AuditUnavailable extends Error {}
