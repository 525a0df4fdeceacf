// What is read of a recording in many requests, over several connections even: it is in the log once, before anything is given (law 1), as long as the
// requests follow each other.
import type { NewEvent } from '../protocol/events.ts';
import type { RecordingId, SessionId } from '../protocol/ids.ts';
import type { Call, Parts } from './call.ts';

/** Requests of one reading follow each other within this time, ms. */
const readingMs = 600_000;
/** When each was asked for last, by sign-in and what is read. */
const begun = new WeakMap<Parts['log'], Map<string, number>>();

type Begins = Extract<NewEvent, { readonly type: 'recording.read' | 'recording.exported' }>;
type Said = Begins extends infer Event ? (Event extends Begins ? Pick<Event, 'type' | 'data'> : never) : never;

const keyOf = ({ caller }: Call, what: string): string => `${caller.login.id} ${what}`;

/** Whether this very reading is in the log; then it goes on. */
export function isNoted(call: Call, what: string): boolean {
  const known = begun.get(call.parts.log);
  const now = call.parts.clock.mono();
  for (const [key, at] of known ?? []) if (now - at > readingMs) known?.delete(key);
  const key = keyOf(call, what);
  if (known?.has(key) !== true) return false;
  known.set(key, now);
  return true;
}

/** Puts its beginning into the log. Throws what the log throws. */
export async function noteReading(
  call: Call,
  what: string,
  of: { readonly recording: RecordingId; readonly session: SessionId },
  said: Said,
): Promise<void> {
  const { parts, caller, request } = call;
  await parts.log.commit(() => ({
    events: [
      {
        ...said,
        outcome: 'ok',
        actor: { kind: 'person', id: caller.person.id, login: caller.login.id, device: caller.device.id },
        target: of.recording,
        session: of.session,
        request,
        personal: { address: caller.address },
      },
    ],
    answer: undefined,
  }));
  const known = begun.get(parts.log) ?? new Map<string, number>();
  begun.set(parts.log, known);
  known.set(keyOf(call, what), parts.clock.mono());
}
