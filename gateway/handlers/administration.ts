// What the administrative handlers share: how a change is committed once it is allowed, and by whom.
import type { By } from '../access/change.ts';
import type { State } from '../audit/state.ts';
import { type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { Call } from './call.ts';

export const workspace = { kind: 'workspace' } as const;

/**
 * Commits a change that was just allowed. Between the decision and its turn in the queue the person may have been suspended, demoted or signed
 * out: then nothing changes. Errors: login-revoked, and those of the change.
 */
export function changing<T>(
  { parts, caller, request }: Call,
  change: (by: By) => (state: State, now: Instant) => { readonly events: readonly NewEvent[]; readonly answer: Result<T> },
): Promise<Result<T>> {
  const { person, login, device } = caller;
  const made = change({ actor: { kind: 'person', id: person.id, login: login.id, device: device.id }, request });
  return parts.log.commit((state, now) => {
    const still = state.people[person.id];
    if (still?.status !== 'active' || still.role !== person.role || state.logins[login.id] === undefined)
      return { events: [], answer: refuse('login-revoked') };
    return made(state, now);
  });
}
