// Logins end on their own: at their longest life, and after too long a silence (T7). Looked at on a beat and said in the log, so that live
// connections end too, not only the next request.
import { rows } from '../audit/state.ts';
import { endLogins } from '../identity/ending.ts';
import type { Parts } from './call.ts';
import { callersOf } from './caller.ts';

/** How late the end of a login may be noticed, ms; a request made meanwhile is refused all the same. */
export const lifetimesBeatMs = 10_000;

/** Begins to watch; the returned function stops. */
export function openLifetimes(parts: Pick<Parts, 'log' | 'clock' | 'settings'>): () => void {
  const { log, clock } = parts;
  const callers = callersOf(parts);
  let stopped = false;
  let callOff = (): void => undefined;

  async function look(): Promise<void> {
    const over = rows(log.settled.logins).filter((login) => callers.lapse(login) !== undefined);
    if (over.length > 0)
      await log.commit((state) => ({
        events: over.flatMap((login) => {
          const still = state.logins[login.id];
          // Somebody may have used it meanwhile.
          const lapse = still && callers.lapse(still);
          return still === undefined || lapse === undefined ? [] : endLogins([still], lapse, { kind: 'gateway' });
        }),
        answer: undefined,
      }));
  }
  async function beat(): Promise<void> {
    // A log that cannot be written ends the process; nothing is left to do here.
    await look().catch(() => undefined);
    next();
  }
  const next = (): void => {
    if (stopped) return;
    callOff = clock.after(lifetimesBeatMs, () => void beat());
  };
  next();
  return () => {
    stopped = true;
    callOff();
  };
}
