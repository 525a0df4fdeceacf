// Where events go outside (S77): what a receiver is to who feeds it, and the place up to which it has been fed. Types only; receivers are in
// outside/, who feeds them in handlers/sinking.ts.
import type { EventType } from '../protocol/events.ts';
import type { Instant, severities } from '../protocol/nouns.ts';

/** One event as it is sent: a line of JSON that drives no terminal, and what the way there wants to know of it. */
export type SinkLine = {
  readonly seq: number;
  readonly at: Instant;
  readonly severity: (typeof severities)[number];
  readonly type: EventType;
  readonly hash: string;
  /** Without its newline. */
  readonly text: string;
};

/** `final`: trying again will not help before somebody mends something. `tooMuch`: fewer lines may go. */
export type Delivery =
  | { readonly taken: true }
  | {
      readonly taken: false;
      readonly cause: string;
      readonly final: boolean;
      readonly tooMuch?: boolean;
      readonly retryAfterMs?: number;
    };

/** The far end of a sink. */
export interface Receiver {
  /** Hands over lines, in order. Taken = it has them, as far as its kind can tell. Ends by itself within 15 s; never rejects. */
  deliver(lines: readonly SinkLine[]): Promise<Delivery>;
  close(): Promise<void>;
}

/** Up to this record everything that fits was taken. `late`: that it is late was said in the log, and not yet that it has caught up. */
export type SinkPlace = { readonly seq: number; readonly hash: string; readonly late: boolean };

export interface SinkCursor {
  /** Undefined = there is none, or it cannot be read: then everything is sent again. */
  read(): Promise<SinkPlace | undefined>;
  /** Durable when it resolves. */
  write(place: SinkPlace): Promise<void>;
}
