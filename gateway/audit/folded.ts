// A sealed event as the fold needs it.
import type { EventData, EventPersonal, EventType } from '../protocol/events.ts';
import type { Instant } from '../protocol/nouns.ts';

/** A sealed event as the fold needs it: typed, at the newest version of its type. `personal` is absent once a person is erased. */
export type FoldedEvent = {
  [T in EventType]: {
    readonly type: T;
    readonly seq: number;
    readonly hash: string;
    readonly at: Instant;
    readonly data: EventData<T>;
    readonly personal: EventPersonal<T> | undefined;
  };
}[EventType];
