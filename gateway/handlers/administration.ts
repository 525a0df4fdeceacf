// What the administrative handlers share: how a change is committed once it is allowed, and by whom.
import type { By, Change } from '../access/change.ts';
import { type Result, refuse } from '../protocol/errors.ts';
import type { Call } from './call.ts';

export const workspace = { kind: 'workspace' } as const;

/**
 * Commits a change that was just allowed. Between the decision and its turn in the queue the person may have been suspended, demoted or signed
 * out: then nothing changes. Errors: login-revoked, and those of the change.
 */
export function changing<T>({ parts, caller, request }: Call, change: (by: By) => Change<T>): Promise<Result<T>> {
  const { person, login, device } = caller;
  const made = change({ actor: { kind: 'person', id: person.id, login: login.id, device: device.id }, request });
  return parts.log.commit((state, now) => {
    const still = state.people[person.id];
    if (still?.status !== 'active' || still.role !== person.role || state.logins[login.id] === undefined)
      return { events: [], answer: refuse('login-revoked') };
    return made(state, now);
  });
}
