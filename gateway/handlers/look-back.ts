// Reading back in the log, from now to an instant, for whoever sums up what happened: window by window, the newest first, so that memory is one window and
// whoever waits gets their turn. Within a window the oldest comes first. And the record of any reading.
import { setImmediate } from 'node:timers/promises';
import type { Settled } from '../audit/commit.ts';
import { personActor } from '../identity/happening.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { Call, Parts } from './call.ts';

const windowRows = 2000;
const sliceMs = 5;
/** Clocks step: an hour of grace before "nothing older fits" is believed, ms. */
const graceMs = 3_600_000;

/** Durable events of the time since `since`. */
export async function* lookBack({ log, clock }: Pick<Parts, 'log' | 'clock'>, since: Instant): AsyncGenerator<Settled> {
  let began = clock.mono();
  for (let end = log.settled.seq + 1; end > 0; ) {
    const start = Math.max(0, end - windowRows);
    let oldest = Number.POSITIVE_INFINITY;
    for await (const settled of log.read(start - 1)) {
      const { seq, ts } = settled.record;
      if (seq >= end) break;
      oldest = Math.min(oldest, ts);
      if (ts >= since) yield settled;
      if (clock.mono() - began < sliceMs) continue;
      await setImmediate();
      began = clock.mono();
    }
    if (oldest < since - graceMs) return;
    end = start;
  }
}

/** Reading the log is itself recorded (A43). `from`: where a reading that goes forward begins, a sequence number. */
export async function recordReading({ parts, caller, request }: Call, query: string, from?: number): Promise<void> {
  await parts.log.commit(() => ({
    events: [
      {
        type: 'audit.read',
        outcome: 'ok',
        actor: personActor(caller.login, caller.device),
        request,
        data: { query, live: false, ...(from === undefined ? {} : { from }) },
        personal: { address: caller.address },
      },
    ],
    answer: undefined,
  }));
}
